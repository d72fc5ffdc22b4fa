-- Catalog: what we sell and how it is counted. Money is 10^-6 of the currency unit, quantities 10^-6 of the base unit.

CREATE TABLE currencies (
    code text PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
    minor_digits smallint NOT NULL CHECK (minor_digits BETWEEN 0 AND 4),
    price_digits smallint NOT NULL CHECK (price_digits BETWEEN minor_digits AND 6),
    name_vi text NOT NULL CHECK (length(name_vi) BETWEEN 1 AND 80),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 80)
);
COMMENT ON COLUMN currencies.price_digits IS 'decimals a unit price is rounded to; usually minor_digits + 2';

-- num/den units of the company currency for one unit of this one, from that day on.
CREATE TABLE currency_rates (
    currency text NOT NULL REFERENCES currencies (code),
    from_on date NOT NULL,
    num bigint NOT NULL CHECK (num > 0),
    den bigint NOT NULL DEFAULT 1 CHECK (den > 0),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (currency, from_on)
);

-- Every rate anybody entered or corrected, as it was said: what orders and reports of those days were reckoned with.
CREATE TABLE currency_rate_steps (
    id uuid PRIMARY KEY,
    currency text NOT NULL REFERENCES currencies (code),
    from_on date NOT NULL,
    num bigint NOT NULL CHECK (num > 0),
    den bigint NOT NULL CHECK (den > 0),
    was_num bigint,
    was_den bigint,
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    made_at timestamptz NOT NULL,
    made_by uuid NOT NULL,
    CHECK ((was_num IS NULL) = (was_den IS NULL)),
    CHECK (was_num IS NULL OR reason <> '')
);
CREATE INDEX currency_rate_steps_rate ON currency_rate_steps (currency, from_on, made_at);
CREATE TRIGGER currency_rate_steps_append_only BEFORE UPDATE OR DELETE ON currency_rate_steps
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER currency_rate_steps_no_truncate BEFORE TRUNCATE ON currency_rate_steps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE taxes (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[\x21-\x7e]{1,40}$'),
    rate_num bigint NOT NULL CHECK (rate_num >= 0),
    rate_den bigint NOT NULL DEFAULT 100 CHECK (rate_den > 0),
    name_vi text NOT NULL CHECK (length(name_vi) BETWEEN 1 AND 120),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 120),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
COMMENT ON COLUMN taxes.rate_num IS 'rate_num/rate_den of the net amount: 8/100 is eight percent';

-- The tree of item groups, any depth. path is '/<id>/<id>/' from the root to the group itself.
CREATE TABLE item_groups (
    id uuid PRIMARY KEY,
    parent_id uuid REFERENCES item_groups (id),
    code text NOT NULL CHECK (code ~ '^[\x21-\x7e]{1,40}$'),
    name_vi text NOT NULL CHECK (length(name_vi) BETWEEN 1 AND 200),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 200),
    path text NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz,
    CHECK (parent_id IS DISTINCT FROM id)
);
CREATE UNIQUE INDEX item_groups_code ON item_groups (code) WHERE deleted_at IS NULL;
CREATE INDEX item_groups_parent ON item_groups (parent_id);
CREATE INDEX item_groups_path ON item_groups (path text_pattern_ops);

CREATE FUNCTION item_groups_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE above text := '/';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO above FROM item_groups WHERE id = NEW.parent_id;
        IF above LIKE '%/' || NEW.id || '/%' THEN
            RAISE EXCEPTION 'an item group cannot lie under itself' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    NEW.path := above || NEW.id || '/';
    RETURN NEW;
END $$;
CREATE TRIGGER item_groups_place BEFORE INSERT OR UPDATE OF parent_id, path ON item_groups
    FOR EACH ROW EXECUTE FUNCTION item_groups_place();

-- Moving a group takes its whole subtree along.
CREATE FUNCTION item_groups_carry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE item_groups SET path = '', version = version + 1, changed_at = NEW.changed_at WHERE parent_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER item_groups_carry AFTER UPDATE OF parent_id, path ON item_groups
    FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION item_groups_carry();

CREATE TABLE items (
    id uuid PRIMARY KEY,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 60),
    name_vi text NOT NULL CHECK (length(name_vi) BETWEEN 1 AND 300),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 300),
    folded text NOT NULL,
    group_id uuid REFERENCES item_groups (id),
    base_unit text NOT NULL CHECK (length(base_unit) BETWEEN 1 AND 40),
    base_digits smallint NOT NULL DEFAULT 0 CHECK (base_digits BETWEEN 0 AND 6),
    whole_units boolean NOT NULL DEFAULT true,
    tax_id uuid REFERENCES taxes (id),
    list_price_micro bigint CHECK (list_price_micro >= 0),
    list_currency text NOT NULL REFERENCES currencies (code),
    cost_micro bigint CHECK (cost_micro >= 0),
    floor_price_micro bigint CHECK (floor_price_micro >= 0),
    stocked boolean NOT NULL DEFAULT true,
    active boolean NOT NULL DEFAULT true,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
COMMENT ON COLUMN items.folded IS 'code and both names without accents, as people type them into the search box';
COMMENT ON COLUMN items.list_price_micro IS '10^-6 of list_currency per base unit; null = no price of its own';
COMMENT ON COLUMN items.cost_micro IS 'server only: never leaves in a price book, a pull or a list';
CREATE UNIQUE INDEX items_code ON items (code) WHERE deleted_at IS NULL;
CREATE INDEX items_group ON items (group_id);
CREATE INDEX items_tax ON items (tax_id);
CREATE INDEX items_list_currency ON items (list_currency);
CREATE INDEX items_by_name ON items (folded, id) WHERE deleted_at IS NULL AND active;
CREATE INDEX items_folded_trgm ON items USING gin (folded gin_trgm_ops);

-- One `unit` holds num/den base units, exactly: a carton of 48 is 48/1, a third of a litre 1/3.
CREATE TABLE packagings (
    id uuid PRIMARY KEY,
    item_id uuid NOT NULL REFERENCES items (id),
    unit text NOT NULL CHECK (length(unit) BETWEEN 1 AND 40),
    num bigint NOT NULL CHECK (num > 0),
    den bigint NOT NULL DEFAULT 1 CHECK (den > 0),
    whole_units boolean NOT NULL DEFAULT true,
    barcode text CHECK (length(barcode) <= 80),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX packagings_unit ON packagings (item_id, unit) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX packagings_barcode ON packagings (barcode) WHERE barcode <> '' AND deleted_at IS NULL;
CREATE INDEX packagings_item ON packagings (item_id);

-- Lists a person picks a reason from. Each slice names its own kind.
CREATE TABLE reasons (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z_]{1,39}$'),
    code text NOT NULL CHECK (code ~ '^[\x21-\x7e]{1,60}$'),
    name_vi text NOT NULL CHECK (length(name_vi) BETWEEN 1 AND 200),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 200),
    seq int NOT NULL DEFAULT 0,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX reasons_code ON reasons (kind, code) WHERE deleted_at IS NULL;
