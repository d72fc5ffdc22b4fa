"""What `tuyen doctor` asks of insight: revenue by region adds up to the ledger, in every region set, month by month."""

from backend.core.database import fetch
from backend.core.settings import settings
from backend.insight.queries import NET, UNKNOWN


async def faults() -> list[str]:
    """Months in which the regions of a set (with "unlocated" and "outside") do not add up to the orders, one line each.

    The two sides are computed apart: once through address versions and their region rows, once from the orders alone.
    """
    rows = await fetch(
        f"""WITH ledger AS (
             SELECT to_char(o.ordered_on, 'YYYY-MM') AS month,
                    sum({NET}) AS net, count(*) AS orders,
                    count(*) FILTER (WHERE {UNKNOWN}) AS unknown
               FROM orders o WHERE insight_is_revenue(o.state) AND o.deleted_at IS NULL GROUP BY 1),
           by_region AS (
             SELECT s.id AS set_id, to_char(o.ordered_on, 'YYYY-MM') AS month,
                    coalesce(r.region_id, r.method, 'unlocated'),
                    sum({NET}) AS net, count(*) AS orders
               FROM orders o CROSS JOIN region_sets s
               LEFT JOIN address_regions r ON r.set_id = s.id AND r.address_version_id = o.ship_av_id
              WHERE insight_is_revenue(o.state) AND o.deleted_at IS NULL AND s.id IN ('VN-ADM1-34', 'VN-ADM1-63')
              GROUP BY 1, 2, 3),
           of_set AS (SELECT set_id, month, sum(net) AS net, sum(orders) AS orders FROM by_region GROUP BY 1, 2)
           SELECT s.id AS set_id, l.month, l.net, l.orders, l.unknown, x.net AS set_net, x.orders AS set_orders
             FROM ledger l CROSS JOIN (VALUES ('VN-ADM1-34'), ('VN-ADM1-63')) AS s (id)
             LEFT JOIN of_set x ON x.set_id = s.id AND x.month = l.month
            WHERE x.net IS DISTINCT FROM l.net OR x.orders IS DISTINCT FROM l.orders OR l.unknown > 0
            ORDER BY l.month, s.id""",
        settings().company_currency,
    )
    return [
        f"insight: {row['month']} in {row['set_id']}: regions {row['set_net']} of {row['set_orders']} orders, "
        f"ledger {row['net']} of {row['orders']}, {row['unknown']} without a rate"
        for row in rows
    ]
