"""What is handed in takes effect once, gets one answer for ever, and never drags others along."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from backend.core.database import execute, fetch, fetch_value, in_transaction
from backend.core.ids import new_id
from sync import push as pushing
from sync.mutations import CATALOGUE
from sync.push import push
from sync.runs import understand
from tests.sync.handing import count, expense, mutation, subject, visit
from tests.sync.phone import BOB, LAN, Phone, make_customer

pytestmark = pytest.mark.usefixtures("currencies")


def plain(ack: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(ack), "dup": False}


def many_of(verb: Any) -> Any:
    """A verb for many that does them singly."""

    async def many(commands: Any, **more: Any) -> list[Any]:
        return [await verb(command, **more) for command in commands]

    return many


async def test_a_visit_is_applied_and_its_row_comes_back_with_the_next_pull(cast: SimpleNamespace) -> None:
    customer = await make_customer()
    phone = Phone(cast.lan)
    await phone.sync()
    one = visit(customer)
    (ack,) = await push([one], actor=cast.lan)
    assert ack.st == "applied" and ack.rows == [("visit", subject(one), 1)]
    await phone.sync()
    assert phone.ids("visit") == {subject(one)}
    assert await fetch_value("SELECT count(*) FROM audit WHERE entity = 'mutation' AND entity_id = $1", one.id) == 1


async def test_when_the_reply_is_lost_the_same_again_gives_the_same_answer_and_no_second_effect(
    cast: SimpleNamespace,
) -> None:
    customer = await make_customer()
    batch = [visit(customer), expense(customer_id=str(customer)), expense(amount="-5")]
    first = await push(batch, actor=cast.lan)
    for _ in range(3):
        again = await push(list(reversed(batch)), actor=cast.lan)
        assert [plain(ack) for ack in reversed(again)] == [plain(ack) for ack in first]
        assert all(ack.dup for ack in again)
    assert (await count("visits"), await count("expenses")) == (1, 1)
    assert [ack.st for ack in first] == ["applied", "applied", "rejected"]


async def test_two_requests_with_the_same_mutations_at_the_same_moment_have_one_effect(cast: SimpleNamespace) -> None:
    customer = await make_customer()
    batch = [visit(customer) for _ in range(8)]
    answers = await asyncio.gather(*(push(batch[::step], actor=cast.lan) for step in (1, -1, 1, -1)))
    assert await count("visits") == 8
    assert {ack.st for acks in answers for ack in acks} == {"applied"}
    assert sum(not ack.dup for acks in answers for ack in acks) == 8


async def test_the_same_mutation_twice_in_one_request_has_one_effect(cast: SimpleNamespace) -> None:
    one = visit(await make_customer())
    first, second = await push([one, one], actor=cast.lan)
    assert (first.st, first.dup, second.st, second.dup) == ("applied", False, "applied", True)
    assert await count("visits") == 1


async def test_an_id_used_again_for_something_else_is_refused_and_the_first_answer_stays(cast: SimpleNamespace) -> None:
    customer = await make_customer()
    one = visit(customer)
    await push([one], actor=cast.lan)
    (ack,) = await push([visit(customer, id=one.id, note="khác")], actor=cast.lan)
    assert ack.st == "rejected" and ack.problem is not None and ack.problem["code"] == "mutation-id-reused"
    (ack,) = await push([one], actor=cast.lan)
    assert ack.st == "applied" and ack.dup


async def test_the_same_id_from_another_person_is_another_mutation(cast: SimpleNamespace) -> None:
    same = new_id()
    mine, theirs = await make_customer(LAN), await make_customer(BOB)
    (lan,) = await push([visit(mine, id=same)], actor=cast.lan)
    (bob,) = await push([visit(theirs, id=same)], actor=cast.bob)
    assert (lan.st, bob.st, bob.dup) == ("applied", "applied", False)


async def test_the_same_visit_id_in_two_mutations_has_one_effect(cast: SimpleNamespace) -> None:
    """Handed in from a second device that made its own envelope: the row's own id is the second guard."""
    customer, same = await make_customer(), new_id()
    acks = await push([visit(customer, visit_id=same), visit(customer, visit_id=same)], actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied", "applied"] and await count("visits") == 1


async def test_a_refused_mutation_leaves_nothing_behind_and_the_next_ones_go_on(cast: SimpleNamespace) -> None:
    mine, theirs = await make_customer(LAN), await make_customer(BOB)
    batch = [visit(mine), visit(theirs, lane=str(mine)), visit(new_id(), lane=str(mine)), visit(mine)]
    acks = await push(batch, actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied", "rejected", "rejected", "applied"]
    foreign, unknown = acks[1].problem, acks[2].problem
    assert foreign == unknown, "a foreign customer is refused like one that does not exist"
    assert await count("visits") == 2


async def test_an_unexpected_fault_in_the_middle_is_held_and_everything_else_is_done(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = [await make_customer() for _ in range(3)]
    batch = [visit(customers[at % 3], note="poison" if at == 7 else "ok") for at in range(15)]
    entry = CATALOGUE["visit.log"]

    async def breaks(command: Any, **more: Any) -> Any:
        answer = await entry.verb(command, **more)
        if command.note == "poison":
            await execute("SELECT 1 / 0")
        return answer

    monkeypatch.setitem(CATALOGUE, "visit.log", replace(entry, verb=breaks, many=many_of(breaks)))
    acks = await push(batch, actor=cast.lan)
    lane = batch[7].lane
    for at, (one, ack) in enumerate(zip(batch, acks, strict=True)):
        waits = at >= 7 and one.lane == lane
        assert ack.st == ("held" if waits else "applied"), at
    done = [one for one, ack in zip(batch, acks, strict=True) if ack.st == "applied"]
    assert await count("visits") == len(done)
    told = await fetch("SELECT entity, entity_id FROM audit WHERE entity IN ('mutation', 'visit')")
    wanted = [("mutation", one.id) for one in done] + [("visit", subject(one)) for one in done]
    assert sorted(map(tuple, told)) == sorted(wanted), "each once, although the group was begun twice"


async def test_what_fails_by_chance_is_held_with_its_lane_and_applied_later(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await make_customer(), await make_customer()
    batch = [visit(first), visit(first, note="poison"), visit(first), visit(second)]
    entry = CATALOGUE["visit.log"]

    async def breaks(command: Any, **more: Any) -> Any:
        if command.note == "poison":
            raise RuntimeError("the roof fell in")
        return await entry.verb(command, **more)

    monkeypatch.setitem(CATALOGUE, "visit.log", replace(entry, verb=breaks, many=many_of(breaks)))
    acks = await push(batch, actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied", "held", "held", "applied"]
    assert acks[1].retry_after and acks[1].problem is not None and acks[1].problem["code"] == "temporary"
    assert await count("sync_mutations") == 2, "what is held leaves no receipt"
    monkeypatch.setitem(CATALOGUE, "visit.log", entry)
    acks = await push(batch, actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied"] * 4 and [ack.dup for ack in acks] == [True, False, False, True]


async def test_a_mutation_waits_for_what_it_builds_on(cast: SimpleNamespace) -> None:
    customer = await make_customer()
    base = visit(customer)
    after = visit(customer, deps=[base.id])
    (ack,) = await push([after], actor=cast.lan)
    assert ack.st == "held" and await count("visits") == 0
    acks = await push([base, after], actor=cast.lan)
    assert [ack.st for ack in acks] == ["applied", "applied"]


async def test_what_builds_on_a_refused_mutation_is_held_and_holds_nobody_else(cast: SimpleNamespace) -> None:
    customer = await make_customer(LAN)
    bad = visit(await make_customer(BOB), lane="one")
    acks = await push([bad, visit(customer, deps=[bad.id], lane="one"), visit(customer, lane="one")], actor=cast.lan)
    assert [ack.st for ack in acks] == ["rejected", "held", "applied"]


@pytest.mark.parametrize("days", [-400, 400])
async def test_a_clock_that_is_a_year_off_changes_no_outcome_and_is_kept_as_a_claim(
    cast: SimpleNamespace, days: int
) -> None:
    at = datetime.now(UTC) + timedelta(days=days)
    one = visit(await make_customer(), at=at, skew_ms=-days * 86_400_000)
    (ack,) = await push([one], actor=cast.lan)
    assert ack.st == "applied"
    kept = await fetch_value("SELECT claimed_at FROM sync_mutations WHERE id = $1", one.id)
    assert abs(kept - datetime.now(UTC)) < timedelta(minutes=5)


async def test_what_was_answered_is_found_again_after_the_effect_was_undone_elsewhere(cast: SimpleNamespace) -> None:
    """A kill before the commit leaves neither effect nor receipt; both stand or fall together."""
    customer = await make_customer()
    one = visit(customer)

    class Killed(Exception):
        pass

    async def dies() -> None:
        pushed = pushing._Pushed(cast.lan, None)
        await pushed._together([understand(one)])
        raise Killed

    with pytest.raises(Killed):
        await in_transaction(dies)
    assert (await count("visits"), await count("sync_mutations")) == (0, 0)
    (ack,) = await push([one], actor=cast.lan)
    assert ack.st == "applied" and not ack.dup


async def test_expenses_of_nobody_in_particular_go_to_the_own_phone_and_the_superiors(cast: SimpleNamespace) -> None:
    one = expense()
    (ack,) = await push([one], actor=cast.lan)
    assert ack.st == "applied"
    photo = mutation("attachment.add", {"id": str(new_id()), "owner": "expense", "owner_id": str(subject(one)),
                                        "sha256": "b" * 64, "size": 5, "mime": "image/jpeg"})  # fmt: skip
    await push([photo], actor=cast.lan)
    phones = {name: Phone(getattr(cast, name)) for name in ("lan", "hung", "bob", "an")}
    for phone in phones.values():
        await phone.sync()
    held = {name: (phone.ids("expense"), phone.ids("attachment")) for name, phone in phones.items()}
    both = ({subject(one)}, {subject(photo)})
    assert held == {"lan": both, "hung": both, "an": both, "bob": (set(), set())}
    assert phones["lan"].rows["attachment"][str(subject(photo))][1] == str(subject(one))


async def test_money_keeps_its_decimals_on_the_wire(cast: SimpleNamespace) -> None:
    one = expense(amount="12.5", vat="1.05", currency="USD")
    await push([one], actor=cast.lan)
    phone = Phone(cast.lan)
    await phone.sync()
    row = phone.rows["expense"][str(subject(one))][2]
    assert (row["amount"], row["vat"]) == ("12.50", "1.05")


async def test_receipts_name_who_handed_in_what_when_and_from_which_phone(cast: SimpleNamespace) -> None:
    device, one = new_id(), visit(await make_customer(), n=412, chain="abc")
    await push([one], actor=cast.lan, device_id=device)
    (row,) = await fetch("SELECT * FROM sync_mutations")
    assert (row["user_id"], row["device_id"], row["n"], row["chain"]) == (cast.lan.user_id, device, 412, "abc")
    assert row["name"] == "visit.log" and row["st"] == "applied"
