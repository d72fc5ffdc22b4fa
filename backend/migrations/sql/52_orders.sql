-- Floor 5: orders and what people did to them. What somebody did is a row: claims, picks, dispatches, cancellations.
-- Money: minor units of the order's currency. Quantities: 10^-6 of the unit (qty) or of the base unit (all others).
-- Lock order of every verb: the order, its customer, the credit account, bins by (item, warehouse), reservations, limits of
-- promotions, numbers.

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    customer_id uuid NOT NULL REFERENCES customers (id),
    position_id int NOT NULL REFERENCES positions (id),
    user_id uuid NOT NULL REFERENCES users (id),
    state text NOT NULL CHECK (state IN ('submitted', 'on_hold', 'confirmed', 'picking', 'picked', 'dispatched',
                                         'cancelled', 'rejected')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    ordered_on date NOT NULL,
    requested_on date,
    ship_address_id uuid,
    ship_av_id uuid,
    warehouse_id uuid NOT NULL REFERENCES warehouses (id),
    gross bigint NOT NULL CHECK (gross >= 0),
    discount bigint NOT NULL CHECK (discount BETWEEN 0 AND gross),
    net bigint NOT NULL CHECK (net >= 0),
    tax bigint NOT NULL CHECK (tax >= 0),
    total bigint NOT NULL,
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    decided_note text NOT NULL DEFAULT '' CHECK (length(decided_note) <= 500),
    book_version text CHECK (length(book_version) <= 80),
    shown_total bigint,
    priced_as text NOT NULL DEFAULT 'current' CHECK (priced_as IN ('current', 'honoured', 'differs', 'suspect')),
    diff jsonb,
    coupons text[] NOT NULL DEFAULT '{}',
    credit_account_id uuid NOT NULL REFERENCES credit_accounts (id),
    credit_amount bigint NOT NULL,
    credit_taken boolean NOT NULL,
    claimed_on date NOT NULL,
    client_at timestamptz,
    placed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    body_hash bytea NOT NULL,
    outcome jsonb NOT NULL,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    changed_at timestamptz NOT NULL,
    created_by uuid,
    deleted_at timestamptz,
    CONSTRAINT orders_total CHECK (total = net + tax)
) WITH (fillfactor = 85);
COMMENT ON COLUMN orders.position_id IS 'the position the revenue is credited to: the customer''s on the day it was placed';
COMMENT ON COLUMN orders.ship_av_id IS 'the version of the ship-to address the rep saw';
COMMENT ON COLUMN orders.priced_as IS 'how the phone''s price met the office''s: the same, an older one kept as promised, another one, or one its own book does not give';
COMMENT ON COLUMN orders.coupons IS 'what the customer brought or chose: codes of coupons and of gifts ("KM1~2")';
COMMENT ON COLUMN orders.credit_amount IS 'the order''s value in minor units of the credit account''s currency';
COMMENT ON COLUMN orders.claimed_on IS 'the order day as the phone claimed it; ordered_on is the one that counts';
COMMENT ON COLUMN orders.placed_at IS 'the server''s clock; client_at is the phone''s claim';
CREATE INDEX orders_customer ON orders (customer_id, placed_at DESC, id DESC);
CREATE INDEX orders_recent ON orders (placed_at DESC, id DESC);
CREATE INDEX orders_position ON orders (position_id, placed_at DESC, id DESC);
CREATE INDEX orders_user ON orders (user_id);
CREATE INDEX orders_open ON orders (state, placed_at, id) WHERE state NOT IN ('dispatched', 'cancelled', 'rejected');
CREATE INDEX orders_warehouse ON orders (warehouse_id);
CREATE INDEX orders_credit_account ON orders (credit_account_id) WHERE credit_taken;

CREATE TABLE order_lines (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    seq int NOT NULL CHECK (seq > 0),
    item_id uuid NOT NULL REFERENCES items (id),
    unit text NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    qty_base bigint NOT NULL CHECK (qty_base > 0),
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    gross bigint NOT NULL CHECK (gross >= 0),
    discount bigint NOT NULL CHECK (discount BETWEEN 0 AND gross),
    net bigint NOT NULL CHECK (net >= 0),
    tax bigint NOT NULL CHECK (tax >= 0),
    gift_of text CHECK (length(gift_of) <= 80),
    price_source text CHECK (length(price_source) <= 100),
    shown_price bigint,
    credit_amount bigint NOT NULL CHECK (credit_amount >= 0),
    stocked boolean NOT NULL DEFAULT true,
    reserved bigint NOT NULL DEFAULT 0,
    picked bigint NOT NULL DEFAULT 0,
    dispatched bigint NOT NULL DEFAULT 0 CHECK (dispatched >= 0),
    cut bigint NOT NULL DEFAULT 0 CHECK (cut >= 0),
    UNIQUE (order_id, seq),
    CONSTRAINT order_lines_picked CHECK (picked BETWEEN 0 AND reserved),
    CONSTRAINT order_lines_places CHECK (reserved + dispatched + cut <= qty_base)
) WITH (fillfactor = 85);
COMMENT ON COLUMN order_lines.price_source IS 'where the unit price came from: "list:DL/DL-2" (list and row), "item" or "given"';
COMMENT ON COLUMN order_lines.cut IS 'what will not be shipped: short-picked, cancelled or rejected';
COMMENT ON COLUMN order_lines.credit_amount IS 'the line''s share of orders.credit_amount';
CREATE INDEX order_lines_item ON order_lines (item_id);

CREATE TABLE order_holds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES orders (id),
    kind text NOT NULL CHECK (kind IN ('credit', 'stock', 'price')),
    code text NOT NULL CHECK (code ~ '^[A-Z_]{2,40}$'),
    numbers jsonb NOT NULL DEFAULT '{}',
    placed_at timestamptz NOT NULL,
    lifted_at timestamptz,
    lifted_by uuid,
    lifted_how text CHECK (lifted_how IN ('approved', 'rejected', 'cancelled', 'cured', 'accepted')),
    CONSTRAINT order_holds_lifted CHECK ((lifted_at IS NULL) = (lifted_how IS NULL))
);
CREATE INDEX order_holds_order ON order_holds (order_id);

CREATE TABLE order_cancellations (
    order_id uuid PRIMARY KEY REFERENCES orders (id),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    cancelled_at timestamptz NOT NULL,
    cancelled_by uuid NOT NULL
);

CREATE TABLE order_claims (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    claimed_by uuid NOT NULL REFERENCES users (id),
    claimed_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_how text CHECK (ended_how IN ('picked', 'given_up', 'cancelled')),
    CONSTRAINT order_claims_ended CHECK ((ended_at IS NULL) = (ended_how IS NULL))
);
CREATE INDEX order_claims_order ON order_claims (order_id);
CREATE INDEX order_claims_claimed_by ON order_claims (claimed_by);
CREATE UNIQUE INDEX order_claims_one_open ON order_claims (order_id) WHERE ended_at IS NULL;

CREATE TABLE order_picks (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    picked_by uuid NOT NULL REFERENCES users (id),
    picked_at timestamptz NOT NULL,
    body_hash bytea NOT NULL
);
CREATE INDEX order_picks_order ON order_picks (order_id);
CREATE INDEX order_picks_picked_by ON order_picks (picked_by);
CREATE TABLE order_pick_lines (
    pick_id uuid NOT NULL REFERENCES order_picks (id),
    order_line_id uuid NOT NULL REFERENCES order_lines (id),
    qty bigint NOT NULL CHECK (qty >= 0),
    short bigint NOT NULL CHECK (short >= 0),
    short_reason text CHECK (length(short_reason) BETWEEN 1 AND 200),
    PRIMARY KEY (pick_id, order_line_id),
    CONSTRAINT order_pick_lines_reason CHECK (short = 0 OR short_reason IS NOT NULL)
);
CREATE INDEX order_pick_lines_line ON order_pick_lines (order_line_id);

CREATE TABLE order_dispatches (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    packages int NOT NULL CHECK (packages BETWEEN 1 AND 10000),
    plate text CHECK (length(plate) <= 20),
    note text CHECK (length(note) <= 2000),
    dispatched_by uuid NOT NULL REFERENCES users (id),
    dispatched_at timestamptz NOT NULL,
    body_hash bytea NOT NULL
);
CREATE INDEX order_dispatches_order ON order_dispatches (order_id);
CREATE INDEX order_dispatches_dispatched_by ON order_dispatches (dispatched_by);
CREATE TABLE order_dispatch_lines (
    dispatch_id uuid NOT NULL REFERENCES order_dispatches (id),
    order_line_id uuid NOT NULL REFERENCES order_lines (id),
    qty bigint NOT NULL CHECK (qty > 0),
    PRIMARY KEY (dispatch_id, order_line_id)
);
CREATE INDEX order_dispatch_lines_line ON order_dispatch_lines (order_line_id);

-- Human numbers. One counter row would make every order wait for the commit of the one before; a year therefore has 32
-- counters, counter i giving i, i + 32, i + 64, ... The free one with the lowest number is taken, so numbers are dense
-- and rise with time, and a rollback gives its number back.
CREATE TABLE order_numbers (
    year int NOT NULL,
    stripe int NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (year, stripe)
) WITH (fillfactor = 20);
CREATE FUNCTION order_number(p_year int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v order_numbers;
BEGIN
    FOR attempt IN 1..2 LOOP
        SELECT * INTO v FROM order_numbers WHERE year = p_year ORDER BY next LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            SELECT * INTO v FROM order_numbers WHERE year = p_year ORDER BY next LIMIT 1 FOR NO KEY UPDATE;
        END IF;
        EXIT WHEN FOUND;
        INSERT INTO order_numbers SELECT p_year, i, i FROM generate_series(1, 32) i ON CONFLICT DO NOTHING;
    END LOOP;
    UPDATE order_numbers SET next = next + 32 WHERE year = v.year AND stripe = v.stripe;
    RETURN 'SO-' || p_year || '-' || lpad(v.next::text, 6, '0');
END $$;

-- Place a priced order: credit, stock, number, the document, its holds, the question to a manager and the audit entry, in
-- one call. The caller has checked who may and has priced the lines; `position` is the customer's as it was then.
-- p_order: the columns of `orders` known before; p_lines: those of `order_lines` with the warehouse;
-- p_more: {"position", "account_currency", "account_digits", "locked", "differs", "price_code", "expires_at", "today", "year", "audit_id",
-- "request_id", "uses"}. Raises TU001 with the promotions that are used up meanwhile, for the caller to roll back to before the
-- call and price the order without them. Answers null when an order of this id is there already, else {"number", "state", "holds", "lines"}; the
-- numbers of a hold are decimal text, as the wire wants them, those of `lines` integers.
-- Plans are generic: all its statements go by keys, and planning each anew would cost more than running it.
CREATE FUNCTION orders_place(p_order jsonb, p_lines jsonb, p_more jsonb) RETURNS jsonb LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v orders;
    v_credit jsonb;
    v_held jsonb;
    v_short jsonb;
    v_holds jsonb := '[]';
    v_soft boolean;
    v_ids uuid[];
    v_items uuid[];
    v_warehouses uuid[];
    v_qtys bigint[];
    v_due date[];
    v_gone uuid[];
    v_digits int := (p_more->>'account_digits')::int;
BEGIN
    v := jsonb_populate_record(NULL::orders, p_order);
    SELECT position_id INTO v.position_id FROM customers WHERE id = v.customer_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM orders WHERE id = v.id) THEN
        RETURN NULL;
    END IF;
    IF v.position_id <> (p_more->>'position')::int THEN
        RAISE EXCEPTION 'the customer was just given to a colleague' USING ERRCODE = 'serialization_failure';
    END IF;
    v_credit := credit_take(v.customer_id, p_more->>'account_currency', v.id, v.credit_amount, (p_more->>'locked')::boolean,
                            false, v.placed_at, (p_more->>'today')::date, v.user_id);
    v_soft := NOT (v_credit->>'taken')::boolean OR p_more->'differs' <> 'null';
    SELECT array_agg(l.id), array_agg(l.item_id), array_agg(v.warehouse_id), array_agg(l.qty_base),
           array_agg(coalesce(v.requested_on, v.ordered_on))
      INTO v_ids, v_items, v_warehouses, v_qtys, v_due
      FROM jsonb_to_recordset(p_lines) AS l(id uuid, item_id uuid, qty_base bigint, stocked boolean) WHERE l.stocked;
    SELECT coalesce(jsonb_agg(jsonb_build_object('line', r.line, 'item', r.item, 'held', r.held, 'short', r.backlog)), '[]')
      INTO v_held
      FROM stock_reserve(v.id, v_ids, v_items, v_warehouses, v_qtys, v_due, CASE WHEN v_soft THEN 'soft' ELSE 'hard' END,
                         (p_more->>'expires_at')::timestamptz, v.placed_at) r;
    v_gone := promotion_take(v.id, v.customer_id, p_more->'uses', v.placed_at);
    IF v_gone <> '{}' THEN
        RAISE EXCEPTION 'promotions are used up' USING ERRCODE = 'TU001', DETAIL = to_json(v_gone)::text;
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object('line', h.line, 'item', h.item, 'held', decimal_text(h.held, 6),
               'short', decimal_text(h.short, 6))), '[]')
      INTO v_short FROM jsonb_to_recordset(v_held) AS h(line uuid, item uuid, held bigint, short bigint) WHERE h.short > 0;
    SELECT coalesce(jsonb_agg(jsonb_build_object('kind', 'credit', 'code', c->>'code', 'numbers', (
               SELECT jsonb_object_agg(key, CASE WHEN key IN ('limit', 'exposure', 'after', 'amount', 'over', 'max')
                                                  AND value <> 'null'
                          THEN to_jsonb(decimal_text(value::bigint, v_digits)) ELSE value END)
                 FROM jsonb_each((v_credit - '{codes,taken,account}'::text[]) || (c - 'code')
                                 || jsonb_build_object('amount', v.credit_amount))))), '[]')
      INTO v_holds FROM jsonb_array_elements(v_credit->'codes') c;
    IF v_short <> '[]' THEN
        v_holds := v_holds || jsonb_build_object('kind', 'stock', 'code', 'SHORT', 'numbers',
                                                 jsonb_build_object('lines', v_short));
    END IF;
    IF p_more->'differs' <> 'null' THEN
        v_holds := v_holds || jsonb_build_object('kind', 'price', 'code', p_more->>'price_code', 'numbers', p_more->'differs');
    END IF;
    v.state := CASE WHEN v_holds = '[]' THEN 'confirmed' ELSE 'on_hold' END;
    v.credit_account_id := (v_credit->>'account')::uuid;
    v.credit_taken := (v_credit->>'taken')::boolean;
    v.number := order_number((p_more->>'year')::int);
    v.outcome := jsonb_build_object('number', v.number, 'state', v.state, 'holds', v_holds, 'lines', v_held);
    INSERT INTO orders VALUES (v.*);
    INSERT INTO order_lines (id, order_id, seq, item_id, unit, qty, qty_base, unit_price, gross, discount, net, tax,
                             gift_of, price_source, shown_price, credit_amount, stocked, reserved)
    SELECT l.id, v.id, l.seq, l.item_id, l.unit, l.qty, l.qty_base, l.unit_price, l.gross, l.discount, l.net, l.tax,
           l.gift_of, l.price_source, l.shown_price, l.credit_amount, l.stocked, coalesce(h.held, 0)
      FROM jsonb_to_recordset(p_lines) AS l(id uuid, seq int, item_id uuid, unit text, qty bigint, qty_base bigint,
               unit_price bigint, gross bigint, discount bigint, net bigint, tax bigint, gift_of text,
               price_source text, shown_price bigint, credit_amount bigint, stocked boolean)
      LEFT JOIN jsonb_to_recordset(v_held) AS h(line uuid, held bigint) ON h.line = l.id;
    IF v_holds <> '[]' THEN
        INSERT INTO order_holds (order_id, kind, code, numbers, placed_at)
        SELECT v.id, h->>'kind', h->>'code', h->'numbers', v.placed_at FROM jsonb_array_elements(v_holds) h;
        PERFORM approval_ask((p_more->>'request_id')::uuid, v.id, 'order.hold', v.position_id, v.user_id,
                             jsonb_build_object('number', v.number, 'total', v.total, 'currency', v.currency,
                                                'holds', v_holds), v.placed_at);
    END IF;
    INSERT INTO audit (id, entity, entity_id, action, actor_id, at, details)
    VALUES ((p_more->>'audit_id')::uuid, 'order', v.id, 'order.place', v.user_id, v.placed_at,
            jsonb_build_object('to', v.state, 'number', v.number, 'total', v.total, 'holds', v_holds,
                               'client_at', v.client_at)
            || CASE v.priced_as WHEN 'current' THEN '{}'
                    ELSE jsonb_build_object('priced_as', v.priced_as, 'book', v.book_version, 'diff', v.diff) END);
    RETURN v.outcome;
END $$;
