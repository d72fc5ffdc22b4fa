"""What approvals give: requests as the people who may answer them see them."""

from datetime import datetime
from uuid import UUID

import msgspec


class Request(msgspec.Struct, frozen=True):
    """An open or answered question. `facts` is what the document looked like when it was asked."""

    id: UUID
    reference: UUID
    event: str
    position_id: int
    requested_by: UUID
    requested_by_name: str
    requested_at: datetime
    facts: dict[str, object]
    state: str
    version: int
