"""One round trip of a phone: what it hands in is done first, then it is told what changed, its own work included."""

from backend.core.clock import now
from backend.people.access import Actor
from sync import devices
from sync.protocol import POLL_SECONDS, VERSION, SyncAnswer, SyncAsk
from sync.pull import pull
from sync.push import push
from sync.tables import MIN_SCHEMA


async def exchange(ask: SyncAsk, *, actor: Actor) -> SyncAnswer:
    """Push, then pull. A revoked phone may hand in but gets no rows; one that is to be wiped is refused."""
    may_pull = await devices.meet(ask, actor=actor)
    acks = await push(ask.push, actor=actor, device_id=ask.device or actor.device_id) if ask.push else []
    answer = SyncAnswer(v=VERSION, now=now(), min_schema=MIN_SCHEMA, poll_s=POLL_SECONDS, acks=acks)
    if ask.pull is not None and may_pull:
        page = await pull(ask.pull, actor=actor, schema=ask.schema)
        for field in page.__struct_fields__:
            setattr(answer, field, getattr(page, field))
    return answer
