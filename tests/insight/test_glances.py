"""The day so far and an account at a glance: each reader's own, in the report's own numbers."""

from datetime import date, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from backend.core import clock
from backend.core.database import execute, execute_many, fetch_value
from backend.core.ids import new_id
from backend.insight.filters import Choice
from backend.insight.queries import revenue
from backend.insight.queries_account import every_days
from backend.insight.queries_today import today_so_far
from tests.insight.makers import make_customers, make_orders

pytestmark = pytest.mark.anyio


async def test_the_day_counts_own_sales_visits_and_plans(cast: SimpleNamespace, client_for: Any) -> None:
    chance = Random(2)
    customers = await make_customers(chance, 30, (3, 5))
    await make_orders(chance, customers, 300)
    day = clock.today()
    await execute("UPDATE orders SET ordered_on = $1 WHERE right(id::text, 1) < '4'", day)
    await execute("UPDATE orders SET ordered_on = ordered_on - 40 WHERE ordered_on > $1", day)
    await execute("UPDATE customers SET planned_weekday = $1 WHERE right(id::text, 1) < '8'", day.isoweekday())
    await execute_many(
        "INSERT INTO visits (id, customer_id, user_id, purpose, started_at) VALUES ($1, $2, $3, 'sell', $4)",
        [
            (new_id(), one, cast.lan.user_id, clock.now() - timedelta(days=days))
            for n, (one, position, _) in enumerate(customers)
            for days in (0, 0, 2)
            if position == 3 and n % 2
        ],
    )
    month = day.strftime("%Y-%m")
    for actor, key in ((cast.lan, 3), (cast.hung, 3), (cast.bob, 5)):
        found = await today_so_far(actor=actor)
        net = await fetch_value(
            """SELECT coalesce(sum(CASE currency WHEN 'VND' THEN net END), 0) FROM orders WHERE position_id = $1
                  AND ordered_on = $2 AND deleted_at IS NULL
                  AND state IN ('confirmed','picking','picked','dispatched')""",
            key, day,
        )  # fmt: skip
        assert int(found.revenue) >= net and found.orders > 0
        assert found.month_revenue == (await revenue(Choice(first=month, last=month), actor=actor)).total
        planned = "SELECT count(*) FROM customers WHERE position_id = $1 AND planned_weekday IS NOT NULL"
        assert found.planned == await fetch_value(planned, key)
        assert (found.visits > 0, found.planned_done > 0) == ((key == 3), (key == 3))
        assert found.planned_done <= found.planned and found.visits % 2 == 0
        on_hold = "SELECT count(*) FROM orders WHERE position_id = $1 AND state = 'on_hold' AND deleted_at IS NULL"
        assert found.waiting == await fetch_value(on_hold, key)
    assert (await (await client_for(cast.tuan)).get("/insight/today")).status_code == 403
    assert "plan" not in {
        name for name in (await (await client_for(cast.lan)).get("/insight/today")).json() if "month" in name
    }


async def test_an_account_shows_its_last_orders_and_how_often_it_orders(cast: SimpleNamespace, client_for: Any) -> None:
    chance = Random(3)
    customers = await make_customers(chance, 1, (3,))
    await make_orders(chance, customers, 30)
    lan = await client_for(cast.lan)
    found = (await lan.get(f"/customers/{customers[0][0]}/overview")).json()
    assert len(found["orders"]) == 10 and found["every_days"] > 0
    assert found["credit"]["exposure"] == "0" and found["credit"]["limit"] is None


def test_the_rhythm_of_orders_is_the_median_gap_between_order_days() -> None:
    day = date(2026, 1, 1)
    days = [day + timedelta(days=n) for n in (0, 0, 7, 14, 44)]
    assert every_days(days) == 7 and every_days(days[:2]) is None and every_days([]) is None
