"""Trying a promotion: a basket with and without it, and a dry run over past orders that equals sums made by hand."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core import database as db
from backend.core.clock import at, now, today
from backend.core.ids import new_id
from backend.core.jobs import run_now
from backend.orders import rehearsing
from backend.pricing.promotions import runs
from backend.stock.receiving import open_warehouse
from tests.pricing.dairy import lay_dairy
from tests.pricing.promoting import day, drafted, percent, running, ten_and_one

pytestmark = pytest.mark.anyio
SET = "TEST-ADM1"


@pytest.fixture
async def ids(database: str) -> SimpleNamespace:
    """The dairy, with a warehouse and a set of regions of which one has no orders in it."""
    await open_warehouse("KHO1", "Kho chính", default=True, by=None)
    await db.execute(
        """INSERT INTO region_sets (id, name_vi, name_en, valid_from, source, licence, approximate)
           VALUES ($1, 'Thử', 'Test', '2020-01-01', '', '', false)""",
        SET,
    )
    await db.execute(
        "INSERT INTO regions (id, set_id, code, name, name_en, level) VALUES ($1, $2, 'R1', 'Vùng 1', 'Region 1', $3)",
        f"{SET}/R1", SET, "province",
    )  # fmt: skip
    return await lay_dairy()


@pytest.fixture
async def an(client_for: Any, cast: SimpleNamespace) -> Any:
    """The administrator's client."""
    return await client_for(cast.an)


async def placed(client: Any, customer: UUID, days_ago: int, *lines: tuple[UUID, str, str]) -> str:
    """An order somebody placed that long ago."""
    with at(now() - timedelta(days=days_ago)):
        answer = await client.post(
            "/orders",
            json={
                "id": str(new_id()), "customer_id": str(customer), "ordered_on": str(today()), "currency": "VND",
                "lines": [
                    {"id": str(new_id()), "item_id": str(item), "unit": unit, "qty": qty} for item, qty, unit in lines
                ],
            },
        )  # fmt: skip
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def located(order: str) -> None:
    """Let an order be shipped to a place in region R1."""
    address, version = new_id(), new_id()
    async with db.transaction():
        await db.execute(
            """INSERT INTO addresses (id, party_id, text, version_id)
               SELECT $1, customer_id, 'R1', $2 FROM orders WHERE id = $3""",
            address, version, UUID(order),
        )  # fmt: skip
        await db.execute(
            """INSERT INTO address_versions (id, address_id, text, parsed, parser_version, style, certain)
               VALUES ($1, $2, 'R1', '{}', '1', 'new', true)""",
            version, address,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO address_regions (set_id, address_version_id, region_id, method) VALUES ($1, $2, $3, 'text')",
            SET, version, f"{SET}/R1",
        )  # fmt: skip
        await db.execute("UPDATE orders SET ship_av_id = $1 WHERE id = $2", version, UUID(order))


async def dry_run(client: Any, promotion: dict[str, Any], **days: str) -> dict[str, Any]:
    """A dry run from asking to answer, the job done on the spot."""
    asked = await client.post(f"/promotions/{promotion['id']}/runs", json={"region_set": SET, **days})
    assert asked.status_code == 202, asked.text
    assert asked.json()["state"] == "waiting"
    await run_now(rehearsing.JOB, {"run": asked.json()["id"]})
    run: dict[str, Any] = (await client.get(f"/promotions/runs/{asked.json()['id']}")).json()
    return run


async def test_a_basket_is_priced_with_and_without_the_rule(ids: SimpleNamespace, an: Any) -> None:
    await running(an, "OTHER", percent("10", match={"items": [str(ids.coffee)]}))
    trial = {
        "rule": ten_and_one(ids.milk), "customer_id": str(ids.customer), "on": day(),
        "lines": [{"item_id": str(ids.milk), "unit": "hộp", "qty": "25"},
                  {"item_id": str(ids.coffee), "unit": "gói", "qty": "2"}],
    }  # fmt: skip
    tried = (await an.post("/promotions/trial", json=trial)).json()
    assert [(one["item"], one["qty"], one["unit_price"]) for one in tried["gifts"]] == [(str(ids.milk), "2", "0")]
    assert tried["difference"] == "0" and len(tried["without"]["lines"]) == 2
    assert [one["promotion"] for one in tried["with"]["lines"][1]["adjustments"]] == ["OTHER"]
    assert tried["labels"][str(ids.milk)]["code"] == "SUA180" and tried["promotions"]["OTHER"]["name_vi"] == "Giảm 10 %"

    off = (await an.post("/promotions/trial", json={**trial, "rule": percent("5")})).json()
    # 25 x 7,200 = 180,000; 2 x 51,700 = 103,400 - 10 % = 93,060; 5 % of each: 9,000 + 4,653; taxes of 8 and 10 %
    assert off["difference"] == str(-(9_000 + 720) - (4_653 + 465))
    skipped = (await an.post("/promotions/trial", json={**trial, "rule": percent("5", min={"qty": "30"})})).json()
    assert {"code": "min", "promotion": "NEW", "missing": "3", "of": "qty"} in skipped["with"]["trace"]
    assert skipped["difference"] == "0"


async def test_a_basket_of_anothers_customer_or_an_unknown_item_is_refused(
    ids: SimpleNamespace, client_for: Any
) -> None:
    hung = await client_for("hung")
    trial = {"rule": percent("5"), "customer_id": str(ids.other), "on": day(),
             "lines": [{"item_id": str(ids.milk), "unit": "hộp", "qty": "1"}]}  # fmt: skip
    theirs = await hung.post("/promotions/trial", json=trial)
    nobodys = await hung.post("/promotions/trial", json={**trial, "customer_id": str(new_id())})
    assert (theirs.status_code, theirs.text) == (nobodys.status_code, nobodys.text) and theirs.status_code == 404
    line = {"item_id": str(new_id()), "unit": "hộp", "qty": "1"}
    unknown = await hung.post(
        "/promotions/trial", json={**trial, "customer_id": str(ids.customer), "lines": [*trial["lines"], line]}
    )
    assert (unknown.json()["code"], unknown.json()["pointer"]) == ("item-unknown", "/lines/1/item_id")
    lan = await client_for("lan")
    assert (await lan.post("/promotions/trial", json=trial)).status_code == 403


async def test_the_next_version_is_tried_against_the_one_it_replaces(ids: SimpleNamespace, an: Any) -> None:
    on = await running(an, "KM1", percent("10"))
    changed = await an.patch(f"/promotions/{on['id']}", json={"expected_version": 2, "rule": percent("15")})
    trial = {
        "rule": percent("15"), "promotion_id": changed.json()["id"], "customer_id": str(ids.customer), "on": day(),
        "lines": [{"item_id": str(ids.milk), "unit": "hộp", "qty": "100"}],
    }  # fmt: skip
    tried = (await an.post("/promotions/trial", json=trial)).json()
    assert (tried["without"]["net"], tried["with"]["net"]) == ("648000", "612000")  # 720,000 less 10 %, less 15 %


async def test_a_dry_run_equals_the_sum_made_by_hand(ids: SimpleNamespace, an: Any, client_for: Any) -> None:
    lan, bob = await client_for("lan"), await client_for("bob")
    first = await placed(lan, ids.customer, 20, (ids.milk, "20", "hộp"))
    await placed(lan, ids.customer, 10, (ids.milk, "9", "hộp"), (ids.coffee, "1", "gói"))
    await placed(lan, ids.customer, 9, (ids.coffee, "3", "gói"))
    await placed(bob, ids.other, 8, (ids.milk, "2", "thùng"))
    gone = await placed(lan, ids.customer, 7, (ids.milk, "500", "hộp"))
    await lan.post(f"/orders/{gone}/cancellation", json={"reason": "changed-mind"})
    await placed(lan, ids.customer, 200, (ids.milk, "500", "hộp"))  # before the thirteen weeks
    await located(first)  # last, for it becomes the address of what is placed later

    # 60 % off milk for dealers: 144,000 -> 57,600 and 64,800 -> 25,920. Cost is 3,750 a box: 2,880 lies below it.
    deep = await drafted(an, "SAU", percent("60", match={"items": [str(ids.milk)]}, valid_from=day(5),
                                            scope={"customer_groups": ["dai-ly"]}))  # fmt: skip
    run = await dry_run(an, deep)
    assert (run["state"], run["done"], run["total"]) == ("done", 4, 4)
    found = run["result"]
    assert (found["looked_at"], found["unpriced"], found["orders"], found["customers"]) == (4, 0, 2, 1)
    assert (found["discount"], found["gift_value"], found["cost"]) == ("125280", "0", "125280")
    assert [(one["key"], one["name_vi"], one["discount"], one["orders"]) for one in found["regions"]] == [
        (f"{SET}/R1", "Vùng 1", "86400", 1), ("unlocated", "", "38880", 1),
    ]  # fmt: skip
    assert (found["secret"]["below"], found["secret"]["below_before"]) == (2, 0)

    # 10+1 for all: 20 boxes -> 2, 96 boxes -> 9; a box is worth 7,500 and costs 3,750.
    gifts = (await dry_run(an, await drafted(an, "TANG", ten_and_one(ids.milk))))["result"]
    assert (gifts["orders"], gifts["customers"], gifts["discount"]) == (2, 2, "0")
    assert (gifts["gift_value"], gifts["cost"], gifts["secret"]["gift_cost"]) == ("82500", "82500", "41250")
    assert gifts["gifts"] == [{"item": str(ids.milk), "qty": "11"}]


async def test_a_managers_dry_run_covers_their_people_and_shows_no_costs(
    ids: SimpleNamespace, an: Any, client_for: Any
) -> None:
    lan, bob, hung = [await client_for(login) for login in ("lan", "bob", "hung")]
    await placed(lan, ids.customer, 20, (ids.milk, "20", "hộp"))
    await placed(bob, ids.other, 8, (ids.milk, "20", "hộp"))
    draft = await drafted(an, "SAU", percent("60"))
    run = await dry_run(hung, draft)
    assert run["result"]["looked_at"] == 1 and run["result"]["discount"] == "86400"
    assert "secret" not in run["result"]
    ngoc = await client_for("ngoc")
    assert (await ngoc.get(f"/promotions/runs/{run['id']}")).status_code == 404
    assert (await ngoc.get(f"/promotions/{draft['id']}/runs")).json() == []
    assert (await an.get(f"/promotions/{draft['id']}/runs")).json()[0]["result"]["secret"]["below"] == 1


async def test_a_run_that_was_cancelled_stops_and_stays_so(
    ids: SimpleNamespace, an: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = await client_for("lan")
    for days_ago in range(1, 5):
        await placed(lan, ids.customer, days_ago, (ids.milk, "20", "hộp"))
    monkeypatch.setattr(rehearsing, "PAGE", 1)
    draft = await drafted(an, "KM1", percent("5"))
    run = (await an.post(f"/promotions/{draft['id']}/runs", json={"region_set": SET})).json()
    reported = runs.report_progress

    async def stopped_after_two(run_id: UUID, done: int, total: int) -> bool:
        if done == 2:
            assert (await an.post(f"/promotions/runs/{run_id}/cancellation")).json()["state"] == "cancelled"
        return await reported(run_id, done, total)

    monkeypatch.setattr(runs, "report_progress", stopped_after_two)
    await run_now(rehearsing.JOB, {"run": run["id"]})
    found = (await an.get(f"/promotions/runs/{run['id']}")).json()
    assert (found["state"], found["done"], found["total"], found["result"]) == ("cancelled", 1, 4, None)
    await run_now(rehearsing.JOB, {"run": run["id"]})  # the queue may hand a job out twice
    assert (await an.get(f"/promotions/runs/{run['id']}")).json()["state"] == "cancelled"
    again = await an.post(f"/promotions/runs/{run['id']}/cancellation")
    assert (again.status_code, again.json()["code"]) == (409, "promotion-run-over")


async def test_what_can_no_longer_be_priced_is_told_and_not_guessed(
    ids: SimpleNamespace, an: Any, client_for: Any
) -> None:
    lan = await client_for("lan")
    await placed(lan, ids.customer, 3, (ids.coffee, "1", "gói"))
    await placed(lan, ids.customer, 2, (ids.milk, "10", "hộp"))
    await db.execute("UPDATE items SET active = false WHERE id = $1", ids.coffee)
    found = (await dry_run(an, await drafted(an, "KM1", percent("5"))))["result"]
    assert (found["looked_at"], found["unpriced"], found["orders"], found["discount"]) == (2, 1, 1, "3600")
