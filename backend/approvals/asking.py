"""Ask a question that needs a person's yes; the managers of the position see it."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from backend.core.clock import now
from backend.core.database import execute
from backend.core.ids import new_id


async def ask(reference: UUID, event: str, *, position_id: int, by: UUID, facts: Mapping[str, object]) -> UUID:
    """Open a question about a document; at most one of an event is open (the caller withdrew the one before)."""
    request_id = new_id()
    await execute(
        "SELECT approval_ask($1, $2, $3, $4, $5, $6::jsonb, $7)",
        request_id, reference, event, position_id, by, msgspec.json.encode(facts).decode(), now(),
    )  # fmt: skip
    return request_id
