-- Pricing: price lists, their rules, promotions, and the books phones priced from.

CREATE TABLE price_lists (
    id uuid PRIMARY KEY,
    code text NOT NULL CHECK (code ~ '^[\x21-\x2e\x30-\x7e]{1,40}$'),
    name_vi text NOT NULL CHECK (length(name_vi) BETWEEN 1 AND 200),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 200),
    currency text NOT NULL REFERENCES currencies (code),
    tax_included boolean NOT NULL DEFAULT false,
    is_default boolean NOT NULL DEFAULT false,
    valid_from date,
    valid_to date CHECK (valid_to >= valid_from),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
COMMENT ON COLUMN price_lists.code IS 'printable ASCII without "/": it stands before the rule in "list:DL/DL-2"';
CREATE UNIQUE INDEX price_lists_code ON price_lists (code) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX price_lists_one_default ON price_lists (is_default) WHERE is_default AND deleted_at IS NULL;
CREATE INDEX price_lists_currency ON price_lists (currency);

CREATE TABLE price_rules (
    id uuid PRIMARY KEY,
    list_id uuid NOT NULL REFERENCES price_lists (id),
    code text NOT NULL CHECK (code ~ '^[\x21-\x7e]{1,40}$'),
    priority int NOT NULL DEFAULT 0,
    item_id uuid REFERENCES items (id),
    item_group_id uuid REFERENCES item_groups (id),
    customer_id uuid REFERENCES customers (id),
    customer_group_id uuid REFERENCES customer_groups (id),
    unit text CHECK (length(unit) BETWEEN 1 AND 40),
    min_qty_micro bigint CHECK (min_qty_micro >= 0),
    max_qty_micro bigint CHECK (max_qty_micro >= min_qty_micro),
    valid_from date,
    valid_to date CHECK (valid_to >= valid_from),
    price jsonb NOT NULL CHECK (price->>'kind' IN ('fixed', 'off')),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz,
    -- A price from cost is turned into a plain amount before it leaves the server, which needs one item to name.
    CHECK (price->>'base' IS DISTINCT FROM 'cost' OR item_id IS NOT NULL)
);
COMMENT ON COLUMN price_rules.code IS 'the rule''s own id within its list, printed as the source of a price and used in tie-breaks';
COMMENT ON COLUMN price_rules.price IS 'kind fixed or off, as in the price book; amounts are decimal strings';
CREATE UNIQUE INDEX price_rules_code ON price_rules (list_id, code) WHERE deleted_at IS NULL;
CREATE INDEX price_rules_list ON price_rules (list_id);
CREATE INDEX price_rules_item ON price_rules (item_id);
CREATE INDEX price_rules_item_group ON price_rules (item_group_id);
CREATE INDEX price_rules_customer ON price_rules (customer_id);
CREATE INDEX price_rules_customer_group ON price_rules (customer_group_id);

-- Two rules that would tie in everything but their code are a contradiction: refused when saved, never met by a rep.
CREATE UNIQUE INDEX price_rules_no_tie ON price_rules
    (list_id, priority, item_id, item_group_id, customer_id, customer_group_id, unit, min_qty_micro, valid_from)
    NULLS NOT DISTINCT WHERE deleted_at IS NULL;

-- A promotion is data in the price book's own format; its code is its id there.
CREATE TABLE promotions (
    id uuid PRIMARY KEY,
    code text NOT NULL CHECK (code ~ '^[\x21-\x7e]{1,40}$'),
    rule jsonb NOT NULL CHECK (jsonb_typeof(rule) = 'object'),
    active boolean NOT NULL DEFAULT true,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX promotions_code ON promotions (code) WHERE deleted_at IS NULL;

CREATE TABLE promotion_groups (
    code text PRIMARY KEY CHECK (code ~ '^[\x21-\x7e]{1,40}$'),
    pick text NOT NULL DEFAULT 'best' CHECK (pick IN ('best', 'priority'))
);

-- Every book a phone ever fetched, so that its price can be computed again as it was.
CREATE TABLE price_books (
    version text PRIMARY KEY CHECK (version ~ '^[0-9a-f]{64}$'),
    book bytea NOT NULL,
    built_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN price_books.book IS 'the canonical JSON, zlib compressed; version is the sha256 of the JSON';
CREATE INDEX price_books_built ON price_books (built_at);

-- A new mark whenever anything a price depends on changes (customers are read afresh each time). Processes keep the
-- compiled lists for as long as the mark stays. The mark is random: a copy of the database may share it, a changed one
-- never does, and one read inside a transaction that rolls back is never met again. It is set before the rows are
-- touched, so writers of prices queue here, in one order, and cannot deadlock over items and rules.
CREATE TABLE pricing_mark (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    mark uuid NOT NULL
);
INSERT INTO pricing_mark (mark) VALUES (gen_random_uuid());

CREATE FUNCTION pricing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pricing_mark SET mark = gen_random_uuid();
    RETURN NULL;
END $$;
DO $$
DECLARE watched text;
BEGIN
    FOREACH watched IN ARRAY ARRAY['currencies', 'currency_rates', 'taxes', 'item_groups', 'items', 'packagings',
                                   'customer_groups', 'price_lists', 'price_rules', 'promotions', 'promotion_groups']
    LOOP
        EXECUTE format('CREATE TRIGGER pricing_changed BEFORE INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION pricing_changed()', watched);
        EXECUTE format('CREATE TRIGGER pricing_emptied BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION pricing_changed()', watched);
    END LOOP;
END $$;
