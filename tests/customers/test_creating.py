"""Making customers: one record each, whoever makes them and however often."""

from types import SimpleNamespace

import pytest

from backend.core.database import fetch, fetch_value, in_transaction
from backend.core.ids import new_id
from backend.customers.creating import create_customer
from backend.customers.errors import (
    CustomerExists,
    CustomerIdTaken,
    CustomerOwnedByAnother,
    GroupUnknown,
    PhoneWrong,
    PositionUnknown,
    TaxNumberWrong,
)
from backend.customers.schemas import CreateCustomer, NewAddress, NewContact
from tests.customers.makers import make_customer, make_group

pytestmark = pytest.mark.anyio


async def test_a_new_customer_belongs_to_the_makers_position_and_comes_with_its_parts(cast: SimpleNamespace) -> None:
    group = await make_group("Tạp hóa")
    made = await make_customer(
        cast.lan, "Tạp hóa Hạnh Phúc", phone="+84 903.456.789", tax_no="0301464823", group_id=group, note="gần chợ",
        address=NewAddress(id=new_id(), text="45 Bình Tiên, Phường 7, Quận 6, TP HCM"),
        contact=NewContact(id=new_id(), name="Chị Hạnh", phone="0903456780"),
    )  # fmt: skip
    row = (await fetch("SELECT * FROM customers WHERE id = $1", made.id))[0]
    assert (row["position_id"], row["folded"], row["phone_digits"], row["initials"]) == (
        3, "tap hoa hanh phuc", "0903456789", "thhp",
    )  # fmt: skip
    assert await fetch_value("SELECT text FROM addresses WHERE party_id = $1 AND is_default", made.id) is not None
    assert await fetch_value("SELECT name FROM contacts WHERE customer_id = $1", made.id) == "Chị Hạnh"
    assert await fetch_value("SELECT is_primary FROM customer_group_links WHERE customer_id = $1", made.id)
    assert await fetch_value("SELECT position_id FROM customer_assignments WHERE customer_id = $1", made.id) == 3
    assert (
        await fetch_value("SELECT count(*) FROM audit WHERE entity_id = $1 AND action = 'customer.create'", made.id)
        == 1
    )


async def test_the_same_command_twice_makes_one_customer_and_gives_the_same_answer(cast: SimpleNamespace) -> None:
    command = CreateCustomer(id=new_id(), name="Quán Ngon", phone="0903456789")
    first = await in_transaction(lambda: create_customer(command, actor=cast.lan))
    second = await in_transaction(lambda: create_customer(command, actor=cast.lan))
    assert (first.id, first.code) == (second.id, second.code)
    assert await fetch_value("SELECT count(*) FROM customers") == 1


async def test_an_id_somebody_else_used_is_refused(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan)
    command = CreateCustomer(id=made.id, name="Khác")
    with pytest.raises(CustomerIdTaken):
        await in_transaction(lambda: create_customer(command, actor=cast.bob))


@pytest.mark.parametrize("phone", ["0903456789", "+84903456789", "0084 903 456 789", "84903456789", "0903.456.789"])
async def test_the_same_telephone_number_in_any_writing_is_refused_with_a_link(
    cast: SimpleNamespace, phone: str
) -> None:
    made = await make_customer(cast.lan, "Cửa hàng Minh", phone="0903 456 789")
    with pytest.raises(CustomerExists) as refused:
        await make_customer(cast.lan, "Minh Mới", phone=phone)
    assert refused.value.numbers["existing_id"] == str(made.id)


async def test_the_number_of_another_teams_customer_is_refused_without_any_of_its_data(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.bob, "Bí mật của Bob", phone="0903456789", tax_no="0301464823")
    for fields in ({"phone": "0903456789"}, {"tax_no": "0301464823"}):
        with pytest.raises(CustomerOwnedByAnother) as refused:
            await make_customer(cast.lan, "Mới", **fields)
        said = repr(refused.value.numbers) + str(refused.value)
        assert str(made.id) not in said and "Bob" not in said and made.code not in said
    with pytest.raises(CustomerExists):
        await make_customer(cast.an, "Mới", phone="0903456789", position_id=1)


async def test_numbers_that_cannot_be_true_are_refused(cast: SimpleNamespace) -> None:
    with pytest.raises(TaxNumberWrong):
        await make_customer(cast.lan, tax_no="0301464824")
    for phone in ("123", "12345678901234567", "gọi sau"):
        with pytest.raises(PhoneWrong):
            await make_customer(cast.lan, phone=phone)


async def test_a_look_alike_is_mentioned_only_when_it_may_be_seen(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan, "Tạp hóa Hạnh Phúc")
    again = await make_customer(cast.lan, "Tap hoa Hanh Phuc")
    assert [one.id for one in again.alike] == [made.id]
    assert (await make_customer(cast.bob, "Tạp hóa Hạnh Phúc")).alike == []


async def test_a_customer_cannot_be_given_to_a_position_out_of_sight_or_an_unknown_group(cast: SimpleNamespace) -> None:
    with pytest.raises(PositionUnknown):
        await make_customer(cast.lan, position_id=5)
    with pytest.raises(GroupUnknown):
        await make_customer(cast.lan, group_id=new_id())
    assert (await make_customer(cast.hung, position_id=3)).id


async def test_a_warehouse_worker_makes_no_customers(cast: SimpleNamespace) -> None:
    from backend.core.errors import NotAllowed

    for actor in (cast.tuan, cast.sau, cast.mai):
        with pytest.raises(NotAllowed):
            await make_customer(actor)


async def test_the_database_itself_folds_and_refuses_a_grouped_customer_without_a_primary_group(
    cast: SimpleNamespace,
) -> None:
    import asyncpg

    from backend.core.database import execute, transaction
    from backend.core.folding import fold
    from backend.customers.rules import phone_digits

    for text in ("Cửa hàng Đỗ Ớt", "ĐẠI LÝ  Ỷ LAN", "e\u0301\u0323 Huế", "Ưu Đãi", "O'Reilly & Sons", "Straße"):
        assert await fetch_value("SELECT customers_fold($1)", text) == fold(text)
    for text in ("+84 903.456.789", "0084903456789", "84903456789", "0903-456-789", "+1 415 555 2671", "", "113"):
        assert await fetch_value("SELECT customers_phone_digits($1)", text) == phone_digits(text), text
    made, group = await make_customer(cast.lan), await make_group("A")
    with pytest.raises(asyncpg.CheckViolationError):
        async with transaction():
            await execute("INSERT INTO customer_group_links (customer_id, group_id) VALUES ($1, $2)", made.id, group)
