"""Recomputes every credit counter from the ledger."""

from backend.core.clock import today
from backend.core.database import fetch

_DRIFT = """
    SELECT a.id, e.* , a.open_orders, a.uninvoiced, a.receivable, a.cash_unapplied
      FROM credit_accounts a
      LEFT JOIN (SELECT account_id,
                        sum(amount) FILTER (WHERE component = 'open_orders')::bigint AS sum_open,
                        sum(amount) FILTER (WHERE component = 'uninvoiced')::bigint AS sum_uninvoiced,
                        sum(amount) FILTER (WHERE component = 'receivable')::bigint AS sum_receivable,
                        sum(amount) FILTER (WHERE component = 'cash_unapplied')::bigint AS sum_cash
                   FROM credit_entries GROUP BY 1) e ON e.account_id = a.id
     WHERE (a.open_orders, a.uninvoiced, a.receivable, a.cash_unapplied) IS DISTINCT FROM
           (coalesce(sum_open, 0), coalesce(sum_uninvoiced, 0), coalesce(sum_receivable, 0), coalesce(sum_cash, 0))
     LIMIT 50"""
# Where the limit is inherited it may have moved, with a group or by somebody's hand. But what let the last document in
# says under which limit: if that is still the limit, the account cannot stand above it, for nothing else raises it.
_OVER_INHERITED = """
    SELECT a.id, i.limit_minor, a.receivable + a.uninvoiced + a.open_orders - a.cash_unapplied AS exposure
      FROM credit_accounts a
      JOIN LATERAL (SELECT customer_id FROM credit_members WHERE account_id = a.id LIMIT 1) m ON true
      JOIN credit_inherited(ARRAY(SELECT b.customer_id FROM credit_members b
                                    JOIN credit_accounts o ON o.id = b.account_id
                                   WHERE o.limit_minor IS NULL), $1) i ON i.customer_id = m.customer_id
     WHERE a.limit_minor IS NULL
       AND a.receivable + a.uninvoiced + a.open_orders - a.cash_unapplied > i.limit_minor
       AND NOT EXISTS (SELECT 1 FROM credit_entries e WHERE e.account_id = a.id
                          AND e.why NOT IN ('take', 'dispatch', 'cut'))
       AND i.limit_minor = (SELECT e.limit_minor FROM credit_entries e WHERE e.account_id = a.id AND e.why = 'take'
                             ORDER BY e.entered_at DESC, e.id DESC LIMIT 1)
     LIMIT 50"""
# Beyond its limit an account may only be by somebody's yes, or because the limit was lowered since.
_OVER = """
    SELECT a.id, a.limit_minor, a.receivable + a.uninvoiced + a.open_orders - a.cash_unapplied AS exposure
      FROM credit_accounts a
     WHERE a.receivable + a.uninvoiced + a.open_orders - a.cash_unapplied > a.limit_minor
       AND NOT EXISTS (SELECT 1 FROM credit_entries e WHERE e.account_id = a.id
                          AND e.why NOT IN ('take', 'dispatch', 'cut'))
       AND NOT EXISTS (SELECT 1 FROM audit u WHERE u.entity = 'credit_account' AND u.entity_id = a.id
                          AND u.action = 'credit.limit')
     LIMIT 50"""


async def faults() -> list[str]:
    """Accounts whose counters do not equal their entries, and accounts beyond their limit without anybody's yes."""
    found = [
        f"credit: account {row['id']}: open orders {row['open_orders']} but entries {row['sum_open'] or 0}, "
        f"uninvoiced {row['uninvoiced']} but {row['sum_uninvoiced'] or 0}, receivable {row['receivable']} but "
        f"{row['sum_receivable'] or 0}, cash {row['cash_unapplied']} but {row['sum_cash'] or 0}"
        for row in await fetch(_DRIFT)
    ]
    found += [
        f"credit: account {row['id']} stands at {row['exposure']}, beyond its limit of {row['limit_minor']}"
        for row in [*await fetch(_OVER), *await fetch(_OVER_INHERITED, today())]
    ]
    return found
