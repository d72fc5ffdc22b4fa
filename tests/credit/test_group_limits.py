"""Limits that customers inherit from their groups: enforced for each alone, by rivals too, and while they change."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import backend.credit.doctor
from backend.core import database as db
from backend.core.clock import today
from backend.core.ids import new_id
from backend.credit import accounts, taking
from backend.credit.queries import standings
from backend.credit.schemas import Taken
from backend.orders.schemas import Placed
from tests.orders.shop import Shop, healthy, place, together
from tests.terms.conftest import join, set_terms


async def a_group(limit: int | None, parent: UUID | None = None, code: str = "") -> UUID:
    """A customer group with a limit of its own, or none."""
    group = new_id()
    await db.execute(
        """INSERT INTO customer_groups (id, parent_id, code, name, credit_limit_minor, credit_currency)
           VALUES ($1, $2, $3, $3, $4, CASE WHEN $4::bigint IS NOT NULL THEN 'VND' END)""",
        group, parent, code or f"G{group.hex[-8:]}", limit,
    )  # fmt: skip
    return group


async def limit_to(group: UUID, limit: int | None) -> None:
    await db.execute(
        """UPDATE customer_groups SET credit_limit_minor = $2,
                  credit_currency = CASE WHEN $2::bigint IS NOT NULL THEN 'VND' END WHERE id = $1""",
        group, limit,
    )  # fmt: skip


async def ask(customer: UUID, amount: int, **more: bool) -> Taken:
    return await taking.take(customer, amount, new_id(), currency="VND", by=new_id(), **more)


async def member(shop: Shop, *groups: UUID, account: bool = False, limit: int | None = None) -> UUID:
    customer = await shop.customer(account=account, limit=limit)
    await join(customer, *groups)
    return customer


async def test_64_rivals_on_an_inherited_limit_take_as_many_as_fit(shop: Shop, cast: SimpleNamespace) -> None:
    item = await shop.item(on_hand=10_000, price="1000")
    customer = await member(shop, await a_group(None, await a_group(10_800)))
    answers = await together(place(cast.lan, customer, (item, "1")) for _ in range(64))
    assert all(isinstance(answer, Placed) for answer in answers), answers
    states = [answer.state for answer in answers]
    assert (states.count("confirmed"), states.count("on_hold")) == (10, 54)
    assert (await shop.account(customer))["open_orders"] == 10_800
    assert {answer.holds[0].code for answer in answers if answer.holds} == {"LIMIT"}
    await healthy()


async def test_a_limit_lowered_while_64_ask_is_never_passed_by_those_that_ask_after(shop: Shop) -> None:
    group = await a_group(10_000)
    customer = await member(shop, group)
    after_lowering: list[Taken] = []

    async def late() -> None:
        await asyncio.sleep(0.02)
        await limit_to(group, 500)
        after_lowering.extend(await asyncio.gather(*(ask(customer, 100) for _ in range(32))))

    first, _ = await asyncio.gather(together(ask(customer, 100) for _ in range(64)), late())
    assert {answer.limit for answer in after_lowering} == {500}
    for answer in [*first, *after_lowering]:
        assert answer.taken == (answer.exposure + 100 <= answer.limit)
    assert await backend.credit.doctor.faults() == []


async def test_each_customer_of_a_group_has_the_limit_to_itself(shop: Shop) -> None:
    group = await a_group(1000)
    one, other = await member(shop, group), await member(shop, group)
    assert [(await ask(who, 1000)).taken for who in (one, other)] == [True, True]
    assert not (await ask(one, 1)).taken


async def test_0_is_cash_only_and_unset_is_inherited(shop: Shop) -> None:
    top = await a_group(5000)
    cash, inheriting = await a_group(0, top), await a_group(None, top)
    assert (await ask(await member(shop, cash), 1)).codes == [{"code": "LIMIT", "over": 1}]
    assert (await ask(await member(shop, inheriting), 5000)).taken
    own_cash = await member(shop, inheriting, account=True, limit=0)
    assert not (await ask(own_cash, 1)).taken
    own_more = await member(shop, cash, account=True, limit=9)
    assert (await ask(own_more, 9)).taken and not (await ask(own_more, 1)).taken


async def test_without_any_limit_there_is_none_and_the_companys_counts_last(shop: Shop) -> None:
    loose, grouped = await member(shop), await member(shop, await a_group(700))
    assert (await ask(loose, 10**12)).limit is None
    await db.execute("UPDATE company_terms SET credit_limit_minor = 300, credit_currency = 'VND'")
    assert [(await ask(who, 1)).limit for who in (loose, grouped)] == [300, 700]


async def test_an_account_that_customers_share_keeps_its_own_limit_and_takes_no_groups(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    group = await a_group(100)
    one, other = await member(shop, group), await member(shop, group)
    account = await accounts.open_account([one, other], currency="VND", limit=5000, name="Chung", actor=None)
    assert (await ask(one, 4000)).taken and not (await ask(other, 2000)).taken
    await accounts.set_limit(account, None, actor=None)
    assert (await ask(other, 10**9)).limit is None
    an = await client_for(cast.an)
    await accounts.set_limit(account, 5000, actor=None)
    terms = (await an.get(f"/customers/{one}/terms")).json()
    assert terms["terms"]["credit_limit"]["from"] == {"kind": "account", "id": str(account), "name": "Chung"}
    refused = await an.patch(
        f"/customers/{one}/terms", json={"expected_version": terms["version"], "changes": {"credit_limit": "1"}}
    )
    assert (refused.status_code, refused.json()["code"], refused.json()["others"]) == (409, "credit-limit-shared", 1)


async def test_a_customers_own_limit_is_its_accounts_and_clearing_it_gives_the_groups_back(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    customer = await member(shop, await a_group(2000))
    path = f"/customers/{customer}"
    assert (await set_terms(an, path, credit_limit="150"))["terms"]["credit_limit"]["own"] == "150"
    assert (await shop.account(customer))["limit_minor"] == 150
    assert not (await ask(customer, 151)).taken
    await set_terms(an, path, credit_limit=None)
    assert (await ask(customer, 151)).limit == 2000
    actions = await db.fetch("SELECT action, details FROM audit WHERE entity = 'credit_account' ORDER BY n")
    assert [(row["action"], row["details"]) for row in actions] == [
        ("credit.limit", {"from": None, "to": 150}), ("credit.limit", {"from": 150, "to": None})
    ]  # fmt: skip


async def test_an_account_in_dollars_inherits_a_limit_in_dong_at_the_days_rate_and_none_without_one(
    shop: Shop, cast: SimpleNamespace
) -> None:
    customer = await member(shop, await a_group(1_000_001))
    await accounts.open_account([customer], currency="USD", limit=None, actor=None)
    assert (await ask(customer, 1)).limit == 4000  # 40.00004 dollars, in cents
    await db.execute("DELETE FROM currency_rates")
    assert (await standings([customer], actor=cast.lan))[customer].limit == 0
    assert not (await ask(customer, 1)).taken


async def test_a_list_of_standings_is_one_statement_with_inherited_limits(shop: Shop, cast: SimpleNamespace) -> None:
    customers = [await member(shop, await a_group(n)) for n in range(10)]
    found = await standings(None, actor=cast.lan)
    assert [found[customer].limit for customer in customers] == list(range(10))
    assert [one.left for one in found.values()] == [one.limit for one in found.values()]


async def test_the_doctor_finds_an_account_beyond_the_inherited_limit_it_was_let_in_under(shop: Shop) -> None:
    group = await a_group(1000)
    customer = await member(shop, group)
    await ask(customer, 900)
    assert await backend.credit.doctor.faults() == []
    await limit_to(group, 500)  # lowered since: nobody's fault
    assert await backend.credit.doctor.faults() == []
    await limit_to(group, 1000)
    await db.execute("UPDATE credit_accounts SET open_orders = 1200")
    await db.execute(
        """INSERT INTO credit_entries (account_id, component, amount, reference, why, limit_minor, entered_at)
           VALUES ($1, 'open_orders', 300, $1, 'take', 1000, now())""",
        customer,
    )
    found = await backend.credit.doctor.faults()
    assert [fault for fault in found if "beyond its limit of 1000" in fault] == found != []


async def test_the_answer_a_phone_gets_names_the_inherited_limit(
    shop: Shop, cast: SimpleNamespace, client_for: Any
) -> None:
    customer = await member(shop, await a_group(5_000_000))
    item = await shop.item(price="1000")
    lan = await client_for(cast.lan)
    line = {"item_id": str(item), "unit": "hộp", "qty": "1"}
    checked = await lan.post(
        "/orders/check",
        json={"customer_id": str(customer), "currency": "VND", "lines": [line], "requested_on": str(today())},
    )
    assert checked.json()["credit"]["limit"] == "5000000"
    assert (await lan.get(f"/customers/{customer}/overview")).json()["credit"]["limit"] == "5000000"
    hints = (await lan.get("/hints")).json()["credit"][str(customer)]
    assert (hints["limit"], hints["left"]) == ("5000000", "5000000")
