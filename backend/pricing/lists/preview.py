"""A row of a price list at work before it is saved: what each unit would cost by it, and what to think about first.

The price brain prices the row alone in its list, on the first item it reaches, on the first day from today on which it
holds.
"""

from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from backend.core import database as db
from backend.core.clock import today
from backend.core.errors import NotVisible, Refusal
from backend.core.ids import new_id
from backend.core.money import MICRO, exact, text_of_scaled
from backend.people.access import Actor, require
from backend.pricing.lists import checks
from backend.pricing.lists.editing_rows import check_targets, new_rule
from backend.pricing.lists.schemas import Caution, Preview, PreviewLine, PreviewRule, Ref
from backend.pricing.numbers import text
from backend.pricing.rules_book import Book, Item
from backend.pricing.rules_order import Order, new_line
from backend.pricing.rules_prices import price_lines
from backend.pricing.shelf import Shelf, current_shelf
from backend.pricing.storing import overlaps

# The item shown: the one named, else the one asked for, else the first of the group (or of all) that has the unit.
_SAMPLE = """
SELECT i.id, i.code, i.name_vi, i.name_en, i.base_unit, i.cost_micro, i.floor_price_micro, i.list_currency
  FROM items i LEFT JOIN item_groups g ON g.id = i.group_id
 WHERE i.deleted_at IS NULL AND i.active
   AND ($1::uuid IS NULL OR i.id = $1) AND ($2::uuid IS NULL OR g.path LIKE '%/' || $2::uuid || '/%')
   AND ($3::text IS NULL OR i.base_unit = $3 OR EXISTS (SELECT 1 FROM packagings p
         WHERE p.item_id = i.id AND p.unit = $3 AND p.deleted_at IS NULL))
 ORDER BY i.id IS DISTINCT FROM $4::uuid, i.code COLLATE "C", i.id LIMIT 1"""
_LIST = """SELECT code, currency, tax_included, valid_from, valid_to FROM price_lists
            WHERE id = $1 AND deleted_at IS NULL"""


async def preview_rule(list_id: UUID, command: PreviewRule, *, actor: Actor) -> Preview:
    """Price every unit of one item by this row alone; nothing is stored.

    Refuses what saving would refuse, but for overlaps: those are cautions here, naming the other rows.
    """
    require(actor, "price.change")
    checks.check_fields(command)
    of_list = await db.fetch_row(_LIST, list_id)
    if of_list is None:
        raise NotVisible
    await check_targets(command)
    row = new_rule(command.id or new_id(), list_id, "~", command)
    cautions = [Caution("overlap", [one.other for one in found], None) for found in [await overlaps([row])] if found]
    on = max(filter(None, (today(), command.valid_from)))
    if command.valid_to is not None and command.valid_to < on:
        on = command.valid_to
        cautions.append(Caution("ended"))
    if not _within(of_list["valid_from"], of_list["valid_to"], command.valid_from, command.valid_to):
        cautions.append(Caution("outside-list"))
    sample = await db.fetch_row(
        _SAMPLE, command.item_id, command.item_group_id, command.unit, command.sample_item_id or command.item_id
    )
    if sample is None:
        return Preview(None, of_list["currency"], [], cautions)
    order = _order(await current_shelf(), of_list, command, sample, on)
    lines = _lines(order, of_list["code"])
    cautions += _of_amounts(order, lines, sample)
    return Preview(Ref(*list(sample.values())[:5]), of_list["currency"], lines, cautions)


def _within(first: date | None, last: date | None, own_first: date | None, own_last: date | None) -> bool:
    """Whether the row's days meet the list's at all."""
    return (own_last is None or first is None or first <= own_last) and (
        own_first is None or last is None or own_first <= last
    )


def _order(shelf: Shelf, of_list: Any, command: PreviewRule, sample: Any, on: date) -> Order:
    """An order of every unit of the sample that the row speaks of, in the list's currency."""
    code, item = of_list["code"], shelf.raw["items"][str(sample["id"])]
    rule: dict[str, Any] = {"id": "~", "item": str(sample["id"]), "price": checks.price_dict(command.price)}
    if command.unit is not None:
        rule["unit"] = command.unit
    if sample["cost_micro"] is not None:
        item = {**item, "cost": text(Fraction(sample["cost_micro"], MICRO))}
    book = Book(
        {
            **shelf.raw,
            "items": {**shelf.raw["items"], str(sample["id"]): item},
            "price_lists": {**shelf.raw["price_lists"], code: {"currency": of_list["currency"], "rules": [rule]}},
            "promotions": [],
        }
    )
    read = book.item(str(sample["id"]))
    lines = [
        new_line(seq, None, read, unit, _enough(command, read, unit)) for seq, unit in enumerate(_units(command, read))
    ]
    return Order(
        book=book,
        customer=book.customer(None),
        on=on.isoformat(),
        currency=book.currency(of_list["currency"]),
        lines=lines,
        price_list=code,
        explain=False,
    )


def _units(command: PreviewRule, item: Item) -> list[str]:
    """The row's unit alone, or all of the item's, small to large."""
    if command.unit is not None:
        return [command.unit]
    others = sorted(item.units.packagings, key=lambda unit: item.units.of(unit).factor)
    return [item.units.base_unit or "", *(unit for unit in others if unit != item.units.base_unit)]


def _enough(command: PreviewRule, item: Item, unit: str) -> Fraction:
    """The fewest whole units the row holds for: one, or as many as its quantity break asks."""
    least = exact(command.min_qty or "0")
    if command.unit is None:
        least /= item.units.of(unit).factor
    return Fraction(max(1, -(-least.numerator // least.denominator)))


def _lines(order: Order, code: str) -> list[PreviewLine]:
    """The priced lines; none when the row's base has no price."""
    try:
        price_lines(order)
    except Refusal:  # no base price anywhere: said as a caution
        return []
    digits = order.currency.minor
    return [
        PreviewLine(
            line.unit, text(line.factor), text(line.qty), text(line.unit_price), text_of_scaled(line.gross, digits)
        )
        for line in order.lines
        if line.source == f"list:{code}/~"
    ]


def _of_amounts(order: Order, lines: list[PreviewLine], sample: Any) -> list[Caution]:
    """Below cost or the floor price, per base unit; only who may know costs gets here."""
    if not lines:
        return [Caution("no-base")]
    line = order.lines[0]
    per_base = line.unit_price / line.factor
    found: list[Caution] = []
    for code, field in (("below-cost", "cost_micro"), ("below-floor", "floor_price_micro")):
        if sample[field] is None:
            continue
        limit = order.book.exchanged(
            Fraction(sample[field], MICRO), sample["list_currency"], order.currency.code, order.on
        )
        if per_base < limit:
            found.append(Caution(code, [], text(limit)))  # type: ignore[arg-type]  # one of the two above
    return found
