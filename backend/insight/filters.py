"""What a revenue report is narrowed by, and the SQL that does it: one text for the rows, the total and the exports."""

import re
from datetime import date
from typing import Final

import msgspec

from backend.core.errors import NotVisible
from backend.insight.errors import MonthWrong
from backend.people.access import Actor, scope, sees

_MONTH: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)
MOST_MONTHS: Final = 120


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A region set, first and last month (both included), and a position with everything below it."""

    set: str = "VN-ADM1-34"
    first: str
    last: str
    position: int | None = None


def month_start(month: str, *, pointer: str, add: int = 0) -> date:
    """The first day of a month `YYYY-MM`, or of the one `add` months later."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise MonthWrong(pointer=pointer)
    number = int(found[1]) * 12 + int(found[2]) - 1 + add
    return date(number // 12, number % 12 + 1, 1)


def months_of(choice: Choice) -> list[str]:
    """Every month of the choice, in order. Refuses a choice that ends before it begins or is longer than ten years."""
    first, last = month_start(choice.first, pointer="/from"), month_start(choice.last, pointer="/to")
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if not 1 <= count <= MOST_MONTHS:
        raise MonthWrong(pointer="/to")
    return [month_start(choice.first, pointer="/from", add=n).strftime("%Y-%m") for n in range(count)]


def narrowed(choice: Choice, today: date, *, actor: Actor, first: int) -> tuple[str, list[object]]:
    """The WHERE text over `orders o` that makes up the revenue of a choice, with the actor's own scope.

    The scope is on the position the order was credited to when it was placed, so a hand-over moves no revenue. Refuses
    a position out of the actor's sight with `NotVisible`.
    """
    months_of(choice)
    arguments: list[object] = [
        month_start(choice.first, pointer="/from"),
        month_start(choice.last, pointer="/to", add=1),
    ]
    texts = [
        "insight_is_revenue(o.state) AND o.deleted_at IS NULL",
        f"o.ordered_on >= ${first} AND o.ordered_on < ${first + 1}",
    ]
    predicate, of_scope = scope(actor, "o.position_id", first + 2)
    texts.append(predicate)
    arguments += of_scope
    if choice.position is not None:
        if not sees(actor, choice.position):
            raise NotVisible
        at = first + len(arguments)
        texts.append(f"o.position_id IN (SELECT id FROM positions_below(ARRAY[${at}::int], ${at + 1}::date))")
        arguments += [choice.position, today]
    return " AND ".join(texts), arguments
