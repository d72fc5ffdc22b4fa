-- Customers: who we sell to, how they are grouped, who looks after them, and what was lost in a merge.
-- Addresses belong to geo (addresses.party_id = customers.id); credit, prices and orders refer to customers from above.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The same folding as backend/core/folding.py: no accents, đ = d, lower case, single spaces. Marks go before case, so that
-- the answer does not depend on the locale of the database.
CREATE FUNCTION customers_fold(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT btrim(regexp_replace(lower(translate(
        regexp_replace(normalize(raw, NFD), '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]', '', 'g'),
        'đĐ', 'dd')), '\s+', ' ', 'g'))
$$;

-- Digits of a telephone number as people compare it: +84 901.234.567, 0084901234567, 84901234567 and 0901 234 567 are one.
CREATE FUNCTION customers_phone_digits(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE
        WHEN d ~ '^(\+|00)84' THEN '0' || ltrim(regexp_replace(d, '^(\+|00)84', ''), '0')
        WHEN d ~ '^84[1-9][0-9]{8}$' THEN '0' || substr(d, 3)
        ELSE replace(d, '+', '') END
    FROM regexp_replace(raw, '[^0-9+]', '', 'g') AS d
$$;

-- First letters of the folded words: "cua hang minh" -> "chm".
CREATE FUNCTION customers_initials(folded text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT regexp_replace(regexp_replace(folded, '[^a-z0-9 ]+', ' ', 'g'), '([a-z0-9])[a-z0-9]*\s*', '\1', 'g')
$$;

CREATE TABLE customers (
    id uuid PRIMARY KEY,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    folded text NOT NULL DEFAULT '',
    initials text NOT NULL DEFAULT '',
    stage text NOT NULL DEFAULT 'account' CHECK (stage IN ('lead', 'account')),
    lead_state text NOT NULL DEFAULT 'new'
        CHECK (lead_state IN ('new', 'assigned', 'working', 'qualified', 'converted', 'closing', 'closed')),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'locked', 'closed')),
    priority smallint CHECK (priority BETWEEN 1 AND 5),
    source text CHECK (length(source) <= 80),
    position_id int NOT NULL REFERENCES positions (id),
    phone text CHECK (length(phone) <= 40),
    phone_digits text NOT NULL DEFAULT '',
    tax_no text CHECK (length(tax_no) <= 20),
    tax_digits text NOT NULL DEFAULT '',
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    price_list_id uuid,
    sales_method text,
    payment_method text,
    payment_term text,
    discount_micro bigint CHECK (discount_micro BETWEEN 0 AND 100000000),
    tax_id uuid REFERENCES taxes (id),
    terms_version int NOT NULL DEFAULT 1 CHECK (terms_version > 0),
    note text CHECK (length(note) <= 4000),
    planned_weekday smallint CHECK (planned_weekday BETWEEN 1 AND 7),
    last_visit_at timestamptz,
    last_order_at timestamptz,
    converted_at timestamptz,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
) WITH (fillfactor = 50);  -- room beside every row for its next visit, for a day in one go: what changes is in no index
COMMENT ON COLUMN customers.position_id IS 'the organisation position that looks after the customer today (the sync key)';
COMMENT ON COLUMN customers.planned_weekday IS 'ISO weekday of the usual visit, 1 = Monday .. 7 = Sunday';
COMMENT ON COLUMN customers.currency IS 'commercial terms (currency .. tax_id) are overrides: null = inherited from the groups';
COMMENT ON COLUMN customers.discount_micro IS '10^-6 of a percent';

-- Search columns follow their sources whoever writes the row: a form, an import or hand-typed SQL.
CREATE FUNCTION customers_derive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.name := normalize(NEW.name, NFC);
    NEW.folded := customers_fold(NEW.name);
    NEW.initials := customers_initials(NEW.folded);
    NEW.phone_digits := coalesce(customers_phone_digits(NEW.phone), '');
    NEW.tax_digits := coalesce(regexp_replace(NEW.tax_no, '[^0-9]', '', 'g'), '');
    RETURN NEW;
END $$;
CREATE TRIGGER customers_derive BEFORE INSERT OR UPDATE OF name, folded, initials, phone, phone_digits, tax_no, tax_digits
    ON customers FOR EACH ROW EXECUTE FUNCTION customers_derive();

CREATE UNIQUE INDEX customers_code ON customers (lower(code)) WHERE deleted_at IS NULL;
CREATE INDEX customers_position ON customers (position_id, folded, id);
CREATE INDEX customers_by_name ON customers (folded, id) WHERE deleted_at IS NULL;
CREATE INDEX customers_folded_trgm ON customers USING gin (folded gin_trgm_ops);
CREATE INDEX customers_initials ON customers (initials text_pattern_ops);
CREATE INDEX customers_phone_tail ON customers (reverse(phone_digits) text_pattern_ops) WHERE phone_digits <> '';
CREATE INDEX customers_phone ON customers (phone_digits) WHERE phone_digits <> '';
CREATE INDEX customers_tax ON customers (tax_digits text_pattern_ops) WHERE tax_digits <> '';
CREATE INDEX customers_tax_id ON customers (tax_id) WHERE tax_id IS NOT NULL;

-- Any number of classification trees, any depth. path is '/<id>/<id>/' from the tree's root to the group itself.
CREATE TABLE customer_groups (
    id uuid PRIMARY KEY,
    parent_id uuid REFERENCES customer_groups (id),
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    path text NOT NULL DEFAULT '',
    depth int NOT NULL DEFAULT 1,
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    price_list_id uuid,
    sales_method text,
    payment_method text,
    payment_term text,
    discount_micro bigint CHECK (discount_micro BETWEEN 0 AND 100000000),
    tax_id uuid REFERENCES taxes (id),
    credit_limit_minor bigint CHECK (credit_limit_minor >= 0),
    credit_currency text CHECK (credit_currency ~ '^[A-Z]{3}$'),
    terms_version int NOT NULL DEFAULT 1 CHECK (terms_version > 0),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz,
    CHECK (parent_id IS DISTINCT FROM id),
    CHECK ((credit_limit_minor IS NULL) = (credit_currency IS NULL))
);
COMMENT ON COLUMN customer_groups.credit_limit_minor IS
    'minor units of credit_currency, per customer with an account of its own: null = inherited, 0 = cash only';
CREATE INDEX customer_groups_currency ON customer_groups (currency) WHERE currency IS NOT NULL;
CREATE INDEX customer_groups_tax_id ON customer_groups (tax_id) WHERE tax_id IS NOT NULL;
CREATE UNIQUE INDEX customer_groups_code ON customer_groups (lower(code)) WHERE deleted_at IS NULL;
CREATE INDEX customer_groups_parent ON customer_groups (parent_id);
CREATE INDEX customer_groups_path ON customer_groups (path text_pattern_ops);

CREATE FUNCTION customer_groups_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE above customer_groups%ROWTYPE;
BEGIN
    -- One move at a time: two at once could each be right alone and a ring together.
    IF TG_OP = 'UPDATE' AND OLD.parent_id IS DISTINCT FROM NEW.parent_id THEN
        PERFORM pg_advisory_xact_lock(hashtext('customer_groups'));
    END IF;
    IF NEW.parent_id IS NULL THEN
        NEW.path := '/' || NEW.id || '/';
        NEW.depth := 1;
        RETURN NEW;
    END IF;
    SELECT * INTO above FROM customer_groups WHERE id = NEW.parent_id;
    IF above.path LIKE '%/' || NEW.id || '/%' THEN
        RAISE EXCEPTION 'a customer group cannot lie under itself' USING ERRCODE = 'check_violation';
    END IF;
    NEW.path := above.path || NEW.id || '/';
    NEW.depth := above.depth + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER customer_groups_place BEFORE INSERT OR UPDATE OF parent_id, path ON customer_groups
    FOR EACH ROW EXECUTE FUNCTION customer_groups_place();

-- Moving a group takes its whole subtree along.
CREATE FUNCTION customer_groups_carry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE customer_groups SET path = '', version = version + 1, changed_at = NEW.changed_at WHERE parent_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER customer_groups_carry AFTER UPDATE OF parent_id, path ON customer_groups
    FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION customer_groups_carry();

CREATE TABLE customer_group_links (
    customer_id uuid NOT NULL REFERENCES customers (id),
    group_id uuid NOT NULL REFERENCES customer_groups (id),
    is_primary boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (customer_id, group_id)
);
CREATE INDEX customer_group_links_group ON customer_group_links (group_id, customer_id);
CREATE UNIQUE INDEX customer_group_links_one_primary ON customer_group_links (customer_id) WHERE is_primary;

-- Whoever is in a group at all has exactly one primary group; checked at commit so that links may be rewritten freely.
CREATE FUNCTION customer_group_links_primary() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE who uuid := coalesce(NEW.customer_id, OLD.customer_id);
BEGIN
    IF EXISTS (SELECT 1 FROM customer_group_links WHERE customer_id = who)
       AND NOT EXISTS (SELECT 1 FROM customer_group_links WHERE customer_id = who AND is_primary) THEN
        RAISE EXCEPTION 'customer % has groups but no primary group', who USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER customer_group_links_primary AFTER INSERT OR UPDATE OR DELETE ON customer_group_links
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION customer_group_links_primary();

-- What every customer gets that neither it nor one of its groups sets. Price list and currency of the company are said
-- elsewhere (price_lists.is_default, the setting).
CREATE TABLE company_terms (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    sales_method text,
    payment_method text,
    payment_term text,
    discount_micro bigint CHECK (discount_micro BETWEEN 0 AND 100000000),
    tax_id uuid REFERENCES taxes (id),
    credit_limit_minor bigint CHECK (credit_limit_minor >= 0),
    credit_currency text CHECK (credit_currency ~ '^[A-Z]{3}$'),
    terms_version int NOT NULL DEFAULT 1 CHECK (terms_version > 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((credit_limit_minor IS NULL) = (credit_currency IS NULL))
);
INSERT INTO company_terms DEFAULT VALUES;

-- The words payment terms, payment methods and sales methods are chosen from. Codes stand in price books.
CREATE TABLE term_choices (
    kind text NOT NULL CHECK (kind IN ('payment_term', 'payment_method', 'sales_method')),
    code text NOT NULL CHECK (code ~ '^[\x21-\x7e]{1,40}$'),
    name_vi text NOT NULL CHECK (length(name_vi) BETWEEN 1 AND 120),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 120),
    due_days int CHECK (due_days BETWEEN 0 AND 3650),
    seq int NOT NULL DEFAULT 0,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    retired_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, code),
    CHECK ((kind = 'payment_term') = (due_days IS NOT NULL))
);
COMMENT ON COLUMN term_choices.retired_at IS 'since when nobody may choose it any more; whoever has it keeps it';
COMMENT ON COLUMN term_choices.due_days IS 'days from the invoice to the day it must be paid; 0 = on delivery or before';
INSERT INTO term_choices (kind, code, name_vi, name_en, due_days, seq) VALUES
    ('payment_term', 'COD', 'Trả ngay khi giao', 'Cash on delivery', 0, 1),
    ('payment_term', 'N7', 'Trả sau 7 ngày', '7 days', 7, 2),
    ('payment_term', 'N15', 'Trả sau 15 ngày', '15 days', 15, 3),
    ('payment_term', 'N30', 'Trả sau 30 ngày', '30 days', 30, 4),
    ('payment_term', 'N45', 'Trả sau 45 ngày', '45 days', 45, 5),
    ('payment_term', 'N60', 'Trả sau 60 ngày', '60 days', 60, 6),
    ('payment_method', 'CASH', 'Tiền mặt', 'Cash', NULL, 1),
    ('payment_method', 'BANK', 'Chuyển khoản', 'Bank transfer', NULL, 2),
    ('sales_method', 'DIRECT', 'Bán trực tiếp', 'Direct sale', NULL, 1),
    ('sales_method', 'PHONE', 'Bán qua điện thoại', 'Sale by phone', NULL, 2),
    ('sales_method', 'CONSIGN', 'Ký gửi', 'Consignment', NULL, 3);

-- For how long a price told offline stands though the office has another one by now, by the role of who told it.
CREATE TABLE honour_hours (
    role text PRIMARY KEY CHECK (role IN ('admin', 'manager', 'rep')),
    hours int CHECK (hours BETWEEN 0 AND 720),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN honour_hours.hours IS 'NULL = the default of the setting honour_hours; 0 = never';
INSERT INTO honour_hours (role) VALUES ('admin'), ('manager'), ('rep');

-- The groups whose terms customers inherit, in the order they are asked: the primary group and what is above it, nearest
-- first, then the same of the other groups by code. Prices (pricing/shelf.py), credit and screens keep to this order.
CREATE FUNCTION customers_lines(ids uuid[]) RETURNS TABLE (customer_id uuid, place bigint, group_id uuid)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up AS (
        SELECT l.customer_id, g.id, g.parent_id, 0 AS height, row_number() OVER (
                   PARTITION BY l.customer_id ORDER BY l.is_primary DESC, g.code COLLATE "C") AS link
          FROM customer_group_links l JOIN customer_groups g ON g.id = l.group_id
         WHERE l.customer_id = ANY (ids) AND g.deleted_at IS NULL
        UNION ALL
        SELECT up.customer_id, g.id, g.parent_id, up.height + 1, up.link
          FROM up JOIN customer_groups g ON g.id = up.parent_id WHERE g.deleted_at IS NULL)
    SELECT up.customer_id, row_number() OVER (PARTITION BY up.customer_id ORDER BY up.link, up.height), up.id FROM up
$$;

-- The currency a customer is sold in: its own, else the nearest group's; null = the company's.
CREATE FUNCTION customers_currency(p_customer uuid, p_own text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(p_own, CASE WHEN EXISTS (SELECT 1 FROM customer_groups WHERE currency IS NOT NULL) THEN (
        SELECT g.currency FROM customers_lines(ARRAY[p_customer]) l JOIN customer_groups g ON g.id = l.group_id
         WHERE g.currency IS NOT NULL ORDER BY l.place LIMIT 1) END)
$$;

CREATE TABLE contacts (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    phone text CHECK (length(phone) <= 40),
    phone_digits text NOT NULL GENERATED ALWAYS AS (coalesce(customers_phone_digits(phone), '')) STORED,
    email text CHECK (length(email) <= 200),
    role text CHECK (length(role) <= 80),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
CREATE INDEX contacts_customer ON contacts (customer_id);
CREATE INDEX contacts_phone_tail ON contacts (reverse(phone_digits) text_pattern_ops) WHERE phone_digits <> '';

-- Somebody gave customers to a position from a day on, in one act; called off before its day or not.
CREATE TABLE customer_handovers (
    id uuid PRIMARY KEY,
    to_position int NOT NULL REFERENCES positions (id),
    from_on date NOT NULL,
    customers int NOT NULL CHECK (customers > 0),
    reason text CHECK (length(reason) <= 400),
    acted_at timestamptz NOT NULL,
    acted_by uuid NOT NULL REFERENCES users (id),
    undone_at timestamptz,
    undone_by uuid REFERENCES users (id),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
COMMENT ON COLUMN customer_handovers.customers IS 'how many were given; some may since have been given to somebody else';
CREATE INDEX customer_handovers_day ON customer_handovers (from_on, id) WHERE undone_at IS NULL;
CREATE INDEX customer_handovers_position ON customer_handovers (to_position);
CREATE INDEX customer_handovers_acted_by ON customer_handovers (acted_by);
CREATE INDEX customer_handovers_undone_by ON customer_handovers (undone_by) WHERE undone_by IS NOT NULL;

-- Who looked after the customer when. customers.position_id repeats the row that holds today.
CREATE TABLE customer_assignments (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers (id),
    position_id int NOT NULL REFERENCES positions (id),
    from_on date NOT NULL,
    until_on date CHECK (until_on > from_on),
    reason text CHECK (length(reason) <= 400),
    handover_id uuid REFERENCES customer_handovers (id),
    taken_from int REFERENCES positions (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    UNIQUE (customer_id, from_on)
);
COMMENT ON COLUMN customer_assignments.until_on IS 'first day that no longer holds; null = open';
COMMENT ON COLUMN customer_assignments.taken_from IS
    'who had it before; the row before says so too, but customers of an import have none';
CREATE INDEX customer_assignments_taken_from ON customer_assignments (taken_from) WHERE taken_from IS NOT NULL;
CREATE INDEX customer_assignments_position ON customer_assignments (position_id);
CREATE INDEX customer_assignments_due ON customer_assignments (from_on);
CREATE INDEX customer_assignments_handover ON customer_assignments (handover_id) WHERE handover_id IS NOT NULL;
CREATE UNIQUE INDEX customer_assignments_one_open ON customer_assignments (customer_id) WHERE until_on IS NULL;

-- Values that lost a three-way merge: of a customer, its addresses and contacts, visits and expenses. Kept until a person
-- has settled them, and after that as history; phones hold them like any other row.
CREATE TABLE conflict_log (
    id uuid PRIMARY KEY,
    entity text NOT NULL CHECK (entity IN ('customer', 'address', 'contact', 'visit', 'expense')),
    entity_id uuid NOT NULL,
    customer_id uuid REFERENCES customers (id),
    position_id int REFERENCES positions (id),
    field text NOT NULL CHECK (length(field) BETWEEN 1 AND 60),
    base_value jsonb,
    kept_value jsonb,
    lost_value jsonb,
    base_version int,
    kept_version int NOT NULL,
    lost_by uuid NOT NULL REFERENCES users (id),
    lost_at timestamptz NOT NULL,
    choice text CHECK (choice IN ('mine', 'theirs', 'other', 'superseded')),
    settled_by uuid REFERENCES users (id),
    settled_at timestamptz,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CHECK ((choice IS NULL) = (settled_at IS NULL)),
    CHECK ((customer_id IS NULL) <> (position_id IS NULL))
);
COMMENT ON COLUMN conflict_log.position_id IS 'whose line it belongs to where there is no customer: an expense by itself';
COMMENT ON COLUMN conflict_log.lost_value IS 'what lost_by wrote on an older copy; kept_value is what the office had and kept';
COMMENT ON COLUMN conflict_log.choice IS 'null = nobody has settled it; superseded = the same person wrote the field again';
CREATE INDEX conflict_log_customer ON conflict_log (customer_id, lost_at DESC);
CREATE INDEX conflict_log_position ON conflict_log (position_id) WHERE position_id IS NOT NULL;
CREATE INDEX conflict_log_entity ON conflict_log (entity_id);
CREATE INDEX conflict_log_lost_by ON conflict_log (lost_by);
CREATE INDEX conflict_log_settled_by ON conflict_log (settled_by) WHERE settled_by IS NOT NULL;
CREATE INDEX conflict_log_open ON conflict_log (lost_at DESC, id) WHERE settled_at IS NULL;

-- Care stops only with a reason; reopening adds a row and keeps the old reason.
CREATE TABLE customer_closures (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers (id),
    act text NOT NULL CHECK (act IN ('close', 'reopen', 'lock', 'unlock')),
    reason_code text NOT NULL CHECK (length(reason_code) BETWEEN 1 AND 60),
    note text CHECK (length(note) <= 2000),
    acted_at timestamptz NOT NULL DEFAULT now(),
    acted_by uuid
);
CREATE INDEX customer_closures_customer ON customer_closures (customer_id, acted_at DESC);
