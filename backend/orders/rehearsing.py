"""Dry runs of promotions over past orders: this room knows the orders, pricing does the sums.

Orders are read in pages, priced off the event loop and, when there are many, by helpers on other processors; after each
page the progress is stored, and a cancelled run stops there.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.core.database import fetch, fetch_value
from backend.core.jobs import enqueue, job
from backend.people.access import Actor, scope
from backend.people.queries_actor import load_actor
from backend.pricing.promotions import runs
from backend.pricing.promotions.schemas import StartRun
from backend.pricing.promotions.tally_crew import sum_up
from backend.pricing.promotions.tally_rows import Basket

JOB: Final = "orders.rehearse"
PAGE: Final = 500
_PAST: Final = "o.ordered_on BETWEEN $1 AND $2 AND o.state NOT IN ('cancelled', 'rejected') AND {predicate}"
_BASKETS: Final = (
    """WITH page AS MATERIALIZED (
              SELECT o.id, o.customer_id, o.ordered_on, o.currency, o.ship_av_id FROM orders o WHERE """
    + _PAST
    + """ AND ($4::date IS NULL OR (o.ordered_on, o.id) > ($4, $5::uuid)) ORDER BY o.ordered_on, o.id LIMIT $6)
       SELECT p.id, p.customer_id, p.ordered_on, p.currency,
              coalesce(r.region_id, CASE WHEN r.method = 'outside' THEN 'outside' ELSE 'unlocated' END) AS region,
              coalesce(l.lines, '[]') AS lines
         FROM page p LEFT JOIN address_regions r ON r.set_id = $3 AND r.address_version_id = p.ship_av_id
         LEFT JOIN LATERAL (
              SELECT json_agg(json_build_array(l.item_id, l.unit, l.qty) ORDER BY l.seq)::text AS lines
                FROM order_lines l WHERE l.order_id = p.id AND l.gift_of IS NULL) l ON true
        ORDER BY p.ordered_on, p.id"""
)


async def rehearse(promotion_id: UUID, command: StartRun, *, actor: Actor) -> UUID:
    """Start a dry run over past orders; its id. Refuses what `open_run` refuses."""
    run_id = await runs.open_run(promotion_id, command, actor=actor)
    await enqueue(JOB, {"run": str(run_id)})
    return run_id


@job(JOB)
async def _rehearse(payload: dict[str, Any]) -> None:
    run_id = UUID(payload["run"])
    work = await runs.begin_run(run_id)
    if work is None:
        return
    try:
        await _work(work)
    except BaseException:  # also when the worker is told to stop: nobody is to wait for ever
        await runs.fail_run(run_id)
        raise


async def _work(work: runs.Work) -> None:
    actor = await load_actor(work.login)
    predicate, arguments = scope(actor, "o.position_id", 3)
    total = await fetch_value(
        f"SELECT count(*)::int FROM orders o WHERE {_PAST.format(predicate=predicate)}",
        work.from_on, work.to_on, *arguments,
    )  # fmt: skip
    if not await runs.report_progress(work.id, 0, total):
        return
    tally, setup = await runs.tally_for(work, actor=actor)

    async def goes_on(done: int) -> bool:
        return await runs.report_progress(work.id, done, total)

    if not await sum_up(tally, setup, _pages(work, actor), total, goes_on):
        return
    await runs.finish_run(work.id, tally.result(await _region_names(list(tally.regions))))


async def _pages(work: runs.Work, actor: Actor) -> AsyncIterator[list[Basket]]:
    """The baskets of the actor's people's orders between two days, oldest first."""
    predicate, arguments = scope(actor, "o.position_id", 7)
    after: tuple[date | None, UUID | None] = (None, None)
    while True:
        rows = await fetch(
            _BASKETS.format(predicate=predicate),
            work.from_on, work.to_on, work.region_set, *after, PAGE, *arguments,
        )  # fmt: skip
        if rows:
            yield [
                Basket(
                    row["id"], row["customer_id"], str(row["ordered_on"]), row["currency"], row["region"],
                    [(item, unit, qty) for item, unit, qty in msgspec.json.decode(row["lines"])],
                )
                for row in rows
            ]  # fmt: skip
            after = (rows[-1]["ordered_on"], rows[-1]["id"])
        if len(rows) < PAGE:
            return


async def _region_names(keys: list[str]) -> dict[str, tuple[str, str]]:
    rows = await fetch("SELECT id, name, name_en FROM regions WHERE id = ANY($1::text[])", keys)
    return {row["id"]: (row["name"], row["name_en"]) for row in rows}
