"""The day so far of the actor's own people: what was sold, who was visited, what waits."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.core.clock import today
from backend.core.database import fetch_row
from backend.core.money import text_of_minor
from backend.core.settings import settings
from backend.insight.errors import RateMissing
from backend.insight.queries import NET, UNKNOWN, digits_of
from backend.insight.schemas import Today
from backend.people.access import Actor, scope


async def today_so_far(*, actor: Actor) -> Today:
    """Revenue of today and of the month so far, visits made, and how many of today's usual visits are done.

    Revenue is counted as in the revenue report (by order day, credited position, without tax). Visits and plans are
    those of customers the actor sees today. There is no month plan yet, so none is told.
    """
    day, zone = today(), ZoneInfo(settings().time_zone)
    starts, ends = (datetime.combine(day + timedelta(days=n), time(), zone) for n in (0, 1))
    company = settings().company_currency
    sold, of_sold = scope(actor, "o.position_id", 6)
    seen, of_seen = scope(actor, "c.position_id", 6 + len(of_sold))
    row = await fetch_row(
        f"""WITH sales AS MATERIALIZED (
              SELECT o.ordered_on, {NET} AS net, ({UNKNOWN}) IS TRUE AS unknown FROM orders o
               WHERE insight_is_revenue(o.state) AND o.deleted_at IS NULL
                 AND o.ordered_on >= date_trunc('month', $2::date)::date AND o.ordered_on <= $2 AND {sold}),
            seen AS MATERIALIZED (
              SELECT DISTINCT v.customer_id, v.id FROM visits v JOIN customers c ON c.id = v.customer_id
               WHERE v.deleted_at IS NULL AND v.started_at >= $3 AND v.started_at < $4 AND {seen}),
            plan AS MATERIALIZED (
              SELECT c.id FROM customers c
               WHERE c.deleted_at IS NULL AND c.status = 'active' AND c.planned_weekday = $5 AND {seen})
            SELECT (SELECT coalesce(sum(net), 0)::bigint FROM sales WHERE ordered_on = $2) AS revenue,
                   (SELECT count(*)::int FROM sales WHERE ordered_on = $2) AS orders,
                   (SELECT coalesce(sum(net), 0)::bigint FROM sales) AS month_revenue,
                   (SELECT count(*)::int FROM sales WHERE unknown) AS unknown,
                   (SELECT count(*)::int FROM seen) AS visits,
                   (SELECT count(*)::int FROM plan) AS planned,
                   (SELECT count(*)::int FROM plan WHERE id IN (SELECT customer_id FROM seen)) AS planned_done,
                   (SELECT count(*)::int FROM orders o WHERE o.state = 'on_hold' AND o.deleted_at IS NULL AND {sold})
                       AS waiting""",
        company, day, starts, ends, day.isoweekday(), *of_sold, *of_seen,
    )  # fmt: skip
    if row["unknown"]:
        raise RateMissing(orders=row["unknown"])
    digits = await digits_of(company, actor=actor)
    return Today(
        day=day,
        currency=company,
        revenue=text_of_minor(row["revenue"], digits),
        orders=row["orders"],
        visits=row["visits"],
        planned=row["planned"],
        planned_done=row["planned_done"],
        month_revenue=text_of_minor(row["month_revenue"], digits),
        waiting=row["waiting"],
    )
