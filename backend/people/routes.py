"""HTTP doors of people: the session, oneself, positions and users; and the doorkeeper every other route passes."""

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from backend.core import audit
from backend.core.database import execute
from backend.core.errors import NotAllowed, Unauthenticated
from backend.core.settings import settings
from backend.people import queries, routes_seats, sessions
from backend.people.access import OPEN, Actor, rule
from backend.people.errors import CsrfMissing
from backend.people.schemas import ChangeMe, Company, Login, Me, PositionOut, UserOut

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name() -> str:
    """`__Host-` on https, where browsers enforce what the prefix promises."""
    return "__Host-tuyen" if settings().secure_cookies else "tuyen"


async def doorkeeper(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The app-wide guard: a rule for every route, a session for all but open ones, CSRF for every change."""
    name = handler.opt.get("rule")
    if name is None:
        raise NotAllowed("this route has no access rule")
    method = str(connection.scope.get("method", "GET"))
    if method not in SAFE and handler.opt.get("body") != "any":
        _check_content_type(connection)
    if name == OPEN:
        return
    token = connection.cookies.get(cookie_name())
    actor = await sessions.find_actor(token) if token else None
    if actor is None:
        raise Unauthenticated
    connection.scope["user"] = actor
    if method not in SAFE and connection.headers.get("x-tuyen-csrf") != actor.csrf:
        raise CsrfMissing
    if not actor.may(name):
        raise NotAllowed(rule=name)


def _check_content_type(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    empty = connection.headers.get("content-length", "0") == "0" and "transfer-encoding" not in connection.headers
    if not empty and not connection.headers.get("content-type", "").startswith("application/json"):
        raise HTTPException(status_code=415)


async def provide_actor(request: Request[Actor, Any, Any]) -> Actor:
    """The dependency `actor` of every handler behind a session."""
    return request.user


def me_of(actor: Actor) -> Me:
    """What `GET /me` answers."""
    chosen = settings()
    return Me(
        id=actor.user_id,
        login=actor.login,
        name=actor.name,
        language=actor.language,
        roles=sorted(actor.roles),
        csrf=actor.csrf,
        positions=list(actor.own_keys),
        company=Company(
            name=chosen.company_name,
            currency=chosen.company_currency,
            time_zone=chosen.time_zone,
            language=chosen.company_language,
        ),
    )


@post("/session", opt=rule(OPEN), status_code=201)
async def log_in(data: JSONBody[Login], request: Request[Any, Any, Any]) -> Response[Me]:
    """Open a session: a fresh token in an HttpOnly cookie, whatever cookie came in."""
    token = await sessions.open_session(
        data.login,
        data.password,
        address=request.client.host if request.client else "",
        device_id=data.device.id if data.device else None,
        device_name=data.device.name if data.device else "",
    )
    actor = await sessions.find_actor(token)
    if actor is None:  # the user was disabled between the two reads
        raise Unauthenticated
    cookie = Cookie(
        key=cookie_name(),
        value=token,
        httponly=True,
        samesite="lax",
        path="/",
        secure=settings().secure_cookies,
        max_age=settings().session_days * 86_400,
    )
    return Response(me_of(actor), cookies=[cookie])


@delete("/session", opt=rule("session.any"), status_code=200)
async def log_out(request: Request[Actor, Any, Any], actor: NamedDependency[Actor]) -> Response[None]:
    """End the session on the server and tell the browser to forget everything of ours."""
    await sessions.end_session(request.cookies[cookie_name()], actor=actor)
    answer: Response[None] = Response(None, headers={"Clear-Site-Data": '"cache", "cookies", "storage"'})
    answer.delete_cookie(cookie_name())
    return answer


@get("/me", opt=rule("session.any"))
async def show_me(actor: NamedDependency[Actor]) -> Me:
    """Who is logged in."""
    return me_of(actor)


@patch("/me", opt=rule("session.any"))
async def change_me(data: JSONBody[ChangeMe], actor: NamedDependency[Actor]) -> Me:
    """Switch one's own language."""
    await execute("UPDATE users SET language = $2, version = version + 1 WHERE id = $1", actor.user_id, data.language)
    await audit.record("user", actor.user_id, "user.language", actor_id=actor.user_id)
    return Me(**{**{name: getattr(me_of(actor), name) for name in Me.__struct_fields__}, "language": data.language})


@get("/positions", opt=rule("people.read"))
async def list_positions(actor: NamedDependency[Actor]) -> list[PositionOut]:
    """The reporting line below the actor, today."""
    return await queries.list_positions(actor=actor)


@get("/users", opt=rule("people.read"))
async def list_users(actor: NamedDependency[Actor]) -> list[UserOut]:
    """People on the reporting line below the actor."""
    return [UserOut(**row) for row in await queries.list_users(actor=actor)]


route_handlers: list[Any] = [
    log_in, log_out, show_me, change_me, list_positions, list_users, *routes_seats.route_handlers,
]  # fmt: skip
