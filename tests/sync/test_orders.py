"""Orders on phones: handed in offline, answered by the office, followed to the lorry."""

from types import SimpleNamespace

import msgspec

from backend.core.clock import today
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from sync.push import push
from tests.orders.shop import healthy, lay_shop
from tests.sync.handing import mutation, subject
from tests.sync.phone import Phone

COLUMNS = {"seq", "item_id", "unit", "qty", "qty_base", "unit_price", "gross", "discount", "net", "tax",
           "gift_of", "reserved", "picked", "dispatched"}  # fmt: skip


async def test_an_order_is_placed_once_and_its_lines_holds_and_picks_reach_the_phone(cast: SimpleNamespace) -> None:
    shop = await lay_shop()
    customer, item = await shop.customer(), await shop.item(on_hand=10, price="1234.5")
    phone = Phone(cast.lan)
    await phone.sync()
    lines = [{"id": str(new_id()), "item_id": str(item), "unit": "hộp", "qty": qty} for qty in ("4", "8")]
    args = {"id": str(new_id()), "customer_id": str(customer), "ordered_on": str(today()), "currency": "VND"}
    good = mutation("order.place", {**args, "lines": lines[:1]}, lane=str(customer))
    short = mutation("order.place", {**args, "id": str(new_id()), "lines": lines[1:]}, lane=str(customer))
    for _ in range(3):
        acks = await push([good, short], actor=cast.lan)
        assert [ack.result["state"] for ack in acks] == ["confirmed", "on_hold"]
    assert await fetch_value("SELECT count(*) FROM orders") == 2
    await phone.sync()
    first, second = (phone.rows["order"][str(subject(one))][2] for one in (good, short))
    assert set(first["lines"][0]) == COLUMNS
    assert (first["lines"][0]["qty"], first["lines"][0]["reserved"], first["gross"]) == ("4", "4", "4938")
    assert first["holds"] == [] and second["holds"][0]["code"] == "SHORT"
    page = (await phone.sync())[0]
    assert "up" not in page
    await execute("UPDATE order_lines SET picked = 1000000 WHERE order_id = $1", subject(good))
    await phone.sync()
    assert phone.rows["order"][str(subject(good))][2]["lines"][0]["picked"] == "1", "a line alone re-sends its order"
    await healthy_after(subject(good))


async def healthy_after(order: object) -> None:
    await execute("UPDATE order_lines SET picked = 0 WHERE order_id = $1", order)
    await healthy()


async def test_quantities_that_are_no_quantities_are_refused_and_nothing_is_half_done(cast: SimpleNamespace) -> None:
    shop = await lay_shop()
    customer, item = await shop.customer(), await shop.item()
    for qty in ("0", "-1", "NaN", "1e3", "", "9" * 30, "0.0000001", "Infinity"):
        args = {"id": str(new_id()), "customer_id": str(customer), "ordered_on": str(today()), "currency": "VND",
                "lines": [{"id": str(new_id()), "item_id": str(item), "unit": "hộp", "qty": qty}]}  # fmt: skip
        (ack,) = await push([mutation("order.place", args)], actor=cast.lan)
        assert ack.st == "rejected", (qty, msgspec.to_builtins(ack))
        assert ack.problem is not None and ack.problem["status"] in (409, 422)
    assert await fetch_value("SELECT count(*) FROM orders") == 0
    await healthy()


async def test_every_name_of_the_wire_contract_is_in_the_catalogue() -> None:
    from sync.mutations import CATALOGUE

    assert set(CATALOGUE) == {
        "customer.create", "customer.update", "address.pin", "visit.log", "expense.claim", "attachment.add",
        "order.place", "order.accept_price", "order.cancel", "approval.decide", "dispatch.pick", "dispatch.confirm",
        "outbox.withdraw", "contact.save", "address.edit", "visit.edit", "expense.edit", "conflict.settle",
    }  # fmt: skip


async def test_a_customer_made_offline_its_pin_its_edit_and_its_order_arrive_in_one_request(
    cast: SimpleNamespace,
) -> None:
    shop = await lay_shop()
    item, customer, address = await shop.item(), new_id(), new_id()
    made = mutation("customer.create", {"id": str(customer), "name": "Quán Bà Sáu", "stage": "lead",
                    "address": {"id": str(address), "text": "12 Lê Lợi, Phường Sài Gòn, TP HCM"},
                    "contact": {"id": str(new_id()), "name": "Bà Sáu"}})  # fmt: skip
    place = {"id": str(address), "lat": 10.77, "lon": 106.7, "accuracy_m": 12, "method": "manual"}
    pin = mutation("address.pin", place, deps=[made.id])
    edit = mutation("customer.update", {"id": str(customer), "changes": {"note": "mở cửa 6 giờ"}}, deps=[made.id],
                    base=msgspec.Raw(b'{"ver":1,"values":{"note":null}}'))  # fmt: skip
    lines = [{"id": str(new_id()), "item_id": str(item), "unit": "hộp", "qty": "1"}]
    args = {"id": str(new_id()), "customer_id": str(customer), "ordered_on": str(today()), "currency": "VND"}
    order = mutation("order.place", {**args, "lines": lines}, deps=[made.id])
    acks = await push([made, pin, edit, order], actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied"] * 4, msgspec.to_builtins(acks)
    assert [ack.rows[0][0] for ack in acks] == ["customer", "address", "customer", "order"]
    phone = Phone(cast.lan)
    await phone.sync()
    row = phone.rows["customer"][str(customer)][2]
    assert row["note"] == "mở cửa 6 giờ"
    where = phone.rows["address"][str(address)][2]
    assert (where["grade"], where["lat"]) == ("pin", 10.77) and len(phone.ids("contact")) == 1
