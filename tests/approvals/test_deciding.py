"""Questions and answers: in scope, by somebody else, once, on the version that was seen."""

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import asyncpg
import pytest

import backend.approvals.doctor
from backend.approvals import deciding, queries
from backend.approvals.errors import AlreadyDecided, OwnRequest, ReasonNeeded
from backend.approvals.rules import Verdict
from backend.core import database as db
from backend.core.errors import NotAllowed, NotVisible, Refusal, StaleVersion
from backend.core.ids import new_id
from backend.people.access import Actor
from tests.orders.shop import BOB, LAN

AT = datetime(2026, 11, 22, tzinfo=UTC)


async def asked(by: Actor, position: int = LAN) -> UUID:
    request = new_id()
    await db.execute(
        "SELECT approval_ask($1, $2, 'order.hold', $3, $4, $5, $6)",
        request,
        new_id(),
        position,
        by.user_id,
        {"n": 1},
        AT,
    )
    return request


async def answer(
    request: UUID, actor: Actor, verdict: Verdict = "approve", *, version: int = 1, reason: str = "vì thế"
) -> None:
    await deciding.decide(
        request, verdict, reason=reason, expected_version=version, reason_needed=True, facts={}, actor=actor
    )


async def test_a_manager_answers_for_his_own_people_only(cast: SimpleNamespace) -> None:
    request = await asked(cast.lan)
    with pytest.raises(NotVisible):
        await answer(request, cast.ngoc)
    with pytest.raises(NotVisible):
        await answer(new_id(), cast.hung)
    await answer(request, cast.hung)
    assert (await queries.find_request(request, actor=cast.hung)).state == "approved"
    assert await backend.approvals.doctor.faults() == []


@pytest.mark.parametrize(
    ("who", "asker", "version", "reason", "refusal"),
    [
        ("lan", "hung", 1, "x", NotAllowed),
        ("tuan", "lan", 1, "x", NotAllowed),
        ("sau", "lan", 1, "x", NotAllowed),
        ("hung", "hung", 1, "x", OwnRequest),
        ("hung", "lan", 2, "x", StaleVersion),
        ("hung", "lan", 1, "  ", ReasonNeeded),
        ("hung", "lan", 1, "x" * 501, ReasonNeeded),
    ],
)
async def test_an_answer_that_is_not_theirs_to_give_is_refused(
    cast: SimpleNamespace, who: str, asker: str, version: int, reason: str, refusal: type[Refusal]
) -> None:
    request = await asked(getattr(cast, asker))
    with pytest.raises(refusal):
        await answer(request, getattr(cast, who), version=version, reason=reason)
    assert (await queries.find_request(request, actor=cast.an)).state == "open"


async def test_a_question_is_answered_once_and_the_answer_stays(cast: SimpleNamespace) -> None:
    request = await asked(cast.lan)
    await answer(request, cast.mai, "reject")
    with pytest.raises(AlreadyDecided):
        await answer(request, cast.hung, version=2)
    for statement in ("UPDATE approval_decisions SET verdict = 'approve'", "DELETE FROM approval_decisions"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(statement)


async def test_a_question_whose_cause_is_gone_needs_no_answer(cast: SimpleNamespace) -> None:
    request = await asked(cast.lan)
    await deciding.withdraw([(await queries.find_request(request, actor=cast.an)).reference])
    with pytest.raises(AlreadyDecided):
        await answer(request, cast.hung, version=2)


async def test_lists_hold_the_actors_people_oldest_first_page_by_page(cast: SimpleNamespace) -> None:
    mine = [await asked(cast.lan) for _ in range(5)]
    theirs = await asked(cast.bob, BOB)
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await queries.list_requests(actor=cast.hung, limit=2, cursor=cursor)
        seen += [request.id for request in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == sorted(mine)
    assert len((await queries.list_requests(actor=cast.mai)).items) == 6
    with pytest.raises(NotVisible):
        await queries.find_request(theirs, actor=cast.hung)


async def test_the_doctor_sees_an_answered_question_without_an_answer(cast: SimpleNamespace) -> None:
    await asked(cast.lan)
    await db.execute("UPDATE approval_requests SET state = 'approved'")
    assert len(await backend.approvals.doctor.faults()) == 1
