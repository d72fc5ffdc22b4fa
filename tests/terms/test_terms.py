"""Commercial terms through the API: set on a group, overridden below, cleared again, each with where it comes from."""

from types import SimpleNamespace
from typing import Any

import pytest

from backend.core import database as db
from backend.core.ids import new_id
from tests.orders.shop import BOB, Shop
from tests.terms.conftest import join, set_terms

pytestmark = pytest.mark.anyio

# Of each term: what the group sets, what the customer sets, and how the company starts out.
VALUES = {
    "discount": ("5", "0", None), "sales_method": ("DIRECT", "CONSIGN", None), "payment_method": ("BANK", "CASH", None),
    "payment_term": ("N30", "COD", None), "currency": ("USD", "VND", "VND"), "tax": ("VAT8", "VAT0", None),
    "credit_limit": ("50000000", "0", None), "price_list": ("dl", "base", "base"),
}  # fmt: skip


def said(terms: dict[str, Any], name: str) -> tuple[Any, Any, Any]:
    """The value that holds, the kind of level it comes from and its name."""
    origin = terms["terms"][name]["from"]
    return terms["terms"][name]["value"], origin and origin["kind"], origin and origin["name"]


@pytest.mark.parametrize("term", sorted(VALUES))
async def test_a_term_is_inherited_overridden_and_restored_when_the_override_is_cleared(
    term: str, shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    await db.execute(
        "INSERT INTO taxes (id, code, rate_num, name_vi, name_en) VALUES ($1, 'VAT0', 0, 'Thuế 0 %', 'VAT 0%')",
        new_id(),
    )
    an = await client_for(cast.an)
    customer = await shop.customer(account=False, currency=None)
    await join(customer, tree.grade1)
    upper, own, company = (getattr(tree, str(one), one) for one in VALUES[term])
    upper, own, company = (None if one is None else str(one) for one in (upper, own, company))
    group, sub, path = f"/customer-groups/{tree.dealers}", f"/customer-groups/{tree.grade1}", f"/customers/{customer}"
    first = said((await an.get(f"{path}/terms")).json(), term)
    assert first == (company, company and "company", company and "Công ty Tuyến")

    await set_terms(an, group, **{term: upper})
    inherited = (upper, "group", "Đại lý")
    assert said((await an.get(f"{path}/terms")).json(), term) == inherited
    assert said((await an.get(f"{sub}/terms")).json(), term) == inherited

    over = await set_terms(an, path, **{term: own})
    assert said(over, term)[:2] == (own, "customer")
    assert (over["terms"][term]["own"], over["terms"][term]["above"]) == (own, upper)
    below = await set_terms(an, sub, **{term: own})
    assert said(below, term) == (own, "group", "Đại lý cấp 1")
    assert said((await an.get(f"{path}/terms")).json(), term)[1] == "customer"

    assert said(await set_terms(an, path, **{term: None}), term) == (own, "group", "Đại lý cấp 1")
    await set_terms(an, sub, **{term: None})
    assert said((await an.get(f"{path}/terms")).json(), term) == inherited
    await set_terms(an, group, **{term: None})
    assert said((await an.get(f"{path}/terms")).json(), term) == first


async def test_the_company_sets_what_nobody_nearer_sets(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    customer = await shop.customer(account=False)
    await set_terms(an, "/company", payment_term="COD", credit_limit="0", discount="1.5")
    terms = (await an.get(f"/customers/{customer}/terms")).json()
    assert [said(terms, name)[:2] for name in ("payment_term", "credit_limit", "discount")] == [
        ("COD", "company"), ("0", "company"), ("1.5", "company")
    ]  # fmt: skip
    for term, value in (("currency", "USD"), ("price_list", str(tree.dl))):
        refused = await an.patch("/company/terms", json={"expected_version": 2, "changes": {term: value}})
        assert (refused.status_code, refused.json()["pointer"]) == (422, f"/changes/{term}")


async def test_the_primary_groups_line_comes_first_then_the_others_by_code(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    customer = await shop.customer(account=False)
    await join(customer, tree.display, tree.grade2, tree.grade1)
    path = f"/customers/{customer}"
    await set_terms(an, f"/customer-groups/{tree.grade2}", payment_term="N7")
    await set_terms(an, f"/customer-groups/{tree.dealers}", payment_term="N30")
    assert said((await an.get(f"{path}/terms")).json(), "payment_term") == (
        "N30",
        "group",
        "Đại lý",
    )  # of DL1, above it
    await set_terms(an, f"/customer-groups/{tree.grade1}", payment_term="N15")
    assert said((await an.get(f"{path}/terms")).json(), "payment_term")[0] == "N15"
    await set_terms(an, f"/customer-groups/{tree.display}", payment_term="COD")
    assert said((await an.get(f"{path}/terms")).json(), "payment_term")[0] == "COD"


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("discount", "100.1"), ("discount", "-1"), ("discount", "5 %"), ("credit_limit", "-1"), ("credit_limit", "1.5"),
        ("credit_limit", "1" + "0" * 16), ("payment_term", "NO"), ("payment_method", "COD"), ("tax", "VAT99"),
        ("currency", "vnd"), ("price_list", "DL"),
        ("price_list", "0193a000-0000-7000-8000-000000000000"), ("sales_method", "'; --"),
    ],
)  # fmt: skip
async def test_a_value_that_is_none_of_the_choices_is_refused_with_its_place(
    term: str, value: str, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    for path in (f"/customer-groups/{tree.dealers}", "/company"):
        refused = await an.patch(f"{path}/terms", json={"expected_version": 1, "changes": {term: value}})
        assert (refused.status_code, refused.json()["code"], refused.json()["pointer"]) == (
            422, "term-unknown", f"/changes/{term}"
        )  # fmt: skip
    assert (await an.get("/company/terms")).json()["version"] == 1


async def test_an_old_copy_is_refused_with_the_version_that_holds(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    customer = await shop.customer()
    for path in (f"/customer-groups/{tree.dealers}", f"/customers/{customer}", "/company"):
        await set_terms(an, path, discount="2")
        stale = await an.patch(f"{path}/terms", json={"expected_version": 1, "changes": {"discount": "3"}})
        assert (stale.status_code, stale.json()["current"]) == (412, 2)
        assert said((await an.get(f"{path}/terms")).json(), "discount")[0] == "2"


async def test_who_may_read_and_change_which_terms(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    lans, bobs = await shop.customer(), await shop.customer(BOB)
    await join(lans, tree.grade1)
    group = f"/customer-groups/{tree.dealers}"
    expected = {  # customer of Lan, customer of Bob, the tree, group's discount, group's limit, Lan's customer's limit
        "an": (200, 200, 200, 200, 200, 200), "mai": (200, 200, 200, 403, 200, 200),
        "hung": (200, 404, 200, 403, 403, 403), "ngoc": (404, 200, 200, 403, 403, 403),
        "lan": (200, 404, 403, 403, 403, 403), "bob": (404, 200, 403, 403, 403, 403),
        "tuan": (403, 403, 403, 403, 403, 403), "sau": (403, 403, 403, 403, 403, 403),
    }  # fmt: skip
    an = await client_for(cast.an)
    for login, codes in expected.items():
        client = await client_for(login)
        versions = [(await an.get(f"{path}/terms")).json()["version"] for path in (group, f"/customers/{lans}")]

        async def change(path: str, version: int, by: Any = client, **changes: str) -> int:
            answer = await by.patch(f"{path}/terms", json={"expected_version": version, "changes": changes})
            return int(answer.status_code)

        found = [
            (await client.get(f"/customers/{lans}/terms")).status_code,
            (await client.get(f"/customers/{bobs}/terms")).status_code,
            (await client.get("/customer-groups")).status_code,
            await change(group, versions[0], discount="3"),
        ]
        moved = (await an.get(f"{group}/terms")).json()["version"]
        found += [
            await change(group, moved, credit_limit="1000"),
            await change(f"/customers/{lans}", versions[1], credit_limit="1000"),
        ]
        assert tuple(found) == codes, login


async def test_a_change_is_in_the_audit_trail_with_what_was_there_before(
    tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    await set_terms(an, f"/customer-groups/{tree.dealers}", payment_term="N30")
    await set_terms(an, f"/customer-groups/{tree.dealers}", payment_term="N7")
    rows = await db.fetch(
        "SELECT details, actor_id FROM audit WHERE entity_id = $1 AND action = 'terms.change' ORDER BY n", tree.dealers
    )
    assert [row["details"]["payment_term"] for row in rows] == [
        {"from": None, "to": "N30"}, {"from": "N30", "to": "N7"}
    ]  # fmt: skip
    assert {row["actor_id"] for row in rows} == {cast.an.user_id}


async def test_a_list_of_customers_costs_the_same_statements_however_long_it_is(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    an = await client_for(cast.an)
    for n in range(12):
        await join(await shop.customer(account=n % 2 == 0), (tree.grade1, tree.display)[n % 2], tree.grade2)
    from backend.terms import choosing, queries

    asked: list[str] = []
    for room in (queries, choosing):
        original = room.fetch

        async def counting(sql: str, *arguments: Any, through: Any = original) -> Any:
            asked.append(sql)
            return await through(sql, *arguments)

        monkeypatch.setattr(room, "fetch", counting)
    counts = []
    for limit in (1, 12):
        asked.clear()
        page = (await an.get("/customers/terms", params={"limit": limit})).json()
        assert len(page["items"]) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 4


async def test_the_list_is_paged_complete_and_keeps_to_ones_people(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    mine = [await shop.customer() for _ in range(5)]
    theirs = await shop.customer(BOB)
    for customer in (*mine, theirs):
        await join(customer, tree.grade1)
    lan, found, cursor = await client_for(cast.lan), [], ""
    while cursor is not None:
        page = (
            await lan.get(
                "/customers/terms",
                params={"limit": 2, "group": str(tree.dealers), **({"cursor": cursor} if cursor else {})},
            )
        ).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert sorted(found) == sorted(map(str, mine))


async def test_groups_are_made_renamed_and_moved_and_a_ring_is_refused(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    made = {"id": str(new_id()), "code": "DL1A", "name": "Cấp 1 miền Tây", "parent_id": str(tree.grade1)}
    assert (await an.post("/customer-groups", json=made)).status_code == 201
    again = await an.post("/customer-groups", json={**made, "id": str(new_id()), "code": "dl1a"})
    assert (again.status_code, again.json()["code"]) == (409, "group-code-taken")
    orphan = await an.post("/customer-groups", json={**made, "id": str(new_id()), "parent_id": str(new_id())})
    assert (orphan.status_code, orphan.json()["code"]) == (422, "group-unknown")

    ring = await an.patch(f"/customer-groups/{tree.dealers}", json={"expected_version": 1, "parent_id": made["id"]})
    assert (ring.status_code, ring.json()["code"]) == (409, "group-ring")
    itself = await an.patch(
        f"/customer-groups/{tree.dealers}", json={"expected_version": 1, "parent_id": str(tree.dealers)}
    )
    assert (itself.status_code, itself.json()["code"]) == (409, "group-ring")

    customer = await shop.customer(account=False)
    await db.execute(
        "INSERT INTO customer_group_links (customer_id, group_id, is_primary) VALUES ($1, $2, true)",
        customer, made["id"],
    )  # fmt: skip
    await set_terms(an, f"/customer-groups/{tree.dealers}", payment_term="N30")
    await set_terms(an, f"/customer-groups/{tree.display}", payment_term="COD")
    assert said((await an.get(f"/customers/{customer}/terms")).json(), "payment_term")[0] == "N30"
    moved = await an.patch(
        f"/customer-groups/{tree.grade1}", json={"expected_version": 1, "parent_id": str(tree.display), "name": "Cũ"}
    )
    assert moved.status_code == 200, moved.text
    assert said((await an.get(f"/customers/{customer}/terms")).json(), "payment_term") == ("COD", "group", "Trưng bày")
    stale = await an.patch(f"/customer-groups/{tree.grade1}", json={"expected_version": 1, "name": "Mới"})
    assert stale.status_code == 412
    order = [node["code"] for node in (await an.get("/customer-groups")).json()]
    assert order == ["DL", "DL2", "TB", "DL1", "DL1A"]  # each below its own, brothers by code
    names = [(node["code"], node["depth"], node["terms"]["name"]) for node in (await an.get("/customer-groups")).json()]
    assert ("DL1", 2, "Cũ") in names and ("DL1A", 3, "Cấp 1 miền Tây") in names


async def test_a_price_list_out_of_its_days_is_named_and_said_to_sleep(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    an = await client_for(cast.an)
    await db.execute("UPDATE price_lists SET valid_to = '2020-12-31' WHERE id = $1", tree.dl)
    found = (await set_terms(an, f"/customer-groups/{tree.dealers}", price_list=str(tree.dl)))["terms"]["price_list"]
    assert (found["label"], found["dormant"], found["above_label"]) == ("Giá đại lý", True, "Giá chung")


async def test_a_phone_learns_of_the_currency_its_customers_inherit(
    shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace, client_for: Any
) -> None:
    from tests.makers import pull

    an, lan = await client_for(cast.an), await client_for(cast.lan)
    customer = await shop.customer(account=False, currency=None)
    await join(customer, tree.grade1)
    held = await pull(lan)
    assert held["customer"][str(customer)]["currency"] is None  # the company's
    await set_terms(an, f"/customer-groups/{tree.dealers}", currency="USD")
    news = await pull(lan, held["cursor"])
    assert news["customer"][str(customer)]["currency"] == "USD"
    assert (await lan.get(f"/customers/{customer}")).json()["customer"]["currency"] == "USD"
