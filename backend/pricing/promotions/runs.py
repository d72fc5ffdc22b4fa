"""Dry runs: asked for here, done as a job by the room that knows past orders, followed and stopped here.

A run has the sight of who asked: a manager's covers their own people's customers and is theirs to read; what lies below
the floor, and what gifts cost, is for administrators.
"""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.core import database as db
from backend.core.clock import now, today
from backend.core.errors import Malformed, NotVisible
from backend.core.ids import new_id
from backend.geo.errors import RegionSetUnknown
from backend.people.access import ADMIN, Actor, require, scope
from backend.pricing.choices import choice
from backend.pricing.promotions.errors import RunOver
from backend.pricing.promotions.extras import Stored, of_row
from backend.pricing.promotions.queries import show_promotion
from backend.pricing.promotions.schemas import Run, StartRun
from backend.pricing.promotions.simulating import with_and_without
from backend.pricing.promotions.tally import Tally
from backend.pricing.promotions.tally_crew import Setup
from backend.pricing.promotions.tally_limits import Limits
from backend.pricing.promotions.tally_rows import Cost
from backend.pricing.shelf import FACTS, current_shelf

WEEKS: Final = timedelta(weeks=13)
LONGEST: Final = timedelta(days=366)
_COLUMNS = """r.id, r.promotion_id, r.from_on, r.to_on, r.region_set, r.state, r.done, r.total,
              r.result::text AS result, u.name AS asked_by, r.asked_at, r.ended_at"""
_FROM = "FROM promotion_runs r JOIN users u ON u.id = r.asked_by"


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its worker sees it; `login` is who asked."""

    id: UUID
    login: str
    code: str
    replaces_code: str | None
    rule: dict[str, Any]
    from_on: date
    to_on: date
    region_set: str
    extras: Stored


async def open_run(promotion_id: UUID, command: StartRun, *, actor: Actor) -> UUID:
    """Write down that a dry run of a promotion as it is now is wanted; the run's id. The caller sees that it is done.

    Without days: the thirteen weeks up to yesterday. Refuses `not-found`, days that make no sense or more than a year,
    and an unknown region set.
    """
    require(actor, "promotion.simulate")
    promotion = await show_promotion(promotion_id, actor=actor)
    to_on = command.to_on or today() - timedelta(days=1)
    from_on = command.from_on or to_on - WEEKS + timedelta(days=1)
    if not from_on <= to_on <= from_on + LONGEST:
        raise Malformed(pointer="/from_on")
    if not await db.fetch_value("SELECT true FROM region_sets WHERE id = $1", command.region_set):
        raise RegionSetUnknown(pointer="/region_set")
    run_id = new_id()
    await db.execute(
        """INSERT INTO promotion_runs (id, promotion_id, rule, budget, per_customer, gifts, from_on, to_on, region_set,
                                       asked_by, asked_at)
           SELECT $1, id, rule, budget, per_customer, gifts, $3, $4, $5, $6, $7 FROM promotions WHERE id = $2""",
        run_id, promotion.id, from_on, to_on, command.region_set, actor.user_id, now(),
    )  # fmt: skip
    return run_id


async def show_run(run_id: UUID, *, actor: Actor) -> Run:
    """One's own run, or anybody's for an administrator. Refuses `not-found`."""
    row = await db.fetch_row(
        f"SELECT {_COLUMNS} {_FROM} WHERE r.id = $1 AND ($2 OR r.asked_by = $3)",
        run_id, actor.has(ADMIN), actor.user_id,
    )  # fmt: skip
    if row is None:
        raise NotVisible
    return _run(row, actor)


async def list_runs(promotion_id: UUID, *, actor: Actor) -> list[Run]:
    """The latest runs of a promotion the actor may read. Refuses `not-found` for the promotion."""
    await show_promotion(promotion_id, actor=actor)
    rows = await db.fetch(
        f"""SELECT {_COLUMNS} {_FROM} WHERE r.promotion_id = $1 AND ($2 OR r.asked_by = $3)
             ORDER BY r.asked_at DESC, r.id DESC LIMIT 10""",
        promotion_id, actor.has(ADMIN), actor.user_id,
    )  # fmt: skip
    return [_run(row, actor) for row in rows]


def _run(row: Any, actor: Actor) -> Run:
    result = None if row["result"] is None else msgspec.json.decode(row["result"])
    if result is not None and not actor.may("price.cost"):
        result.pop("secret", None)
    return Run(**{**row, "result": result})


async def cancel_run(run_id: UUID, *, actor: Actor) -> None:
    """Stop a run; its worker notices at its next step. Refuses `not-found`, `promotion-run-over`."""
    require(actor, "promotion.simulate")
    run = await show_run(run_id, actor=actor)
    stopped = await db.fetch_value(
        """UPDATE promotion_runs SET state = 'cancelled', ended_at = $2
            WHERE id = $1 AND state IN ('waiting', 'running') RETURNING id""",
        run.id, now(),
    )  # fmt: skip
    if stopped is None:
        raise RunOver(state=run.state)


async def begin_run(run_id: UUID) -> Work | None:
    """Take a run up, also one another worker died over. None when it was cancelled or is done."""
    row = await db.fetch_row(
        """UPDATE promotion_runs r SET state = 'running', started_at = $2, done = 0
             FROM promotions p LEFT JOIN promotions old ON old.id = p.replaces, users u
            WHERE r.id = $1 AND r.state IN ('waiting', 'running') AND p.id = r.promotion_id AND u.id = r.asked_by
           RETURNING r.id, u.login, p.code, old.code AS replaces_code, r.rule::text AS rule, r.from_on, r.to_on,
                     r.region_set, r.budget, r.per_customer, r.gifts::text AS gifts""",
        run_id, now(),
    )  # fmt: skip
    if row is None:
        return None
    own = {name: row[name] for name in Work.__struct_fields__ if name not in ("rule", "extras")}
    return Work(**own, rule=msgspec.json.decode(row["rule"]), extras=of_row(row))


async def tally_for(work: Work, *, actor: Actor) -> tuple[Tally, Setup]:
    """The books and facts a run needs, read once here and for helpers: three statements however many the orders."""
    shelf = await current_shelf()
    ours, plain = with_and_without(
        shelf, work.code, work.rule, leave_out=filter(None, [work.replaces_code]), always=True, gifts=work.extras.gifts
    )
    extras = work.extras
    limited = extras.budget is not None or extras.per_customer is not None
    predicate, arguments = scope(actor, "c.position_id", 1)
    customers = await db.fetch(f"SELECT c.id, {FACTS} FROM customers c WHERE {predicate}", *arguments)
    costs = await db.fetch("SELECT id::text, floor_price_micro, cost_micro, list_currency FROM items")
    setup = Setup(
        book={**shelf.raw, "promotions": [], "customers": {}}, ours=ours["promotions"], plain=plain["promotions"],
        coupon=work.rule.get("coupon"), choices=[choice(work.code, n) for n, _ in enumerate(extras.gifts or (), 1)],
        facts={row["id"]: shelf.facts(row) for row in customers},
        costs={
            row["id"]: Cost(row["floor_price_micro"], row["cost_micro"], row["list_currency"]) for row in costs
        },
    )  # fmt: skip
    limits = Limits(work.code, extras.budget, extras.per_customer) if limited else None
    return setup.tally(shelf.book, limits), setup


async def report_progress(run_id: UUID, done: int, total: int) -> bool:
    """Write down how far a run is; false when it was cancelled and the work is to stop."""
    return bool(
        await db.fetch_value(
            "UPDATE promotion_runs SET done = $2, total = $3 WHERE id = $1 AND state = 'running' RETURNING true",
            run_id,
            min(done, total),
            total,
        )
    )


async def finish_run(run_id: UUID, result: dict[str, Any]) -> None:
    """Keep the answer, unless somebody cancelled at the last moment."""
    await db.execute(
        """UPDATE promotion_runs SET state = 'done', result = $2::text::jsonb, done = total, ended_at = $3
            WHERE id = $1 AND state = 'running'""",
        run_id, msgspec.json.encode(result).decode(), now(),
    )  # fmt: skip


async def fail_run(run_id: UUID) -> None:
    """Say that a run came to nothing; the log knows why."""
    await db.execute(
        "UPDATE promotion_runs SET state = 'failed', ended_at = $2 WHERE id = $1 AND state = 'running'", run_id, now()
    )
