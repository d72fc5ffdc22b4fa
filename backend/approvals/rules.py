"""Pure decisions about decisions: may this person give this answer to this request?"""

from typing import Literal
from uuid import UUID

from backend.approvals.errors import AlreadyDecided, OwnRequest, ReasonNeeded
from backend.core.errors import NotAllowed, StaleVersion
from backend.people.access import ACCOUNTANT, ADMIN, MANAGER, Actor

Verdict = Literal["approve", "reject"]
REASON_LENGTH = 500


def check_decision(
    actor: Actor,
    *,
    requested_by: UUID,
    state: str,
    version: int,
    expected_version: int,
    reason: str,
    reason_needed: bool,
) -> None:
    """In this order: `NotAllowed`, `OwnRequest`, `AlreadyDecided`, `StaleVersion`, `ReasonNeeded`."""
    if not actor.has(ADMIN, MANAGER, ACCOUNTANT):
        raise NotAllowed(rule="approval.decide")
    if actor.user_id == requested_by:
        raise OwnRequest
    if state != "open":
        raise AlreadyDecided(state=state)
    if version != expected_version:
        raise StaleVersion(current=version)
    if reason_needed and not reason.strip():
        raise ReasonNeeded(pointer="/reason")
    if len(reason) > REASON_LENGTH:
        raise ReasonNeeded(pointer="/reason", most=REASON_LENGTH)
