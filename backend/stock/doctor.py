"""Recomputes every stock counter from the ledger and the reservations."""

from backend.core.database import fetch

_DRIFT = """
    SELECT coalesce(b.item_id, m.item_id, r.item_id) AS item,
           coalesce(b.warehouse_id, m.warehouse_id, r.warehouse_id) AS warehouse,
           coalesce(b.on_hand, 0) AS on_hand, coalesce(m.qty, 0) AS moved,
           coalesce(b.reserved, 0) AS reserved, coalesce(r.held, 0) AS held,
           coalesce(b.picked, 0) AS picked, coalesce(r.picked, 0) AS aside,
           coalesce(b.backlog, 0) AS backlog, coalesce(r.backlog, 0) AS waiting
      FROM stock_bins b
      FULL JOIN (SELECT item_id, warehouse_id, sum(qty)::bigint AS qty FROM stock_moves GROUP BY 1, 2) m
        ON m.item_id = b.item_id AND m.warehouse_id = b.warehouse_id
      FULL JOIN (SELECT item_id, warehouse_id, sum(held)::bigint AS held, sum(picked)::bigint AS picked,
                        sum(backlog)::bigint AS backlog FROM reservations GROUP BY 1, 2) r
        ON r.item_id = coalesce(b.item_id, m.item_id) AND r.warehouse_id = coalesce(b.warehouse_id, m.warehouse_id)
     WHERE (coalesce(b.on_hand, 0), coalesce(b.reserved, 0), coalesce(b.picked, 0), coalesce(b.backlog, 0))
        IS DISTINCT FROM (coalesce(m.qty, 0), coalesce(r.held, 0), coalesce(r.picked, 0), coalesce(r.backlog, 0))
     LIMIT 50"""
_ISSUES = """
    SELECT coalesce(r.reference, m.reference) AS reference, coalesce(r.line, m.line) AS line,
           coalesce(r.issued, 0) AS issued, coalesce(m.qty, 0) AS moved
      FROM (SELECT * FROM reservations WHERE issued > 0) r
      FULL JOIN (SELECT reference, line, -sum(qty)::bigint AS qty FROM stock_moves WHERE kind = 'issue' GROUP BY 1, 2) m
        ON m.reference = r.reference AND m.line = r.line
     WHERE coalesce(r.issued, 0) <> coalesce(m.qty, 0) LIMIT 50"""


async def faults() -> list[str]:
    """Bins that do not equal their ledger and reservations, and reservations whose issues are not in the ledger."""
    found = [
        f"stock: bin of item {row['item']} in {row['warehouse']}: on hand {row['on_hand']} but moves {row['moved']}, "
        f"reserved {row['reserved']} but held {row['held']}, picked {row['picked']} but put aside {row['aside']}, "
        f"backlog {row['backlog']} but waiting {row['waiting']}"
        for row in await fetch(_DRIFT)
    ]
    found += [
        f"stock: line {row['line']} of {row['reference']} says {row['issued']} left, the ledger says {row['moved']}"
        for row in await fetch(_ISSUES)
    ]
    return found
