"""Recomputes every credit counter from the ledger."""

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
        for row in await fetch(_OVER)
    ]
    return found
