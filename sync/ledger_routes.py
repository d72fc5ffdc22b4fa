"""HTTP doors of the never-lose ledger, for those who answer for other people's phones."""

from datetime import date
from typing import Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from backend.core.clock import today
from backend.people.access import Actor, rule
from sync import ledger


class Day(msgspec.Struct, frozen=True):
    """The phones of one's people on a day of the company."""

    on: date
    items: list[ledger.PhoneDay]


@get("/ledger", opt=rule("ledger.read"))
async def show_day(actor: NamedDependency[Actor], on: FromQuery[date | None] = None) -> Day:
    """What arrived from each phone that day (today by default), what is missing, and the code the phone shows."""
    wanted = on or today()
    return Day(wanted, await ledger.day_of(wanted, actor=actor))


@post("/ledger/verification", opt=rule("ledger.read"), status_code=200)
async def verify_receipt(data: JSONBody[ledger.Shown], actor: NamedDependency[Actor]) -> ledger.Verdict:
    """Whether a receipt somebody shows was given by this office."""
    return await ledger.verify(data, actor=actor)


route_handlers: list[Any] = [show_day, verify_receipt]
