"""What geography stores, as Piccolo sees it. The definition of record is `migrations/sql/22_geo.sql`."""

from __future__ import annotations

from piccolo.columns import (
    UUID,
    Boolean,
    Bytea,
    Date,
    DoublePrecision,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.columns.column_types import JSONB
from piccolo.table import Table


class RegionSets(Table, tablename="region_sets"):
    """A division of the country in force for a time."""

    id = Text(primary_key=True)
    name_vi = Text()
    name_en = Text()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Text()
    licence = Text()
    approximate = Boolean()


class Regions(Table, tablename="regions"):
    """One unit of one set; the id is `set/code`."""

    id = Text(primary_key=True)
    set_id = Text()
    code = Text()
    name = Text()
    name_en = Text()
    kind = Text()
    level = Text()
    parent_id = Text(null=True, default=None)
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)


class Addresses(Table, tablename="addresses"):
    """An address as it stands today; `party_id` is a customer."""

    id = UUID(primary_key=True)
    party_id = UUID()
    kind = Text(default="ship")
    text = Text()
    is_default = Boolean(default=False)
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    accuracy_m = DoublePrecision(null=True, default=None)
    grade = Text(default="none")
    version_id = UUID()
    version = Integer(default=1)
    created_at = Timestamptz()
    changed_at = Timestamptz()
    created_by = UUID(null=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)


class AddressVersions(Table, tablename="address_versions"):
    """What an address said at one time, and the units read from it. Append-only."""

    id = UUID(primary_key=True)
    address_id = UUID()
    text = Text()
    parsed = JSONB()
    parser_version = Text()
    style = Text()
    ward_old = Text(null=True, default=None)
    ward_new = Text(null=True, default=None)
    province_63 = Text(null=True, default=None)
    province_34 = Text(null=True, default=None)
    certain = Boolean()
    corrects = UUID(null=True, default=None)
    created_at = Timestamptz()
    created_by = UUID(null=True, default=None)


class Locations(Table, tablename="locations"):
    """A position an address had. Append-only but for `superseded_by`, set once."""

    id = UUID(primary_key=True)
    address_id = UUID()
    address_version_id = UUID()
    lat = DoublePrecision()
    lon = DoublePrecision()
    accuracy_m = DoublePrecision(null=True, default=None)
    method = Text()
    provider = Text(default="")
    moved_m = DoublePrecision(null=True, default=None)
    far = Boolean(default=False)
    superseded_by = UUID(null=True, default=None)
    created_at = Timestamptz()
    created_by = UUID(null=True, default=None)


class GeocodeCache(Table, tablename="geocode_cache"):
    """Answers of online geocoders, kept as long as their terms allow."""

    key = Bytea(primary_key=True)
    provider = Text()
    found = Boolean()
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    precision_m = DoublePrecision(null=True, default=None)
    what = Text()
    answer_text = Text()
    stored_at = Timestamptz()
    expires_at = Timestamptz()


class GeocodeLimits(Table, tablename="geocode_limits"):
    """One provider's token bucket, pause, breaker and quota."""

    provider = Text(primary_key=True)
    tokens = DoublePrecision()
    filled_at = Timestamptz()
    paused_until = Timestamptz(null=True, default=None)
    failures = Integer(default=0)
    day = Date()
    used_today = Integer(default=0)
