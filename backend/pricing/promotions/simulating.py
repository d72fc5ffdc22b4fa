"""Try a promotion before it is put on: a basket priced with and without it by the price brain, nothing stored."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.core import database as db
from backend.core.errors import NotVisible, Refusal
from backend.core.money import text_of_minor, text_of_scaled
from backend.people.access import Actor, require, scope
from backend.pricing.choices import choice, expanded, left_out, stem
from backend.pricing.limits import Limit, Standing, refusing, uses_of
from backend.pricing.numbers import at_digits, dec
from backend.pricing.promotions.extras import company_digits, read_extras
from backend.pricing.promotions.names import check_names, labels_of
from backend.pricing.promotions.rules import read_rule
from backend.pricing.promotions.schemas import Label, Trial, Tried
from backend.pricing.rules import as_wire, settle
from backend.pricing.rules_book import Book
from backend.pricing.rules_order import Order, read_order
from backend.pricing.shelf import FACTS, Shelf, current_shelf

Raw = dict[str, Any]
_FIELDS = {"unit-unknown": "unit", "quantity-fraction": "qty", "quantity-inexact": "qty"}


def with_and_without(
    shelf: Shelf, code: str, rule: Raw, *, leave_out: Iterable[str], always: bool, pick: str | None = None,
    gifts: Sequence[Mapping[str, str]] | None = None,
) -> tuple[Raw, Raw]:  # fmt: skip
    """The shelf's book with a rule in force, and without it: first with, then without. Customers are still empty.

    Args:
        leave_out: codes of the promotions the rule takes the place of (itself while it is on, the version it replaces);
            the side without keeps the replaced version, for that is what would go on.
        always: whatever its own days: for orders of the past.
        pick: how its group chooses, when it is new.
        gifts: those the customer chooses one of.
    """
    gone = set(leave_out)
    own = {name: value for name, value in rule.items() if not always or name not in ("valid_from", "valid_to")}
    others = left_out(shelf.raw["promotions"], {code})
    groups = dict(shelf.raw["promotion_groups"])
    if pick is not None and rule.get("group") is not None:
        groups[rule["group"]] = {"pick": pick}
    with_rule = left_out(others, gone) + expanded(code, own, gifts)
    return (
        {**shelf.raw, "promotions": with_rule, "promotion_groups": groups},
        {**shelf.raw, "promotions": others},
    )


async def try_promotion(trial: Trial, *, actor: Actor) -> Tried:
    """Price a basket for one of the actor's customers with and without a rule, on its day.

    The rule counts as it stands, days included, and whatever its limits: what they would say today is told beside.
    Refuses what drafting refuses of the rule, `not-found` for the
    customer, and with a pointer to the line what pricing refuses.
    """
    require(actor, "promotion.simulate")
    shelf = await current_shelf()
    rule, extras = read_extras(trial.extras, read_rule(trial.rule), company_digits(shelf))
    await check_names(rule, shelf, gifts=extras.gifts, actor=actor)
    facts = await _facts(trial, shelf, actor=actor)
    codes, root = await _codes(trial.promotion_id)
    code = codes[0] if codes else trial.code
    with_rule, without = with_and_without(
        shelf, code, rule, leave_out=codes[1:], always=False, pick=trial.group_pick, gifts=extras.gifts
    )
    customers = {str(trial.customer_id): facts}
    order = _order(trial, rule, facts, [choice(code, trial.gift)] if extras.gifts else [])
    worked, priced = _priced({**with_rule, "customers": customers}, order)
    _, plain = _priced({**without, "customers": customers}, order)
    gives = sum(use.amount_minor for use in uses_of(worked, {code: root}))
    standing = await _standing(root, trial.customer_id)
    limit = Limit(root, extras.budget, extras.per_customer)
    digits = shelf.book.currency(order["currency"]).minor
    items = tuple({UUID(line["item"]) for answer in (priced, plain) for line in answer["lines"]})
    return Tried(
        currency=order["currency"], without=plain, with_=priced,
        difference=text_of_scaled(at_digits(dec(priced["total"]) - dec(plain["total"]), digits), digits),
        gifts=[line for line in priced["lines"] if stem(line.get("gift", "")) == code], times=standing.times,
        gives=text_of_minor(gives, company_digits(shelf)), refused=refusing(limit, standing, gives),
        left=None if extras.budget is None else text_of_minor(extras.budget - standing.used, company_digits(shelf)),
        labels=await labels_of(rule, actor=actor, more=items),
        promotions=promotion_labels([*with_rule["promotions"], *without["promotions"]]),
    )  # fmt: skip


def promotion_labels(promotions: Iterable[Mapping[str, Any]]) -> dict[str, Label]:
    """What promotions are called, by code."""
    found = {}
    for one in promotions:
        names = one.get("name") or {}
        vi = str(names.get("vi") or one["id"])
        found[one["id"]] = Label(one["id"], vi, str(names.get("en") or vi))
    return found


def _priced(book: Raw, order: Raw) -> tuple[Order, Raw]:
    try:
        worked = read_order(Book(book), order)
        return worked, as_wire(worked, settle(worked))
    except Refusal as refusal:
        if refusal.pointer is not None and refusal.pointer.startswith("/lines/"):
            line = "/".join(refusal.pointer.split("/")[:3])
            refusal.pointer = f"{line}/{_FIELDS.get(refusal.code, 'item_id')}"
        raise


def _order(trial: Trial, rule: Raw, facts: Raw, chosen: list[str]) -> Raw:
    """The basket as the brain reads orders; a rule with a coupon is tried by somebody who has it."""
    coupons = [*trial.coupons, *chosen, *([rule["coupon"]] if "coupon" in rule else [])]
    order: Raw = {
        "customer": str(trial.customer_id), "date": str(trial.on), "currency": facts["currency"], "coupons": coupons,
        "lines": [
            {"id": str(n), "item": str(line.item_id), "unit": line.unit, "qty": line.qty}
            for n, line in enumerate(trial.lines, 1)
        ],
    }  # fmt: skip
    for name in ("payment_term", "payment_method", "regions"):
        value = getattr(trial, name)
        if value is not None:
            order[name] = value
    return order


async def _facts(trial: Trial, shelf: Shelf, *, actor: Actor) -> Raw:
    predicate, arguments = scope(actor, "c.position_id", 2)
    row = await db.fetch_row(
        f"SELECT c.id, {FACTS} FROM customers c WHERE c.id = $1 AND c.deleted_at IS NULL AND {predicate}",
        trial.customer_id, *arguments,
    )  # fmt: skip
    if row is None:
        raise NotVisible(pointer="/customer_id")
    facts = shelf.facts(row)
    return {**facts, "currency": facts.get("currency") or shelf.book.company_currency}


async def _standing(root: UUID, customer_id: UUID) -> Standing:
    """What was used of a promotion, and how often the customer had it; nothing for one that is not on yet."""
    row = await db.fetch_row(
        """SELECT l.used, (SELECT coalesce(sum(u.times), 0)::int FROM promotion_uses u
                            WHERE u.promotion_id = l.promotion_id AND u.customer_id = $2) AS times
             FROM promotion_limits l WHERE l.promotion_id = $1""",
        root, customer_id,
    )  # fmt: skip
    return Standing() if row is None else Standing(row["used"], row["times"])


async def _codes(promotion_id: UUID | None) -> tuple[list[str], UUID]:
    """The code of a stored promotion and that of the version it replaces; and its first version."""
    if promotion_id is None:
        return [], UUID(int=0)
    row = await db.fetch_row(
        """SELECT p.code, old.code AS replaced, coalesce(p.origin, p.id) AS root
             FROM promotions p LEFT JOIN promotions old ON old.id = p.replaces
            WHERE p.id = $1 AND p.deleted_at IS NULL""",
        promotion_id,
    )
    if row is None:
        raise NotVisible(pointer="/promotion_id")
    return [code for code in (row["code"], row["replaced"]) if code is not None], row["root"]
