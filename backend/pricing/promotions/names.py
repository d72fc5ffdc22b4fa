"""The names a rule uses: whether each is there when it is saved, and what people call them when it is shown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.core import database as db
from backend.core.errors import Refusal
from backend.people.access import Actor, scope
from backend.pricing.promotions.errors import PromotionNameUnknown
from backend.pricing.promotions.rules import effects_of
from backend.pricing.promotions.schemas import Label
from backend.pricing.shelf import Shelf

Raw = dict[str, Any]
_SELECTED = {"items": "item", "not_items": "item", "item_groups": "item_group"}
_SCOPED = {"customers": "customer", "customer_groups": "customer_group", "price_list": "price_list"}
_FACTS = {
    "order.items": "item",
    "order.currency": "currency",
    "customer.id": "customer",
    "customer.groups": "customer_group",
}


def names_in(rule: Raw, root: str = "/rule") -> Iterator[tuple[str, str, str]]:
    """Every name of a rule: its pointer, its kind (item, item_group, customer, customer_group, ...) and itself."""
    for part, kind in _SCOPED.items():
        for n, name in enumerate(rule.get("scope", {}).get(part, ())):
            yield f"{root}/scope/{part}/{n}", kind, name
    if "currency" in rule:
        yield f"{root}/currency", "currency", rule["currency"]
    yield from _selected(rule.get("match"), f"{root}/match")
    for where, effect in effects_of(rule):
        yield from _selected(effect.get("target"), f"{root}{where}/target")
        for part in ("buy", "get"):
            yield from _selected(effect.get(part, {}).get("match"), f"{root}{where}/{part}/match")
        if effect["kind"] == "gift":
            yield f"{root}{where}/item", "gift", effect["item"]
    yield from _conditions(rule.get("when"), f"{root}/when")


def _selected(selector: Raw | None, where: str) -> Iterator[tuple[str, str, str]]:
    for part, kind in _SELECTED.items():
        for n, name in enumerate((selector or {}).get(part, ())):
            yield f"{where}/{part}/{n}", kind, name


def _conditions(condition: Raw | None, where: str) -> Iterator[tuple[str, str, str]]:
    if condition is None:
        return
    for word in ("all", "any"):
        for n, one in enumerate(condition.get(word, ())):
            yield from _conditions(one, f"{where}/{word}/{n}")
    yield from _conditions(condition.get("not"), f"{where}/not")
    kind = _FACTS.get(condition.get("fact", ""))
    if kind is not None and condition.get("op") != "exists":
        value = condition["value"]
        for name in value if isinstance(value, list) else [value]:
            yield f"{where}/value", kind, name


async def check_names(
    rule: Raw, shelf: Shelf, *, actor: Actor, gifts: Sequence[Mapping[str, str]] | None = None
) -> None:
    """Refuse `promotion-name-unknown` with the place of the first name that is not there or not the actor's.

    `gifts` are those to choose from; their places are below `/extras/gifts`.
    """
    chosen = [(f"/extras/gifts/{place}", gift) for place, gift in enumerate(gifts or ())]
    named = [*names_in(rule), *((f"{where}/item", "gift", gift["item"]) for where, gift in chosen)]
    predicate, arguments = scope(actor, "c.position_id", 3)
    rows = await db.fetch(
        f"""SELECT asked.kind, asked.name FROM unnest($1::text[], $2::text[]) AS asked (kind, name)
             WHERE NOT CASE asked.kind
              WHEN 'item' THEN EXISTS (SELECT FROM items WHERE id::text = asked.name AND deleted_at IS NULL)
              WHEN 'gift' THEN EXISTS (SELECT FROM items WHERE id::text = asked.name AND active AND deleted_at IS NULL)
              WHEN 'item_group' THEN EXISTS (SELECT FROM item_groups WHERE code = asked.name AND deleted_at IS NULL)
              WHEN 'customer_group' THEN EXISTS (SELECT FROM customer_groups
                    WHERE code = asked.name AND deleted_at IS NULL)
              WHEN 'customer' THEN EXISTS (SELECT FROM customers c
                    WHERE c.id::text = asked.name AND c.deleted_at IS NULL AND {predicate})
              WHEN 'price_list' THEN EXISTS (SELECT FROM price_lists WHERE code = asked.name AND deleted_at IS NULL)
              WHEN 'currency' THEN EXISTS (SELECT FROM currencies WHERE code = asked.name) END""",
        [kind for _, kind, _ in named], [name for *_, name in named], *arguments,
    )  # fmt: skip
    unknown = {(row["kind"], row["name"]) for row in rows}
    for pointer, kind, name in named:
        if (kind, name) in unknown:
            raise PromotionNameUnknown(pointer=pointer, kind=kind, name=name)
    for where, effect in effects_of(rule):
        if effect["kind"] == "gift":
            _check_gift_unit(effect, shelf, f"/rule{where}")
    for where, gift in chosen:
        _check_gift_unit(gift, shelf, where)


def _check_gift_unit(effect: Mapping[str, Any], shelf: Shelf, where: str) -> None:
    try:
        units = shelf.book.item(effect["item"]).units
        units.of(effect.get("unit") or units.base_unit or "")
    except Refusal as refusal:
        raise PromotionNameUnknown(pointer=f"{where}/unit", kind="unit", name=effect.get("unit", "")) from refusal


async def labels_of(rule: Raw, *, actor: Actor, more: tuple[UUID, ...] = ()) -> dict[str, Label]:
    """What the items and customers of a rule are called, by their ids; customers who are not the actor's are absent."""
    named = list(names_in(rule))
    items = [name for _, kind, name in named if kind in ("item", "gift")] + [str(one) for one in more]
    customers = [name for _, kind, name in named if kind == "customer"]
    predicate, arguments = scope(actor, "c.position_id", 3)
    rows = await db.fetch(
        f"""SELECT i.id::text AS id, i.code, i.name_vi, i.name_en, i.base_unit AS unit,
                   ARRAY(SELECT p.unit FROM packagings p WHERE p.item_id = i.id AND p.deleted_at IS NULL
                          ORDER BY p.num::numeric / p.den) AS units
              FROM items i WHERE i.id::text = ANY($1::text[])
            UNION ALL
            SELECT c.id::text, c.code, c.name, c.name, '', '{{}}' FROM customers c
             WHERE c.id::text = ANY($2::text[]) AND c.deleted_at IS NULL AND {predicate}""",
        items, customers, *arguments,
    )  # fmt: skip
    return {
        row["id"]: Label(row["code"], row["name_vi"], row["name_en"], row["unit"], list(row["units"])) for row in rows
    }


def without_strangers(rule: Raw, known: dict[str, Label]) -> tuple[Raw, int]:
    """A rule without the customers the reader may not meet, and how many those are."""
    named = {name for _, kind, name in names_in(rule) if kind == "customer"}
    hidden = named - known.keys()
    return (_purged(rule, hidden), len(hidden)) if hidden else (rule, 0)


def _purged(value: Any, hidden: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _purged(one, hidden) for name, one in value.items()}
    if isinstance(value, list):
        return [_purged(one, hidden) for one in value if not (isinstance(one, str) and one in hidden)]
    return "" if isinstance(value, str) and value in hidden else value
