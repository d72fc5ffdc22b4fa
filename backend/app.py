"""Builds the application: the one file that knows every room and both doors."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Litestar, Router, get
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.router import Router as PlainRouter

import pwa.routes
import sync.routes
from backend.activities import routes as activities
from backend.approvals import routes as approvals
from backend.catalog import routes as catalog
from backend.conflicts import routes as conflicts
from backend.core import jobs, problems
from backend.core.compression import Compression
from backend.core.database import fetch_value
from backend.core.headers import SecurityHeaders
from backend.core.patience import Patience
from backend.core.serving import database_in_use
from backend.customers import routes as customers
from backend.geo import routes as geo
from backend.insight import routes as insight
from backend.notices import routes as notices
from backend.orders import routes as orders
from backend.people import routes as people
from backend.people.access import OPEN, rule
from backend.pricing import routes as pricing
from backend.terms import routes as terms
from sync.turns import Courtesy

ROOMS = (people, catalog, geo, notices, customers, pricing, approvals, terms, activities, orders, conflicts, insight)


@get("/health", opt=rule(OPEN), include_in_schema=False)
async def health() -> dict[str, str]:
    """200 once the database answers."""
    await fetch_value("SELECT 1")
    return {"status": "ok"}


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    """Database, jobs and the live signal for as long as the server runs."""
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database_in_use())
        await stack.enter_async_context(jobs.worker(dsn))
        await stack.enter_async_context(sync.routes.live(dsn))
        yield


def create(*, with_database: bool = True) -> Litestar:
    """The application. `with_database=False` leaves database and jobs to the caller (tests)."""
    handlers: list[Any] = [handler for room in ROOMS for handler in room.route_handlers]
    api = Router(path="/api/v1", route_handlers=[*handlers, *sync.routes.route_handlers])
    return Litestar(
        route_handlers=[health, api, *pwa.routes.route_handlers],
        guards=[people.doorkeeper],
        dependencies={"actor": Provide(people.provide_actor)},
        exception_handlers=problems.HANDLERS,
        middleware=[SecurityHeaders, Courtesy, Patience, Compression],
        lifespan=[_lifespan] if with_database else [],
        request_max_body_size=2_000_000,
        openapi_config=OpenAPIConfig(
            title="Tuyến",
            version="1",
            path="/schema",
            render_plugins=[JsonRenderPlugin()],
            openapi_router=PlainRouter(path="/schema", route_handlers=[], opt=rule(OPEN)),
        ),
    )
