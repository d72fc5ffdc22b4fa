"""What would this customer pay, and why: the price brain asked with reasons, its codes put into rows and names."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from backend.core import database as db
from backend.core.errors import NotVisible, Refusal
from backend.core.money import text_of_scaled
from backend.people.access import Actor, require, scope
from backend.pricing.choices import stem
from backend.pricing.errors import AmountTooLarge
from backend.pricing.limits import without_customers
from backend.pricing.lists.queries import RULE_COLUMNS, RULE_TABLES, rules_out, visible
from backend.pricing.lists.reasons import Reasons, reasons, standing
from backend.pricing.lists.schemas import OffPrice, Ref, RuleOut
from backend.pricing.lists.schemas_explained import (
    Ask,
    Explained,
    Loser,
    PriceExplained,
    PromotionApplied,
    PromotionSkipped,
    TaxExplained,
    Winner,
)
from backend.pricing.numbers import HUNDRED, at_digits, text
from backend.pricing.quoting import LARGEST
from backend.pricing.rules import Totals
from backend.pricing.rules_book import Book
from backend.pricing.shelf import FACTS, Shelf, load_shelf, on_shelf
from backend.pricing.spending import SPENT, read_spent

Rules = dict[tuple[str, str], RuleOut]


async def explain(ask: Ask, *, actor: Actor) -> Explained:
    """The price of so many of a unit on a day, where it comes from, and every row and promotion that lost and why.

    Five statements at most, however many rows there are. Rows that name customers the actor may not see stay out.
    Refuses `not-found` for the customer or the item, and `unit-unknown`, `quantity-fraction`, `quantity-inexact`,
    `currency-unknown`, `rate-missing`, `price-list-unknown`, `amount-too-large`; no price at all is an answer.
    """
    require(actor, "pricelist.read")
    row = await _customer(ask, actor=actor)
    shelf = on_shelf(row["mark"]) or await load_shelf()
    found = _reasons(shelf, ask, shelf.facts(row), shelf.gone(read_spent(row["spent"])))
    gifts = [line for line in found.order.lines if line.gift is not None] if found.totals else []
    items = await _items([ask.item, *(UUID(line.item.id) for line in gifts)])
    if ask.item not in items:
        raise NotVisible(pointer="/item")
    rules = await _rules(found, actor=actor)
    line = found.line
    names = {one["id"]: one.get("name") or {} for one in shelf.raw["promotions"]}
    await _name_lists(found)
    return Explained(
        customer=Ref(row["id"], row["code"], row["name"]),
        item=items[ask.item],
        on=ask.on,
        currency=found.order.currency.code,
        qty=text(line.qty),
        unit=line.unit,
        qty_base=text(line.base),
        base_unit=line.item.units.base_unit or "",
        price=None if found.totals is None else _price(found, found.totals),
        problem="no-price" if found.totals is None else None,
        winner=None if found.totals is None else _winner(found, rules),
        lists=found.chain,
        losers=[
            Loser(price_list=one.price_list, rule=rule, code=one.code, step=one.step, missing=one.missing)
            for one in found.lost
            if (rule := rules.get((one.price_list, one.rule))) is not None
        ],
        applied=_applied(found, items, names),
        skipped=[
            PromotionSkipped(
                code=entry["promotion"],
                why=entry["code"],
                numbers={name: value for name, value in entry.items() if name not in ("code", "promotion", "line")},
                name_vi=names.get(entry["promotion"], {}).get("vi"),
                name_en=names.get(entry["promotion"], {}).get("en"),
            )
            for entry in found.order.trace
            if "promotion" in entry
        ],
    )


async def _customer(ask: Ask, *, actor: Actor) -> Any:
    predicate, arguments = scope(actor, "c.position_id", 3)
    row = await db.fetch_row(
        f"""SELECT m.mark, c.id, c.code, c.name, {SPENT} AS spent, {FACTS} FROM customers c CROSS JOIN pricing_mark m
             WHERE c.id = $1 AND c.deleted_at IS NULL AND {predicate}""",
        ask.customer,
        ask.on,
        *arguments,
    )
    if row is None:
        raise NotVisible(pointer="/customer")
    return row


def _reasons(shelf: Shelf, ask: Ask, facts: dict[str, Any], gone: Collection[str]) -> Reasons:
    """`gone`: promotions that have nothing more to give to the customer; the trace calls that `limit`."""
    customer = str(ask.customer)
    promotions = [
        without_customers(one, [customer]) if stem(one["id"]) in gone else one for one in shelf.raw["promotions"]
    ]
    book = Book({**shelf.raw, "customers": {customer: facts}, "promotions": promotions})
    line = {"item": str(ask.item), "qty": ask.qty, **({"unit": ask.unit} if ask.unit else {})}
    asked: dict[str, Any] = {"customer": customer, "date": ask.on.isoformat(), "lines": [line]}
    if ask.currency is not None:
        asked["currency"] = ask.currency
    if ask.price_list is not None:
        asked["price_list"] = ask.price_list
    try:
        found = reasons(book, asked)
    except Refusal as refusal:
        if refusal.code == "item-unknown":
            raise NotVisible(pointer="/item") from refusal
        if refusal.code in ("quantity-fraction", "quantity-inexact", "not-a-number"):
            refusal.pointer = "/qty"
        elif refusal.code == "unit-unknown":
            refusal.pointer = "/unit"
        raise
    for entry in found.order.trace:
        promotion = entry.get("promotion", "")
        if entry["code"] == "when" and stem(promotion) in gone:
            entry["code"] = "limit"
        elif entry["code"] == "coupon" and stem(promotion) != promotion:
            entry["code"] = "choice"
    if found.totals is not None and found.totals.gross > LARGEST:
        raise AmountTooLarge(most=LARGEST)
    return found


async def _items(ids: list[UUID]) -> dict[UUID, Ref]:
    rows = await db.fetch(
        "SELECT id, code, name_vi, name_en, base_unit FROM items WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL", ids
    )
    return {row["id"]: Ref(*row) for row in rows}


async def _rules(found: Reasons, *, actor: Actor) -> Rules:
    wanted = [(one.price_list, one.rule) for one in found.lost] + ([found.source] if found.source else [])
    predicate, arguments = visible(actor=actor, first=3)
    rows = await db.fetch(
        f"""SELECT {RULE_COLUMNS} FROM {RULE_TABLES}
             WHERE (l.code, r.code) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND {predicate}
               AND l.deleted_at IS NULL AND r.deleted_at IS NULL""",
        [code for code, _ in wanted],
        [rule for _, rule in wanted],
        *arguments,
    )
    shown = await rules_out(rows, actor=actor)
    return {(row["list_code"], row["code"]): one for row, one in zip(rows, shown, strict=True)}


async def _name_lists(found: Reasons) -> None:
    rows = await db.fetch(
        "SELECT code, name_vi, name_en FROM price_lists WHERE code = ANY($1::text[]) AND deleted_at IS NULL",
        [one.code for one in found.chain],
    )
    names = {row["code"]: row for row in rows}
    for one in found.chain:
        if one.code in names:
            one.name_vi, one.name_en = names[one.code]["name_vi"], names[one.code]["name_en"]


def _winner(found: Reasons, rules: Rules) -> Winner:
    if found.source is None:
        return Winner(source="item")
    rule = rules.get(found.source)
    told = rule is not None and isinstance(rule.price, OffPrice) and found.base is not None
    digits = found.order.currency.price_digits
    return Winner(
        source="list",
        price_list=found.source[0],
        rule=rule,
        why=standing(found.order, *found.source),
        base_price=text_of_scaled(at_digits(found.base[1], digits), digits) if told and found.base else None,
        base_source=found.base[0] if told and found.base else None,
    )


def _price(found: Reasons, totals: Totals) -> PriceExplained:
    """The money of the asked line alone; gifts carry their own."""
    line, digits = found.line, found.order.currency.minor
    return PriceExplained(
        unit_price=text(line.unit_price),
        gross=text_of_scaled(line.gross, digits),
        discount=text_of_scaled(line.gross - line.remaining, digits),
        amount=text_of_scaled(line.remaining, digits),
        net=text_of_scaled(line.net, digits),
        total=text_of_scaled(totals.total, digits),
        tax=TaxExplained(
            code=line.item.tax and (found.order.customer.tax or line.item.tax),
            percent=text(found.order.rate_of(line.item) * HUNDRED),
            included=line.tax_included,
            amount=text_of_scaled(line.tax, digits),
        ),
    )


def _applied(found: Reasons, items: dict[UUID, Ref], names: dict[str, dict[str, str]]) -> list[PromotionApplied]:
    digits = found.order.currency.minor
    if found.totals is None:
        return []
    applied = [
        PromotionApplied(
            code=why, amount=text_of_scaled(amount, digits), name_vi=names.get(why, {}).get("vi"),
            name_en=names.get(why, {}).get("en"),
        )
        for why, amount in found.line.adjustments
    ]  # fmt: skip
    for line in found.order.lines:
        if line.gift is not None:
            gift = items.get(UUID(line.item.id))
            applied.append(
                PromotionApplied(
                    code=line.gift,
                    amount=text_of_scaled(line.remaining, digits),
                    name_vi=names.get(line.gift, {}).get("vi"),
                    name_en=names.get(line.gift, {}).get("en"),
                    gift=gift,
                    gift_qty=f"{text(line.qty)} {line.unit}",
                )
            )
    return applied
