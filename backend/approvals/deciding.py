"""Verbs of approvals: answer a question, or let it fall away because its cause did."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backend.approvals.rules import Verdict, check_decision
from backend.core.clock import now
from backend.core.database import execute, fetch_row
from backend.core.errors import NotVisible
from backend.core.ids import new_id
from backend.people.access import Actor, sees


async def decide(
    request_id: UUID, verdict: Verdict, *, reason: str, expected_version: int, reason_needed: bool,
    facts: dict[str, object], actor: Actor, decision_id: UUID | None = None,
) -> Any:  # fmt: skip
    """Record an answer; the request's row as it was. The caller carries it out in the same transaction.

    Refuses `NotVisible` outside the actor's people and all that `check_decision` refuses.
    """
    row = await fetch_row("SELECT * FROM approval_requests WHERE id = $1 FOR NO KEY UPDATE", request_id)
    if row is None or not sees(actor, row["position_id"]):
        raise NotVisible
    check_decision(
        actor, requested_by=row["requested_by"], state=row["state"], version=row["version"],
        expected_version=expected_version, reason=reason, reason_needed=reason_needed,
    )  # fmt: skip
    await execute(
        """WITH said AS (
             INSERT INTO approval_decisions (id, request_id, verdict, reason, decided_by, decided_at, facts)
             VALUES ($2, $1, $3, $4, $5, $6, $7))
           UPDATE approval_requests SET state = $8, version = version + 1, changed_at = $6 WHERE id = $1""",
        request_id, decision_id or new_id(), verdict, reason.strip(), actor.user_id, now(), facts,
        "approved" if verdict == "approve" else "rejected",
    )  # fmt: skip
    return row


async def withdraw(references: Sequence[UUID]) -> None:
    """Let the open questions about these documents fall away: the cause is gone, or the document is."""
    await execute(
        """UPDATE approval_requests SET state = 'withdrawn', version = version + 1, changed_at = $2
            WHERE reference = ANY($1::uuid[]) AND state = 'open'""",
        list(references), now(),
    )  # fmt: skip
