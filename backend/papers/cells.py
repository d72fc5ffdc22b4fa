"""What a column of a document holds, and how its values look: shared by workbooks and pages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from backend.core.settings import settings

Kind = Literal["text", "whole", "money", "share", "day", "moment"]


class Column(msgspec.Struct, frozen=True):
    """A column: its title, what it holds, and its width in characters.

    `money` values are integers of minor units with `digits` decimals; `share` values are decimal texts of a part of
    one.
    """

    title: str
    kind: Kind = "text"
    width: int = 16
    digits: int = 0


Value = str | int | date | datetime | None


def grouped(number: int, digits: int, language: str) -> str:
    """An integer of 10^-digits as people read it: 1.234.567 in Vietnamese, 1,234,567 in English."""
    sign = "-" if number < 0 else ""
    whole, part = divmod(abs(number), 10**digits)
    text = f"{whole:,}" + (f".{part:0{digits}d}" if digits else "")
    if language == "vi":
        text = text.translate(str.maketrans(",.", ".,"))
    return sign + text


def shown(value: Value, column: Column, language: str) -> str:
    """A value as it stands on a page, in the language of the document."""
    if value is None:
        return ""
    if column.kind in ("money", "whole") and isinstance(value, int):
        return grouped(value, column.digits if column.kind == "money" else 0, language)
    if column.kind == "share":
        tenths = round(Decimal(str(value)) * 1000)
        return grouped(tenths, 1, language) + " %"
    if isinstance(value, datetime):
        return local(value).strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return str(value)


def local(moment: datetime) -> datetime:
    """A moment in the company's time zone, without the zone: how a sheet of paper tells time."""
    return moment.astimezone(ZoneInfo(settings().time_zone)).replace(tzinfo=None)
