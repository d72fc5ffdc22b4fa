"""Nothing is reachable without a rule, and no query can be asked without saying who asks."""

import inspect

from litestar.routes import HTTPRoute

from backend.app import create
from backend.people.access import RULES
from tests.house.walk import modules

# Reads that answer before there is an actor, or on behalf of the system itself; each with its reason.
WITHOUT_ACTOR = {
    "backend.people.queries_actor.fetch_holder",  # finds out who the actor is
    "backend.people.queries_actor.load_actor",  # makes the actor of a job or a command
    "backend.people.queries_actor.actor_of",
    "backend.people.queries_seats.holders",  # who sits where, for queries that judged it and jobs that tell
}


def test_every_route_has_an_access_rule() -> None:
    without = [
        f"{method} {route.path}"
        for route in create(with_database=False).routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS" and handler.opt.get("rule") not in RULES
    ]
    assert without == []


def test_every_query_takes_an_actor() -> None:
    without = []
    for module in modules():
        name = getattr(module, "__name__", "")
        if ".queries" not in name:
            continue
        for function_name, function in inspect.getmembers(module, inspect.iscoroutinefunction):
            if function.__module__ != name or function_name.startswith("_"):
                continue
            parameter = inspect.signature(function).parameters.get("actor")
            if parameter is None or parameter.default is not inspect.Parameter.empty:
                without.append(f"{name}.{function_name}")
    assert [query for query in without if query not in WITHOUT_ACTOR] == []
