-- Floor 4: how much a customer may owe us, what is owed now, and who stopped or let pass what.
-- Amounts are minor units of the account's currency. Entries are keyed by a reference, so credit never learns what an
-- order is. exposure = receivable + uninvoiced + open_orders - cash_unapplied.

CREATE TABLE credit_accounts (
    id uuid PRIMARY KEY,
    name text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    limit_minor bigint CHECK (limit_minor >= 0),
    max_document bigint CHECK (max_document >= 0),
    grace_days int NOT NULL DEFAULT 0 CHECK (grace_days >= 0),
    overdue_since date,
    receivable bigint NOT NULL DEFAULT 0,
    uninvoiced bigint NOT NULL DEFAULT 0,
    open_orders bigint NOT NULL DEFAULT 0,
    cash_unapplied bigint NOT NULL DEFAULT 0,
    version int NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz,
    CONSTRAINT credit_accounts_open_orders CHECK (open_orders >= 0),
    CONSTRAINT credit_accounts_uninvoiced CHECK (uninvoiced >= 0),
    CONSTRAINT credit_accounts_cash CHECK (cash_unapplied >= 0)
) WITH (fillfactor = 70);
COMMENT ON COLUMN credit_accounts.limit_minor IS 'NULL = inherited (credit_inherited), 0 = cash only';
COMMENT ON COLUMN credit_accounts.overdue_since IS 'due day of the oldest open instalment that is past due';

-- Several customers may share one account. A customer nobody gave an account has one of its own, of the same id.
CREATE TABLE credit_members (
    customer_id uuid PRIMARY KEY REFERENCES customers (id),
    account_id uuid NOT NULL REFERENCES credit_accounts (id)
);
CREATE INDEX credit_members_account ON credit_members (account_id);

CREATE TABLE credit_entries (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES credit_accounts (id),
    component text NOT NULL CHECK (component IN ('open_orders', 'uninvoiced', 'receivable', 'cash_unapplied')),
    amount bigint NOT NULL CHECK (amount <> 0),
    reference uuid NOT NULL,
    why text NOT NULL CHECK (length(why) BETWEEN 1 AND 60),
    limit_minor bigint,
    entered_at timestamptz NOT NULL,
    entered_by uuid
);
COMMENT ON COLUMN credit_entries.limit_minor IS 'the limit a document was let in under; null = none was asked';
CREATE INDEX credit_entries_account ON credit_entries (account_id, component);
CREATE INDEX credit_entries_reference ON credit_entries (reference);
CREATE TRIGGER credit_entries_append_only BEFORE UPDATE OR DELETE ON credit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER credit_entries_no_truncate BEFORE TRUNCATE ON credit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A stop put on an account by a person or by the policy. Releasing it needs a reason; a release may end by itself.
CREATE TABLE credit_holds (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES credit_accounts (id),
    code text NOT NULL CHECK (code IN ('LOCKED', 'LIMIT', 'OVERDUE')),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    placed_at timestamptz NOT NULL,
    placed_by uuid,
    expires_at timestamptz,
    released_at timestamptz,
    released_by uuid,
    release_reason text CHECK (length(release_reason) BETWEEN 1 AND 500),
    release_until timestamptz,
    CONSTRAINT credit_holds_release CHECK ((released_at IS NULL) = (release_reason IS NULL))
);
CREATE INDEX credit_holds_account ON credit_holds (account_id);

-- The value of the first `part` of `whole` units of something worth `total`, rounded half away from zero once. A part
-- between two points is a difference of two such values, so parts always add up to the total.
CREATE FUNCTION credit_part(total bigint, part bigint, whole bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN whole = 0 THEN 0
                ELSE (sign(total) * div(2 * abs(total)::numeric * part + whole, 2 * whole::numeric))::bigint END
$$;

CREATE FUNCTION credit_hold_active(h credit_holds, p_at timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (h.expires_at IS NULL OR h.expires_at > p_at)
       AND (h.released_at IS NULL OR (h.release_until IS NOT NULL AND h.release_until <= p_at))
$$;

-- An amount in minor units of one currency as those of another, at the rates of a day, rounded half away from zero once.
-- A currency without a rate counts as the company's on the side the amount comes from; on the other side the answer is null.
CREATE FUNCTION credit_exchanged(p_amount bigint, p_from text, p_to text, p_on date) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_from = p_to THEN p_amount ELSE (
        SELECT div(2 * p_amount::numeric * coalesce(f.num, 1) * t.den * 10::numeric ^ d.minor_digits
                   + coalesce(f.den, 1)::numeric * t.num * 10::numeric ^ s.minor_digits,
                   2 * coalesce(f.den, 1)::numeric * t.num * 10::numeric ^ s.minor_digits)::bigint
          FROM currencies s CROSS JOIN currencies d
          LEFT JOIN LATERAL (SELECT num, den FROM currency_rates WHERE currency = p_from AND from_on <= p_on
                              ORDER BY from_on DESC LIMIT 1) f ON true
          JOIN LATERAL (SELECT num, den FROM currency_rates WHERE currency = p_to AND from_on <= p_on
                         ORDER BY from_on DESC LIMIT 1) t ON true
         WHERE s.code = p_from AND d.code = p_to) END
$$;

-- The limit of customers whose account has none of its own, in the account's currency: that of the nearest group with one,
-- else the company's, else null = no limit. A group's limit is meant for each customer alone, so an account that customers
-- share takes the company's. Without a rate to the account's currency the limit is 0: the order waits for a person.
CREATE FUNCTION credit_inherited(p_customers uuid[], p_today date)
RETURNS TABLE (customer_id uuid, group_id uuid, limit_minor bigint) LANGUAGE sql STABLE AS $$
    WITH asked AS (
        SELECT c.id, a.currency, EXISTS (SELECT 1 FROM credit_members o
                                          WHERE o.account_id = m.account_id AND o.customer_id <> c.id) AS shared
          FROM unnest(p_customers) AS c (id)
          LEFT JOIN credit_members m ON m.customer_id = c.id
          LEFT JOIN credit_accounts a ON a.id = m.account_id),
    near AS (
        SELECT DISTINCT ON (l.customer_id) l.customer_id, g.id, g.credit_limit_minor, g.credit_currency
          FROM customers_lines(ARRAY(SELECT id FROM asked WHERE NOT shared)) l
          JOIN customer_groups g ON g.id = l.group_id
         WHERE g.credit_limit_minor IS NOT NULL ORDER BY l.customer_id, l.place)
    SELECT asked.id, near.id, CASE WHEN found.amount IS NOT NULL THEN
               coalesce(credit_exchanged(found.amount, found.currency, coalesce(asked.currency, found.currency), p_today), 0)
           END
      FROM asked
      LEFT JOIN near ON near.customer_id = asked.id
      CROSS JOIN company_terms t
      CROSS JOIN LATERAL (SELECT coalesce(near.credit_limit_minor, t.credit_limit_minor) AS amount,
                                 coalesce(near.credit_currency, t.credit_currency) AS currency) found
$$;

-- Ask an account for `p_amount` more of open orders. The UPDATE's own condition decides; after = limit is allowed, and an
-- amount that does not raise the exposure is never refused. p_override: a person has said yes already.
-- Answers {"account", "currency", "taken", "limit", "exposure", "after", "codes": [{"code", numbers...}]}; exposure is
-- the one before this document.
CREATE FUNCTION credit_take(p_customer uuid, p_currency text, p_reference uuid, p_amount bigint, p_locked boolean,
                            p_override boolean, p_at timestamptz, p_today date, p_by uuid)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v credit_accounts;
    v_limit bigint;
    v_exposure bigint;
    v_after bigint;
    v_codes jsonb := '[]';
    v_hold credit_holds;
    v_taken boolean := false;
BEGIN
    SELECT a.* INTO v FROM credit_members m JOIN credit_accounts a ON a.id = m.account_id
     WHERE m.customer_id = p_customer FOR NO KEY UPDATE OF a;
    IF NOT FOUND THEN
        INSERT INTO credit_accounts (id, currency, changed_at, created_by)
        VALUES (p_customer, p_currency, p_at, p_by) ON CONFLICT (id) DO NOTHING;
        INSERT INTO credit_members (customer_id, account_id) VALUES (p_customer, p_customer)
        ON CONFLICT (customer_id) DO NOTHING;
        SELECT a.* INTO STRICT v FROM credit_members m JOIN credit_accounts a ON a.id = m.account_id
         WHERE m.customer_id = p_customer FOR NO KEY UPDATE OF a;
    END IF;
    -- Asked once the account is locked, and by a look of its own: a limit changed meanwhile already holds.
    v_limit := v.limit_minor;
    IF v_limit IS NULL THEN
        SELECT i.limit_minor INTO v_limit FROM credit_inherited(ARRAY[p_customer], p_today) i;
    END IF;
    v_exposure := v.receivable + v.uninvoiced + v.open_orders - v.cash_unapplied;
    v_after := v_exposure + p_amount;
    IF p_amount > 0 THEN
        IF v_limit < v_after THEN
            v_codes := v_codes || jsonb_build_object('code', 'LIMIT', 'over', v_after - v_limit);
        END IF;
        IF p_locked THEN
            v_codes := v_codes || jsonb_build_object('code', 'LOCKED');
        END IF;
        FOR v_hold IN SELECT h.* FROM credit_holds h
                       WHERE h.account_id = v.id AND credit_hold_active(h, p_at) ORDER BY h.placed_at LOOP
            v_codes := v_codes || jsonb_build_object('code', v_hold.code, 'reason', v_hold.reason);
        END LOOP;
        IF v.overdue_since IS NOT NULL AND p_today - v.overdue_since > v.grace_days THEN
            v_codes := v_codes || jsonb_build_object('code', 'OVERDUE', 'days', p_today - v.overdue_since,
                                                     'grace_days', v.grace_days);
        END IF;
        IF v.max_document < p_amount THEN
            v_codes := v_codes || jsonb_build_object('code', 'DOC_MAX', 'max', v.max_document);
        END IF;
    END IF;
    IF p_override OR v_codes = '[]' THEN
        UPDATE credit_accounts a SET open_orders = a.open_orders + p_amount, changed_at = p_at
         WHERE a.id = v.id AND (p_override OR p_amount <= 0 OR v_limit IS NULL
               OR a.receivable + a.uninvoiced + a.open_orders - a.cash_unapplied + p_amount <= v_limit);
        v_taken := FOUND;
        IF v_taken AND p_amount <> 0 THEN
            INSERT INTO credit_entries (account_id, component, amount, reference, why, limit_minor, entered_at, entered_by)
            VALUES (v.id, 'open_orders', p_amount, p_reference, CASE WHEN p_override THEN 'override' ELSE 'take' END,
                    v_limit, p_at, p_by);
        END IF;
    END IF;
    RETURN jsonb_build_object('account', v.id, 'currency', v.currency, 'taken', v_taken, 'limit', v_limit,
                              'exposure', v_exposure, 'after', v_after, 'codes', v_codes);
END $$;

-- Move value between the components of an account: [{"component", "amount"}]. It never asks the limit: goods that leave
-- or an order that shrinks do not raise the exposure.
CREATE FUNCTION credit_shift(p_account uuid, p_reference uuid, p_parts jsonb, p_why text, p_at timestamptz, p_by uuid)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE credit_accounts a
       SET open_orders = a.open_orders + coalesce(s.open_orders, 0),
           uninvoiced = a.uninvoiced + coalesce(s.uninvoiced, 0),
           receivable = a.receivable + coalesce(s.receivable, 0),
           cash_unapplied = a.cash_unapplied + coalesce(s.cash_unapplied, 0), changed_at = p_at
      FROM (SELECT sum(amount) FILTER (WHERE component = 'open_orders')::bigint AS open_orders,
                   sum(amount) FILTER (WHERE component = 'uninvoiced')::bigint AS uninvoiced,
                   sum(amount) FILTER (WHERE component = 'receivable')::bigint AS receivable,
                   sum(amount) FILTER (WHERE component = 'cash_unapplied')::bigint AS cash_unapplied
              FROM jsonb_to_recordset(p_parts) AS p(component text, amount bigint)) s
     WHERE a.id = p_account;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no credit account %', p_account USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO credit_entries (account_id, component, amount, reference, why, entered_at, entered_by)
    SELECT p_account, p.component, p.amount, p_reference, p_why, p_at, p_by
      FROM jsonb_to_recordset(p_parts) AS p(component text, amount bigint) WHERE p.amount <> 0;
END $$;
