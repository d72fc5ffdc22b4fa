"""Which programmes of a file meet each other, and which that are there already, before anything is applied.

The same answer the editor gives (promotions/overlaps.py: stack, best, exclusive, ...), for a whole file at once: goods
and customers are bits of a number, so that comparing two programmes is one look at what they share.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from backend.core import database as db
from backend.core.clock import today
from backend.pricing.imports.programmes import PlannedPromotion
from backend.pricing.promotions.overlaps import judge, may_meet
from backend.pricing.promotions.rules import state_on
from backend.pricing.rules_book import Book
from backend.pricing.rules_campaigns import Promotion, Selector, read_promotions
from backend.pricing.shelf import Shelf, current_shelf

MOST_COMPARED: Final = 1_000  # programmes of one file that are compared with each other
MOST_LISTED: Final = 20  # of one programme
_ORDER: Final = ("tie", "exclusive", "priority", "best", "stack")
Met = dict[str, Any]


@dataclass(frozen=True)
class Rival:
    """A programme to compare with. `state` is how it stands, or `file` for another one of the file."""

    promotion: Promotion
    name: str
    state: str
    row: int | None
    items: int
    customers: int


@dataclass(frozen=True)
class Ground:
    """What comparing needs: the shelf, who is in which group, and what is on or about to be."""

    shelf: Shelf
    customers: Sequence[tuple[str, Sequence[str]]]
    live: Sequence[tuple[str, str, dict[str, Any]]]


async def load_ground() -> Ground:
    """Three statements, however long the file is."""
    shelf = await current_shelf()
    people = await db.fetch(
        """SELECT c.id::text AS id, ARRAY(SELECT l.group_id::text FROM customer_group_links l
                                           WHERE l.customer_id = c.id) AS links
             FROM customers c WHERE c.deleted_at IS NULL AND c.status <> 'closed'"""
    )
    rows = await db.fetch(
        """SELECT code, state, rule::text AS rule FROM promotions
            WHERE deleted_at IS NULL AND state IN ('on', 'paused') ORDER BY code COLLATE "C" """
    )
    return Ground(
        shelf,
        [
            (row["id"], [code for link in row["links"] for code in shelf.groups.get(link, ())])
            for row in people
        ],
        [(row["code"], row["state"], msgspec.json.decode(row["rule"])) for row in rows],
    )  # fmt: skip


def meetings(planned: Sequence[PlannedPromotion], ground: Ground) -> list[list[Met]]:
    """Of each programme of the file, those it meets: ties first, then what acts alone, then what adds up."""
    day, bits = today(), Bits(ground)
    live = [
        one
        for code, state, rule in ground.live
        if (stands := state_on(state, rule, day)) != "ended"
        for one in bits.rival(code, rule, stands, None)
    ]
    ours: list[Rival | None] = [
        next(iter(bits.rival(one.code, one.rule, "file", one.places[0].row)), None)
        if one.rule is not None and not one.faults
        else None
        for one in planned
    ]
    beside = [one for one in ours[:MOST_COMPARED] if one is not None]
    by_priority = ground.shelf.book.picks_by_priority
    found: list[list[Met]] = []
    for one in ours:
        mine = [] if one is None else [
            met for other in (*live, *beside) if (met := _met(one, other, by_priority)) is not None
        ]  # fmt: skip
        found.append(sorted(mine, key=lambda met: (_ORDER.index(met["kind"]), met["code"]))[:MOST_LISTED])
    return found


def _met(one: Rival, other: Rival, by_priority: Any) -> Met | None:
    mine, theirs = one.promotion, other.promotion
    customers = one.customers & other.customers
    if mine.id == theirs.id or not customers or not may_meet(mine, theirs):
        return None
    judged = judge(mine, theirs, by_priority=by_priority(mine.group or ""))
    items = (one.items & other.items).bit_count()
    if not items and not (mine.order_stage and theirs.order_stage and judged.kind != "stack"):
        return None
    return {
        "kind": judged.kind, "code": theirs.id, "name": other.name, "state": other.state, "row": other.row,
        "group": mine.group if mine.group == theirs.group else None, "winner": judged.winner, "first": judged.first,
        "items": items, "customers": customers.bit_count(),
    }  # fmt: skip


class Bits:
    """Goods and customers as bits: a set of them is a number."""

    def __init__(self, ground: Ground) -> None:
        book: Book = ground.shelf.book
        self._items: dict[str, int] = {}
        self._item_groups: dict[str, int] = {}
        for n, code in enumerate(book.raw["items"]):
            self._items[code] = 1 << n
            for group in book.item(code).groups:
                self._item_groups[group] = self._item_groups.get(group, 0) | 1 << n
        self._all_items = (1 << len(self._items)) - 1
        self._customers: dict[str, int] = {}
        self._customer_groups: dict[str, int] = {}
        for n, (code, groups) in enumerate(ground.customers):
            self._customers[code] = 1 << n
            for group in groups:
                self._customer_groups[group] = self._customer_groups.get(group, 0) | 1 << n
        self._all_customers = (1 << len(self._customers)) - 1

    def rival(self, code: str, rule: dict[str, Any], state: str, row: int | None) -> Iterable[Rival]:
        """A programme ready to be compared; none where it is switched off in its own rule."""
        for read in read_promotions([{**rule, "id": code}]):
            name = (rule.get("name") or {}).get("vi") or code
            yield Rival(read, str(name), state, row, self.items_of(read), self._customers_of(read))

    def items_of(self, promotion: Promotion) -> int:
        """What it counts or changes: its own choice, the targets of its effects, what is bought and got."""
        selectors = [promotion.match]
        for tier in promotion.tiers:
            selectors += [one for one in (tier.effect.target, tier.effect.buy_match, tier.effect.get_match) if one]
        found = 0
        for one in selectors:
            found |= self._selected(replace(one, units=None))  # a unit is the buyer's choice
        return found

    def _selected(self, selector: Selector) -> int:
        found = self._all_items
        if selector.items is not None:
            found &= _union(self._items, selector.items)
        if selector.item_groups is not None:
            found &= _union(self._item_groups, selector.item_groups)
        return found & ~_union(self._items, selector.not_items)

    def _customers_of(self, promotion: Promotion) -> int:
        found = self._all_customers
        if "customers" in promotion.scope:
            found &= _union(self._customers, promotion.scope["customers"])
        if "customer_groups" in promotion.scope:
            found &= _union(self._customer_groups, promotion.scope["customer_groups"])
        return found


def _union(bits: dict[str, int], names: Iterable[str]) -> int:
    found = 0
    for name in names:
        found |= bits.get(name, 0)
    return found
