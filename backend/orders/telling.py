"""Tell people what happened to an order: the rep who placed it, and the manager an answer is wanted from."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.core.clock import today
from backend.core.database import fetch
from backend.notices.notifying import notify

# The managers nearest above a position on today's reporting line (its own level included), but not the asker.
_NEAREST_MANAGERS = """
    WITH RECURSIVE above AS (
        SELECT $1::int AS id, 0 AS level
        UNION
        SELECT line.parent_id, above.level + 1 FROM above JOIN reporting_lines line ON line.position_id = above.id
         WHERE line.parent_id IS NOT NULL AND line.valid_from <= $2 AND (line.valid_to IS NULL OR $2 < line.valid_to)
           AND above.level < 20
    )
    SELECT user_id FROM (
        SELECT g.user_id, rank() OVER (ORDER BY above.level) AS place
          FROM above JOIN position_grants g ON g.position_id = above.id
          JOIN users u ON u.id = g.user_id AND u.active AND u.deleted_at IS NULL
         WHERE g.valid_from <= $2 AND (g.valid_to IS NULL OR $2 < g.valid_to) AND g.user_id <> $3
           AND EXISTS (SELECT 1 FROM user_roles r
                        WHERE r.user_id = g.user_id AND r.role IN ('manager', 'admin'))) nearest
     WHERE place = 1"""

_ADMINISTRATORS = """
    SELECT u.id AS user_id FROM users u JOIN user_roles r ON r.user_id = u.id AND r.role = 'admin'
     WHERE u.active AND u.deleted_at IS NULL AND u.id <> $1 ORDER BY u.id"""


def _link(order_id: UUID) -> str:
    return f"/orders/{order_id}"


async def tell_owner(order: Mapping[str, Any], kind: str, *, by: UUID | None, **numbers: object) -> None:
    """A notice to the rep who placed the order, unless they did it themselves."""
    if by != order["user_id"]:
        await notify(order["user_id"], kind, {"number": order["number"], **numbers}, _link(order["id"]))


async def tell_of_hold(order_id: UUID, number: str, position: int, *, owner: UUID, price_code: str | None) -> None:
    """The nearest managers hear that an order waits for their answer, and its rep that the price is another one.

    A price the phone's own book does not give is an alarm: for those managers and every administrator.
    """
    alarm = price_code == "PRICE_TAMPER_OR_BUG"
    people = [row["user_id"] for row in await fetch(_NEAREST_MANAGERS, position, today(), owner)]
    if alarm:
        people += [row["user_id"] for row in await fetch(_ADMINISTRATORS, owner)]
    for person in dict.fromkeys(people):
        await notify(person, "order.price-alarm" if alarm else "approval.waiting", {"number": number}, _link(order_id))
    if price_code and not alarm:
        await notify(owner, "order.price-differs", {"number": number}, _link(order_id))
