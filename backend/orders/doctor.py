"""Recomputes what orders say from stock, credit, holds, picks, dispatches and the audit, and names what does not agree.

Orders taken over from an older system (an empty body hash) have no reservations and no trail; only their own sums are
checked.
"""

from backend.core.database import fetch

_CHECKS: dict[str, str] = {
    "sums of its lines are not those of the order": """
        SELECT o.number FROM orders o JOIN (
               SELECT order_id, sum(gross) AS gross, sum(discount) AS discount, sum(net) AS net,
                      sum(credit_amount) AS credit FROM order_lines GROUP BY 1) l ON l.order_id = o.id
         WHERE (o.gross, o.discount, o.net) IS DISTINCT FROM (l.gross, l.discount, l.net)
            OR (o.body_hash <> '' AND o.credit_amount <> l.credit)""",
    "has no lines": """
        SELECT o.number FROM orders o WHERE NOT EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id)""",
    "what its lines hold is not what stock holds for them": """
        SELECT DISTINCT o.number FROM orders o JOIN order_lines l ON l.order_id = o.id
          LEFT JOIN reservations r ON r.reference = l.order_id AND r.line = l.id
         WHERE o.body_hash <> '' AND l.stocked
           AND (l.reserved, l.picked, l.dispatched) IS DISTINCT FROM (r.held, r.picked, r.issued)""",
    "a line is neither held, waiting, gone nor cut": """
        SELECT DISTINCT o.number FROM orders o JOIN order_lines l ON l.order_id = o.id
          JOIN reservations r ON r.reference = l.order_id AND r.line = l.id
         WHERE r.state <> 'expired' AND l.reserved + r.backlog + l.dispatched + l.cut <> l.qty_base""",
    "dispatched quantities are not those of its dispatches": """
        SELECT DISTINCT o.number FROM orders o JOIN order_lines l ON l.order_id = o.id
          LEFT JOIN (SELECT order_line_id, sum(qty) AS qty FROM order_dispatch_lines GROUP BY 1) d
            ON d.order_line_id = l.id
         WHERE o.body_hash <> '' AND l.dispatched <> coalesce(d.qty, 0)""",
    "its credit entries are not its open and its dispatched value": """
        SELECT o.number FROM orders o
          JOIN (SELECT order_id, sum(credit_part(credit_amount, qty_base - cut, qty_base)
                                     - credit_part(credit_amount, dispatched, qty_base)) AS open,
                       sum(credit_part(credit_amount, dispatched, qty_base)) AS gone FROM order_lines GROUP BY 1) l
            ON l.order_id = o.id
          LEFT JOIN (SELECT reference, sum(amount) FILTER (WHERE component = 'open_orders') AS open,
                            sum(amount) FILTER (WHERE component = 'uninvoiced' AND amount > 0) AS gone
                       FROM credit_entries GROUP BY 1) e ON e.reference = o.id
         WHERE o.body_hash <> ''
           AND (CASE WHEN o.credit_taken THEN l.open ELSE 0 END, CASE WHEN o.credit_taken THEN l.gone ELSE 0 END)
               IS DISTINCT FROM (coalesce(e.open, 0), coalesce(e.gone, 0))""",
    "is on hold without a reason or a question, or has one without being on hold": """
        SELECT o.number FROM orders o
         WHERE (o.state = 'on_hold') <> EXISTS (SELECT 1 FROM order_holds h
                                                  WHERE h.order_id = o.id AND h.lifted_at IS NULL)
            OR (o.state = 'on_hold') <> EXISTS (SELECT 1 FROM approval_requests q WHERE q.reference = o.id
                                                   AND q.event = 'order.hold' AND q.state = 'open')""",
    "is being picked without a picker, or has one without being picked": """
        SELECT o.number FROM orders o
         WHERE (o.state = 'picking') <> EXISTS (SELECT 1 FROM order_claims k
                                                  WHERE k.order_id = o.id AND k.ended_at IS NULL)""",
    "has ended and still holds goods or open value": """
        SELECT DISTINCT o.number FROM orders o JOIN order_lines l ON l.order_id = o.id
         WHERE o.state IN ('dispatched', 'cancelled', 'rejected') AND o.body_hash <> ''
           AND (l.reserved > 0 OR l.dispatched + l.cut <> l.qty_base)""",
    "its last audit entry does not say the state it is in": """
        SELECT o.number FROM orders o
          LEFT JOIN LATERAL (SELECT a.details->>'to' AS state FROM audit a
               WHERE a.entity = 'order' AND a.entity_id = o.id AND a.details ? 'to' ORDER BY a.n DESC LIMIT 1) a ON true
         WHERE o.body_hash <> '' AND a.state IS DISTINCT FROM o.state""",
    "its audit entries do not follow one another": """
        SELECT DISTINCT o.number FROM (
            SELECT a.entity_id, a.details->>'from' AS was,
                   lag(a.details->>'to') OVER (PARTITION BY a.entity_id ORDER BY a.n) AS before
              FROM audit a WHERE a.entity = 'order' AND a.details ? 'to') t
          JOIN orders o ON o.id = t.entity_id
         WHERE t.was IS DISTINCT FROM t.before""",
    "has ended without leaving and still uses a promotion": """
        SELECT o.number FROM orders o JOIN promotion_uses u ON u.reference = o.id
         WHERE o.state IN ('cancelled', 'rejected')
         GROUP BY o.id, o.number HAVING sum(u.times) <> 0""",
    "uses a promotion more than once": """
        SELECT DISTINCT o.number FROM orders o JOIN promotion_uses u ON u.reference = o.id
         GROUP BY o.id, o.number, u.promotion_id HAVING sum(u.times) NOT IN (0, 1)""",
    "was placed more than once": """
        SELECT o.number FROM orders o
          JOIN audit a ON a.entity = 'order' AND a.entity_id = o.id AND a.action = 'order.place'
         GROUP BY o.id, o.number HAVING count(*) > 1""",
}


async def faults() -> list[str]:
    """One line per kind of fault, naming up to ten orders. What has no order at all is named by its reference."""
    found = []
    for what, sql in _CHECKS.items():
        numbers = [row["number"] for row in await fetch(f"{sql} LIMIT 11")]
        if numbers:
            found.append(f"orders: {', '.join(numbers[:10])}{' ...' if len(numbers) > 10 else ''}: {what}")
    orphans = await fetch(
        """SELECT DISTINCT r.reference FROM reservations r
            WHERE r.state = 'active' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = r.reference) LIMIT 10"""
    )
    found += [f"orders: goods are held for {row['reference']}, which is no order" for row in orphans]
    return found
