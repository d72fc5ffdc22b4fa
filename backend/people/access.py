"""The one place that answers "may this person see or do this?".

Two questions, two answers:

* *May they do it?* Every route names a rule; `RULES` says which roles hold it. A route without a rule does not start.
* *Which rows?* Every row of the trade belongs to a position (a customer's position is the key of everything below the
  customer). `scope` turns an actor into the SQL predicate on that key; no query reads rows without it.
"""

from typing import Final
from uuid import UUID

import msgspec

from backend.core.errors import NotAllowed

ADMIN, MANAGER, REP, ACCOUNTANT, WAREHOUSE, GUARD = ROLES = (
    "admin",
    "manager",
    "rep",
    "accountant",
    "warehouse",
    "guard",
)
_ANYONE: Final = frozenset(ROLES)
_FIELD: Final = frozenset({ADMIN, MANAGER, REP})

OPEN: Final = "open"
RULES: Final[dict[str, frozenset[str]]] = {
    OPEN: frozenset(),  # no session needed: logging in, health, the app's own files
    "session.any": _ANYONE,
    "people.read": frozenset({ADMIN, MANAGER}),
    "people.change": frozenset({ADMIN}),
    "position.assign": frozenset({ADMIN, MANAGER}),  # who sits where and who reports to whom, below one's own seat
    "catalog.read": _ANYONE,
    "geo.read": _ANYONE,
    "customer.read": frozenset({ADMIN, MANAGER, REP, ACCOUNTANT}),
    "customer.change": _FIELD,
    "customer.reassign": frozenset({ADMIN, MANAGER}),
    "terms.read": frozenset({ADMIN, MANAGER, REP, ACCOUNTANT}),
    "terms.change": frozenset({ADMIN, ACCOUNTANT}),
    "group.read": frozenset({ADMIN, MANAGER, ACCOUNTANT}),
    "group.change": frozenset({ADMIN}),
    "choice.change": frozenset({ADMIN}),  # the words terms are chosen from, and for how long old prices stand
    "rate.read": frozenset({ADMIN, MANAGER, ACCOUNTANT}),
    "rate.change": frozenset({ADMIN, ACCOUNTANT}),
    "search.read": frozenset({ADMIN, MANAGER, REP, ACCOUNTANT}),
    "price.read": _FIELD,
    "price.change": frozenset({ADMIN}),
    "price.cost": frozenset({ADMIN}),  # costs and floor prices, and what would give them away
    "pricelist.read": frozenset({ADMIN, MANAGER}),
    "promotion.read": frozenset({ADMIN, MANAGER}),
    "promotion.change": frozenset({ADMIN}),
    "promotion.simulate": frozenset({ADMIN, MANAGER}),
    "hints.read": _FIELD,
    "activity.read": _FIELD,
    "activity.write": _FIELD,
    "conflict.read": _FIELD,
    "expense.read": frozenset({ADMIN, MANAGER, REP, ACCOUNTANT}),
    "attachment.read": frozenset({ADMIN, MANAGER, REP, ACCOUNTANT}),
    "order.read": frozenset({ADMIN, MANAGER, REP, ACCOUNTANT, WAREHOUSE, GUARD}),
    "order.place": _FIELD,
    "order.cancel": _FIELD,
    "approval.read": frozenset({ADMIN, MANAGER, ACCOUNTANT}),
    "approval.decide": frozenset({ADMIN, MANAGER, ACCOUNTANT}),
    "dispatch.read": frozenset({ADMIN, WAREHOUSE}),
    "dispatch.write": frozenset({ADMIN, WAREHOUSE}),
    "insight.read": frozenset({ADMIN, MANAGER}),
    "today.read": _FIELD,
    "export": frozenset({ADMIN, MANAGER}),
    "order.export": frozenset({ADMIN, MANAGER, REP, ACCOUNTANT}),
    "sync": _ANYONE,
    "ledger.read": frozenset({ADMIN, MANAGER}),
    "file.upload": _ANYONE,
    "notice.read": _ANYONE,
}
NO_PRICES: Final = frozenset({WAREHOUSE, GUARD})


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody acting, with what they may see today.

    Attributes:
        keys: positions whose rows they see: those granted to them and everything below, on today's reporting line.
        own_keys: the positions granted to them.
        sees_all: no row scope at all (administrator, accountant, warehouse, guard: the company's work, each with the
            fields their task needs).
    """

    user_id: UUID
    login: str
    name: str
    language: str
    roles: frozenset[str]
    keys: tuple[int, ...] = ()
    own_keys: tuple[int, ...] = ()
    device_id: UUID | None = None
    csrf: str = ""

    def has(self, *roles: str) -> bool:
        """Whether they hold at least one of these roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def sees_all(self) -> bool:
        return self.has(ADMIN, ACCOUNTANT, WAREHOUSE, GUARD)

    @property
    def sees_prices(self) -> bool:
        return bool(self.roles - NO_PRICES)

    def may(self, rule: str) -> bool:
        """Whether a rule of `RULES` is theirs."""
        return rule == OPEN or not self.roles.isdisjoint(RULES[rule])


def require(actor: Actor, rule: str) -> None:
    """Refuse with `NotAllowed` unless the rule is theirs. Verbs reached by more than one door call this too."""
    if not actor.may(rule):
        raise NotAllowed(rule=rule)


def rule(name: str) -> dict[str, str]:
    """The `opt` of a route: `@get("/customers", opt=rule("customer.read"))`. Unknown names fail at import."""
    if name not in RULES:
        raise KeyError(f"no such access rule: {name}")
    return {"rule": name}


def scope(actor: Actor, column: str, first: int) -> tuple[str, list[object]]:
    """The predicate that keeps an actor to their own people's rows.

    Args:
        column: the SQL expression of the position key, written by us, never by a user.
        first: the number of the first free `$n` placeholder.

    Returns:
        SQL text and the arguments it uses (none for those who see all).
    """
    if actor.sees_all:
        return "TRUE", []
    return f"{column} = ANY(${first}::int[])", [list(actor.keys)]


def sees(actor: Actor, key: int) -> bool:
    """Whether rows of this position key are theirs to see."""
    return actor.sees_all or key in actor.keys
