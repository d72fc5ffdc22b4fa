"""The cast: the people every story and the demo company share, with their places in the reporting line.

Company 1 has the regions 2 (Hùng), 4 (Ngọc), 6 and 7; Lan sells at position 3 under Hùng, Bob at 5 under Ngọc.
"""

from datetime import UTC, date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from backend.core.database import execute_many, fetch_value, transaction
from backend.people.passwords import hash_now

PASSWORD: Final = "tuyen-demo"  # noqa: S105 -- everybody knows it; `serve` refuses a company that has it
SINCE: Final = date(2020, 1, 1)
HIRED: Final = datetime(2020, 1, 1, tzinfo=UTC)


class Person(NamedTuple):
    """Somebody who can log in; `n` is the last part of their fixed id."""

    n: int
    login: str
    name: str
    phone: str
    roles: tuple[str, ...]
    position: int | None

    @property
    def id(self) -> UUID:
        """A UUIDv7 of the day the company began, the same in every demo company and test."""
        return person_id(self.n)


def person_id(n: int) -> UUID:
    """The fixed id of the n-th person."""
    return UUID(f"016f5e66-e800-7000-8000-{n:012x}")


PEOPLE: Final = (
    Person(1, "an", "Trần Thị An", "0903 118 226", ("admin",), 1),
    Person(2, "hung", "Nguyễn Mạnh Hùng", "0908 455 131", ("manager",), 2),
    Person(3, "lan", "Lê Thị Lan", "0937 602 418", ("rep",), 3),
    Person(4, "ngoc", "Phạm Bích Ngọc", "0912 774 205", ("manager",), 4),
    Person(5, "bob", "Bob Hoàng", "0986 310 957", ("rep",), 5),
    Person(6, "mai", "Đỗ Thị Mai", "0909 231 664", ("accountant",), None),
    Person(7, "tuan", "Vũ Anh Tuấn", "0978 542 390", ("warehouse",), None),
    Person(8, "sau", "Bùi Văn Sáu", "0918 067 853", ("guard",), None),
)


class Place(NamedTuple):
    """A position: a place in the company that customers belong to and people are granted."""

    id: int
    parent_id: int | None
    kind: str
    name: str


PLACES: Final = (
    Place(1, None, "company", "Công ty Tuyến"),
    Place(2, 1, "region", "Miền Nam"),
    Place(3, 2, "rep", "Tuyến Nam 01"),
    Place(4, 1, "region", "Miền Bắc"),
    Place(5, 4, "rep", "Tuyến Bắc 01"),
    Place(6, 1, "region", "Miền Trung"),
    Place(7, 1, "region", "Miền Tây"),
)

ACCOUNTS: Final = (
    ("an", "quản trị · administrator"),
    ("hung", "giám đốc miền Nam · regional manager"),
    ("lan", "nhân viên bán hàng của Hùng · sales rep in his team"),
    ("ngoc", "giám đốc miền Bắc · regional manager"),
    ("bob", "nhân viên bán hàng của Ngọc · sales rep in her team"),
    ("mai", "kế toán · accountant"),
    ("tuan", "thủ kho, soạn hàng · warehouse picker"),
    ("sau", "bảo vệ cổng · gate guard"),
)


async def insert_people(people: tuple[Person, ...], places: tuple[Place, ...]) -> None:
    """Store people, positions, reporting lines and grants, all from `SINCE`; those already there are left as they are.

    Every password is `PASSWORD`, hashed once.
    """
    hashed = hash_now(PASSWORD)
    async with transaction():
        await execute_many(
            """INSERT INTO users (id, login, name, phone, language, password_hash, changed_at)
               VALUES ($1, $2, $3, $4, 'vi', $5, $6) ON CONFLICT DO NOTHING""",
            [(who.id, who.login, who.name, who.phone, hashed, HIRED) for who in people],
        )
        await execute_many(
            "INSERT INTO user_roles (user_id, role) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [(who.id, role) for who in people for role in who.roles],
        )
        await execute_many(
            "INSERT INTO positions (id, name, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            [(place.id, place.name, place.kind) for place in places],
        )
        await execute_many(
            """INSERT INTO reporting_lines (position_id, parent_id, valid_from) VALUES ($1, $2, $3)
               ON CONFLICT DO NOTHING""",
            [(place.id, place.parent_id, SINCE) for place in places],
        )
        await execute_many(
            """INSERT INTO position_grants (id, user_id, position_id, valid_from) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING""",
            [
                (UUID(int=who.id.int + (1 << 40)), who.id, who.position, SINCE)
                for who in people
                if who.position is not None
            ],
        )


async def build_cast() -> None:
    """Store the cast and their positions, nothing else. Doing it again changes nothing."""
    await insert_people(PEOPLE, PLACES)


async def is_demo() -> bool:
    """Whether this database holds the cast, whose password everybody knows."""
    return bool(await fetch_value("SELECT EXISTS (SELECT 1 FROM users WHERE id = $1)", PEOPLE[0].id))
