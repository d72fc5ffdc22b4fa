"""Mutations of one kind cost a few statements together; what is refused among them is refused by itself."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.core import database as db
from backend.core.database import execute, fetch, fetch_value
from backend.core.ids import new_id
from backend.people.access import Actor
from sync.mutations import CATALOGUE
from sync.protocol import Mutation
from sync.push import push
from tests.makers import currencies
from tests.sync.handing import expense, mutation, subject, visit
from tests.sync.phone import BOB, LAN, make_customer, make_visit, reassign

BEFORE, AFTER = "2026-11-20T02:00:00+00:00", "2026-11-20T03:00:00+00:00"


async def statements(monkeypatch: pytest.MonkeyPatch, batch: Sequence[Mutation], actor: Actor) -> int:
    """How often the office spoke to the database while it took this in."""
    spoken: list[str] = []
    with monkeypatch.context() as patch:
        for name in ("execute", "executemany", "fetch", "fetchrow", "fetchval"):
            through = getattr(asyncpg.Connection, name)

            async def counting(self: Any, query: str, *rest: Any, through: Any = through, **more: Any) -> Any:
                spoken.append(query)
                return await through(self, query, *rest, **more)

            patch.setattr(asyncpg.Connection, name, counting)
        acks = await push(batch, actor=actor)
    assert {ack.st for ack in acks} == {"applied"}
    return len(spoken)


def photo(of: Mutation, **more: Any) -> Mutation:
    args = {"id": new_id(), "owner": of.name.partition(".")[0], "owner_id": subject(of), "sha256": "a" * 64, "size": 5,
            "mime": "image/jpeg"}  # fmt: skip
    return mutation("attachment.add", args, lane=of.lane, deps=[of.id], **more)


async def test_fifty_visits_cost_as_many_statements_as_two(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = [await make_customer() for _ in range(50)]
    few = await statements(monkeypatch, [visit(one) for one in customers[:2]], cast.lan)
    assert await statements(monkeypatch, [visit(one) for one in customers[:20]], cast.lan) == few
    assert await statements(monkeypatch, [visit(one) for one in customers], cast.lan) == few
    assert few <= 11, "begin, claim, look, write, touch, audit, versions, receipts, audit, commit"


async def test_a_day_of_visits_with_photos_and_expenses_costs_three_runs(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a rep makes them: each customer's visit, its two photos and what parking cost, one after the other."""
    await currencies()
    customers = [await make_customer() for _ in range(12)]

    def day(shops: Sequence[UUID]) -> list[Mutation]:
        made = []
        for shop in shops:
            call = visit(shop)
            parking = expense(visit_id=str(subject(call)), lane=str(shop), deps=[call.id])
            made += [call, photo(call), photo(call), parking]
        return made

    few = await statements(monkeypatch, day(customers[:2]), cast.lan)
    assert await statements(monkeypatch, day(customers), cast.lan) == few


async def test_what_is_refused_among_many_leaves_nothing_and_the_others_are_done(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    entry = CATALOGUE["visit.log"]

    async def listening(commands: Sequence[Any], **more: Any) -> list[Any]:
        assert entry.many is not None
        calls.append(len(commands))
        answers: list[Any] = await entry.many(commands, **more)
        return answers

    monkeypatch.setitem(CATALOGUE, "visit.log", replace(entry, many=listening))
    mine, lost, theirs = await make_customer(LAN), await make_customer(LAN), await make_customer(BOB)
    also_lost, taken = await make_customer(LAN), await make_visit(theirs, cast.bob.user_id)
    await reassign(lost, BOB)
    await reassign(also_lost, BOB)
    upside_down = {"id": new_id(), "customer_id": mine, "purpose": "sale", "started_at": AFTER, "ended_at": BEFORE}
    batch = [visit(mine), visit(theirs), visit(lost), visit(mine, visit_id=taken), visit(also_lost), visit(new_id()),
             mutation("visit.log", upside_down, lane=str(mine)), visit(mine)]  # fmt: skip
    acks = await push(batch, actor=cast.lan)
    codes = [ack.problem["code"] if ack.problem else ack.result["late"] for ack in acks]
    assert codes == [False, "not-found", True, "activity-id-taken", True, "not-found", "visit-times-wrong", False]
    assert calls == [8, 2], "all at once, then once more those whose customers were lost lately"
    done = {subject(batch[at]) for at in (0, 2, 4, 7)}
    assert {row["id"] for row in await fetch("SELECT id FROM visits")} == done | {taken}
    audited = await fetch("SELECT entity_id FROM audit WHERE action = 'visit.log' AND entity = 'visit'")
    assert {row["entity_id"] for row in audited} == done


async def test_a_visit_taken_by_somebody_else_at_the_same_moment_is_refused_by_itself(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look and the insert are two statements: what slips between them undoes the group, which is done singly."""
    mine, theirs, same = await make_customer(LAN), await make_customer(BOB), new_id()
    entry = CATALOGUE["visit.log"]

    async def overtaken(commands: Sequence[Any], **more: Any) -> list[Any]:
        assert entry.many is not None

        async def elsewhere() -> None:
            db.engine().current_transaction.set(None)
            await execute(
                "INSERT INTO visits (id, customer_id, user_id, purpose, started_at) VALUES ($1, $2, $3, 'x', now())",
                same, theirs, cast.bob.user_id,
            )  # fmt: skip

        await asyncio.create_task(elsewhere())
        await execute(
            "INSERT INTO visits (id, customer_id, user_id, purpose, started_at) VALUES ($1, $2, $3, 'x', now())",
            same, mine, cast.lan.user_id,
        )  # fmt: skip
        raise AssertionError("the insert fails")

    monkeypatch.setitem(CATALOGUE, "visit.log", replace(entry, many=overtaken))
    acks = await push([visit(mine), visit(mine, visit_id=same), visit(mine)], actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied", "rejected", "applied"]
    assert acks[1].problem is not None and acks[1].problem["code"] == "activity-id-taken"


async def test_two_requests_for_the_same_customers_in_opposite_orders_do_not_lock_each_other(
    cast: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    customers = [await make_customer() for _ in range(25)]
    caplog.set_level(logging.INFO, logger="backend.core.database")
    for _ in range(4):
        there, back = [visit(one) for one in customers], [visit(one) for one in reversed(customers)]
        answers = await asyncio.gather(push(there, actor=cast.lan), push(back, actor=cast.lan))
        assert {ack.st for acks in answers for ack in acks} == {"applied"}
    assert "40P01" not in caplog.text
    assert await fetch_value("SELECT count(*) FROM visits") == 200


async def test_a_request_of_one_kind_is_one_transaction_and_of_many_kinds_twenty_a_transaction(
    cast: SimpleNamespace,
) -> None:
    customer = await make_customer()
    await push([visit(customer) for _ in range(50)], actor=cast.lan)
    assert await fetch_value("SELECT count(DISTINCT xmin::text) FROM visits") == 1
    notes = [mutation("customer.update", {"id": customer, "changes": {"note": f"{n}"}}) for n in range(50)]
    await push(notes, actor=cast.lan)
    taken = await fetch_value(
        "SELECT count(DISTINCT xmin::text) FROM sync_mutations WHERE name = 'customer.update' AND st = 'applied'"
    )
    assert taken == 3


async def test_the_same_picture_on_two_visits_of_one_request_is_told(cast: SimpleNamespace) -> None:
    calls = [visit(await make_customer()) for _ in range(2)]
    acks = await push([*calls, photo(calls[0]), photo(calls[0]), photo(calls[1])], actor=cast.lan)
    assert [ack.result["seen_before"] for ack in acks[2:]] == [False, False, True]
