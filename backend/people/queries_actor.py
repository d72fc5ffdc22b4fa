"""Reading an actor: who they are, their roles, and every position they see today, in one statement."""

from datetime import datetime

import asyncpg

from backend.core.clock import today
from backend.core.database import fetch_row
from backend.core.errors import NotVisible
from backend.people.access import Actor

_WHO = """
    u.id, u.login, u.name, u.language,
    ARRAY(SELECT role FROM user_roles WHERE user_id = u.id) AS roles,
    own.keys AS own_keys, ARRAY(SELECT id FROM positions_below(own.keys, $1)) AS keys
"""
_OWN = """
    CROSS JOIN LATERAL (SELECT ARRAY(
        SELECT position_id FROM position_grants g WHERE g.user_id = u.id AND g.valid_from <= $1
           AND (g.valid_to IS NULL OR $1 < g.valid_to) ORDER BY position_id) AS keys) own
"""
_HOLDER = f"""
    SELECT s.csrf, s.last_seen_at, d.id AS device_id, {_WHO}
      FROM sessions s JOIN users u ON u.id = s.user_id
      LEFT JOIN devices d ON d.id = s.device_id AND d.state = 'active' {_OWN}
     WHERE s.token_hash = $2 AND s.expires_at > $3 AND u.active AND u.deleted_at IS NULL
"""
_USER = f"""
    SELECT '' AS csrf, NULL::uuid AS device_id, {_WHO}
      FROM users u {_OWN} WHERE u.login = $2 AND u.active AND u.deleted_at IS NULL
"""


async def fetch_holder(token_hash: bytes, moment: datetime) -> asyncpg.Record | None:
    """The session's holder with what they see today; None when the session or its user is no more."""
    return await fetch_row(_HOLDER, today(), token_hash, moment)


def actor_of(row: asyncpg.Record) -> Actor:
    """The row of `fetch_holder` as an actor."""
    return Actor(
        user_id=row["id"],
        login=row["login"],
        name=row["name"],
        language=row["language"],
        roles=frozenset(row["roles"]),
        keys=tuple(sorted(row["keys"])),
        own_keys=tuple(row["own_keys"]),
        device_id=row["device_id"],
        csrf=row["csrf"],
    )


async def load_actor(login: str) -> Actor:
    """An actor by login, without a session: for jobs done in somebody's name, the command line and tests."""
    row = await fetch_row(_USER, today(), login)
    if row is None:
        raise NotVisible(login=login)
    return actor_of(row)
