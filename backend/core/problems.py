"""Problems: every refusal and every fault leaves the house as RFC 9457, in the reader's language.

`type` is `urn:tuyen:problem:<code>`; the numbers of a refusal are members of the document; `pointer` (RFC 6901) names
the place in the input. Faults of our own say nothing of the inside: the log has them, under the same `instance` id.
"""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.plugins.problem_details import ProblemDetailsException

from backend.core.database import DatabaseAway
from backend.core.errors import Refusal
from backend.core.headers import guards
from backend.core.ids import new_id
from backend.core.languages import LANGUAGES, text
from backend.core.settings import settings

log = logging.getLogger("tuyen")
_CODES = {
    400: "malformed", 401: "not-logged-in", 403: "not-allowed", 404: "not-found", 405: "method-not-allowed",
    413: "too-large", 415: "wrong-content-type", 422: "malformed", 429: "too-many", 503: "busy",
}  # fmt: skip


def document(refusal: Refusal, language: str) -> dict[str, Any]:
    """The problem document of a refusal. Also what a phone gets inside its receipts."""
    numbers = {name: value for name, value in refusal.numbers.items() if value is not None}
    problem: dict[str, Any] = {
        **numbers,  # first, so that no number can pass for what the problem says of itself
        "type": f"urn:tuyen:problem:{refusal.code}",
        "title": text(f"problem.{refusal.code}", language, **numbers),
        "status": refusal.status,
        "code": refusal.code,
    }
    if refusal.pointer:
        problem["pointer"] = refusal.pointer
    if refusal.detail and refusal.detail != refusal.code:
        problem["detail"] = refusal.detail
    return problem


def language_of(request: "Request[Any, Any, Any]") -> str:
    """The actor's language, else the browser's, else the company's."""
    actor = request.scope.get("user")
    if actor is not None:
        return str(actor.language)
    for part in request.headers.get("accept-language", "").split(","):
        if (short := part.strip()[:2].lower()) in LANGUAGES:
            return short
    return settings().company_language


def _respond(
    request: "Request[Any, Any, Any]", problem: dict[str, Any], headers: dict[str, str] | None = None
) -> "Response[Any]":
    # A path nobody serves is answered outside all middleware, so problems bring their guards themselves.
    guarded = {name.decode(): value.decode() for name, value in guards(request.url.path).items()} | (headers or {})
    known = {key: problem.pop(key) for key in ("type", "title", "status") if key in problem}
    detail = problem.pop("detail", "")
    return ProblemDetailsException(
        detail=detail,
        status_code=known["status"],
        title=known["title"],
        type_=known["type"],
        extra=problem,
        headers=guarded,
    ).to_response(request)


def _of_refusal(request: "Request[Any, Any, Any]", refusal: Refusal) -> "Response[Any]":
    wait = refusal.numbers.get("retry_after")
    return _respond(request, document(refusal, language_of(request)), {"Retry-After": str(wait)} if wait else None)


def _of_code(request: "Request[Any, Any, Any]", code: str, status: int, **more: object) -> "Response[Any]":
    headers = {"Retry-After": "2"} if status == 503 else None
    problem = {
        "type": f"urn:tuyen:problem:{code}",
        "title": text(f"problem.{code}", language_of(request)),
        "status": status,
        "code": code,
        **more,
    }
    return _respond(request, problem, headers)


def _of_validation(request: "Request[Any, Any, Any]", fault: ValidationException) -> "Response[Any]":
    faults = [
        {"pointer": "/" + str(one.get("key", "")).replace(".", "/"), "detail": str(one.get("message", ""))[:300]}
        for one in (fault.extra or [])
        if isinstance(one, dict)
    ]
    first = faults[0] if faults else {"pointer": "", "detail": ""}
    return _of_code(request, "malformed", 422, pointer=first["pointer"], detail=first["detail"], faults=faults)


def _of_http(request: "Request[Any, Any, Any]", fault: HTTPException) -> "Response[Any]":
    cause = fault.__cause__
    while cause is not None:
        if isinstance(cause, Refusal):
            return _of_refusal(request, cause)
        cause = cause.__cause__
    if fault.status_code >= 500 and fault.status_code != 503:
        return _of_fault(request, fault)
    status = 422 if fault.status_code == 400 else fault.status_code
    detail = fault.detail if status == 422 else ""
    return _of_code(request, _CODES.get(status, "malformed"), status, detail=str(detail)[:300])


def _of_fault(request: "Request[Any, Any, Any]", fault: Exception) -> "Response[Any]":
    mark = str(new_id())
    log.error("fault %s in %s %s", mark, request.method, request.url.path, exc_info=fault)
    return _of_code(request, "fault", 500, instance=mark)


def _of_away(request: "Request[Any, Any, Any]", fault: Exception) -> "Response[Any]":
    log.warning("the database is away: %s", fault)
    return _of_code(request, "busy", 503)


HANDLERS: dict[Any, Any] = {
    Refusal: _of_refusal,
    DatabaseAway: _of_away,
    ValidationException: _of_validation,
    SerializationException: lambda request, fault: _of_code(request, "malformed", 422, detail=str(fault)[:300]),
    RecursionError: lambda request, fault: _of_code(request, "malformed", 422),  # JSON thousands of levels deep
    HTTPException: _of_http,
    Exception: _of_fault,
}
