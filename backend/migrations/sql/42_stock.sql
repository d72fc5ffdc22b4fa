-- Floor 4: what lies in the warehouses, who has spoken for it, and what is on its way.
-- Quantities are integers of 10^-6 base unit. Ledgers are keyed by a reference and a line, so stock never learns what an
-- order is. Locks are always taken on bins in (item, warehouse) order, then on their reservations.

-- PostgreSQL 18 makes UUIDv7 itself; an older server a company runs gets the same function.
DO $shim$ BEGIN
    IF to_regproc('uuidv7') IS NULL THEN
        CREATE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
            SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
                substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
                52, 1), 53, 1), 'hex')::uuid
        $$;
    END IF;
END $shim$;

CREATE TABLE warehouses (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (length(code) BETWEEN 1 AND 40),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    is_default boolean NOT NULL DEFAULT false,
    version int NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX warehouses_one_default ON warehouses (is_default) WHERE is_default AND deleted_at IS NULL;

-- The ledger: on_hand of a bin is the sum of its moves, always.
CREATE TABLE stock_moves (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    item_id uuid NOT NULL REFERENCES items (id),
    warehouse_id uuid NOT NULL REFERENCES warehouses (id),
    qty bigint NOT NULL CHECK (qty <> 0),
    kind text NOT NULL CHECK (kind IN ('receipt', 'issue', 'adjust', 'return', 'transfer', 'production')),
    reference uuid NOT NULL,
    line uuid,
    moved_at timestamptz NOT NULL,
    moved_by uuid
);
CREATE INDEX stock_moves_item ON stock_moves (item_id, warehouse_id, moved_at);
CREATE INDEX stock_moves_warehouse ON stock_moves (warehouse_id);
CREATE INDEX stock_moves_reference ON stock_moves (reference);
CREATE TRIGGER stock_moves_append_only BEFORE UPDATE OR DELETE ON stock_moves
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_moves_no_truncate BEFORE TRUNCATE ON stock_moves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE stock_bins (
    item_id uuid NOT NULL REFERENCES items (id),
    warehouse_id uuid NOT NULL REFERENCES warehouses (id),
    on_hand bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,
    picked bigint NOT NULL DEFAULT 0,
    safety bigint NOT NULL DEFAULT 0,
    backlog bigint NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (item_id, warehouse_id),
    CONSTRAINT stock_bins_picked CHECK (picked BETWEEN 0 AND reserved),
    CONSTRAINT stock_bins_reserved CHECK (reserved BETWEEN 0 AND on_hand),
    CONSTRAINT stock_bins_backlog CHECK (backlog >= 0),
    CONSTRAINT stock_bins_safety CHECK (safety >= 0)
) WITH (fillfactor = 70);
CREATE INDEX stock_bins_warehouse ON stock_bins (warehouse_id);

-- wanted = held + backlog + issued while active: what a line asked for is in exactly one of the three places.
CREATE TABLE reservations (
    reference uuid NOT NULL,
    line uuid NOT NULL,
    item_id uuid NOT NULL,
    warehouse_id uuid NOT NULL,
    wanted bigint NOT NULL CHECK (wanted >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    picked bigint NOT NULL DEFAULT 0,
    backlog bigint NOT NULL DEFAULT 0 CHECK (backlog >= 0),
    issued bigint NOT NULL DEFAULT 0 CHECK (issued >= 0),
    due_on date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('soft', 'hard')),
    expires_at timestamptz,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'consumed', 'released', 'expired')),
    reserved_at timestamptz NOT NULL,
    PRIMARY KEY (reference, line),
    FOREIGN KEY (item_id, warehouse_id) REFERENCES stock_bins (item_id, warehouse_id),
    CONSTRAINT reservations_picked CHECK (picked BETWEEN 0 AND held),
    CONSTRAINT reservations_places CHECK (state <> 'active' OR wanted = held + backlog + issued),
    CONSTRAINT reservations_closed CHECK (state = 'active' OR (held = 0 AND backlog = 0)),
    CONSTRAINT reservations_expiry CHECK ((kind = 'soft') = (expires_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX reservations_bin ON reservations (item_id, warehouse_id);
CREATE INDEX reservations_waiting ON reservations (item_id) WHERE state = 'active' AND backlog > 0;
CREATE INDEX reservations_expiring ON reservations (expires_at) WHERE state = 'active' AND kind = 'soft';

CREATE TABLE incoming_receipts (
    id uuid PRIMARY KEY,
    item_id uuid NOT NULL REFERENCES items (id),
    warehouse_id uuid NOT NULL REFERENCES warehouses (id),
    qty bigint NOT NULL CHECK (qty > 0),
    qty_done bigint NOT NULL DEFAULT 0 CHECK (qty_done >= 0),
    expected_on date NOT NULL,
    kind text NOT NULL DEFAULT 'purchase' CHECK (kind IN ('purchase', 'production', 'transfer')),
    source text NOT NULL DEFAULT '' CHECK (length(source) <= 80),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'cancelled')),
    version int NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    deleted_at timestamptz
);
CREATE INDEX incoming_receipts_item ON incoming_receipts (item_id, warehouse_id);
CREATE INDEX incoming_receipts_open ON incoming_receipts (item_id, expected_on) WHERE state = 'open';
CREATE INDEX incoming_receipts_warehouse ON incoming_receipts (warehouse_id);

-- Take the locks on the bins of a set of lines, in order; bins that do not exist yet are made first, in the same order.
CREATE FUNCTION stock_lock(p_items uuid[], p_warehouses uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stock_bins b
      WHERE (b.item_id, b.warehouse_id) IN (SELECT * FROM unnest(p_items, p_warehouses))
      ORDER BY b.item_id, b.warehouse_id FOR NO KEY UPDATE OF b;
END $$;

CREATE FUNCTION stock_open_bins(p_items uuid[], p_warehouses uuid[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO stock_bins (item_id, warehouse_id, changed_at)
    SELECT DISTINCT item, warehouse, p_at FROM unnest(p_items, p_warehouses) AS want(item, warehouse)
     WHERE NOT EXISTS (SELECT 1 FROM stock_bins b WHERE b.item_id = item AND b.warehouse_id = warehouse)
     ORDER BY 1, 2
    ON CONFLICT DO NOTHING
$$;

-- Reserve what is there for each line, in the order given; the rest becomes backlog. Lines of one item share its bin.
-- The arrays run side by side, one place a line. `free` is what was available before this call.
CREATE FUNCTION stock_reserve(p_reference uuid, p_lines uuid[], p_items uuid[], p_warehouses uuid[], p_qtys bigint[],
                              p_due date[], p_kind text, p_expires timestamptz, p_at timestamptz)
RETURNS TABLE (line uuid, item uuid, held bigint, backlog bigint, free bigint) LANGUAGE plpgsql ROWS 10 AS $$
#variable_conflict use_column
BEGIN
    PERFORM stock_open_bins(p_items, p_warehouses, p_at);
    PERFORM stock_lock(p_items, p_warehouses);
    RETURN QUERY
    WITH asked AS (
        SELECT w.*, b.on_hand - b.reserved - b.safety AS free,
               sum(w.qty) OVER (PARTITION BY w.item, w.warehouse ORDER BY w.n) - w.qty AS before
          FROM unnest(p_lines, p_items, p_warehouses, p_qtys, p_due) WITH ORDINALITY
               AS w(line, item, warehouse, qty, due_on, n)
          JOIN stock_bins b ON b.item_id = w.item AND b.warehouse_id = w.warehouse
    ), shared AS (
        SELECT a.*, greatest(0, least(a.qty, a.free - a.before))::bigint AS held FROM asked a
    ), bins AS (
        UPDATE stock_bins b SET reserved = b.reserved + s.held, backlog = b.backlog + s.short, changed_at = p_at
          FROM (SELECT item, warehouse, sum(held)::bigint AS held, sum(qty - held)::bigint AS short
                  FROM shared GROUP BY item, warehouse) s
         WHERE b.item_id = s.item AND b.warehouse_id = s.warehouse
    ), saved AS (
        INSERT INTO reservations (reference, line, item_id, warehouse_id, wanted, held, backlog, due_on, kind,
                                  expires_at, reserved_at)
        SELECT p_reference, s.line, s.item, s.warehouse, s.qty, s.held, s.qty - s.held, s.due_on, p_kind,
               CASE WHEN p_kind = 'soft' THEN p_expires END, p_at FROM shared s
    )
    SELECT s.line, s.item, s.held, s.qty - s.held, s.free FROM shared s ORDER BY s.n;
END $$;

-- Turn backlog into reservations where stock is there now: earlier due day first, then who asked first.
-- p_harden: the reservations stop expiring, and those that had expired are taken again (an approval does this).
CREATE FUNCTION stock_fill(p_references uuid[], p_harden boolean, p_at timestamptz)
RETURNS TABLE (reference uuid, line uuid, item uuid, held bigint, backlog bigint, filled bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_items uuid[];
    v_warehouses uuid[];
BEGIN
    SELECT array_agg(r.item_id), array_agg(r.warehouse_id) INTO v_items, v_warehouses FROM reservations r
     WHERE r.reference = ANY (p_references) AND r.state IN ('active', 'expired');
    PERFORM stock_lock(v_items, v_warehouses);
    IF p_harden THEN
        WITH revived AS (
            UPDATE reservations r SET state = 'active', backlog = r.wanted - r.issued
             WHERE r.reference = ANY (p_references) AND r.state = 'expired'
            RETURNING r.item_id, r.warehouse_id, r.backlog
        )
        UPDATE stock_bins b SET backlog = b.backlog + v.backlog, changed_at = p_at
          FROM (SELECT item_id, warehouse_id, sum(backlog)::bigint AS backlog FROM revived GROUP BY 1, 2) v
         WHERE b.item_id = v.item_id AND b.warehouse_id = v.warehouse_id;
    END IF;
    RETURN QUERY
    WITH waiting AS (
        SELECT r.reference, r.line, r.item_id, r.warehouse_id, r.backlog,
               b.on_hand - b.reserved - b.safety AS free,
               sum(r.backlog) OVER (PARTITION BY r.item_id, r.warehouse_id
                   ORDER BY r.due_on, r.reserved_at, r.reference, r.line) - r.backlog AS before
          FROM reservations r JOIN stock_bins b USING (item_id, warehouse_id)
         WHERE r.reference = ANY (p_references) AND r.state = 'active'
    ), shared AS (
        SELECT w.*, greatest(0, least(w.backlog, w.free - w.before))::bigint AS filled FROM waiting w
    ), bins AS (
        UPDATE stock_bins b SET reserved = b.reserved + s.filled, backlog = b.backlog - s.filled, changed_at = p_at
          FROM (SELECT item_id, warehouse_id, sum(filled)::bigint AS filled FROM shared GROUP BY 1, 2) s
         WHERE b.item_id = s.item_id AND b.warehouse_id = s.warehouse_id AND s.filled > 0
    )
    UPDATE reservations r
       SET held = r.held + s.filled, backlog = r.backlog - s.filled,
           kind = CASE WHEN p_harden THEN 'hard' ELSE r.kind END,
           expires_at = CASE WHEN p_harden THEN NULL ELSE r.expires_at END
      FROM shared s
     WHERE r.reference = s.reference AND r.line = s.line AND (s.filled > 0 OR p_harden)
    RETURNING r.reference, r.line, r.item_id, r.held, r.backlog, s.filled;
END $$;

-- Give everything a reference still holds or waits for back, whatever of it was picked. p_state: released or expired.
-- p_lines: only these lines of theirs.
CREATE FUNCTION stock_release(p_references uuid[], p_state text, p_at timestamptz, p_lines uuid[] DEFAULT NULL)
RETURNS TABLE (reference uuid, line uuid, item uuid, warehouse uuid, given_back bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_items uuid[];
    v_warehouses uuid[];
BEGIN
    SELECT array_agg(r.item_id), array_agg(r.warehouse_id) INTO v_items, v_warehouses FROM reservations r
     WHERE r.reference = ANY (p_references) AND r.state = 'active' AND (p_lines IS NULL OR r.line = ANY (p_lines));
    PERFORM stock_lock(v_items, v_warehouses);
    RETURN QUERY
    WITH old AS (
        SELECT r.* FROM reservations r
         WHERE r.reference = ANY (p_references) AND r.state = 'active' AND (p_lines IS NULL OR r.line = ANY (p_lines))
           FOR UPDATE
    ), bins AS (
        UPDATE stock_bins b SET reserved = b.reserved - o.held, picked = b.picked - o.picked,
               backlog = b.backlog - o.backlog, changed_at = p_at
          FROM (SELECT item_id, warehouse_id, sum(held)::bigint AS held, sum(picked)::bigint AS picked,
                       sum(backlog)::bigint AS backlog FROM old GROUP BY 1, 2) o
         WHERE b.item_id = o.item_id AND b.warehouse_id = o.warehouse_id
    )
    UPDATE reservations r
       SET held = 0, picked = 0, backlog = 0, state = p_state,
           wanted = CASE WHEN p_state = 'expired' THEN r.wanted ELSE r.issued END
      FROM old o WHERE r.reference = o.reference AND r.line = o.line
    RETURNING r.reference, r.line, r.item_id, r.warehouse_id, o.held;
END $$;

-- Put picked goods aside. What a line held beyond the picked quantity is free again at once.
-- p_lines: [{"line", "qty"}]; a line of quantity 0 gives back all it held.
CREATE FUNCTION stock_pick(p_reference uuid, p_lines jsonb, p_at timestamptz)
RETURNS TABLE (line uuid, item uuid, warehouse uuid, picked bigint, rest bigint, backlog bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_items uuid[];
    v_warehouses uuid[];
BEGIN
    SELECT array_agg(r.item_id), array_agg(r.warehouse_id) INTO v_items, v_warehouses
      FROM reservations r JOIN jsonb_to_recordset(p_lines) AS p(line uuid) ON p.line = r.line
     WHERE r.reference = p_reference AND r.state = 'active';
    PERFORM stock_lock(v_items, v_warehouses);
    RETURN QUERY
    WITH old AS (
        SELECT r.*, p.qty FROM reservations r JOIN jsonb_to_recordset(p_lines) AS p(line uuid, qty bigint) ON p.line = r.line
         WHERE r.reference = p_reference AND r.state = 'active' FOR UPDATE OF r
    ), bins AS (
        UPDATE stock_bins b SET reserved = b.reserved - o.rest, picked = b.picked + o.added, changed_at = p_at
          FROM (SELECT item_id, warehouse_id, sum(held - qty)::bigint AS rest, sum(qty - picked)::bigint AS added
                  FROM old GROUP BY 1, 2) o
         WHERE b.item_id = o.item_id AND b.warehouse_id = o.warehouse_id
    )
    UPDATE reservations r
       SET held = o.qty, picked = o.qty, wanted = r.wanted - (o.held - o.qty),
           state = CASE WHEN o.qty = 0 AND o.backlog = 0
                        THEN CASE WHEN o.issued > 0 THEN 'consumed' ELSE 'released' END ELSE 'active' END
      FROM old o WHERE r.reference = o.reference AND r.line = o.line
    RETURNING r.line, r.item_id, r.warehouse_id, o.qty, o.held - o.qty, r.backlog;
END $$;

-- Put what was picked back among the reserved (the picker gives the order up).
CREATE FUNCTION stock_unpick(p_reference uuid, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_items uuid[];
    v_warehouses uuid[];
BEGIN
    SELECT array_agg(r.item_id), array_agg(r.warehouse_id) INTO v_items, v_warehouses FROM reservations r
     WHERE r.reference = p_reference AND r.picked > 0;
    PERFORM stock_lock(v_items, v_warehouses);
    UPDATE stock_bins b SET picked = b.picked - o.picked, changed_at = p_at
      FROM (SELECT item_id, warehouse_id, sum(picked)::bigint AS picked FROM reservations
             WHERE reference = p_reference AND picked > 0 GROUP BY 1, 2) o
     WHERE b.item_id = o.item_id AND b.warehouse_id = o.warehouse_id;
    UPDATE reservations SET picked = 0 WHERE reference = p_reference AND picked > 0;
END $$;

-- The picked goods leave: on_hand, reserved and picked fall together, and the ledger says so.
CREATE FUNCTION stock_issue(p_reference uuid, p_at timestamptz, p_by uuid)
RETURNS TABLE (line uuid, item uuid, qty bigint, backlog bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_items uuid[];
    v_warehouses uuid[];
BEGIN
    SELECT array_agg(r.item_id), array_agg(r.warehouse_id) INTO v_items, v_warehouses FROM reservations r
     WHERE r.reference = p_reference AND r.picked > 0;
    PERFORM stock_lock(v_items, v_warehouses);
    RETURN QUERY
    WITH old AS (
        SELECT r.* FROM reservations r WHERE r.reference = p_reference AND r.picked > 0 FOR UPDATE
    ), bins AS (
        UPDATE stock_bins b SET on_hand = b.on_hand - o.qty, reserved = b.reserved - o.qty, picked = b.picked - o.qty,
               changed_at = p_at
          FROM (SELECT item_id, warehouse_id, sum(picked)::bigint AS qty FROM old GROUP BY 1, 2) o
         WHERE b.item_id = o.item_id AND b.warehouse_id = o.warehouse_id
    ), moves AS (
        INSERT INTO stock_moves (item_id, warehouse_id, qty, kind, reference, line, moved_at, moved_by)
        SELECT item_id, warehouse_id, -picked, 'issue', reference, line, p_at, p_by FROM old
    )
    UPDATE reservations r
       SET issued = r.issued + o.picked, held = r.held - o.picked, picked = 0,
           state = CASE WHEN o.held = o.picked AND o.backlog = 0 THEN 'consumed' ELSE 'active' END
      FROM old o WHERE r.reference = o.reference AND r.line = o.line
    RETURNING r.line, r.item_id, o.picked, r.backlog;
END $$;

-- Goods come in (or a count corrects the books: kind 'adjust', quantity may be negative). p_lines:
-- [{"item", "warehouse", "qty", "receipt"?}]; a receipt named is marked done by as much.
CREATE FUNCTION stock_receive(p_reference uuid, p_lines jsonb, p_kind text, p_at timestamptz, p_by uuid)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_items uuid[];
    v_warehouses uuid[];
BEGIN
    SELECT array_agg(w.item), array_agg(w.warehouse) INTO v_items, v_warehouses
      FROM jsonb_to_recordset(p_lines) AS w(item uuid, warehouse uuid);
    PERFORM stock_open_bins(v_items, v_warehouses, p_at);
    PERFORM stock_lock(v_items, v_warehouses);
    UPDATE stock_bins b SET on_hand = b.on_hand + s.qty, changed_at = p_at
      FROM (SELECT item, warehouse, sum(qty)::bigint AS qty
              FROM jsonb_to_recordset(p_lines) AS w(item uuid, warehouse uuid, qty bigint) GROUP BY 1, 2) s
     WHERE b.item_id = s.item AND b.warehouse_id = s.warehouse;
    INSERT INTO stock_moves (item_id, warehouse_id, qty, kind, reference, line, moved_at, moved_by)
    SELECT w.item, w.warehouse, w.qty, p_kind, p_reference, w.receipt, p_at, p_by
      FROM jsonb_to_recordset(p_lines) AS w(item uuid, warehouse uuid, qty bigint, receipt uuid);
    UPDATE incoming_receipts r
       SET qty_done = r.qty_done + s.qty, version = r.version + 1, changed_at = p_at,
           state = CASE WHEN r.qty_done + s.qty >= r.qty THEN 'done' ELSE r.state END
      FROM (SELECT receipt, sum(qty)::bigint AS qty
              FROM jsonb_to_recordset(p_lines) AS w(receipt uuid, qty bigint)
             WHERE receipt IS NOT NULL GROUP BY 1) s
     WHERE r.id = s.receipt;
END $$;
