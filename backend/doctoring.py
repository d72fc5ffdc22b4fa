"""`tuyen doctor`: every slice recomputes its counters from its documents and says what does not agree."""

import backend.approvals.doctor
import backend.core.audit
import backend.credit.doctor
import backend.insight.doctor
import backend.orders.doctor
import backend.pricing.doctor
import backend.stock.doctor

SURGEONS = (
    backend.core.audit.faults,
    backend.stock.doctor.faults,
    backend.credit.doctor.faults,
    backend.pricing.doctor.faults,
    backend.approvals.doctor.faults,
    backend.orders.doctor.faults,
    backend.insight.doctor.faults,
)


async def all_faults() -> list[str]:
    """Every fault found, one line each; empty when all is well."""
    return [fault for examine in SURGEONS for fault in await examine()]
