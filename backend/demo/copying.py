"""Rows into the database through COPY: the text format, which builds faster in Python than typed records."""

from collections.abc import AsyncIterator, Iterable
from datetime import date, datetime
from itertools import islice
from typing import Final
from uuid import UUID

from backend.core.database import engine

_CHUNK: Final = 2_000
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def field(value: object) -> str:
    """One value as COPY writes it."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def row(*values: object) -> str:
    """One row as COPY writes it, without its line end."""
    return "\t".join(map(field, values))


async def _bytes(rows: Iterable[str]) -> AsyncIterator[bytes]:
    left = iter(rows)
    while chunk := list(islice(left, _CHUNK)):
        yield ("\n".join(chunk) + "\n").encode()


async def copy(table: str, columns: str, rows: Iterable[str]) -> None:
    """Copy rows (made by `row`) into the columns, named with blanks between them, in the current transaction."""
    async with engine().connection() as connection:
        await connection.copy_to_table(table, source=_bytes(rows), columns=columns.split(), format="text")
