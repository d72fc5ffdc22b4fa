"""The never-lose ledger: operations in a line, receipts with a name under them, and a code both sides can read out."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core import clock
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from backend.people.access import Actor
from sync import ledger
from sync.chain import START, day_code, link
from sync.protocol import Ack, Mutation
from sync.push import push
from sync.signing import Statement, is_ours
from tests.sync.handing import expense, mutation

pytestmark = pytest.mark.usefixtures("currencies")


class Line:
    """A phone that numbers and chains what it does."""

    def __init__(self, actor: Actor) -> None:
        self.actor, self.device = actor, new_id()
        self.n, self.chain = 0, START

    def add(self, one: Mutation) -> Mutation:
        self.n += 1
        one.n, one.prev = self.n, self.chain
        one.chain = self.chain = link(one.prev, one.n, one.id, one.name, bytes(one.args))
        return one

    async def send(self, *some: Mutation) -> list[Ack]:
        return await push(list(some), actor=self.actor, device_id=self.device)

    def take_back(self, one: Mutation, reason: str = "khách đổi ý") -> Mutation:
        what = [{"n": one.n, "id": str(one.id), "name": one.name}]
        args = {"id": str(new_id()), "device": str(self.device), "what": what, "reason": reason}
        return self.add(mutation("outbox.withdraw", args))


async def known_phone(actor: Actor) -> Line:
    line = Line(actor)
    await execute("INSERT INTO devices (id, user_id, name) VALUES ($1, $2, 'Redmi 9A')", line.device, actor.user_id)
    return line


async def day(actor: Actor, line: Line) -> ledger.PhoneDay:
    (found,) = [one for one in await ledger.day_of(clock.today(), actor=actor) if one.device == line.device]
    return found


async def test_every_recorded_answer_carries_the_offices_signature_and_a_repeat_the_same(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    good, bad = line.add(expense()), line.add(expense(amount="-1"))
    first, second = await line.send(good, bad)
    assert (first.st, second.st) == ("applied", "rejected")
    for ack, one in ((first, good), (second, bad)):
        assert ack.at is not None and ack.sig is not None
        assert is_ours(Statement(cast.lan.user_id, one.id, ack.st, ack.at, one.chain), ack.sig)
    again, _ = await line.send(good, bad)
    assert again.dup and (again.at, again.sig) == (first.at, first.sig)


async def test_a_receipt_with_one_word_changed_is_not_ours(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    one = line.add(expense())
    (ack,) = await line.send(one)
    assert ack.at is not None and ack.sig is not None
    true = Statement(cast.lan.user_id, one.id, "applied", ack.at, one.chain)
    for false in (
        true._replace(st="rejected"),
        true._replace(at=ack.at + timedelta(microseconds=1)),
        true._replace(user_id=cast.bob.user_id),
        true._replace(chain=None),
    ):
        assert not is_ours(false, ack.sig)
    assert not is_ours(true, "") and not is_ours(true, "no signature") and not is_ours(true, "ấ")


async def test_what_is_held_is_not_recorded_and_carries_no_signature(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    (ack,) = await line.send(line.add(expense(deps=[new_id()])))
    assert (ack.st, ack.at, ack.sig) == ("held", None, None)


async def test_the_day_counts_what_took_effect_and_shows_the_phones_code(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    some = [line.add(expense()) for _ in range(27)]
    await line.send(*some, line.add(expense(amount="-1")))
    seen = await day(cast.hung, line)
    assert (seen.received, seen.refused, seen.missing, seen.unsound) == (27, 1, [], 0)
    assert seen.code == day_code(one.id for one in some)
    assert (seen.person, seen.name) == (cast.lan.name, "Redmi 9A")
    with clock.at(clock.now() + timedelta(days=1)):
        tomorrow = await day(cast.hung, line)
    assert (tomorrow.received, tomorrow.code) == (0, None)


async def test_a_number_that_never_came_is_named_until_it_comes_or_is_taken_back(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    one, two, three, four = (line.add(expense()) for _ in range(4))
    await line.send(one, four)
    assert (await day(cast.hung, line)).missing == [2, 3]
    await line.send(three)
    assert (await day(cast.hung, line)).missing == [2]
    await line.send(line.take_back(two))
    assert (await day(cast.hung, line)).missing == []
    assert await fetch_value("SELECT reason FROM sync_withdrawals WHERE n = 2") == "khách đổi ý"


async def test_a_phone_that_claims_an_absurd_number_costs_the_office_nothing(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    first = line.add(expense())
    line.n = 2**53 - 1
    await line.send(first, line.add(expense()))
    assert (await day(cast.hung, line)).missing == list(range(2, 2 + ledger.MOST_MISSING))


async def test_an_operation_whose_content_is_not_what_was_chained_is_taken_and_marked(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    one = line.add(expense())
    one.args = expense(amount="99000").args
    (ack,) = await line.send(one)
    assert ack.st == "applied", "work is never refused for the sake of the ledger"
    assert (await day(cast.hung, line)).unsound == 1


async def test_phones_of_other_lines_are_nobodys_business(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    await line.send(line.add(expense()))
    assert [one.device for one in await ledger.day_of(clock.today(), actor=cast.ngoc)] == []
    assert line.device in {one.device for one in await ledger.day_of(clock.today(), actor=cast.an)}


async def test_the_office_recognises_its_receipts_over_http_and_knows_which_its_books_have_lost(
    cast: SimpleNamespace, client_for: Any
) -> None:
    line = await known_phone(cast.lan)
    one = line.add(expense())
    (ack,) = await line.send(one)
    assert ack.at is not None
    body = {
        "user_id": str(cast.lan.user_id), "id": str(one.id), "st": "applied", "at": ack.at.isoformat(),
        "chain": one.chain, "sig": ack.sig,
    }  # fmt: skip
    hung = await client_for("hung")
    assert (await hung.post("/ledger/verification", json=body)).json() == {"ours": True, "known": True}
    forged = {**body, "id": str(UUID(int=one.id.int ^ 1))}
    assert (await hung.post("/ledger/verification", json=forged)).json() == {"ours": False, "known": False}
    await execute("DELETE FROM sync_mutations")
    assert (await hung.post("/ledger/verification", json=body)).json() == {"ours": True, "known": False}
    ngoc = await client_for("ngoc")
    assert (await ngoc.post("/ledger/verification", json=body)).status_code == 404
    lan = await client_for("lan")
    assert (await lan.post("/ledger/verification", json=body)).status_code == 403
    assert (await hung.get("/ledger", params={"on": "hôm qua"})).status_code in (400, 422)
    listed = (await hung.get("/ledger")).json()
    assert listed["on"] == clock.today().isoformat()


async def test_taking_back_is_for_ones_own_work_only_and_says_why(cast: SimpleNamespace) -> None:
    line = await known_phone(cast.lan)
    one = line.add(expense())
    without = mutation("outbox.withdraw", {"id": str(new_id()), "device": str(line.device), "what": [], "reason": "x"})
    (ack,) = await line.send(without)
    assert ack.st == "rejected"
    await line.send(line.take_back(one))
    assert await fetch_value("SELECT user_id FROM sync_withdrawals") == cast.lan.user_id
