"""Which promotions could act on a past order at all, told before anything is priced. Pure.

Most orders of a dry run meet few of the promotions there are. What a day, a customer and an item can meet is worked out
once each and kept as bits of a number, so that the promotions of an order are three looks into a table. Only what the
price brain would skip whatever the prices are is left out: the answer stays the same to the last đồng.
"""

from collections.abc import Collection, Iterable, Sequence

from backend.pricing.rules_book import Book, Customer, Item
from backend.pricing.rules_campaigns import Promotion, Selector
from backend.pricing.rules_lists import valid

MOST_KEPT = 5_000
Sides = tuple[Book, Book]


class Reach:
    """The promotions of two books that differ in little: `books()` gives both with those an order can meet.

    Args:
        book: items, lists and rates of both sides, read once for all orders.
        sides: the promotions of each side in their order of work.
        coupons: what customers are taken to hold.
    """

    def __init__(
        self, book: Book, sides: tuple[Sequence[Promotion], Sequence[Promotion]], coupons: Collection[str]
    ) -> None:
        known = {one.id: one for one in sides[0]}  # what both sides have is one promotion, not two alike
        plain = [known[one.id] if known.get(one.id) == one else one for one in sides[1]]
        self.book, self._sides = book, (sides[0], plain)
        both = {id(one): one for side in self._sides for one in side if one.coupon is None or one.coupon in coupons}
        self._bits = {which: 1 << n for n, which in enumerate(both)}
        self._all = list(both.values())
        self.differing = self._only_in_one()
        self._days: dict[str, int] = {}
        self._customers: dict[tuple[object, ...], int] = {}  # by what promotions ask of customers, not one by one
        self._by_name = [one for one in self._all if "customers" in one.scope]
        self._items: dict[tuple[str, str], int] = {}
        self._books: dict[int, Sides] = {}

    def _only_in_one(self) -> int:
        ours, plain = ({id(one) for one in side} for side in self._sides)
        return sum(self._bits.get(which, 0) for which in ours ^ plain)

    def of(self, on: str, customer: Customer, wares: Sequence[tuple[Item, str]]) -> int:
        """The bits of what an order could meet; `wares` are its items and their units."""
        held = self._days.get(on)
        if held is None:
            held = self._days[on] = self._those(one for one in self._all if valid(on, one.valid_from, one.valid_to))
        alike = (customer.groups, customer.regions, customer.channel, customer.payment_term, customer.payment_method)
        theirs = self._customers.get(alike)
        if theirs is None:
            theirs = self._customers[alike] = self._those(one for one in self._all if _meant(one, customer))
        for one in self._by_name:
            if customer.id not in one.scope["customers"]:
                theirs &= ~self._bits[id(one)]
        matched = 0
        for item, unit in wares:
            known = self._items.get((item.id, unit))
            if known is None:
                known = self._those(one for one in self._all if _selects(one.match, item, unit))
                self._items[item.id, unit] = known
            matched |= known
        return held & theirs & matched

    def _those(self, promotions: Iterable[Promotion]) -> int:
        return sum(self._bits[id(one)] for one in promotions)

    def books(self, bits: int) -> Sides:
        """The book of each side with these promotions only."""
        found = self._books.get(bits)
        if found is None:
            if len(self._books) >= MOST_KEPT:
                self._books.clear()
            ours, plain = (
                self.book.with_promotions([one for one in side if self._bits.get(id(one), 0) & bits])
                for side in self._sides
            )
            found = self._books[bits] = (ours, plain)
        return found

    def differing_of(self, bits: int) -> list[Promotion]:
        """Those of `bits` that only one side has."""
        return [one for one in self._all if self._bits[id(one)] & bits & self.differing]


def _meant(promotion: Promotion, customer: Customer) -> bool:
    """Whether a scope lets customers of this kind in; their price list is known once the order is priced."""
    return not any(
        part not in ("customers", "price_list") and names.isdisjoint(_about(customer, part))
        for part, names in promotion.scope.items()
    )


def _about(customer: Customer, part: str) -> tuple[str, ...]:
    if part in ("customer_groups", "regions"):
        return customer.groups if part == "customer_groups" else customer.regions
    one = getattr(customer, part)
    return () if one is None else (one,)


def _selects(selector: Selector, item: Item, unit: str) -> bool:
    return (
        (selector.items is None or item.id in selector.items)
        and item.id not in selector.not_items
        and (selector.item_groups is None or not selector.item_groups.isdisjoint(item.groups))
        and (selector.units is None or unit in selector.units)
    )
