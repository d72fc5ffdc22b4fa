-- Activities: visits with their check-in, expenses, and the attachments of both. Bytes lie in the file store, named by sha256.

CREATE TABLE visits (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers,
    user_id uuid NOT NULL REFERENCES users,
    purpose text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 60),
    started_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= started_at),
    received_at timestamptz NOT NULL DEFAULT now(),
    lat double precision CHECK (lat BETWEEN -90 AND 90),
    lon double precision CHECK (lon BETWEEN -180 AND 180),
    accuracy_m int CHECK (accuracy_m >= 0),
    fixed_at timestamptz,
    distance_m int CHECK (distance_m >= 0),
    verdict text NOT NULL DEFAULT 'none' CHECK (verdict IN ('ok', 'unsure', 'far', 'none')),
    far_reason text CHECK (length(far_reason) <= 60),
    note text CHECK (length(note) <= 4000),
    outcome text CHECK (length(outcome) <= 60),
    next_step text CHECK (length(next_step) <= 1000),
    next_on date,
    late boolean NOT NULL DEFAULT false,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz,
    CHECK ((lat IS NULL) = (lon IS NULL)),
    CHECK ((verdict = 'none') = (lat IS NULL))
);
COMMENT ON COLUMN visits.started_at IS 'what the phone said; received_at is when the office had it';
COMMENT ON COLUMN visits.accuracy_m IS 'radius of 95 % certainty as the phone reported it, metres';
COMMENT ON COLUMN visits.distance_m IS 'from the fix to the customer''s pin, metres; null when there is no usable pin';
COMMENT ON COLUMN visits.late IS 'handed in by somebody who no longer looked after the customer';
CREATE INDEX visits_customer ON visits (customer_id, started_at DESC, id);
CREATE INDEX visits_user ON visits (user_id, started_at DESC, id);
CREATE INDEX visits_started ON visits (started_at DESC, id);

CREATE TABLE expenses (
    id uuid PRIMARY KEY,
    customer_id uuid REFERENCES customers,
    visit_id uuid REFERENCES visits,
    user_id uuid NOT NULL REFERENCES users,
    position_id int NOT NULL REFERENCES positions,
    category text NOT NULL CHECK (length(category) BETWEEN 1 AND 60),
    amount bigint NOT NULL CHECK (amount > 0),
    vat bigint CHECK (vat >= 0 AND vat <= amount),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    digits smallint NOT NULL CHECK (digits BETWEEN 0 AND 4),
    spent_on date NOT NULL,
    note text CHECK (length(note) <= 2000),
    state text NOT NULL DEFAULT 'submitted' CHECK (state IN ('draft', 'submitted', 'approved', 'rejected', 'paid')),
    late boolean NOT NULL DEFAULT false,
    received_at timestamptz NOT NULL DEFAULT now(),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
COMMENT ON COLUMN expenses.amount IS 'minor units of currency, VAT included';
COMMENT ON COLUMN expenses.digits IS 'decimals of the currency on the day, so that the row can be read without the catalogue';
COMMENT ON COLUMN expenses.position_id IS 'the claimant''s own position on the day: the scope of an expense without a customer';
CREATE INDEX expenses_customer ON expenses (customer_id);
CREATE INDEX expenses_visit ON expenses (visit_id);
CREATE INDEX expenses_user ON expenses (user_id, spent_on DESC, id);
CREATE INDEX expenses_position ON expenses (position_id);
CREATE INDEX expenses_spent ON expenses (spent_on DESC, id);

-- What a visit or an expense was before somebody changed it: a row an edit, never changed itself.
CREATE TABLE activity_edits (
    id uuid PRIMARY KEY,
    visit_id uuid REFERENCES visits,
    expense_id uuid REFERENCES expenses,
    user_id uuid NOT NULL REFERENCES users,
    changes jsonb NOT NULL,
    claimed_at timestamptz,
    edited_at timestamptz NOT NULL,
    CHECK ((visit_id IS NULL) <> (expense_id IS NULL))
);
COMMENT ON COLUMN activity_edits.changes IS 'field -> [before, after]';
COMMENT ON COLUMN activity_edits.claimed_at IS 'when the phone says it happened; edited_at is when the office had it';
CREATE INDEX activity_edits_visit ON activity_edits (visit_id, edited_at) WHERE visit_id IS NOT NULL;
CREATE INDEX activity_edits_expense ON activity_edits (expense_id, edited_at) WHERE expense_id IS NOT NULL;
CREATE INDEX activity_edits_user ON activity_edits (user_id);
CREATE TRIGGER activity_edits_append_only BEFORE UPDATE OR DELETE ON activity_edits
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The promise of a file: the row travels with the visit, the bytes follow by themselves.
CREATE TABLE attachments (
    id uuid PRIMARY KEY,
    owner text NOT NULL CHECK (owner IN ('visit', 'expense')),
    owner_id uuid NOT NULL,
    visit_id uuid GENERATED ALWAYS AS (CASE owner WHEN 'visit' THEN owner_id END) STORED REFERENCES visits,
    expense_id uuid GENERATED ALWAYS AS (CASE owner WHEN 'expense' THEN owner_id END) STORED REFERENCES expenses,
    customer_id uuid REFERENCES customers,
    position_id int REFERENCES positions,
    user_id uuid NOT NULL REFERENCES users,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size int NOT NULL CHECK (size > 0),
    mime text NOT NULL CHECK (mime IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf')),
    taken_at timestamptz,
    lat double precision CHECK (lat BETWEEN -90 AND 90),
    lon double precision CHECK (lon BETWEEN -180 AND 180),
    state text NOT NULL DEFAULT 'awaited' CHECK (state IN ('awaited', 'stored')),
    late boolean NOT NULL DEFAULT false,
    received_at timestamptz NOT NULL DEFAULT now(),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz,
    CHECK ((customer_id IS NULL) <> (position_id IS NULL))
);
COMMENT ON COLUMN attachments.lat IS 'where the picture was taken, as evidence; never part of what is served';
CREATE INDEX attachments_owner ON attachments (owner_id);
CREATE INDEX attachments_visit ON attachments (visit_id);
CREATE INDEX attachments_expense ON attachments (expense_id);
CREATE INDEX attachments_customer ON attachments (customer_id);
CREATE INDEX attachments_position ON attachments (position_id);
CREATE INDEX attachments_user ON attachments (user_id);
CREATE INDEX attachments_sha256 ON attachments (sha256);

-- The bytes that did arrive, one row an attachment: sha256 proven, type sniffed, size in pixels read from the header.
CREATE TABLE attachment_files (
    attachment_id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size int NOT NULL CHECK (size > 0),
    mime text NOT NULL CHECK (mime IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf')),
    width int CHECK (width > 0),
    height int CHECK (height > 0),
    stored_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN attachment_files.attachment_id IS 'no foreign key: the bytes may come before the row they belong to';
CREATE INDEX attachment_files_user ON attachment_files (user_id);

-- Note that the proven bytes of an attachment lie in the store; a promise that waits for them is fulfilled. One call with its own lock: row
-- and bytes may come at the same moment, and the second must see the first. Answers 'taken', 'foreign' (another person's attachment: nothing
-- is stored) or 'differs' (other bytes were promised: nothing is stored).
CREATE FUNCTION attachment_take(p_attachment uuid, p_user uuid, p_sha256 text, p_size int, p_mime text, p_width int, p_height int,
                                p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_promised attachments;
    v_holder uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('attachment ' || p_attachment, 0));
    SELECT * INTO v_promised FROM attachments WHERE id = p_attachment;
    IF v_promised.user_id <> p_user THEN
        RETURN 'foreign';
    ELSIF v_promised.sha256 <> p_sha256 THEN
        RETURN 'differs';
    END IF;
    INSERT INTO attachment_files (attachment_id, user_id, sha256, size, mime, width, height, stored_at)
    VALUES (p_attachment, p_user, p_sha256, p_size, p_mime, p_width, p_height, p_at)
    ON CONFLICT (attachment_id) DO UPDATE SET stored_at = attachment_files.stored_at RETURNING user_id INTO v_holder;
    IF v_holder <> p_user THEN
        RETURN 'foreign';
    END IF;
    IF v_promised.state = 'awaited' THEN
        UPDATE attachments SET state = 'stored', mime = p_mime, size = p_size, version = version + 1, changed_at = p_at
         WHERE id = p_attachment;
    END IF;
    RETURN 'taken';
END $$;
CREATE INDEX attachment_files_sha256 ON attachment_files (sha256);
