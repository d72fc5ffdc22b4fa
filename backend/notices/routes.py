"""HTTP doors of notices: the inbox and push subscriptions."""

from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.clock import now
from backend.core.database import in_transaction
from backend.notices import keys, notifying, queries, subscribing
from backend.notices.schemas import Inbox, NoticeOut, PushKey, Subscribe, Subscribed
from backend.people.access import Actor, rule


@get("/notices", opt=rule("notice.read"))
async def list_notices(
    actor: NamedDependency[Actor],
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
    unread: FromQuery[bool] = False,
) -> Inbox:
    """One's own inbox, newest first."""
    return await queries.list_notices(actor=actor, limit=limit, cursor=cursor, unread=unread)


@post("/notices/{notice_id:uuid}/reading", opt=rule("notice.read"), status_code=200)
async def read_notice(notice_id: FromPath[UUID], actor: NamedDependency[Actor]) -> NoticeOut:
    """Say that one has read a notice."""

    async def work() -> NoticeOut:
        await queries.show_notice(notice_id, actor=actor)
        await notifying.mark_read(notice_id, actor.user_id, now())
        return await queries.show_notice(notice_id, actor=actor)

    return await in_transaction(work)


@get("/push/key", opt=rule("notice.read"))
async def show_push_key(actor: NamedDependency[Actor]) -> PushKey:
    """The key a browser subscribes with."""
    return PushKey(key=keys.public_key())


@post("/push/subscriptions", opt=rule("notice.read"))
async def subscribe(data: JSONBody[Subscribe], actor: NamedDependency[Actor]) -> Subscribed:
    """Have a browser told."""
    return await in_transaction(lambda: subscribing.subscribe(data, actor=actor))


@delete("/push/subscriptions/{subscription_id:uuid}", opt=rule("notice.read"), status_code=204)
async def unsubscribe(subscription_id: FromPath[UUID], actor: NamedDependency[Actor]) -> None:
    """Have a browser told no more."""
    await subscribing.unsubscribe(subscription_id, actor=actor)


route_handlers: list[Any] = [list_notices, read_notice, show_push_key, subscribe, unsubscribe]
