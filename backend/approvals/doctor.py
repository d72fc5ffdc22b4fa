"""Checks that every answered question has its answer, given by somebody else than the asker."""

from backend.core.database import fetch

_UNANSWERED = """
    SELECT r.id, r.state, count(d.id) AS answers, coalesce(bool_or(d.decided_by = r.requested_by), false) AS own
      FROM approval_requests r LEFT JOIN approval_decisions d ON d.request_id = r.id
     GROUP BY r.id
    HAVING count(d.id) <> (CASE WHEN r.state IN ('approved', 'rejected') THEN 1 ELSE 0 END)
        OR coalesce(bool_or(d.decided_by = r.requested_by), false)
     LIMIT 50"""


async def faults() -> list[str]:
    """Requests whose state and decisions disagree, and decisions on one's own request."""
    return [
        f"approvals: request {row['id']} is {row['state']} with {row['answers']} answers"
        + (", one by the asker" if row["own"] else "")
        for row in await fetch(_UNANSWERED)
    ]
