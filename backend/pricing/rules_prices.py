"""The list price of a line: which list, which rule, what amount. Pure. Twin: pwa/src/lib/pricing/prices.ts.

Source: the domain agreement, "Which price list" and "Price rule". The more specific price wins, never the cheaper one.
"""

from fractions import Fraction

from backend.pricing.errors import NoPrice, PriceNesting
from backend.pricing.numbers import text, to_step
from backend.pricing.rules_book import Customer
from backend.pricing.rules_lists import Fixed, Off, PriceList, Rule, valid
from backend.pricing.rules_order import Line, Order, part_left

DEEPEST = 5
STEPS = ("priority", "customer", "item", "unit", "min_qty", "valid_from")


def price_lines(order: Order) -> None:
    """Give every line its unit price, gross and source. Refuses `NoPrice` for a line nothing prices."""
    lists = candidates(order)
    order.first_list = lists[0].id if lists else None
    order.first_included = bool(lists) and lists[0].tax_included
    for line in order.lines:
        _price_line(order, lists, line)


def candidates(order: Order) -> list[PriceList]:
    """The lists to try, first to last: the order's own, the customer's, the nearest group's that has one, the nearest
    region's, the company's. Each only if it holds on the order's day."""
    book, customer = order.book, order.customer
    of_groups = (book.list_of_group(group) for group in customer.groups)
    of_regions = (book.list_of_region(region) for region in order.regions)
    named = [
        order.price_list,
        customer.price_list,
        next((code for code in of_groups if code), None),
        next((code for code in of_regions if code), None),
        book.default_list,
    ]
    found: list[PriceList] = []
    for code in dict.fromkeys(code for code in named if code):
        price_list = book.price_list(code)
        if valid(order.on, price_list.valid_from, price_list.valid_to):
            found.append(price_list)
        else:
            order.skip("date", list=code)
    return found


def _price_line(order: Order, lists: list[PriceList], line: Line) -> None:
    if line.given is not None:
        line.tax_included = order.first_included
        line.source = "given"
        line.priced(line.given, order.currency)
        return
    for price_list in lists:
        if _price_from(order, price_list, line):
            return
    item = line.item
    if item.list_price is None or item.list_price < 0:
        raise NoPrice(pointer=f"/lines/{line.seq}/item", item=item.id)
    line.source = "item"
    per_base = order.book.exchanged(item.list_price, item.list_currency, order.currency.code, order.on)
    line.priced(per_base * line.factor, order.currency)


def _price_from(order: Order, price_list: PriceList, line: Line) -> bool:
    """Price a line from one list; False when none of its rules does."""
    rules = _matching(order, price_list, line, explain=order.explain)
    for place, rule in enumerate(rules):
        amount = _amount(order, price_list, rule, line, 0)
        if amount is None or amount < 0:  # nobody is paid for taking goods
            order.skip("base", line=line.name, list=price_list.id, rule=rule.id)
            continue
        for other in rules[place + 1 :]:
            order.skip("outranked", line=line.name, list=price_list.id, rule=other.id)
        line.source = f"list:{price_list.id}/{rule.id}"
        line.tax_included = price_list.tax_included
        per_base = order.book.exchanged(amount, price_list.currency, order.currency.code, order.on)
        line.priced(per_base * line.factor, order.currency)
        return True
    return False


def _matching(order: Order, price_list: PriceList, line: Line, *, explain: bool) -> list[Rule]:
    """The rules that hold for a line, best first; why the others do not goes into the trace."""
    item, customer = line.item, order.customer
    kept: list[Rule] = []
    for rule in price_list.rules_for(item.id, item.groups):
        code = _refusal(rule, order.on, customer, line)
        if code is None:
            kept.append(rule)
        elif explain:
            missing = {"missing": text(rule.min_qty - _counted(rule, line))} if code == "min_qty" else {}
            order.skip(code, line=line.name, list=price_list.id, rule=rule.id, **missing)
    if len(kept) > 1:
        kept.sort(key=lambda rule: rule.id)
        kept.sort(key=lambda rule: rank(rule, customer, line), reverse=True)
    return kept


def _refusal(rule: Rule, on: str, customer: Customer, line: Line) -> str | None:  # noqa: PLR0911  one code per reason
    if not valid(on, rule.valid_from, rule.valid_to):
        return "date"
    if rule.customer is not None and rule.customer != customer.id:
        return "customers"
    if rule.customer_group is not None and rule.customer_group not in customer.groups:
        return "customer_groups"
    if rule.item_group is not None and rule.item_group not in line.item.groups:
        return "match"
    if rule.unit is not None and rule.unit != line.unit:
        return "unit"
    counted = _counted(rule, line)
    if counted < rule.min_qty:
        return "min_qty"
    if rule.max_qty is not None and counted > rule.max_qty:
        return "max_qty"
    return None


def _counted(rule: Rule, line: Line) -> Fraction:
    """The quantity a rule compares: in its own unit, else in base units; of a return, as much as was sold."""
    qty = line.base if rule.unit is None else line.qty
    return qty if qty.numerator >= 0 else -qty


def rank(rule: Rule, customer: Customer, line: Line) -> tuple[int, int, int, bool, Fraction, str]:
    """How a matching rule stands in the choice, by `STEPS`: the highest wins, equals by the smaller id."""
    return (
        rule.priority,
        _nearness(rule.customer, rule.customer_group, customer.groups),
        _nearness(rule.item, rule.item_group, line.item.groups),
        rule.unit is not None,
        rule.min_qty,
        rule.valid_from or "",
    )


def _nearness(named: str | None, group: str | None, groups: tuple[str, ...]) -> int:
    """Named itself > nearest group > any."""
    if named is not None:
        return len(groups) + 1
    return 0 if group is None else len(groups) - groups.index(group)


def _amount(order: Order, price_list: PriceList, rule: Rule, line: Line, depth: int) -> Fraction | None:
    """What a rule says, per base unit in its list's currency; None where its base has no price."""
    per = line.factor if rule.unit is not None else 1
    if isinstance(rule.price, Fixed):
        return rule.price.amount / per
    base = _base(order, price_list, rule.price, line, depth)
    return None if base is None else off(rule.price, base * per) / per


def off(price: Off, base: Fraction) -> Fraction:
    """So much off a base, step by step: percent, round_to, plus, then the margins around the base."""
    value = to_step(base * part_left(price.percent), price.round_to) + price.plus
    if price.min_margin is not None:
        value = max(value, base + price.min_margin)
    if price.max_margin is not None:
        value = min(value, base + price.max_margin)
    return value


def _base(order: Order, price_list: PriceList, price: Off, line: Line, depth: int) -> Fraction | None:
    if not price.base.startswith("list:"):
        own = line.item.list_price if price.base == "list" else line.item.cost
        return (
            None if own is None else order.book.exchanged(own, line.item.list_currency, price_list.currency, order.on)
        )
    if depth == DEEPEST:
        raise PriceNesting(pointer=f"/lines/{line.seq}/item", price_list=price_list.id)
    below = order.book.price_list(price.base.removeprefix("list:"))
    if not valid(order.on, below.valid_from, below.valid_to):
        return None
    for rule in _matching(order, below, line, explain=False):
        amount = _amount(order, below, rule, line, depth + 1)
        if amount is not None:
            return order.book.exchanged(amount, below.currency, price_list.currency, order.on)
    return None
