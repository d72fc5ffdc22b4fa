"""The small demo company in a real database: its promises to those who demonstrate it, and its books."""

from datetime import timedelta

import asyncpg
import pytest

from backend.core import database as db
from backend.core.clock import today
from backend.core.database import fetch, fetch_row, fetch_value
from backend.core.folding import fold
from backend.customers.rules import tax_number_fits
from backend.demo.build import DemoSummary, build_demo
from backend.demo.cast import PASSWORD, PEOPLE, is_demo
from backend.demo.scales import SCALES
from backend.doctoring import all_faults
from backend.insight.filters import Choice
from backend.insight.queries import revenue
from backend.people.passwords import verify_password
from backend.people.queries_actor import load_actor
from backend.pricing.quoting import QuoteLine, quote
from tests.conftest import dsn_of
from tests.demo.conftest import build_into
from tests.demo.fingerprint import fingerprint

LAN = PEOPLE[2].position


async def test_the_doctor_finds_nothing_to_complain_of(demo: DemoSummary) -> None:
    assert await all_faults() == []


async def test_the_same_seed_and_day_give_the_same_company(server: str, small: tuple[str, DemoSummary]) -> None:
    twin = f"{small[0]}_twin"
    again = await build_into(server, twin, small[1].seeded_on)
    prints = []
    for name in (small[0], twin):
        db.bind(db.create_engine(dsn_of(server, name), pool_size=1))
        await db.open_pool()
        prints.append(await fingerprint())
        await db.close_pool()
    db.bind(None)
    assert again == small[1]
    assert prints[0] == prints[1]
    assert len(set(prints[0].values())) == len(prints[0]), "no table may be empty"


async def test_the_summary_counts_what_is_there(demo: DemoSummary) -> None:
    tables = {
        "customers": demo.customers, "addresses": demo.addresses, "items": demo.items, "price_rules": demo.price_rules,
        "orders": demo.orders, "order_lines": demo.lines, "visits": demo.visits, "expenses": demo.expenses,
    }  # fmt: skip
    for table, told in tables.items():
        assert await fetch_value(f"SELECT count(*) FROM {table}") == told, table
    assert demo.customers == SCALES["small"].customers
    assert demo.orders == SCALES["small"].orders
    assert await fetch_value("SELECT count(*) FROM positions WHERE kind = 'region'") == 4
    assert await fetch_value("SELECT count(*) FROM user_roles WHERE role = 'rep'") == demo.reps == 38


async def test_every_region_set_adds_up_to_the_ledger(demo: DemoSummary) -> None:
    boss = await load_actor("an")
    ledger = await fetch_value("SELECT sum(net) FROM orders WHERE state NOT IN ('cancelled', 'rejected', 'on_hold')")
    span = {"first": f"{demo.seeded_on.year - 3}-01", "last": f"{demo.seeded_on:%Y-%m}"}
    for code in ("VN-ADM1-34", "VN-ADM1-63"):
        report = await revenue(Choice(set=code, **span), actor=boss)
        assert int(report.total) == ledger
        assert sum(int(row.net) for row in report.rows) == ledger
        kinds = {row.kind: int(row.net) for row in report.rows}
        assert kinds["unlocated"] > 0, "some customers cannot be located, and their money is shown"
        assert kinds["outside"] > 0, "some customers are abroad"


async def test_an_order_of_the_past_costs_what_the_price_brain_says_for_its_day(demo: DemoSummary) -> None:
    orders = await fetch(
        """SELECT o.id, o.customer_id, o.ordered_on, o.gross, o.discount, o.net, o.tax, o.total FROM orders o
            WHERE o.body_hash = '' ORDER BY md5(o.number) LIMIT 120"""
    )
    # orders with a discount are few: make sure that some are among them
    orders += await fetch(
        """SELECT o.id, o.customer_id, o.ordered_on, o.gross, o.discount, o.net, o.tax, o.total FROM orders o
            WHERE o.body_hash = '' AND o.discount > 0 ORDER BY md5(o.number) LIMIT 30"""
    )
    assert sum(order["discount"] > 0 for order in orders) >= 10
    for order in orders:
        lines = await fetch("SELECT * FROM order_lines WHERE order_id = $1 ORDER BY seq", order["id"])
        asked = [QuoteLine(line["id"], line["item_id"], line["unit"], line["qty"]) for line in lines]
        quoted = await quote(
            customer_id=order["customer_id"], ordered_on=order["ordered_on"], currency="VND", lines=asked
        )
        for line, said in zip(lines, quoted.lines, strict=True):
            stored = [line[name] for name in ("unit_price", "gross", "discount", "net", "tax", "qty_base")]
            assert stored == [
                said.unit_price_micro, said.gross_minor, said.discount_minor, said.net_minor, said.tax_minor,
                said.qty_base_micro,
            ]  # fmt: skip
        totals = [order[name] for name in ("gross", "discount", "net", "tax", "total")]
        assert totals == [
            quoted.gross_minor, quoted.discount_minor, quoted.net_minor, quoted.tax_minor, quoted.total_minor
        ]  # fmt: skip


async def test_lan_has_twelve_customers_planned_whatever_the_day(demo: DemoSummary) -> None:
    planned = await fetch(
        """SELECT planned_weekday AS day, count(*) AS n FROM customers
            WHERE position_id = $1 AND planned_weekday IS NOT NULL AND status = 'active' GROUP BY 1 ORDER BY 1""",
        LAN,
    )
    assert [(row["day"], row["n"]) for row in planned] == [(day, 12) for day in range(1, 8)]
    first = await fetch_value("SELECT planned_weekday FROM customers WHERE name = 'Cửa hàng Minh'")
    assert first == today().isoweekday(), "the customer of the stories is on today's route"


async def test_lan_finds_the_customers_the_stories_name(demo: DemoSummary) -> None:
    minh = await fetch_row("SELECT * FROM customers WHERE name = 'Cửa hàng Minh'")
    assert (minh["position_id"], minh["folded"]) == (LAN, fold("Cửa hàng Minh"))
    tail = await fetch(
        "SELECT name FROM customers WHERE position_id = $1 AND phone_digits LIKE '%789' AND deleted_at IS NULL", LAN
    )
    assert [row["name"] for row in tail] == ["Tạp hóa Quốc Đạt"]


async def test_two_of_lans_accounts_have_credit_stories(demo: DemoSummary) -> None:
    rows = await fetch(
        """SELECT c.name, a.limit_minor AS limit,
                  a.receivable + a.uninvoiced + a.open_orders - a.cash_unapplied AS exposure,
                  EXISTS (SELECT 1 FROM credit_holds h
                           WHERE h.account_id = a.id AND credit_hold_active(h, now())) AS held
             FROM credit_accounts a JOIN credit_members m ON m.account_id = a.id
             JOIN customers c ON c.id = m.customer_id WHERE c.position_id = $1""",
        LAN,
    )
    near = [row["name"] for row in rows if row["limit"] and 910 <= row["exposure"] * 1000 // row["limit"] <= 920]
    assert near == ["Đại lý Xuân Cường"]
    assert [row["name"] for row in rows if row["held"]] == ["Siêu thị mini Hồng Phúc"]
    assert all(row["limit"] is None or row["exposure"] <= row["limit"] for row in rows)


async def test_one_item_has_exactly_one_piece_left_and_some_are_nearly_out(demo: DemoSummary) -> None:
    free = await fetch(
        """SELECT i.code, sum(b.on_hand - b.reserved - b.safety) / 1000000 AS left, max(p.num) AS carton
             FROM items i JOIN stock_bins b ON b.item_id = i.id JOIN packagings p ON p.item_id = i.id
            GROUP BY i.id, p.item_id, b.item_id HAVING count(DISTINCT b.warehouse_id) = 1"""
    )
    assert sum(row["left"] == 1 for row in free) >= 1
    assert sum(row["left"] <= row["carton"] for row in free) >= 5
    assert await fetch_value("SELECT count(*) FROM incoming_receipts WHERE expected_on > $1", today()) >= 5
    assert await fetch_value("SELECT array_agg(is_default ORDER BY code) FROM warehouses") == [True, False]


async def test_yesterdays_orders_stand_at_every_step(demo: DemoSummary) -> None:
    states = {
        row["state"]: row["n"]
        for row in await fetch(
            "SELECT state, count(*) AS n FROM orders WHERE ordered_on = $1 GROUP BY 1", today() - timedelta(days=1)
        )
    }
    assert set(states) >= {"confirmed", "on_hold", "picking", "picked", "dispatched", "rejected"}
    waiting = await fetch_value("SELECT count(*) FROM approval_requests WHERE state = 'open' AND position_id = $1", LAN)
    assert waiting >= 2, "Hùng has something of Lan's to decide"


async def test_nobody_is_told_the_same_twice(demo: DemoSummary) -> None:
    told = await fetch("SELECT user_id, kind, numbers ->> 'number' AS number, count(*) FROM notices GROUP BY 1, 2, 3")
    assert told and [row for row in told if row["count"] > 1] == []
    assert {row["kind"] for row in told} >= {"order.on-hold", "order.dispatched", "approval.waiting"}


async def test_rows_copied_without_a_check_refer_to_rows_that_exist(demo: DemoSummary) -> None:
    for table, column, other in (
        ("order_lines", "order_id", "orders"), ("order_lines", "item_id", "items"),
        ("order_dispatches", "order_id", "orders"), ("order_dispatches", "dispatched_by", "users"),
        ("order_dispatch_lines", "order_line_id", "order_lines"),
        ("order_dispatch_lines", "dispatch_id", "order_dispatches"),
        ("stock_moves", "item_id", "items"), ("stock_moves", "warehouse_id", "warehouses"),
        ("reservations", "reference", "orders"), ("reservations", "line", "order_lines"),
        ("reservations", "item_id", "items"), ("credit_entries", "account_id", "credit_accounts"),
        ("orders", "ship_address_id", "addresses"), ("orders", "ship_av_id", "address_versions"),
    ):  # fmt: skip
        lost = await fetch_value(
            f"SELECT count(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM {other} o WHERE o.id = t.{column})"
        )
        assert lost == 0, f"{table}.{column}"


async def test_every_phone_gets_its_rows(demo: DemoSummary) -> None:
    counts = {row["key"]: row["n"] for row in await fetch("SELECT key, count(*) AS n FROM sync_rows GROUP BY 1")}
    assert counts[0] >= demo.items
    customers = await fetch("SELECT position_id, count(*) AS n FROM customers GROUP BY 1")
    assert all(counts[row["position_id"]] > row["n"] for row in customers)
    orders = await fetch_value("SELECT count(*) FROM orders o LEFT JOIN sync_rows s ON s.id = o.id WHERE s.id IS NULL")
    assert orders == 0


async def test_tax_codes_would_pass_the_office_and_phones_are_nobody_elses(demo: DemoSummary) -> None:
    codes = [row["tax_no"] for row in await fetch("SELECT tax_no FROM customers WHERE tax_no IS NOT NULL")]
    assert len(codes) > 50
    assert all(tax_number_fits(code) for code in codes)
    assert len(set(codes)) == len(codes)
    twice = await fetch_value(
        "SELECT count(*) FROM (SELECT phone_digits FROM customers GROUP BY 1 HAVING count(*) > 1) twins"
    )
    assert twice == 0


async def test_everybody_in_the_cast_logs_in_with_the_known_password(demo: DemoSummary) -> None:
    assert await is_demo()
    hashes = await fetch("SELECT DISTINCT password_hash FROM users")
    assert len(hashes) == 1
    assert await verify_password(hashes[0]["password_hash"], PASSWORD)


async def test_a_company_that_is_there_already_is_left_alone(demo: DemoSummary) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await build_demo(scale="small")
    assert await fetch_value("SELECT count(*) FROM orders") == demo.orders
