"""HTTP doors of exchange rates."""

from datetime import date
from typing import Annotated, Any

from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, Parameter

from backend.catalog import queries_rates as queries
from backend.catalog import rating
from backend.catalog.schemas_rates import AddRate, CorrectRate, CurrencyOut, RateOut, RateSaved
from backend.core.database import in_transaction
from backend.people.access import Actor, rule


@get("/currencies", opt=rule("rate.read"))
async def currencies(actor: NamedDependency[Actor]) -> list[CurrencyOut]:
    """Every currency with today's rate."""
    return await queries.list_currencies(actor=actor)


@get("/currencies/{currency:str}/rates", opt=rule("rate.read"))
async def rates(
    currency: FromPath[str], actor: NamedDependency[Actor], limit: Annotated[int, Parameter(ge=1, le=1000)] = 200
) -> list[RateOut]:
    """The rates of a currency, newest first."""
    return await queries.list_rates(currency, actor=actor, limit=limit)


@post("/currency-rates", opt=rule("rate.change"))
async def add_rate(data: JSONBody[AddRate], actor: NamedDependency[Actor]) -> RateSaved:
    """Enter a rate from a day on."""
    return await in_transaction(lambda: rating.add_rate(data, actor=actor))


@patch("/currency-rates/{currency:str}/{from_on:date}", opt=rule("rate.change"))
async def correct_rate(
    currency: FromPath[str], from_on: FromPath[date], data: JSONBody[CorrectRate], actor: NamedDependency[Actor]
) -> RateSaved:
    """Correct a rate, with a reason."""
    return await in_transaction(lambda: rating.correct_rate(currency, from_on, data, actor=actor))


route_handlers: list[Any] = [currencies, rates, add_rate, correct_rate]
