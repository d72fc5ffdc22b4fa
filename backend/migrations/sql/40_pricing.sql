-- Pricing: price lists, their rules, promotions, and the books phones priced from.
CREATE EXTENSION IF NOT EXISTS btree_gist;

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

-- Two rows for the same item, customer, unit and quantity break whose days overlap contradict each other: refused when
-- saved, with both named, and never met by a rep. A row of another priority is somebody's decision, not a slip. This also
-- rules out ties: rows that name the same things differ in one of these or in their days.
ALTER TABLE price_rules ADD CONSTRAINT price_rules_no_overlap EXCLUDE USING gist (
    list_id WITH =,
    coalesce(item_id, '00000000-0000-0000-0000-000000000000') WITH =,
    coalesce(item_group_id, '00000000-0000-0000-0000-000000000000') WITH =,
    coalesce(customer_id, '00000000-0000-0000-0000-000000000000') WITH =,
    coalesce(customer_group_id, '00000000-0000-0000-0000-000000000000') WITH =,
    coalesce(unit, '') WITH =,
    coalesce(min_qty_micro, 0) WITH =,
    priority WITH =,
    daterange(valid_from, valid_to, '[]') WITH &&
) WHERE (deleted_at IS NULL);

-- A promotion is data in the price book's own format; its code is its id there. Only those that are `on` are in books;
-- whether one is scheduled, active or over by its days is for the brain and the reader's day to say.
CREATE TABLE promotions (
    id uuid PRIMARY KEY,
    code text NOT NULL CHECK (code ~ '^[\x21-\x7d]{1,40}$'),
    rule jsonb NOT NULL CHECK (jsonb_typeof(rule) = 'object'),
    state text NOT NULL DEFAULT 'on' CHECK (state IN ('draft', 'on', 'paused', 'ended')),
    budget bigint CHECK (budget > 0),
    per_customer int CHECK (per_customer > 0),
    gifts jsonb CHECK (jsonb_typeof(gifts) = 'array' AND jsonb_array_length(gifts) BETWEEN 2 AND 10),
    replaces uuid REFERENCES promotions (id),
    origin uuid REFERENCES promotions (id),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
COMMENT ON COLUMN promotions.code IS 'without "~": books call the n-th gift to choose from "KM1~n"';
COMMENT ON COLUMN promotions.budget IS 'the most all its orders together may take off and give, minor units of the company''s currency; null = no limit';
COMMENT ON COLUMN promotions.per_customer IS 'in how many orders of a customer it may act; null = no limit';
COMMENT ON COLUMN promotions.gifts IS 'the gifts the customer chooses one of, [{item, qty, unit?}]; the first stands in the rule';
COMMENT ON COLUMN promotions.replaces IS 'the promotion this is the next version of: that one ends when this one is put on';
COMMENT ON COLUMN promotions.origin IS 'the first of its versions, null for itself: budget and cap count over all of them';
CREATE UNIQUE INDEX promotions_code ON promotions (code) WHERE deleted_at IS NULL;
CREATE INDEX promotions_replaces ON promotions (replaces);
CREATE INDEX promotions_origin ON promotions (origin);
-- One next version at a time: two people cannot prepare rivals for the same promotion without seeing each other.
CREATE UNIQUE INDEX promotions_next ON promotions (replaces) WHERE state = 'draft' AND deleted_at IS NULL;

-- The state a promotion has on a day, as people speak of it.
CREATE FUNCTION promotion_state(state text, rule jsonb, on_day date) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN state IN ('draft', 'ended') THEN state
                WHEN rule->>'valid_to' < to_char(on_day, 'YYYY-MM-DD') THEN 'ended'
                WHEN state = 'paused' THEN state
                WHEN rule->>'valid_from' > to_char(on_day, 'YYYY-MM-DD') THEN 'scheduled'
                ELSE 'active' END
$$;

-- What somebody did to a promotion: who, when, why, and which warnings they had read.
CREATE TABLE promotion_steps (
    id uuid PRIMARY KEY,
    promotion_id uuid NOT NULL REFERENCES promotions (id),
    step text NOT NULL CHECK (step IN ('drafted', 'changed', 'withdrawn', 'activated', 'paused', 'resumed', 'ended',
                                       'replaced', 'discarded')),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    acknowledged text[] NOT NULL DEFAULT '{}',
    made_by uuid REFERENCES users (id),
    made_at timestamptz NOT NULL
);
COMMENT ON COLUMN promotion_steps.acknowledged IS 'the warnings that were shown and accepted, as kind:code';
CREATE INDEX promotion_steps_promotion ON promotion_steps (promotion_id, made_at);
CREATE INDEX promotion_steps_made_by ON promotion_steps (made_by);

-- A dry run: what a promotion would have cost over past orders. The rule is a copy: what was asked is what was answered.
CREATE TABLE promotion_runs (
    id uuid PRIMARY KEY,
    promotion_id uuid NOT NULL REFERENCES promotions (id),
    rule jsonb NOT NULL,
    budget bigint,
    per_customer int,
    gifts jsonb,
    from_on date NOT NULL,
    to_on date NOT NULL CHECK (to_on >= from_on),
    region_set text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'cancelled', 'failed')),
    done int NOT NULL DEFAULT 0 CHECK (done >= 0),
    total int NOT NULL DEFAULT 0 CHECK (total >= done),
    result jsonb,
    asked_by uuid NOT NULL REFERENCES users (id),
    asked_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    CHECK ((result IS NOT NULL) = (state = 'done'))
);
CREATE INDEX promotion_runs_promotion ON promotion_runs (promotion_id, asked_at DESC);
CREATE INDEX promotion_runs_asked_by ON promotion_runs (asked_by);

-- What a limited promotion may still give, over all its versions (docs/decisions/0021). The row is its own counter: it is
-- locked by every order the promotion acts on, so it stands apart from `promotions`, whose every change renews all books.
CREATE TABLE promotion_limits (
    promotion_id uuid PRIMARY KEY REFERENCES promotions (id),
    in_force uuid NOT NULL REFERENCES promotions (id),
    budget bigint,
    per_customer int,
    used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    CONSTRAINT promotion_limits_budget CHECK (used <= budget)
) WITH (fillfactor = 50);
COMMENT ON COLUMN promotion_limits.promotion_id IS 'the first version';
COMMENT ON COLUMN promotion_limits.in_force IS 'the version put on last';
COMMENT ON COLUMN promotion_limits.used IS 'the sum of promotion_uses.amount';
CREATE INDEX promotion_limits_in_force ON promotion_limits (in_force);

-- Every time a limited promotion acted on an order, and every time that was given back (a row below nothing).
CREATE TABLE promotion_uses (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    promotion_id uuid NOT NULL REFERENCES promotion_limits (promotion_id),
    customer_id uuid NOT NULL REFERENCES customers (id),
    reference uuid NOT NULL,
    amount bigint NOT NULL,
    times int NOT NULL CHECK (times IN (1, -1)),
    at timestamptz NOT NULL,
    CONSTRAINT promotion_uses_sign CHECK (amount * times >= 0)
);
COMMENT ON COLUMN promotion_uses.reference IS 'the order; pricing never learns what that is';
COMMENT ON COLUMN promotion_uses.amount IS 'what it took off, and its gifts at their list price; minor units of the company''s currency';
CREATE INDEX promotion_uses_customer ON promotion_uses (promotion_id, customer_id) INCLUDE (times);
CREATE INDEX promotion_uses_of_customer ON promotion_uses (customer_id);
CREATE INDEX promotion_uses_reference ON promotion_uses (reference);

-- The limits of a promotion are those of the version that is on.
CREATE FUNCTION promotion_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.budget IS NULL AND NEW.per_customer IS NULL THEN
        UPDATE promotion_limits SET in_force = NEW.id, budget = NULL, per_customer = NULL
         WHERE promotion_id = coalesce(NEW.origin, NEW.id);
    ELSE
        INSERT INTO promotion_limits (promotion_id, in_force, budget, per_customer)
        VALUES (coalesce(NEW.origin, NEW.id), NEW.id, NEW.budget, NEW.per_customer)
        ON CONFLICT (promotion_id) DO UPDATE
           SET in_force = excluded.in_force, budget = excluded.budget, per_customer = excluded.per_customer;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER promotion_in_force AFTER INSERT OR UPDATE OF state, budget, per_customer ON promotions
FOR EACH ROW WHEN (NEW.state = 'on') EXECUTE FUNCTION promotion_in_force();

-- Take from the limits what an order uses: all of it, or nothing. p_uses: [{"promotion", "amount"}], promotions by their first
-- version. Answers those that are used up for this customer, none when all was taken. Locks the limits in the order of their ids.
CREATE FUNCTION promotion_take(p_reference uuid, p_customer uuid, p_uses jsonb, p_at timestamptz) RETURNS uuid[]
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_gone uuid[];
BEGIN
    IF coalesce(p_uses, '[]') = '[]' THEN
        RETURN '{}';
    END IF;
    PERFORM 1 FROM promotion_limits l
      WHERE l.promotion_id IN (SELECT u.promotion FROM jsonb_to_recordset(p_uses) AS u(promotion uuid))
      ORDER BY l.promotion_id FOR NO KEY UPDATE;
    SELECT coalesce(array_agg(l.promotion_id ORDER BY l.promotion_id), '{}') INTO v_gone
      FROM jsonb_to_recordset(p_uses) AS u(promotion uuid, amount bigint)
      JOIN promotion_limits l ON l.promotion_id = u.promotion
     WHERE l.used + u.amount > l.budget
        OR (SELECT sum(known.times) FROM promotion_uses known
             WHERE known.promotion_id = l.promotion_id AND known.customer_id = p_customer) >= l.per_customer;
    IF v_gone <> '{}' THEN
        RETURN v_gone;
    END IF;
    UPDATE promotion_limits l SET used = l.used + u.amount
      FROM jsonb_to_recordset(p_uses) AS u(promotion uuid, amount bigint) WHERE l.promotion_id = u.promotion;
    INSERT INTO promotion_uses (promotion_id, customer_id, reference, amount, times, at)
    SELECT l.promotion_id, p_customer, p_reference, u.amount, 1, p_at
      FROM jsonb_to_recordset(p_uses) AS u(promotion uuid, amount bigint)
      JOIN promotion_limits l ON l.promotion_id = u.promotion;
    RETURN '{}';
END $$;

-- Give back what an order still uses of any promotion; a second time gives back nothing.
CREATE FUNCTION promotion_give_back(p_reference uuid, p_at timestamptz) RETURNS int
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_count int;
BEGIN
    PERFORM 1 FROM promotion_limits l
      WHERE l.promotion_id IN (SELECT u.promotion_id FROM promotion_uses u WHERE u.reference = p_reference)
      ORDER BY l.promotion_id FOR NO KEY UPDATE;
    WITH open AS (
        SELECT u.promotion_id, u.customer_id, sum(u.amount) AS amount FROM promotion_uses u
         WHERE u.reference = p_reference GROUP BY 1, 2 HAVING sum(u.times) > 0),
    back AS (
        INSERT INTO promotion_uses (promotion_id, customer_id, reference, amount, times, at)
        SELECT promotion_id, customer_id, p_reference, -amount, -1, p_at FROM open)
    UPDATE promotion_limits l SET used = l.used - o.amount FROM open o WHERE l.promotion_id = o.promotion_id;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

CREATE TABLE promotion_groups (
    code text PRIMARY KEY CHECK (code ~ '^[\x21-\x7e]{1,40}$'),
    pick text NOT NULL DEFAULT 'best' CHECK (pick IN ('best', 'priority'))
);

-- Every book a phone ever fetched, so that its price can be computed again as it was.
CREATE TABLE price_books (
    version text PRIMARY KEY CHECK (version ~ '^[0-9a-f]{64}$'),
    book bytea NOT NULL,
    mark uuid,
    built_at timestamptz NOT NULL DEFAULT now(),
    given_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN price_books.book IS 'the canonical JSON, zlib compressed; version is the sha256 of the JSON';
COMMENT ON COLUMN price_books.mark IS 'the lists it was last cut from: as long as pricing_mark says the same, it is in force';
COMMENT ON COLUMN price_books.given_at IS 'when a phone was last told that this book is in force, to the hour';
CREATE INDEX price_books_given ON price_books (given_at);

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
                                   'customer_groups', 'company_terms', 'price_lists', 'price_rules', 'promotions', 'promotion_groups']
    LOOP
        EXECUTE format('CREATE TRIGGER pricing_changed BEFORE INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION pricing_changed()', watched);
        EXECUTE format('CREATE TRIGGER pricing_emptied BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION pricing_changed()', watched);
    END LOOP;
END $$;
