"""Which mutations are done together, and that none is done before something it has to do with."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.ids import new_id
from sync.mutations import CATALOGUE
from sync.protocol import Mutation
from sync.runs import ALONE, GROUP, Ready, groups_of, runs_of, understand
from tests.sync.handing import expense, mutation, subject, visit


def runs(*handed: Mutation) -> list[list[int]]:
    """The runs as places in what was handed in."""
    places = {one.id: at for at, one in enumerate(handed)}
    return [[places[one.mutation.id] for one in run.members] for run in runs_of([understand(one) for one in handed])]


def photo(of: Mutation, lane: str | None = "-") -> Mutation:
    args = {"id": new_id(), "owner": "visit", "owner_id": subject(of), "sha256": "a" * 64, "size": 5,
            "mime": "image/jpeg"}  # fmt: skip
    return mutation("attachment.add", args, lane=of.lane if lane == "-" else lane)


def note(customer: UUID) -> Mutation:
    return mutation("customer.update", {"id": customer, "changes": {"note": "x"}}, lane=str(customer))


def test_a_day_of_visits_photos_and_notes_comes_to_a_run_a_kind_and_the_notes() -> None:
    shops = [new_id() for _ in range(3)]
    calls = [visit(shop) for shop in shops]
    handed = [
        one for call, shop in zip(calls, shops, strict=True) for one in (call, photo(call), photo(call), note(shop))
    ]
    assert runs(*handed) == [[0, 4, 8], [1, 2, 5, 6, 9, 10], [3], [7], [11]]


def test_a_lane_keeps_its_order() -> None:
    shop = new_id()
    assert runs(visit(shop), note(shop), visit(shop), visit(shop)) == [[0], [1], [2, 3]]
    assert runs(visit(shop), note(new_id()), visit(shop)) == [[0, 2], [1]]


def test_what_builds_on_another_of_its_kind_comes_in_the_next_run() -> None:
    first = visit(new_id())
    assert runs(first, visit(new_id(), deps=[first.id]), visit(new_id())) == [[0], [1, 2]]
    assert runs(visit(new_id(), deps=[first.id]), first) == [[0], [1]]


def test_the_same_row_twice_comes_in_two_runs() -> None:
    same = new_id()
    assert runs(visit(new_id(), visit_id=same), visit(new_id(), visit_id=same)) == [[0], [1]]


def test_what_has_no_lane_is_done_where_it_stands() -> None:
    assert runs(visit(new_id()), mutation("customer.update", {"id": new_id(), "changes": {}}), visit(new_id())) == [
        [0], [1], [2],
    ]  # fmt: skip
    assert runs(visit(new_id()), note(new_id()), visit(new_id(), lane=None), visit(new_id())) == [[0], [1], [2, 3]]
    assert runs(visit(new_id(), lane=None), visit(new_id(), lane=None)) == [[0, 1]]


SHOPS, VISITS = [UUID(int=n) for n in (1, 2, 3)], [UUID(int=n) for n in (11, 12, 13, 14)]


@st.composite
def requests(draw: st.DrawFn) -> list[Ready]:
    made: list[Mutation] = []
    for _ in range(draw(st.integers(1, 12))):
        shop, call = draw(st.sampled_from(SHOPS)), draw(st.sampled_from(VISITS))
        lane = draw(st.sampled_from([str(shop), "self", None]))
        builds = bool(made) and draw(st.sampled_from((False, True)))
        deps = [draw(st.sampled_from(made)).id] if builds else []
        kind = draw(st.sampled_from(("visit", "photo", "expense", "note")))
        if kind == "visit":
            made.append(visit(shop, visit_id=call, lane=lane, deps=deps))
        elif kind == "photo":
            args = {
                "id": new_id(),
                "owner": "visit",
                "owner_id": call,
                "sha256": "a" * 64,
                "size": 5,
                "mime": "image/png",
            }
            made.append(mutation("attachment.add", args, lane=lane, deps=deps))
        elif kind == "expense":
            made.append(expense(visit_id=str(call), lane=lane, deps=deps))
        else:
            made.append(mutation("customer.update", {"id": shop, "changes": {"note": "x"}}, lane=lane, deps=deps))
    return [understand(one) for one in made]


@given(ready=requests())
def test_two_that_have_to_do_with_each_other_keep_their_order(ready: list[Ready]) -> None:
    found = runs_of(ready)
    where = {one.mutation.id: at for at, run in enumerate(found) for one in run.members}
    assert sorted(where) == sorted(one.mutation.id for one in ready)
    for run in found:
        places = [ready.index(one) for one in run.members]
        assert places == sorted(places)
        assert len(run.members) == 1 or run.entry.many is not None
    for at, one in enumerate(ready):
        for later in ready[at + 1 :]:
            first, second = where[one.mutation.id], where[later.mutation.id]
            bound = not (one.mutation.lane and later.mutation.lane) or one.names & later.names
            assert first <= second or not bound
            if one.makes & later.names or later.makes & one.names:
                assert first < second


def test_fifty_share_a_transaction_of_those_done_alone_twenty_and_the_same_twice_never() -> None:
    visits = [understand(visit(new_id())) for _ in range(GROUP + 1)]
    assert [len(group) for group in groups_of(visits)] == [GROUP, 1]
    notes = [understand(note(new_id())) for _ in range(ALONE + 1)]
    assert [len(group) for group in groups_of(notes)] == [ALONE, 1]
    mixed = [one for pair in zip(visits, notes, strict=False) for one in pair]
    assert [len(group) for group in groups_of(mixed)] == [2 * ALONE, 2]
    assert [len(group) for group in groups_of([visits[0], visits[1], visits[0]])] == [2, 1]


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_verbs_for_many_take_no_moment_of_the_phone(name: str) -> None:
    entry = CATALOGUE[name]
    assert entry.many is None or not (entry.claimed or entry.with_base)
