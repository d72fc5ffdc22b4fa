"""Random histories: whatever happens in whatever order, every phone ends with what a new phone of its user would get.

Invariants: convergence, no leak at any page, paging ends, a further pull is empty, no row without its customer.
"""

import random
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.core.database import execute
from sync.protocol import PullAsk
from sync.pull import pull
from tests.sync.phone import BOB, HUNG, LAN, NGOC, Phone, make_customer, make_visit, reassign, with_keys

POSITIONS = (LAN, BOB, HUNG, NGOC)
INSERT = "INSERT INTO visits (id, customer_id, user_id, purpose, started_at) VALUES ($1, $2, $3, 'x', now())"


class World:
    """One company, its phones, and writers that have not committed yet."""

    def __init__(self, cast: SimpleNamespace, dsn: str, seed: int) -> None:
        self.dice, self.cast, self.dsn = random.Random(seed), cast, dsn
        self.customers: list[UUID] = []
        self.visits: list[UUID] = []
        self.open: list[tuple[Any, Any]] = []
        self.busy: set[UUID] = set()
        self.phones = [Phone(actor, limit=self.dice.choice((1, 2, 3, 50))) for actor in
                       (cast.lan, cast.bob, cast.hung, cast.ngoc, cast.lan, cast.hung)]  # fmt: skip

    def free_customer(self) -> UUID:
        return self.dice.choice([one for one in self.customers if one not in self.busy] or [self.customers[0]])

    async def step(self) -> None:
        acts = (
            [self.pull] * 6 + [self.write] * 4 + [self.edit, self.remove, self.relink, self.hand_over, self.hand_over]
        )
        acts += [self.grant, self.begin, self.begin, self.end, self.lose_answer, self.add_customer]
        await self.dice.choice(acts)()

    async def pull(self) -> None:
        phone = self.dice.choice(self.phones)
        page = await phone.page()
        for up in page.get("up", []):
            if up["t"] == "customer":
                keys = up["v"][up["cols"].index("position_id")]
                assert set(keys) <= set(phone.actor.keys), "a page never carries a row of another line"

    async def lose_answer(self) -> None:
        """The office answers, the phone never hears it: rows and cursor are one transaction there."""
        phone = self.dice.choice(self.phones)
        await pull(PullAsk(cursor=phone.cursor, limit=phone.limit), actor=phone.actor)

    async def add_customer(self) -> None:
        self.customers.append(await make_customer(self.dice.choice(POSITIONS)))

    async def write(self) -> None:
        self.visits.append(await make_visit(self.free_customer(), self.cast.lan.user_id))

    async def edit(self) -> None:
        await execute("UPDATE visits SET version = version + 1 WHERE id = ANY($1::uuid[])", self.some())

    async def remove(self) -> None:
        await execute(
            "UPDATE visits SET deleted_at = now(), version = version + 1 WHERE id = ANY($1::uuid[])", self.some()
        )

    async def relink(self) -> None:
        if not self.busy:
            await execute(
                "UPDATE visits SET customer_id = $2, version = version + 1 WHERE id = ANY($1::uuid[])",
                self.some(), self.dice.choice(self.customers),
            )  # fmt: skip

    def some(self) -> list[UUID]:
        return self.dice.sample(self.visits, min(len(self.visits), 2))

    async def hand_over(self) -> None:
        customer = self.free_customer()
        if customer not in self.busy:
            await reassign(customer, self.dice.choice(POSITIONS))

    async def grant(self) -> None:
        phone = self.dice.choice(self.phones)
        phone.actor = with_keys(phone.actor, *self.dice.sample(POSITIONS, self.dice.randint(1, 3)))

    async def begin(self) -> None:
        """A writer that stays open across other steps; its customer is left alone meanwhile."""
        if len(self.open) < 3:
            connection = await asyncpg.connect(self.dsn)
            opened = connection.transaction()
            await opened.start()
            customer, visit = self.free_customer(), uuid4()
            if customer in self.busy:
                await opened.rollback()
                await connection.close()
                return
            await connection.execute(INSERT, visit, customer, self.cast.lan.user_id)
            self.busy.add(customer)
            self.open.append((connection, opened))

    async def end(self) -> None:
        while self.open:
            connection, opened = self.open.pop()
            await (opened.commit() if self.dice.random() < 0.8 else opened.rollback())
            await connection.close()
        self.busy.clear()


@pytest.mark.parametrize("seed", (*range(11), 21))
async def test_every_phone_ends_with_what_a_new_phone_would_get(
    cast: SimpleNamespace, database: str, seed: int
) -> None:
    world = World(cast, database, seed)
    for _ in range(5):
        await world.add_customer()
        await world.write()
    for _ in range(120):
        await world.step()
    await world.end()
    for phone in world.phones:
        await phone.sync()
        fresh = Phone(phone.actor)
        await fresh.sync()
        assert phone.versions() == fresh.versions(), f"seed {seed}"
        assert {row[1] for row in phone.rows.get("visit", {}).values()} <= set(phone.rows.get("customer", {}))
        last = (await phone.sync())[0]
        assert not {"up", "del", "drop"} & set(last)
