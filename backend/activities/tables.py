"""What activities store, as Piccolo sees it. The definition of record is `migrations/sql/50_activities.sql`."""

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Date, DoublePrecision, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table


class Visits(Table, tablename="visits"):
    """A call on a customer, with its check-in as the phone had it and what the office makes of it."""

    id = UUID(primary_key=True, default=None)
    customer_id = UUID()
    user_id = UUID()
    purpose = Text()
    started_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    received_at = Timestamptz()
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    accuracy_m = Integer(null=True, default=None)
    fixed_at = Timestamptz(null=True, default=None)
    distance_m = Integer(null=True, default=None)
    verdict = Text()
    far_reason = Text(null=True, default=None)
    note = Text(null=True, default=None)
    outcome = Text(null=True, default=None)
    next_step = Text(null=True, default=None)
    next_on = Date(null=True, default=None)
    late = Boolean()
    version = Integer()
    changed_at = Timestamptz()
    created_by = UUID(null=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)


class Expenses(Table, tablename="expenses"):
    """Money spent on a customer or on the way; amounts in minor units of `currency` with `digits` decimals."""

    id = UUID(primary_key=True, default=None)
    customer_id = UUID(null=True, default=None)
    visit_id = UUID(null=True, default=None)
    user_id = UUID()
    position_id = Integer()
    category = Text()
    amount = BigInt()
    vat = BigInt(null=True, default=None)
    currency = Text()
    digits = SmallInt()
    spent_on = Date()
    note = Text(null=True, default=None)
    state = Text()
    late = Boolean()
    received_at = Timestamptz()
    version = Integer()
    changed_at = Timestamptz()
    created_by = UUID(null=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)


class ActivityEdits(Table, tablename="activity_edits"):
    """What a visit or an expense was before an edit; append-only."""

    id = UUID(primary_key=True, default=None)
    visit_id = UUID(null=True, default=None)
    expense_id = UUID(null=True, default=None)
    user_id = UUID()
    changes = JSONB()
    claimed_at = Timestamptz(null=True, default=None)
    edited_at = Timestamptz()


class Attachments(Table, tablename="attachments"):
    """The promise of a file of a visit or an expense."""

    id = UUID(primary_key=True, default=None)
    owner = Text()
    owner_id = UUID()
    customer_id = UUID(null=True, default=None)
    position_id = Integer(null=True, default=None)
    user_id = UUID()
    sha256 = Text()
    size = Integer()
    mime = Text()
    taken_at = Timestamptz(null=True, default=None)
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    state = Text()
    late = Boolean()
    received_at = Timestamptz()
    version = Integer()
    changed_at = Timestamptz()
    created_by = UUID(null=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)


class AttachmentFiles(Table, tablename="attachment_files"):
    """The bytes that arrived for an attachment: proven hash, sniffed type, pixels from the header."""

    attachment_id = UUID(primary_key=True, default=None)
    user_id = UUID()
    sha256 = Text()
    size = Integer()
    mime = Text()
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    stored_at = Timestamptz()
