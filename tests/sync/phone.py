"""A phone for tests: it pulls as docs/sync.md says and holds what it was given; and short ways to make rows."""

from datetime import UTC, datetime
from itertools import accumulate, pairwise
from typing import Any
from uuid import UUID

import msgspec

from backend.core import clock
from backend.core.database import execute
from backend.core.ids import new_id
from backend.people.access import Actor
from sync.protocol import PullAsk
from sync.pull import pull

LAN, BOB, HUNG, NGOC = 3, 5, 2, 4  # positions of the cast


def unfold(vector: Any) -> list[Any]:
    """A column as it stands, or, where parts of rows travel as vectors of their own, the parts of each row."""
    if isinstance(vector, list):
        return vector
    parts = [dict(zip(vector["cols"], values, strict=True)) for values in zip(*vector["v"], strict=True)]
    ends = list(accumulate(vector["n"], initial=0))
    assert len(parts) == ends[-1], "every part belongs to a row"
    return [parts[first:last] for first, last in pairwise(ends)]


class Phone:
    """What one device holds: `rows[table][id] = (version, root, {column: value})`."""

    def __init__(self, actor: Actor, *, limit: int = 2_000) -> None:
        self.actor = actor
        self.limit = limit
        self.cursor: str | None = None
        self.rows: dict[str, dict[str, tuple[int, str | None, dict[str, Any]]]] = {}
        self.pages: list[dict[str, Any]] = []

    async def page(self) -> dict[str, Any]:
        """One page, asked for and applied."""
        answer = await pull(PullAsk(cursor=self.cursor, limit=self.limit), actor=self.actor)
        page: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
        self.apply(page)
        return page

    def apply(self, page: dict[str, Any]) -> None:
        """`up`, then `del`, then `drop`, then the cursor."""
        if page.get("reset"):
            self.rows = {}
        for up in page.get("up", []):
            columns = dict(zip(up["cols"], map(unfold, up["v"]), strict=True))
            assert len({len(values) for values in columns.values()}) == 1, "vectors of one table are equally long"
            for at, key in enumerate(columns["id"]):
                row = {name: values[at] for name, values in columns.items() if not name.startswith("_")}
                self.rows.setdefault(up["t"], {})[key] = (columns["_v"][at], columns["_r"][at], row)
        for table, ids in page.get("del", []):
            for key in ids:
                self.rows.get(table, {}).pop(key, None)
        for root in page.get("drop", []):
            for table in self.rows.values():
                for key in [key for key, row in table.items() if row[1] == root]:
                    del table[key]
        self.cursor = page["cursor"]
        self.pages.append(page)

    async def sync(self, most: int = 500) -> list[dict[str, Any]]:
        """Pull until the office has no more."""
        pages = []
        for _ in range(most):
            pages.append(await self.page())
            if not pages[-1]["more"]:
                return pages
        raise AssertionError(f"paging did not end within {most} pages")

    def ids(self, table: str) -> set[UUID]:
        return {UUID(key) for key in self.rows.get(table, {})}

    def versions(self) -> set[tuple[str, str, int]]:
        return {(table, key, row[0]) for table, rows in self.rows.items() for key, row in rows.items()}


async def make_customer(position: int = LAN, name: str = "Cửa hàng Minh") -> UUID:
    """A customer of that position."""
    made = new_id()
    await execute(
        "INSERT INTO customers (id, code, name, position_id, currency) VALUES ($1, $2, $3, $4, 'VND')",
        made, made.hex[-12:], name, position,
    )  # fmt: skip
    return made


async def make_visit(customer: UUID, user: UUID, started: datetime | None = None) -> UUID:
    """A visit of that customer."""
    made = new_id()
    await execute(
        "INSERT INTO visits (id, customer_id, user_id, purpose, started_at) VALUES ($1, $2, $3, 'visit', $4)",
        made, customer, user, started or clock.now().astimezone(UTC),
    )  # fmt: skip
    return made


async def reassign(customer: UUID, position: int) -> None:
    """The customer changes hands."""
    await execute("UPDATE customers SET position_id = $2, version = version + 1 WHERE id = $1", customer, position)


def with_keys(actor: Actor, *keys: int) -> Actor:
    """The same person, seeing these positions."""
    return msgspec.structs.replace(actor, keys=keys)
