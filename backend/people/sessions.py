"""Sessions: opening, reading and ending them. Tokens are 256-bit and stored hashed; every login makes a new one."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value, transaction
from backend.core.ids import new_id
from backend.core.settings import settings
from backend.people import passwords
from backend.people.access import Actor
from backend.people.errors import TooManyLogins, WrongLogin
from backend.people.queries_actor import actor_of, fetch_holder

ACCOUNT_WINDOW = timedelta(minutes=15)
ADDRESS_WINDOW = timedelta(minutes=1)
TOUCH_EVERY = timedelta(minutes=5)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def open_session(login: str, password: str, *, address: str, device_id: UUID | None, device_name: str) -> str:
    """Check the password and open a session.

    Returns:
        The new token, to be put in a cookie; only its hash is kept.

    Refuses with `TooManyLogins` (5 failures per account in 15 minutes, 20 tries per address in a minute) and
    `WrongLogin`, the same and equally slow for an unknown login.
    """
    folded = login.strip().lower()[:100]
    await _throttle(folded, address)
    user = await fetch_row(
        "SELECT id, password_hash FROM users WHERE login = $1 AND active AND deleted_at IS NULL", folded
    )
    right = await passwords.verify_password(user["password_hash"] if user else None, password)
    await execute(
        "INSERT INTO login_attempts (id, login, address, at, succeeded) VALUES ($1, $2, $3, $4, $5)",
        new_id(), folded, address, now(), right,
    )  # fmt: skip
    if user is None or not right:
        raise WrongLogin
    if passwords.outdated(user["password_hash"]):
        await execute(
            "UPDATE users SET password_hash = $2 WHERE id = $1", user["id"], await passwords.hash_password(password)
        )
    return await _begin(user["id"], address=address, device_id=device_id, device_name=device_name)


async def _throttle(login: str, address: str) -> None:
    chosen, moment = settings(), now()
    failures = await fetch_value(
        """SELECT count(*) FROM login_attempts WHERE login = $1 AND at > $2 AND NOT succeeded
              AND at > coalesce((SELECT max(at) FROM login_attempts WHERE login = $1 AND succeeded), '-infinity')""",
        login, moment - ACCOUNT_WINDOW,
    )  # fmt: skip
    if failures >= chosen.login_per_account:
        raise TooManyLogins(retry_after=int(ACCOUNT_WINDOW.total_seconds()), minutes=15)
    tries = await fetch_value(
        "SELECT count(*) FROM login_attempts WHERE address = $1 AND at > $2", address, moment - ADDRESS_WINDOW
    )
    if tries >= chosen.login_per_address:
        raise TooManyLogins(retry_after=int(ADDRESS_WINDOW.total_seconds()), minutes=1)


async def _begin(user_id: UUID, *, address: str, device_id: UUID | None, device_name: str) -> str:
    token, moment = secrets.token_urlsafe(32), now()
    async with transaction():
        if device_id is not None:
            owned = await fetch_value(
                """INSERT INTO devices (id, user_id, name, created_at, last_seen_at) VALUES ($1, $2, $3, $4, $4)
                   ON CONFLICT (id) DO UPDATE SET last_seen_at = excluded.last_seen_at, state = 'active'
                    WHERE devices.user_id = excluded.user_id RETURNING id""",
                device_id, user_id, device_name[:100], moment,
            )  # fmt: skip
            device_id = owned  # another person's device id is not taken over: this session simply has none
        await execute(
            """INSERT INTO sessions
                 (token_hash, user_id, device_id, csrf, address, created_at, last_seen_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $6, $7)""",
            _hash(token), user_id, device_id, secrets.token_urlsafe(24), address, moment,
            moment + timedelta(days=settings().session_days),
        )  # fmt: skip
        await audit.record("user", user_id, "session.open", actor_id=user_id, details={"address": address})
    return token


async def find_actor(token: str) -> Actor | None:
    """Who holds this token, with what they may see today; None when it is unknown, ended or its user disabled."""
    moment = now()
    row = await fetch_holder(_hash(token), moment)
    if row is None:
        return None
    if moment - row["last_seen_at"] > TOUCH_EVERY:
        await execute("UPDATE sessions SET last_seen_at = $2 WHERE token_hash = $1", _hash(token), moment)
    return actor_of(row)


async def end_session(token: str, *, actor: Actor) -> None:
    """End it on the server: the token is dead from now on."""
    await execute("DELETE FROM sessions WHERE token_hash = $1 AND user_id = $2", _hash(token), actor.user_id)
    await audit.record("user", actor.user_id, "session.end", actor_id=actor.user_id)
