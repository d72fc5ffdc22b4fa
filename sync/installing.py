"""Writes the SQL that stamps every change of a synced table: `python -m sync.installing` renews `80_sync.sql`.

Triggers fire once a statement and read its rows from transition tables: an import of 100,000 rows is stamped by one
set-based statement, an order of one line by one lookup, and no writer (form, import, hand-typed SQL) escapes them.
"""

from pathlib import Path

from sync.tables import CUSTOMER, ORPHAN, SYNCED, Part, Synced

SQL = Path(__file__).parents[1] / "backend" / "migrations" / "sql" / "80_sync.sql"
BASE = Path(__file__).with_name("base.sql")
XID = "sync_xid()"


def trigger_names(synced: Synced) -> list[str]:
    """The triggers a synced table and its parts must carry, as `table.trigger`."""
    own = [f"{synced.table}.sync_{event}" for event in ("insert", "update", "delete", "truncate")]
    parts = [f"{part.table}.sync_part_{event}" for part in synced.parts for event in ("insert", "update", "delete")]
    return own + parts


def _key(synced: Synced) -> str:
    options = ["c.position_id"] if synced.customer else []
    options += [synced.own_key] if synced.own_key else []
    return f"coalesce({', '.join(options)})" if len(options) > 1 else (options or ["0"])[0]


def _customer_join(synced: Synced) -> str:
    return f" LEFT JOIN customers c ON c.id = t.{synced.customer}" if synced.customer else ""


def _values(synced: Synced, source: str = "new_rows") -> str:
    return (
        f"SELECT t.id, {synced.root} AS root, {_key(synced)} AS key, t.version AS ver,\n"
        f"               t.deleted_at IS NOT NULL AS del, {synced.day} AS day\n"
        f"          FROM {source} t{_customer_join(synced)}"
    )


def _lock(synced: Synced, *sources: str) -> str:
    """Hold the customers still, in the order of their ids, so that none changes hands before this row is keyed."""
    if not synced.customer:
        return ""
    among = " UNION ALL ".join(f"SELECT {synced.customer} FROM {source}" for source in sources)
    return f"    PERFORM 1 FROM customers WHERE id IN ({among}) ORDER BY id FOR NO KEY UPDATE;\n"


def _note_moves(synced: Synced, origin: str) -> str:
    """Rows that leave one root (or one position of their own) for another."""
    return f"""    INSERT INTO sync_moves (seq, tbl, id, root, frm, dst)
    SELECT {XID}, {synced.number}, s.id, s.root, s.key, v.key
      FROM ({_values(synced)}) v JOIN sync_rows s ON s.tbl = {synced.number} AND s.id = v.id
     WHERE {origin}
    ON CONFLICT (seq, tbl, id, frm) DO UPDATE SET dst = excluded.dst;
"""


def _insert_body(synced: Synced) -> str:
    """A new row gets its entry. One that is there already is of a row deleted and written again, which may have moved.

    What is there is found by the conflict itself: no plan made while the table was small can turn that into a scan.
    """
    return (
        _lock(synced, "new_rows")
        + f"""    WITH fresh AS (
        INSERT INTO sync_rows (tbl, id, root, key, seq, ver, del, day)
        SELECT {synced.number}, v.id, v.root, v.key, {XID}, v.ver, v.del, v.day
          FROM ({_values(synced)}) v
        ON CONFLICT (tbl, id) DO NOTHING RETURNING id)
    SELECT array_agg(id) INTO made FROM fresh;
    IF coalesce(cardinality(made), 0) < (SELECT count(*) FROM new_rows) THEN
{_note_moves(synced, "s.root <> v.root OR s.key <> v.key")}\
    UPDATE sync_rows s SET root = v.root, key = v.key, seq = {XID}, ver = greatest(v.ver, s.ver + 1),
           del = v.del, day = v.day
      FROM ({_values(synced)}) v
     WHERE s.tbl = {synced.number} AND s.id = v.id AND v.id <> ALL (coalesce(made, '{{}}'));
    END IF;
"""
    )


def _adopt_body() -> str:
    return f"""    UPDATE sync_rows s SET key = t.position_id, seq = {XID}
      FROM new_rows t WHERE s.root = t.id AND s.key = {ORPHAN};
"""


def _stamp(synced: Synced) -> str:
    return f"""    UPDATE sync_rows s
       SET seq = {XID}, ver = t.version, del = t.deleted_at IS NOT NULL, day = {synced.day}
      FROM new_rows t WHERE s.tbl = {synced.number} AND s.id = t.id;
"""


def _reassign_body() -> str:
    """A customer changes hands: all its rows take the new key, and a move tells whose phones must drop or fetch it."""
    return f"""    IF EXISTS (SELECT 1 FROM new_rows t JOIN old_rows o USING (id)
                WHERE t.position_id <> o.position_id) THEN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'customers change hands in READ COMMITTED only: rows added meanwhile must be seen'
                USING ERRCODE = 'invalid_transaction_state';
        END IF;
        INSERT INTO sync_moves (seq, tbl, id, root, frm, dst)
        SELECT {XID}, {CUSTOMER.number}, t.id, t.id, o.position_id, t.position_id
          FROM new_rows t JOIN old_rows o USING (id) WHERE t.position_id <> o.position_id
        ON CONFLICT (seq, tbl, id, frm) DO UPDATE SET dst = excluded.dst;
        UPDATE sync_rows s SET key = t.position_id
          FROM new_rows t JOIN old_rows o USING (id)
         WHERE t.position_id <> o.position_id AND s.root = t.id;
    END IF;
"""


def _relink_body(synced: Synced) -> str:
    """Root or own position changed: note the move and re-key the row. Only then is the customer locked."""
    old_root, new_root = synced.root.replace("t.", "o."), synced.root
    changed = f"{new_root} <> {old_root}"
    if synced.own_key:
        changed += f" OR {synced.own_key} IS DISTINCT FROM {synced.own_key.replace('t.', 'o.')}"
    return f"""    IF EXISTS (SELECT 1 FROM new_rows t JOIN old_rows o USING (id) WHERE {changed}) THEN
    {_lock(synced, "new_rows", "old_rows")}{_note_moves(synced, "s.root <> v.root OR s.key <> v.key")}\
    UPDATE sync_rows s SET root = v.root, key = v.key
      FROM ({_values(synced)}) v WHERE s.tbl = {synced.number} AND s.id = v.id;
    END IF;
"""


def _revive_body(synced: Synced) -> str:
    """A removed row that comes back may have been forgotten meanwhile (`epoch.compact`): it gets its entry anew."""
    back = """SELECT t.id FROM new_rows t JOIN old_rows o USING (id)
                WHERE t.deleted_at IS NULL AND o.deleted_at IS NOT NULL"""
    return f"""    IF EXISTS ({back}) THEN
    {_lock(synced, "new_rows")}    INSERT INTO sync_rows (tbl, id, root, key, seq, ver, del, day)
    SELECT {synced.number}, v.id, v.root, v.key, {XID}, v.ver, v.del, v.day
      FROM ({_values(synced)}) v WHERE v.id IN ({back})
    ON CONFLICT (tbl, id) DO NOTHING;
    END IF;
"""


def _update_body(synced: Synced) -> str:
    if synced is CUSTOMER:
        return _reassign_body() + _revive_body(synced) + _stamp(synced)
    return (_relink_body(synced) if synced.customer else "") + _revive_body(synced) + _stamp(synced)


def _delete_body(synced: Synced) -> str:
    return f"""    UPDATE sync_rows s SET seq = {XID}, ver = s.ver + 1, del = TRUE
      FROM old_rows t WHERE s.tbl = {synced.number} AND s.id = t.id;
"""


def _truncate_body(synced: Synced) -> str:
    return f"    UPDATE sync_rows SET seq = {XID}, ver = ver + 1, del = TRUE WHERE tbl = {synced.number} AND NOT del;\n"


_TRANSITION = {
    "insert": " REFERENCING NEW TABLE AS new_rows",
    "update": " REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": " REFERENCING OLD TABLE AS old_rows",
    "truncate": "",
}


def _trigger(table: str, function: str, name: str, event: str, body: str, *, declared: str = "") -> str:
    return f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
{declared}BEGIN
{body}    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event.upper()} ON {table}{_TRANSITION[event]}
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""


def _part(synced: Synced, part: Part) -> str:
    """A document's inner rows: whatever happens to them, the document is sent again."""
    sources = {"insert": ["new_rows"], "update": ["old_rows", "new_rows"], "delete": ["old_rows"]}
    made = ""
    for event, tables in sources.items():
        among = " UNION ALL ".join(f"SELECT {part.owner} FROM {table}" for table in tables)
        body = f"""    UPDATE sync_rows SET seq = {XID}
     WHERE tbl = {synced.number} AND id IN ({among}) AND seq <> {XID};
"""
        made += _trigger(part.table, f"sync_part_{part.table}_{event}", f"sync_part_{event}", event, body)
    return made


def triggers_of(synced: Synced) -> str:
    """The triggers of one synced table and of its parts."""
    bodies = {
        "insert": _insert_body(synced) + (_adopt_body() if synced is CUSTOMER else ""),
        "update": _update_body(synced),
        "delete": _delete_body(synced),
        "truncate": _truncate_body(synced),
    }
    made = f"\n-- {synced.name}\n"
    for event, body in bodies.items():
        declared = "DECLARE made uuid[];\n" if event == "insert" else ""
        made += _trigger(synced.table, f"sync_{synced.name}_{event}", f"sync_{event}", event, body, declared=declared)
    return made + "".join(_part(synced, part) for part in synced.parts)


def whole_sql() -> str:
    """The text of `80_sync.sql`: the tables of sync itself, then the triggers of every synced table."""
    return BASE.read_text("utf-8") + "".join(triggers_of(synced) for synced in SYNCED)


if __name__ == "__main__":
    SQL.write_text(whole_sql(), "utf-8")
