"""The search box: what a person means is found and comes first; the same cases run on the phone."""

import json
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from backend.core.database import execute, execute_many, fetch
from backend.core.folding import digits, fold
from backend.core.ids import new_id
from backend.customers.ranking import NO_HIT, one_slip, order, prepare, rank
from backend.customers.search import search_customers
from backend.people.access import Actor
from tests.customers.makers import make_customer

CASES = Path(__file__).parents[1] / "cases" / "search"
RANKING = json.loads((CASES / "ranking.json").read_text("utf-8"))
QUERIES = [(group, one) for group in RANKING for one in group["queries"]]


class Shop(NamedTuple):
    id: str
    name: str
    code: str = ""
    phone: str | None = None
    tax_no: str | None = None


def met(found: list[str], case: dict[str, Any]) -> None:
    if "expected" in case:
        assert found == case["expected"]
    if "first" in case:
        assert found[0] == case["first"]
    if "found" in case:
        assert sorted(found) == case["found"]


def test_the_shared_cases_fold_alike() -> None:
    for case in json.loads((CASES / "folding.json").read_text("utf-8")):
        if "text" in case:
            assert fold(case["text"]) == case["folded"]
        else:
            assert digits(case["phone"]) == case["digits"]


@pytest.mark.parametrize(("group", "case"), QUERIES, ids=[one["query"] for _, one in QUERIES])
def test_the_shared_cases_rank_alike(group: dict[str, Any], case: dict[str, Any]) -> None:
    shops = [Shop(**one) for one in group["customers"]]
    met([shop.id for shop in order(prepare(case["query"]), shops)], case)


@pytest.mark.anyio
async def test_the_shared_cases_are_answered_alike_by_the_database(cast: SimpleNamespace) -> None:
    for group in RANKING:
        await execute("DELETE FROM customers")
        await execute_many(
            "INSERT INTO customers (id, code, name, phone, tax_no, position_id) VALUES ($1, $2, $3, $4, $5, 3)",
            [(new_id(), one["code"], one["name"], one["phone"], one["tax_no"]) for one in group["customers"]],
        )
        ids = {one["code"]: one["id"] for one in group["customers"]}
        for case in group["queries"]:
            met([ids[one.code] for one in await search_customers(case["query"], actor=cast.lan)], case)


def test_each_rank_has_its_place() -> None:
    shop = Shop("a", "Cửa hàng Minh Đạt", "KH-XYZ", "0903456789", "0301464823")
    for text, expected in (
        ("kh-xyz", 0), ("0903456789", 0), ("0301464823", 0), ("Minh Đạt", 1), ("minh dat", 2), ("dat cua", 3),
        ("minh 789", 3), ("chmd", 4), ("6789", 3), ("456 789", 5), ("0301", 5), ("xyz", 5), ("ang", 6), ("mihn", 7),
        ("minj dat", 7),
        ("mi dat", 3), ("minhh", 7), ("xx", NO_HIT), ("", NO_HIT), ("89", NO_HIT),
        ("dta", NO_HIT), ("%", NO_HIT), ("_", NO_HIT),
    ):  # fmt: skip
        assert rank(prepare(text), shop) == expected, text


def test_one_slip_is_one_and_not_two() -> None:
    for word in ("mih", "minhx", "xminh", "mxnh", "imnh", "mihn", "minh", "inh"):
        assert one_slip(word, "minh") and one_slip("minh", word)
    for word in ("mi", "minhxx", "mxxh", "hnim", "nhmi"):
        assert not one_slip(word, "minh") and not one_slip("minh", word)


NAMES = ("Cửa hàng", "Tạp hóa", "Đại lý", "Quán", "Siêu thị mini", "Nhà thuốc")
WORDS = (
    "Minh",
    "Hạnh",
    "Phúc",
    "Đạt",
    "Hương",
    "Thảo",
    "Ngọc",
    "Lan",
    "Bình",
    "An",
    "Khánh",
    "Dũng",
    "Ông Tư",
    "Bà Ba",
)


async def many(chance: Random, count: int, positions: tuple[int, ...] = (3,)) -> None:
    await execute_many(
        "INSERT INTO customers (id, code, name, phone, tax_no, position_id) VALUES ($1, $2, $3, $4, $5, $6)",
        [
            (
                new_id(), f"KH-{n:05d}", f"{chance.choice(NAMES)} {chance.choice(WORDS)} {chance.choice(WORDS)}",
                f"09{chance.randrange(10**8):08d}",
                f"{chance.randrange(10**10):010d}" if chance.random() < 0.3 else None,
                chance.choice(positions),
            )
            for n in range(count)
        ],
    )  # fmt: skip


def slipped(word: str, chance: Random) -> str:
    at = chance.randrange(len(word) - 1)
    return chance.choice(
        (word[:at] + "x" + word[at + 1 :], word[:at] + word[at + 1 :], word[:at] + "x" + word[at:],
         word[:at] + word[at + 1] + word[at] + word[at + 2 :])
    )  # fmt: skip


async def shops_of(actor: Actor) -> list[Shop]:
    """Every customer of an actor's own, read plainly."""
    rows = await fetch(
        "SELECT id, code, name, phone, tax_no FROM customers WHERE position_id = ANY($1)", list(actor.keys)
    )
    return [Shop(str(row["id"]), row["name"], row["code"], row["phone"], row["tax_no"]) for row in rows]


@pytest.mark.anyio
async def test_indexes_find_what_reading_every_customer_finds(cast: SimpleNamespace) -> None:
    chance = Random(3)
    await many(chance, 1500, (3, 5))
    texts = [
        "cua hang minh",
        "Tạp hóa Đạt",
        "tap hoa",
        "hanh phuc",
        "chmd",
        "thap",
        "KH-00012",
        "00012",
        "ong tu",
        "an",
    ]
    rows = await fetch("SELECT name, phone, tax_no, folded FROM customers")
    for row in (chance.choice(rows) for _ in range(40)):
        words = row["folded"].split()
        long = [word for word in words if len(word) >= 5]
        texts += [row["phone"][-4:], row["phone"], row["tax_no"] or "0", " ".join(reversed(words)), row["name"]]
        texts += [slipped(chance.choice(long), chance)] if long else []
    shops = {shop.code: shop for shop in await shops_of(cast.lan)}
    for text in texts:
        query = prepare(text)
        expected = [shop.code for shop in order(query, shops.values(), 10)]
        found = [one.code for one in await search_customers(text, actor=cast.lan, limit=10)]
        sure = [code for code in expected if rank(query, shops[code]) < 7]
        assert found[: len(sure)] == sure and len(found) == len(expected), text
        # among slips any will do: hundreds of made-up names resemble each other equally
        assert all(rank(query, shops[code]) == 7 for code in found[len(sure) :]), text


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text", ["' OR 1=1--", "%", "_", "\\", "%%%", "a" * 500, "\x00", "🏪", "()", "$1", "  ", "-" * 99]
)
async def test_no_text_breaks_the_search_or_widens_it(cast: SimpleNamespace, text: str) -> None:
    await make_customer(cast.bob, "Bí mật của Bob " + text[:20].replace("\x00", ""))
    assert await search_customers(text, actor=cast.lan) == []


@pytest.mark.anyio
async def test_orders_and_items_are_found_beside_customers_over_http(cast: SimpleNamespace, client_for: Any) -> None:
    from tests.insight.makers import make_customers, make_orders

    chance = Random(1)
    orders = await make_orders(chance, await make_customers(chance, 3, (3,)), 5)
    number = orders[2]["number"]
    await execute("UPDATE orders SET deleted_at = NULL")
    lan, bob = await client_for(cast.lan), await client_for(cast.bob)
    found = (await lan.get("/search", params={"q": number})).json()
    assert [one["number"] for one in found["orders"]] == [number]
    assert (await bob.get("/search", params={"q": number})).json() == {"customers": [], "items": [], "orders": []}
    assert (await lan.get("/search", params={"q": "x" * 101})).status_code == 422
