"""What things cost: three price lists with quantity breaks and dates, and the price in effect on a day in the past."""

from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from backend.core.money import MICRO
from backend.demo.goods import BORN, Item, round_to
from backend.demo.seeds import id_at

_LIST, _RULE = 6, 7
COMMON, DEALER, MARKET = "CHUNG", "DAILY", "SIEUTHI"
BREAK_CARTONS: Final = 10

# code, Vietnamese, English; the first is the company's default
LISTS: Final = (
    (COMMON, "Bảng giá chung", "Common price list"),
    (DEALER, "Bảng giá đại lý", "Dealer price list"),
    (MARKET, "Bảng giá siêu thị", "Supermarket price list"),
)


class PriceRule(NamedTuple):
    """A fixed price of one item in a list: VND per base unit, from so many base units, between two days."""

    id: UUID
    list_id: UUID
    code: str
    item_id: UUID
    min_qty_micro: int | None
    valid_from: date | None
    valid_to: date | None
    amount: int


class Tag(NamedTuple):
    """What an item costs a kind of customer: before a day, from it on, and from a quantity (base units) on."""

    until: int
    before: int
    price: int
    break_at: int
    break_price: int

    def on(self, day: int, quantity: int) -> int:
        """VND per base unit on a day (its ordinal) for so many base units."""
        if quantity >= self.break_at:
            return self.break_price
        return self.price if day > self.until else self.before


def list_ids() -> dict[str, UUID]:
    """Price list code -> id."""
    return {row[0]: id_at(BORN, _LIST, n) for n, row in enumerate(LISTS)}


def common_price(item: Item, today: date) -> tuple[int, int, int] | None:
    """Of the common list: last day of the old price (ordinal), the old price, the new one. None: not listed."""
    if item.n % 20 < 3:
        return None
    if item.n % 20 < 6:
        return date(today.year - 1, 12, 31).toordinal(), round_to(item.price * 96, 10_000), item.price
    return 0, item.price, item.price


def dealer_price(item: Item) -> tuple[int | None, int | None]:
    """Of the dealer list: the price, and the price from ten cartons on."""
    price = round_to(item.price * 93, 1000) if item.n % 5 < 3 else None
    return price, round_to(item.price * 90, 1000) if item.n % 5 < 2 else None


def market_price(item: Item) -> int | None:
    """Of the supermarket list."""
    return round_to(item.price * 95, 1000) if item.n % 2 == 0 else None


def price_rules(items: list[Item], today: date) -> list[PriceRule]:
    """All rules: 2.5 for each item."""
    lists = list_ids()
    found: list[PriceRule] = []

    def add(
        name: str,
        item: Item,
        tail: str,
        amount: int,
        *,
        least: int = 0,
        since: date | None = None,
        until: date | None = None,
    ) -> None:
        code = f"{name[:2]}-{item.n + 1:04d}{tail}"
        quantity = least * MICRO or None
        key = id_at(BORN, _RULE, len(found))
        found.append(PriceRule(key, lists[name], code, item.id, quantity, since, until, amount))

    for item in items:
        common = common_price(item, today)
        if common and common[0]:
            changed = date.fromordinal(common[0])
            add(COMMON, item, f"-{changed.year}", common[1], until=changed)
            add(COMMON, item, f"-{changed.year + 1}", common[2], since=date.fromordinal(common[0] + 1))
        elif common:
            add(COMMON, item, "", common[2])
        price, bulk = dealer_price(item)
        if price:
            add(DEALER, item, "", price)
        if bulk:
            add(DEALER, item, "-SL", bulk, least=BREAK_CARTONS * item.carton)
        market = market_price(item)
        if market:
            add(MARKET, item, "", market)
    return found


def tags(items: list[Item], today: date) -> dict[str, list[Tag]]:
    """List code -> what each item costs its customers, falling through to the common list and to the item."""
    never = 1 << 60
    found: dict[str, list[Tag]] = {COMMON: [], DEALER: [], MARKET: []}
    for item in items:
        until, before, price = common_price(item, today) or (0, item.price, item.price)
        found[COMMON].append(Tag(until, before, price, never, price))
        own, bulk = dealer_price(item)
        break_at = BREAK_CARTONS * item.carton if bulk else never
        found[DEALER].append(
            Tag(0, own, own, break_at, bulk or 0) if own else Tag(until, before, price, break_at, bulk or 0)
        )
        market = market_price(item)
        found[MARKET].append(Tag(0, market, market, never, market) if market else found[COMMON][-1])
    return found
