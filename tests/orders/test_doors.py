"""The HTTP doors of orders: malformed and foreign requests, what each role sees, and what a page costs."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from backend.core import database as db
from backend.core.ids import new_id
from backend.orders import queries
from backend.orders.schemas import PlaceOrder
from tests.orders.shop import BOB, Shop, all_picked, basket, healthy, place

MONEY = (
    "price",
    "gross",
    "discount",
    "net",
    "tax",
    "total",
    "currency",
    "credit",
    "diff",
    "shown",
    "limit",
    "exposure",
)


def body_of(command: PlaceOrder, **changes: Any) -> dict[str, Any]:
    """The JSON of a basket, with some members changed or added."""
    return {**msgspec.to_builtins(command), **changes}


def keys_of(value: Any) -> set[str]:
    """Every member name anywhere in a JSON value."""
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys_of(inner)}
    return {key for inner in value for key in keys_of(inner)} if isinstance(value, list) else set()


async def test_an_order_placed_over_http_is_answered_created_and_again_the_same(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    lan = await client_for(cast.lan)
    body = body_of(basket(await shop.customer(), (await shop.item(), "2")))
    first = await lan.post("/orders", json=body)
    assert first.status_code == 201, first.text
    again = await lan.post("/orders", json=body)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await lan.post("/orders", json={**body, "note": "khác"})
    assert (other.status_code, other.json()["code"]) == (409, "order-id-reused")
    await healthy()


async def test_malformed_orders_are_422_and_leave_nothing(shop: Shop, cast: SimpleNamespace, client_for: Any) -> None:
    lan = await client_for(cast.lan)
    item, customer = await shop.item(), await shop.customer()
    good = basket(customer, (item, "2"))
    line = msgspec.to_builtins(good.lines[0])
    changes: list[dict[str, Any]] = [
        *({name: value} for name, value in (
            ("id", "x"), ("id", None), ("customer_id", 7), ("currency", "vnd"), ("ordered_on", "31/12/2026"),
            ("lines", []), ("lines", None), ("lines", "x"), ("note", "x" * 2001), ("note", 5), ("shown_total", 1000),
            ("owner_id", str(new_id())), ("state", "confirmed"), ("price", "1"), ("discount", "100"),
            ("approved_by", str(cast.hung.user_id)), ("total", "1"), ("number", "SO-1"),
        )),
        *({"lines": [{**line, **wrong}]} for wrong in (
            {"qty": 2}, {"qty": 2.5}, {"qty": "-1"}, {"qty": "0"}, {"qty": "NaN"}, {"qty": "1e9"}, {"qty": "9" * 41},
            {"qty": None}, {"unit": ""}, {"item_id": "1 OR 1=1"}, {"unit_price": "1"}, {"discount": "5"}, {"id": 1},
        )),
        {"lines": [line, line]},
    ]  # fmt: skip
    for change in changes:
        answer = await lan.post("/orders", json=body_of(good, **change))
        assert answer.status_code == 422, (change, answer.text)
        assert answer.headers["content-type"].startswith("application/problem+json")
    for raw in (b"", b"{", b"[]", b"null", b'{"id": ' + b"[" * 5000, b"\xff\xfe"):
        answer = await lan.post("/orders", content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, (raw[:20], answer.text)
    assert await db.fetch_value("SELECT count(*) FROM orders") == 0
    assert (await lan.post("/orders", json=body_of(good))).status_code == 201


async def test_anothers_customer_order_and_question_answer_as_if_absent(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    lan, ngoc = await client_for(cast.lan), await client_for(cast.ngoc)
    item, theirs = await shop.item(1), await shop.customer(BOB)
    order = await place(cast.bob, theirs, (item, "2"))

    def told(answer: Any) -> dict[str, Any]:
        return {key: value for key, value in answer.json().items() if key != "instance"}

    for path, body in (
        ("/orders/{id}", None), ("/orders/{id}/cancellation", {"reason": "x"}),
    ):  # fmt: skip
        seen = []
        for one in (order.id, new_id()):
            url = path.format(id=one)
            seen.append(await (lan.get(url) if body is None else lan.post(url, json=body)))
        assert [answer.status_code for answer in seen] == [404, 404]
        assert told(seen[0]) == told(seen[1])
    mine = await place(cast.lan, await shop.customer(), (item, "2"))
    request = (await (await client_for(cast.hung)).get(f"/orders/{mine.id}")).json()["request"]
    for question in (request["id"], str(new_id())):
        answer = await ngoc.post(
            f"/approvals/{question}/decision", json={"verdict": "approve", "expected_version": 1, "reason": "x"}
        )
        assert answer.status_code == 404
    assert [row["id"] for row in (await lan.get("/orders")).json()["items"]] == [str(mine.id)]
    assert (await lan.get(f"/orders?customer={theirs}")).json()["items"] == []
    assert (await lan.get("/orders?position=5")).json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/orders", "an hung lan"),
        ("POST", "/orders/check", "an hung lan"),
        ("POST", "/orders/{order}/cancellation", "an hung lan"),
        ("GET", "/approvals", "an hung mai"),
        ("POST", "/approvals/{order}/decision", "an hung mai"),
        ("GET", "/dispatches/queue", "an tuan"),
        ("POST", "/orders/{order}/claim", "an tuan"),
        ("POST", "/orders/{order}/pick", "an tuan"),
        ("POST", "/orders/{order}/dispatch", "an tuan"),
        ("GET", "/orders", "an hung lan mai tuan sau"),
        ("GET", "/orders/{order}", "an hung lan mai tuan sau"),
    ],
)
async def test_each_door_opens_to_its_roles_only(
    shop: Shop, cast: SimpleNamespace, client_for: Any, method: str, path: str, allowed: str
) -> None:
    url = path.format(order=new_id())
    for login in ("an", "hung", "lan", "mai", "tuan", "sau"):
        client = await client_for(login)
        answer = await client.request(method, url, **({"json": {}} if method == "POST" else {}))
        assert (answer.status_code == 403) == (login not in allowed.split()), (login, answer.status_code)


async def test_pickers_and_guards_see_no_price_anywhere(shop: Shop, cast: SimpleNamespace, client_for: Any) -> None:
    item = await shop.item(5)
    held = await place(cast.lan, await shop.customer(limit=0), (item, "1"))
    order = await place(cast.lan, await shop.customer(), (item, "2"), shown_total="2160")
    tuan, sau, lan = await client_for(cast.tuan), await client_for(cast.sau), await client_for(cast.lan)
    answers = [
        await tuan.get("/dispatches/queue"),
        *[
            await who.get(path)
            for who in (tuan, sau)
            for path in ("/orders", f"/orders/{order.id}", f"/orders/{held.id}")
        ],
        await tuan.post(f"/orders/{order.id}/claim"),
        await tuan.post(
            f"/orders/{order.id}/pick", json={"lines": [{"order_line_id": str(order.lines[0].id), "qty": "2"}]}
        ),
        await tuan.post(f"/orders/{order.id}/dispatch", json={"packages": 1, "plate": "51C-1"}),
    ]
    for answer in answers:
        assert answer.status_code in (200, 201), answer.text
        leaked = {key for key in keys_of(answer.json()) for word in MONEY if word in key}
        assert not leaked, (answer.url, leaked)
        assert "2160" not in answer.text and "1080" not in answer.text
    assert "total" in (await lan.get(f"/orders/{order.id}")).json()
    await healthy()


async def test_a_held_order_is_decided_over_http_by_the_version_that_was_seen(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    order = await place(cast.lan, await shop.customer(limit=0), (await shop.item(), "1"))
    hung = await client_for(cast.hung)
    (request,) = (await hung.get("/approvals")).json()["items"]
    assert (request["reference"], request["requested_by_name"]) == (str(order.id), cast.lan.name)
    url = f"/approvals/{request['id']}/decision"
    stale = await hung.post(url, json={"verdict": "approve", "reason": "ok", "expected_version": 9})
    assert (stale.status_code, stale.json()["current"]) == (412, 1)
    mute = await hung.post(url, json={"verdict": "approve", "expected_version": 1})
    assert (mute.status_code, mute.json()["pointer"]) == (422, "/reason")
    done = await hung.post(url, json={"verdict": "approve", "reason": "ok", "expected_version": 1})
    assert (done.status_code, done.json()["state"]) == (201, "confirmed")
    again = await hung.post(url, json={"verdict": "reject", "reason": "ok", "expected_version": 2})
    assert (again.status_code, again.json()["code"]) == (409, "already-decided")
    skipped = await (await client_for(cast.tuan)).post(f"/orders/{order.id}/dispatch", json={"packages": 1})
    assert (skipped.status_code, skipped.json()["state"]) == (409, "confirmed")


async def test_the_check_tells_price_stock_and_credit_and_stores_nothing(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    item, customer = await shop.item(10), await shop.customer(limit=15_000)
    await place(cast.lan, customer, (item, "4"))
    lan = await client_for(cast.lan)
    lines = [{"item_id": str(item), "unit": "hộp", "qty": "5"}, {"item_id": str(item), "unit": "thùng", "qty": "1"}]
    body = {"customer_id": str(customer), "currency": "VND", "lines": lines}
    before = await db.fetch_value("SELECT count(*) FROM audit")
    answer = (await lan.post("/orders/check", json=body)).json()
    assert (answer["total"], [line["gross"] for line in answer["lines"]]) == ("18360", ["5000", "12000"])
    stock = answer["lines"][0]["stock"]
    assert (stock["on_hand"], stock["reserved"], stock["available"], stock["enough"]) == ("10", "4", "6", False)
    credit = answer["credit"]
    assert (credit["limit"], credit["exposure"], credit["after"], credit["left"]) == ("15000", "4320", "22680", "-7680")
    assert (credit["codes"], credit["percent"], "as_of" in answer) == (["LIMIT"], 151, True)
    assert await db.fetch_value("SELECT count(*) FROM audit") == before
    strange = await lan.post("/orders/check", json={**body, "customer_id": str(await shop.customer(BOB))})
    assert strange.status_code == 404
    bad = await lan.post("/orders/check", json={**body, "lines": [{**lines[0], "qty": "-5"}]})
    assert (bad.status_code, bad.json()["pointer"]) == (422, "/lines/0/qty")


async def test_the_queue_holds_what_can_be_picked_soonest_first_and_says_who_picks(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    item, customer = await shop.item(50), await shop.customer()
    late = await place(cast.lan, customer, (item, "1"), requested_on="2030-01-02")
    soon = await place(cast.lan, customer, (item, "1"), requested_on="2030-01-01")
    await place(cast.lan, await shop.customer(limit=0), (item, "1"))  # held: nobody walks for it
    gone = await place(cast.lan, customer, (item, "1"))
    tuan = await client_for(cast.tuan)
    await tuan.post(f"/orders/{gone.id}/pick", json=msgspec.to_builtins({"lines": all_picked(gone.id, gone).lines}))
    await tuan.post(f"/orders/{gone.id}/dispatch", json={"packages": 1})
    await tuan.post(f"/orders/{soon.id}/claim")
    first = (await tuan.get("/dispatches/queue?limit=1")).json()
    second = (await tuan.get(f"/dispatches/queue?limit=1&cursor={first['next']}")).json()
    assert [page["items"][0]["id"] for page in (first, second)] == [str(soon.id), str(late.id)]
    assert (first["items"][0]["picker"], second["next"]) == (cast.tuan.name, None)


async def test_lists_page_filter_and_cost_the_same_however_long(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    item, one, other = await shop.item(), await shop.customer(), await shop.customer()
    orders = [await place(cast.lan, who, (item, "1")) for who in (one, other, one, other, one)]
    lan = await client_for(cast.lan)
    seen: list[str] = []
    url = "/orders?limit=2"
    while True:
        page = (await lan.get(url)).json()
        seen += [row["number"] for row in page["items"]]
        if page["next"] is None:
            break
        url = f"/orders?limit=2&cursor={page['next']}"
    assert seen == [order.number for order in reversed(orders)]
    assert len((await lan.get(f"/orders?customer={one}&state=confirmed")).json()["items"]) == 3
    assert (await lan.get("/orders?from=2031-01-01")).json()["items"] == []
    for bad in ("limit=0", "limit=201", "cursor=xx", "state=x' OR 1=1--", "from=x", "customer=1"):
        assert (await lan.get(f"/orders?{bad}")).status_code == 422, bad

    async def statements(limit: int) -> int:
        said: list[object] = []
        async with db.transaction() as opened:
            opened.connection.add_query_logger(said.append)
            await queries.list_orders(queries.Filters(), actor=cast.lan, limit=limit)
            await queries.find_order(orders[0].id, actor=cast.lan)
            await queries.queue(actor=cast.tuan, limit=limit)
            opened.connection.remove_query_logger(said.append)
        return len(said)

    assert await statements(1) == await statements(50) == 3


def test_the_served_app_knows_every_job_that_orders_ask_for() -> None:
    """In a process of its own: other tests import the rooms that register them."""
    script = "import backend.app; from backend.core import jobs; print(' '.join(jobs._registry))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"orders.resume", "orders.expire"} <= set(said.stdout.split())
