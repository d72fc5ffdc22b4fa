"""Mutations of one kind are done together, and nobody can tell it from their being done one at a time."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core import database as db
from backend.core.database import execute, fetch, transaction
from backend.core.ids import new_id
from backend.people.queries_actor import load_actor
from sync.mutations import CATALOGUE
from sync.protocol import Ack, Mutation
from sync.push import push
from tests.makers import currencies
from tests.sync.handing import mutation
from tests.sync.phone import BOB, LAN, make_customer, make_visit, reassign

BEFORE, AFTER = "2026-11-20T02:00:00+00:00", "2026-11-20T03:00:00+00:00"
TOGETHER = [name for name, entry in CATALOGUE.items() if entry.many is not None]


class Undone(Exception):
    """Ends a transaction whose work is to be forgotten."""


class Stage:
    """One database with customers of several kinds, on which the same is handed in twice from the same beginning."""

    def __init__(self, dsn: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self._lay(dsn))

    async def _lay(self, dsn: str) -> None:
        db.bind(db.create_engine(dsn, pool_size=2))
        await db.open_pool()
        await currencies()
        self.lan, bob = await load_actor("lan"), await load_actor("bob")
        mine, second, lost = [await make_customer(LAN) for _ in range(3)]
        foreign = await make_customer(BOB)
        await pinned(mine)
        self.customers = [*[mine] * 4, second, lost, lost, foreign, new_id()]
        users = {mine: self.lan.user_id, lost: self.lan.user_id, foreign: bob.user_id}
        self.visits = [await make_visit(customer, user) for customer, user in users.items()]
        await reassign(lost, BOB)

    def hand_in(self, *batches: Sequence[Mutation]) -> tuple[list[Ack], dict[str, list[Any]]]:
        """The answers, and what the books say afterwards. Then all of it is undone."""
        return self.loop.run_until_complete(self._hand_in(batches))

    async def _hand_in(self, batches: Sequence[Sequence[Mutation]]) -> tuple[list[Ack], dict[str, list[Any]]]:
        acks: list[Ack] = []
        books: dict[str, list[Any]] = {}
        try:
            async with transaction():
                for batch in batches:
                    acks += await push(batch, actor=self.lan)
                books = await read_books()
                raise Undone
        except Undone:
            return acks, books

    def close(self) -> None:
        self.loop.run_until_complete(db.close_pool())
        db.bind(None)
        self.loop.close()


async def pinned(customer: UUID) -> None:
    """A confirmed place of the customer."""
    async with transaction():
        await execute(
            """WITH a AS (INSERT INTO addresses (id, party_id, text, lat, lon, grade, version_id)
                          VALUES (gen_random_uuid(), $1, '12 Lê Lợi', 10.77, 106.7, 'gps', gen_random_uuid())
                          RETURNING id, version_id, text)
               INSERT INTO address_versions (id, address_id, text, parsed, parser_version, style, certain)
               SELECT version_id, id, text, '{}', '1', 'new', FALSE FROM a""",
            customer,
        )


BOOKS = {
    "visits": "id, customer_id, user_id, purpose, started_at, ended_at, lat, lon, accuracy_m, distance_m, verdict,"
    " far_reason, note, late, version, created_by",
    "expenses": "id, customer_id, visit_id, user_id, position_id, category, amount, vat, currency, digits, note, state,"
    " late, version, created_by",
    "attachments": "id, owner, owner_id, customer_id, position_id, user_id, sha256, size, mime, state, late, version",
    # a customer visited several times in one go is changed once, not as often as it was visited
    "customers": "id, last_visit_at, note, lead_state",
    "sync_rows": "tbl, id, root, key, del, day, CASE WHEN tbl <> 6 THEN ver END AS ver",
    "sync_moves": "tbl, id, root, frm, dst",
    "sync_mutations": "id, user_id, name, lane, hash, st, result -> 'problem' AS problem",
    "audit": "entity, entity_id, n, action, actor_id, details",
}


async def read_books() -> dict[str, list[Any]]:
    """Everything a push may leave, but for moments and ids of the office's own making."""
    return {
        table: [tuple(row) for row in await fetch(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3")]
        for table, columns in BOOKS.items()
    }


@pytest.fixture(scope="module")
def stage(own_database: str) -> Iterator[Stage]:
    made = Stage(own_database)
    yield made
    made.close()


def said(ack: Ack) -> dict[str, Any]:
    """An answer without what differs from one telling to the next: when, the signature, a customer's version."""
    plain: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(ack, at=None, sig=None))
    if ack.rows and ack.rows[0][0] == "customer":
        plain["result"].pop("version", None)
        plain["rows"] = [row[:2] for row in plain["rows"]]
    return plain


@st.composite
def batches(draw: st.DrawFn, stage: Stage) -> list[Mutation]:
    """What a phone may hand in: of every kind, in every order, mended and broken, building on one another or not."""
    made: list[Mutation] = []
    visits, expenses = list(stage.visits), [new_id()]
    for _ in range(draw(st.integers(4, 20))):
        customer = draw(st.sampled_from(stage.customers))
        lanes = st.sampled_from([*[str(customer)] * 6, "self", None])
        args: dict[str, Any]
        more: dict[str, Any] = {"lane": draw(lanes), "deps": []}
        if made and draw(st.integers(0, 7)) == 0:
            more["deps"] = [draw(st.sampled_from(made)).id]
        kind = draw(st.sampled_from((*["visit"] * 5, "expense", *["photo"] * 4, "note", "nonsense")))
        if kind == "visit":
            args = {"id": draw(st.sampled_from([*[new_id()] * 9, *visits])), "customer_id": customer,
                    "purpose": "sale", "started_at": draw(st.sampled_from((BEFORE, AFTER))),
                    "ended_at": draw(st.sampled_from((*[None] * 4, AFTER, BEFORE))),
                    "fix": draw(st.sampled_from((None, {"lat": 10.77, "lon": draw(st.sampled_from((106.7, 106.8))),
                                                        "accuracy_m": 12.5})))}  # fmt: skip
            visits.append(args["id"])
            made.append(mutation("visit.log", args, **more))
        elif kind == "expense":
            args = {"id": draw(st.sampled_from([new_id(), *expenses])), "category": "parking", "spent_on": "2026-11-22",
                    "amount": draw(st.sampled_from(("20000", "20000", "-5", "1.5"))),
                    "currency": draw(st.sampled_from(("VND", "VND", "XXX"))),
                    "customer_id": draw(st.sampled_from((None, customer))),
                    "visit_id": draw(st.sampled_from([None, *visits]))}  # fmt: skip
            expenses.append(args["id"])
            made.append(mutation("expense.claim", args, **more))
        elif kind == "photo":
            owner = draw(st.sampled_from(("visit", "visit", "visit", "expense")))
            args = {"id": new_id(), "owner": owner, "mime": "image/jpeg",
                    "owner_id": draw(st.sampled_from([*stage.visits, *visits] if owner == "visit" else expenses)),
                    "sha256": draw(st.sampled_from("ab")) * 64,
                    "size": draw(st.sampled_from((*[5] * 6, 0)))}  # fmt: skip
            made.append(mutation("attachment.add", args, **more))
        elif kind == "note":
            note = f"ghi {draw(st.integers(0, 9))}"
            made.append(mutation("customer.update", {"id": customer, "changes": {"note": note}}, **more))
        else:
            made.append(mutation("visit.log", {"id": "x"}, **more))
    if draw(st.booleans()):
        made.append(draw(st.sampled_from(made)))
    return made


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_done_together_is_what_is_done_one_at_a_time(stage: Stage, data: st.DataObject) -> None:
    batch = data.draw(batches(stage))
    together, books = stage.hand_in(batch)
    with pytest.MonkeyPatch.context() as patch:
        for name in TOGETHER:
            patch.setitem(CATALOGUE, name, replace(CATALOGUE[name], many=None))
        singly, expected = stage.hand_in(*([one] for one in batch))
    assert [said(ack) for ack in together] == [said(ack) for ack in singly]
    assert books == expected
