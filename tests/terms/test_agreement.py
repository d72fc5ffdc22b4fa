"""One resolution: on random trees the screen, the price book, the brain, the phone's row and credit say the same."""

import json
import random
import zlib
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core import database as db
from backend.core.ids import new_id
from backend.core.money import text_of_micro
from backend.credit.queries import standings
from backend.customers.term_rules import COLUMNS, lineage, nearest
from backend.pricing.queries import book_of
from backend.pricing.rules_book import Book, read_customer
from backend.pricing.rules_order import Order
from backend.pricing.rules_prices import candidates
from backend.terms.queries import customer_terms
from tests.orders.shop import Shop
from tests.terms.conftest import join

pytestmark = pytest.mark.anyio

CHOICES: dict[str, tuple[Any, ...]] = {
    "sales_method": ("DIRECT", "PHONE"), "payment_method": ("CASH", "BANK"), "payment_term": ("COD", "N7", "N30"),
    "discount_micro": (0, 2_500_000, 5_000_000), "currency": ("VND", "USD"), "credit_limit_minor": (0, 1000, 70_000),
}  # fmt: skip


def some(dice: random.Random, columns: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """A level's own terms: most unset."""
    return {column: dice.choice(values) if dice.random() < 0.3 else None for column, values in columns.items()}


async def grow(dice: random.Random, shop: Shop, lists: dict[str, UUID], taxes: dict[str, UUID]) -> dict[str, Any]:
    """A forest of groups, some gone, with a customer in some of them, and the company's own terms."""
    columns = {**CHOICES, "price_list_id": tuple(lists.values()), "tax_id": tuple(taxes.values())}
    groups: dict[str, dict[str, Any]] = {}
    for n in range(dice.randint(1, 9)):
        parent = dice.choice([None, *groups])
        # Codes in no order of the tree, with letters whose order depends on the collation.
        code = f"{dice.choice('aBzÉ-_')}{dice.randint(0, 9)}{n}"
        groups[str(new_id())] = {"parent_id": parent, "code": code, "gone": dice.random() < 0.12, **some(dice, columns)}
    for group, row in groups.items():
        own = {column: row[column] for column in columns}
        names = ", ".join(own)
        await db.execute(
            f"""INSERT INTO customer_groups (id, parent_id, code, name, deleted_at, credit_currency, {names})
                VALUES ($1, $2, $3, $3, CASE WHEN $4 THEN now() END, CASE WHEN $5::bigint IS NOT NULL THEN 'VND' END,
                        {", ".join(f"${n}" for n in range(6, 6 + len(own)))})""",
            UUID(group), row["parent_id"] and UUID(row["parent_id"]), row["code"], row["gone"],
            row["credit_limit_minor"], *own.values(),
        )  # fmt: skip
    company = some(dice, {k: v for k, v in columns.items() if k not in ("price_list_id", "currency")})
    await db.execute(
        f"""UPDATE company_terms SET {", ".join(f"{name} = ${n}" for n, name in enumerate(company, 2))},
                   credit_currency = CASE WHEN $1::bigint IS NOT NULL THEN 'VND' END""",
        company["credit_limit_minor"], *company.values(),
    )  # fmt: skip
    own = some(dice, columns)
    customer = await shop.customer(account=False, currency=own["currency"])
    plain = [name for name in own if name not in ("currency", "credit_limit_minor")]
    await db.execute(
        f"UPDATE customers SET {', '.join(f'{name} = ${n}' for n, name in enumerate(plain, 2))} WHERE id = $1",
        customer, *(own[name] for name in plain),
    )  # fmt: skip
    if own["credit_limit_minor"] is not None or dice.random() < 0.5:
        await db.execute(
            "INSERT INTO credit_accounts (id, currency, limit_minor) VALUES ($1, 'VND', $2)",
            customer, own["credit_limit_minor"],
        )  # fmt: skip
        await db.execute("INSERT INTO credit_members VALUES ($1, $1)", customer)
    links = dice.sample(list(groups), dice.randint(0, min(4, len(groups))))
    if links:
        await join(customer, *map(UUID, links))
    return {"customer": customer, "own": own, "groups": groups, "links": links, "company": company}


def expected(world: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What holds by the plain rule, and the groups' codes in order."""
    groups = world["groups"]
    living = {group: row["parent_id"] for group, row in groups.items() if not row["gone"]}
    first, others = world["links"][:1], world["links"][1:]
    links = [link for link in [*first, *sorted(others, key=lambda one: groups[one]["code"].encode())] if link in living]
    line = [groups[group] for group in lineage(living, links)]
    levels = [world["own"], *line, world["company"]]
    return {term: nearest(column, levels) for term, column in COLUMNS.items()}, [row["code"] for row in line]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_pricing_credit_phone_and_screen_resolve_alike(
    seed: int, shop: Shop, tree: SimpleNamespace, cast: SimpleNamespace
) -> None:
    dice = random.Random(seed)
    for table in ("customer_group_links", "credit_members", "credit_accounts", "customers", "customer_groups"):
        await db.execute(f"DELETE FROM {table}")
    lists = {"DL": tree.dl, "BASE": tree.base}
    taxes = {"VAT8": shop.tax}
    world = await grow(dice, shop, lists, taxes)
    holds, codes = expected(world)
    list_names = {value: name for name, value in lists.items()}

    screen = (await customer_terms(world["customer"], actor=cast.an)).terms
    said = {term: one.value for term, one in screen.items()}
    assert said == {
        "price_list": str(holds["price_list"] or tree.base),
        "discount": None if holds["discount"] is None else text_of_micro(holds["discount"]),
        "sales_method": holds["sales_method"], "payment_method": holds["payment_method"],
        "payment_term": holds["payment_term"], "currency": holds["currency"] or "VND",
        "tax": "VAT8" if holds["tax"] else None,
        "credit_limit": None if holds["credit_limit"] is None else str(holds["credit_limit"]),
    }  # fmt: skip

    held = json.loads(zlib.decompress((await book_of(actor=cast.an))[1]))
    facts = held["customers"][str(world["customer"])]
    assert facts.get("groups", []) == codes
    book = Book(held)
    customer = read_customer("c", facts)
    order = Order(book=book, customer=customer, on="2026-11-22", currency=book.currency("VND"), lines=[])
    brain = (customer.currency, customer.channel, customer.payment_method, customer.payment_term, customer.tax)
    assert brain == tuple(said[term] for term in ("currency", "sales_method", "payment_method", "payment_term", "tax"))
    assert (customer.discount or 0) * 1_000_000 == (holds["discount"] or 0)
    assert candidates(order)[0].id == list_names[UUID(said["price_list"])]

    limit = (await standings([world["customer"]], actor=cast.an))[world["customer"]].limit
    assert limit == holds["credit_limit"]
    phone = await db.fetch_value("SELECT customers_currency(id, currency) FROM customers")
    assert (phone or "VND") == said["currency"]
