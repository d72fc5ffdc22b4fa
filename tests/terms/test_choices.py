"""The words terms are chosen from: added, renamed, retired where somebody has them, removed where nobody does."""

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from backend.core import database as db
from backend.pricing.queries import book_of
from backend.terms import wording
from backend.terms.schemas_choices import MoveChoice
from tests.orders.shop import Shop
from tests.pricing.promoting import drafted, percent
from tests.terms.conftest import join, set_terms

pytestmark = pytest.mark.anyio
WORDS = "/terms/words"


async def words(client: Any, kind: str = "payment_term") -> dict[str, dict[str, Any]]:
    """The words of a kind by code, in the order of the screen."""
    return {one["code"]: one for one in (await client.get(WORDS)).json() if one["kind"] == kind}


async def offered(client: Any, kind: str = "payment_term") -> list[str]:
    return [one["value"] for one in (await client.get("/terms/choices")).json()[kind]]


@pytest.fixture
async def an(client_for: Any, cast: SimpleNamespace) -> Any:
    return await client_for(cast.an)


async def test_a_new_word_is_offered_last_and_may_be_chosen(an: Any, shop: Shop, tree: SimpleNamespace) -> None:
    made = await an.post(f"{WORDS}/payment_term", json={"code": "N90", "name_vi": " Trả sau 90 ngày ", "due_days": 90})
    assert (made.status_code, made.json()["version"]) == (201, 1), made.text
    new = (await words(an))["N90"]
    assert (new["name_vi"], new["name_en"], new["due_days"], new["used"]) == (
        "Trả sau 90 ngày", "Trả sau 90 ngày", 90, 0
    )  # fmt: skip
    assert (await offered(an))[-1] == "N90"
    terms = (await set_terms(an, f"/customer-groups/{tree.dealers}", payment_term="N90"))["terms"]
    assert (terms["payment_term"]["value"], terms["payment_term"]["label"]) == ("N90", "Trả sau 90 ngày")
    assert (await words(an))["N90"]["used"] == 1


async def test_renaming_reaches_every_customer_who_has_it_and_leaves_the_code_in_the_book(
    an: Any, shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace
) -> None:
    customer = await shop.customer()
    await join(customer, tree.grade1)
    await set_terms(an, f"/customer-groups/{tree.dealers}", payment_term="N30")
    before = await book_of(actor=cast.lan)
    changed = await an.patch(
        f"{WORDS}/payment_term/N30",
        json={"expected_version": 1, "name_vi": "Gối đầu 30 ngày", "name_en": "Net 30", "due_days": 31, "seq": 99},
    )
    assert changed.json()["version"] == 2, changed.text
    held = (await an.get(f"/customers/{customer}/terms")).json()["terms"]["payment_term"]
    assert (held["value"], held["label"], held["label_en"]) == ("N30", "Gối đầu 30 ngày", "Net 30")
    assert (await words(an))["N30"]["due_days"] == 31 and (await offered(an))[-1] == "N30"
    assert await book_of(actor=cast.lan) == before  # a book holds codes: no phone fetches it again for a name
    trail = await db.fetch_value("SELECT details FROM audit WHERE action = 'choice.change'")
    assert trail["name_vi"] == {"from": "Trả sau 30 ngày", "to": "Gối đầu 30 ngày"}


async def test_a_word_somebody_has_is_retired_and_holds_where_it_is(
    an: Any, shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace
) -> None:
    customer = await shop.customer()
    await join(customer, tree.grade1)
    group, own = f"/customer-groups/{tree.dealers}", f"/customers/{customer}"
    await set_terms(an, group, payment_term="N30")
    gone = await an.post(f"{WORDS}/payment_term/N30/retirement", json={"expected_version": 1})
    assert (gone.json()["retired"], gone.json()["removed"]) == (True, False)
    assert "N30" not in await offered(an) and list(await words(an))[-1] == "N30"
    held = (await an.get(f"{own}/terms")).json()["terms"]["payment_term"]
    assert (held["value"], held["label"], held["retired"], held["from"]["name"]) == (
        "N30", "Trả sau 30 ngày", True, "Đại lý"
    )  # fmt: skip
    facts = msgspec.json.decode((await an.get("/pricing/book")).content)["book"]["customers"][str(customer)]
    assert facts["payment_term"] == "N30"  # the book follows what holds

    refused = await an.patch(f"{own}/terms", json={"expected_version": 1, "changes": {"payment_term": "N30"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "term-unknown")
    kept = await set_terms(an, group, payment_term="N30", discount="2")  # an old copy of a form saves it unchanged
    assert kept["terms"]["payment_term"]["own"] == "N30"

    back = await an.post(f"{WORDS}/payment_term/N30/restoring", json={"expected_version": 2})
    assert back.json()["version"] == 3 and "N30" in await offered(an)
    await set_terms(an, own, payment_term="N30")


async def test_a_word_nothing_has_is_gone_and_may_come_again(an: Any, shop: Shop) -> None:
    gone = await an.post(f"{WORDS}/sales_method/CONSIGN/retirement", json={"expected_version": 1})
    assert gone.json()["removed"] is True
    assert "CONSIGN" not in await words(an, "sales_method")
    again = await an.post(f"{WORDS}/sales_method", json={"code": "CONSIGN", "name_vi": "Ký gửi", "name_en": "Consign"})
    assert again.status_code == 201
    unknown = await an.post(f"{WORDS}/sales_method/NEVER/retirement", json={"expected_version": 1})
    assert unknown.status_code == 404


async def test_a_word_a_promotion_names_counts_as_had(an: Any, shop: Shop) -> None:
    await drafted(an, "TRA-NGAY", percent("1", scope={"payment_term": ["COD"]}))
    when = {"fact": "order.payment_method", "op": "eq", "value": "CASH"}
    await drafted(an, "TIEN-MAT", percent("1", when=when))
    for kind, code in (("payment_term", "COD"), ("payment_method", "CASH")):
        gone = await an.post(f"{WORDS}/{kind}/{code}/retirement", json={"expected_version": 1})
        assert gone.json()["removed"] is False, code


@pytest.mark.parametrize(
    ("kind", "body", "status", "pointer"),
    [
        ("payment_term", {"code": "N30", "name_vi": "Lại", "due_days": 30}, 409, "/code"),
        ("payment_term", {"code": "N90", "name_vi": "Không ngày"}, 422, "/due_days"),
        ("payment_method", {"code": "CARD", "name_vi": "Thẻ", "due_days": 3}, 422, "/due_days"),
        ("payment_method", {"code": "thẻ", "name_vi": "Thẻ"}, 422, "/code"),
        ("payment_method", {"code": "CARD\n", "name_vi": "Thẻ"}, 422, "/code"),
        ("payment_method", {"code": "CARD", "name_vi": "  "}, 422, "/name_vi"),
        ("payment_method", {"code": "CARD", "name_vi": "Thẻ", "colour": "red"}, 422, None),
        ("payment_term", {"code": "N9999", "name_vi": "Lâu", "due_days": 4000}, 422, "/due_days"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_its_place(
    kind: str, body: dict[str, Any], status: int, pointer: str | None, an: Any
) -> None:
    refused = await an.post(f"{WORDS}/{kind}", json=body)
    assert refused.status_code == status, refused.text
    if pointer is not None:
        assert refused.json()["pointer"] == pointer


async def test_a_kind_nobody_knows_is_refused_and_an_old_copy_names_the_version(an: Any) -> None:
    assert 400 <= (await an.post(f"{WORDS}/taxes", json={"code": "X", "name_vi": "X"})).status_code < 500
    stale = await an.patch(f"{WORDS}/payment_term/N7", json={"expected_version": 4, "name_vi": "x"})
    assert (stale.status_code, stale.json()["current"]) == (412, 1)


async def test_only_administrators_set_words_and_windows_up(client_for: Any, cast: SimpleNamespace) -> None:
    for login in ("mai", "hung", "lan", "tuan", "sau"):
        client = await client_for(login)
        body = {"code": "N90", "name_vi": "x", "due_days": 90}
        found = [
            (await client.get(WORDS)).status_code,
            (await client.post(f"{WORDS}/payment_term", json=body)).status_code,
            (await client.post(f"{WORDS}/payment_term/N7/retirement", json={"expected_version": 1})).status_code,
            (await client.get("/terms/honour-hours")).status_code,
            (await client.patch("/terms/honour-hours/rep", json={"expected_version": 1, "hours": 1})).status_code,
        ]
        assert set(found) == {403}, login


async def test_a_word_being_chosen_is_not_removed_under_the_choosers_hands(
    an: Any, shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace
) -> None:
    removing: asyncio.Task[Any]
    async with db.transaction():
        await db.execute("SELECT 1 FROM term_choices WHERE kind = 'payment_term' AND code = 'N60' FOR KEY SHARE")

        async def remove() -> Any:
            return await db.in_transaction(
                lambda: wording.retire_choice("payment_term", "N60", MoveChoice(1), actor=cast.an)
            )

        removing = asyncio.get_running_loop().create_task(remove(), context=_plain())
        await asyncio.sleep(0.2)
        assert not removing.done()
        await db.execute("UPDATE customer_groups SET payment_term = 'N60' WHERE id = $1", tree.dealers)
    assert (await removing).removed is False


def _plain() -> Any:
    """A context in which no transaction is open."""
    import contextvars

    return contextvars.Context()
