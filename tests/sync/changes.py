"""What the office's own people do to the tables in the state machine: each change is one statement, drawn by numbers.

Half of all draws fall on customers that an open transaction touches: that is where order matters.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from tests.sync.office import GROUP, LOGINS, POSITIONS, REASON, USERS, Change, Names

T = TypeVar("T")
CHILDREN = ("visit", "contact", "expense")
_TABLE = {"visit": "visits", "contact": "contacts", "expense": "expenses"}
_WORDS = {"visit": "note", "contact": "name", "expense": "note"}
_INSERT = {
    "visit": """INSERT INTO visits (id, customer_id, user_id, purpose, started_at, note)
                VALUES ($1, $2, $3, 'x', $4, $5)""",
    "contact": """INSERT INTO contacts (id, customer_id, created_by, created_at, name) VALUES ($1, $2, $3, $4, $5)""",
    "expense": """INSERT INTO expenses (id, customer_id, user_id, position_id, category, amount, currency, digits,
                                        spent_on, note)
                  VALUES ($1, $2, $3, 3, 'parking', 20000, 'VND', 0, ($4::timestamptz)::date, $5)""",
}
KINDS = (
    "add", "add", "add", "add_customer", "add_own", "edit", "edit", "edit", "edit_customer", "tag", "edit_shared",
    "remove", "erase", "revive", "relink", "relink", "move_own", "close", "hand_over", "hand_over", "hand_over",
    "hand_over_many",
)  # fmt: skip


class Changes:
    """Draws changes. `where` remembers every customer a row may belong to, open transactions included."""

    def __init__(self) -> None:
        self.name = Names()
        self.customers: list[UUID] = []
        self.rows: dict[str, list[UUID]] = {kind: [] for kind in (*CHILDREN, "own")}
        self.where: dict[UUID, set[UUID]] = {}
        self.erased: set[UUID] = set()
        self.hot: frozenset[UUID] = frozenset()
        self.moment = datetime.min
        self.count = 0

    def draw(self, kind: str, n: int, m: int) -> Change | None:
        """The change of that kind that two numbers stand for; None when there is nothing to change."""
        made: Change | None = getattr(self, kind)(n, m)
        return made

    def word(self) -> str:
        self.count += 1
        return f"lời {self.count}"

    def customer(self, n: int) -> UUID:
        hot = [one for one in self.customers if one in self.hot]
        return pick(n // 2, hot) if hot and n % 2 else pick(n // 2, self.customers)

    def some(self, kind: str, n: int) -> list[UUID]:
        """One or two rows of a kind."""
        rows = self.rows[kind]
        hot = [one for one in rows if self.where.get(one, set()) & self.hot] if n % 2 else []
        among = hot or rows
        return sorted({pick(n // 2, among), pick(n // 3, among)}) if among else []

    def around(self, rows: Iterable[UUID]) -> frozenset[UUID]:
        return frozenset(customer for one in rows for customer in self.where.get(one, ()))

    def add(self, n: int, m: int, *, customer: UUID | None = None) -> Change:
        kind, made, whose = CHILDREN[m % 3], self.name(), customer or self.customer(n)
        self.where[made] = {whose}
        args = (made, whose, USERS[LOGINS[m % 2]], self.moment, self.word())
        return Change(_INSERT[kind], args, frozenset({whose}), (kind, made))

    def add_customer(self, n: int, m: int) -> Change:
        made = self.name()
        self.where[made] = {made}
        return Change(
            "INSERT INTO customers (id, code, name, position_id, note) VALUES ($1, $2, $2, $3, $4)",
            (made, made.hex[:20], pick(n, POSITIONS), self.word()), frozenset({made}), ("customer", made),
        )  # fmt: skip

    def add_own(self, n: int, m: int) -> Change:
        """An expense of nobody's customer: its position is its key."""
        made = self.name()
        return Change(
            """INSERT INTO expenses (id, user_id, position_id, category, amount, currency, digits, spent_on, note)
               VALUES ($1, $2, $3, 'fuel', 1, 'VND', 0, $4, $5)""",
            (made, USERS["lan"], pick(n, POSITIONS), self.moment.date(), self.word()), frozenset(), ("own", made),
        )  # fmt: skip

    def move_own(self, n: int, m: int) -> Change | None:
        rows = self.some("own", n)
        sql = "UPDATE expenses SET position_id = $2, version = version + 1 WHERE id = ANY($1::uuid[])"
        return Change(sql, (rows, pick(m, POSITIONS)), frozenset(rows)) if rows else None

    def _update(self, kind: str, rows: list[UUID], what: str, *more: object) -> Change | None:
        sql = f"UPDATE {_TABLE[kind]} SET {what}, version = version + 1 WHERE id = ANY($1::uuid[])"
        return Change(sql, (rows, *more), self.around(rows)) if rows else None

    def edit(self, n: int, m: int) -> Change | None:
        kind = CHILDREN[m % 3]
        return self._update(kind, self.some(kind, n), f"{_WORDS[kind]} = $2", self.word())

    def remove(self, n: int, m: int) -> Change | None:
        kind = CHILDREN[m % 3]
        return self._update(kind, self.some(kind, n), "deleted_at = $2", self.moment)

    def revive(self, n: int, m: int) -> Change | None:
        kind = CHILDREN[m % 3]
        return self._update(kind, self.some(kind, n), "deleted_at = NULL")

    def relink(self, n: int, m: int) -> Change | None:
        """Rows go to another customer."""
        kind, to = CHILDREN[m % 3], self.customer(m)
        rows = self.some(kind, n)
        for one in rows:
            self.where.setdefault(one, set()).add(to)
        return self._update(kind, rows, "customer_id = $2", to)

    def close(self, n: int, m: int) -> Change | None:
        """An expense is paid: from now on it is history."""
        return self._update("expense", self.some("expense", n), "state = 'paid'")

    def erase(self, n: int, m: int) -> Change | None:
        kind = CHILDREN[m % 3]
        rows = self.some(kind, n)[:1]
        self.erased |= set(rows)
        sql = f"DELETE FROM {_TABLE[kind]} WHERE id = ANY($1::uuid[])"
        return Change(sql, (rows,), self.around(rows)) if rows else None

    def edit_customer(self, n: int, m: int) -> Change:
        whose = self.customer(n)
        sql = "UPDATE customers SET note = $2, version = version + 1 WHERE id = $1"
        return Change(sql, (whose, self.word()), frozenset({whose}))

    def tag(self, n: int, m: int) -> Change:
        """A part of the customer changes, not the customer: it must be sent all the same."""
        whose = self.customer(n)
        if m % 2:
            sql = "DELETE FROM customer_group_links WHERE customer_id = $1 AND group_id = $2"
        else:
            sql = """INSERT INTO customer_group_links (customer_id, group_id, is_primary) VALUES ($1, $2, true)
                     ON CONFLICT DO NOTHING"""
        return Change(sql, (whose, GROUP), frozenset({whose}))

    def edit_shared(self, n: int, m: int) -> Change:
        """What everybody holds."""
        sql = "UPDATE reasons SET name_vi = $2, version = version + 1 WHERE id = $1"
        return Change(sql, (REASON, self.word()), frozenset({REASON}))

    def hand_over(self, n: int, m: int) -> Change:
        return self._hand([self.customer(n)], m)

    def hand_over_many(self, n: int, m: int) -> Change:
        return self._hand(sorted({self.customer(n), self.customer(n + 1), self.customer(n + 3)}), m)

    def _hand(self, whose: Sequence[UUID], m: int) -> Change:
        sql = "UPDATE customers SET position_id = $2, version = version + 1 WHERE id = ANY($1::uuid[])"
        return Change(sql, (list(whose), pick(m, POSITIONS)), frozenset(whose))

    def keep(self, change: Change) -> None:
        """The change is committed."""
        if change.made is not None:
            kind, made = change.made
            (self.customers if kind == "customer" else self.rows[kind]).append(made)


def pick(n: int, among: Sequence[T]) -> T:
    return among[n % len(among)]
