"""Browsers that want to be told: one row each, and only where the office is willing to send."""

from uuid import UUID

from backend.core.clock import now
from backend.core.database import execute, fetch_value
from backend.core.errors import NotVisible
from backend.core.ids import new_id
from backend.core.settings import settings
from backend.notices.errors import PushHostRefused, PushKeysWrong
from backend.notices.rules import keys_fit, may_push_to
from backend.notices.schemas import Subscribe, Subscribed
from backend.people.access import Actor

MOST = 10


async def subscribe(command: Subscribe, *, actor: Actor) -> Subscribed:
    """Remember a browser. The same browser subscribing again, for the same person or another, keeps one row.

    Refuses an endpoint that is not https on a known push service and keys of the wrong shape. Beyond ten browsers a
    person's oldest is forgotten.
    """
    if not may_push_to(command.endpoint, settings().push_test_hosts):
        raise PushHostRefused(pointer="/endpoint")
    if not keys_fit(command.keys.p256dh, command.keys.auth):
        raise PushKeysWrong(pointer="/keys")
    found: UUID = await fetch_value(
        """INSERT INTO push_subscriptions (id, user_id, endpoint, p256dh, auth, created_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (endpoint) DO UPDATE SET user_id = $2, p256dh = $4, auth = $5, created_at = $6 RETURNING id""",
        new_id(), actor.user_id, command.endpoint, command.keys.p256dh, command.keys.auth, now(),
    )  # fmt: skip
    await execute(
        """DELETE FROM push_subscriptions WHERE id IN (
             SELECT id FROM push_subscriptions WHERE user_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2)""",
        actor.user_id, MOST,
    )  # fmt: skip
    return Subscribed(id=found)


async def unsubscribe(subscription_id: UUID, *, actor: Actor) -> None:
    """Forget one of one's own browsers; anybody else's is as absent as an unknown one."""
    tag = await execute("DELETE FROM push_subscriptions WHERE id = $1 AND user_id = $2", subscription_id, actor.user_id)
    if tag == "DELETE 0":
        raise NotVisible
