"""How large a demo company is: the everyday one, the reference tenant R1 of the benchmarks, a small one for tests."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of a demo company. `lan` and `bob`: how many customers are theirs; the rest is shared evenly."""

    name: str
    customers: int
    lan: int
    bob: int
    items: int
    promotions: int
    orders: int
    years: int = 3

    @property
    def large(self) -> bool:
        """Whether this is the reference tenant, with its 40 reps."""
        return self.name == "R1"


SCALES: Final = {
    "small": Scale("small", customers=320, lan=90, bob=40, items=260, promotions=20, orders=2_000),
    "demo": Scale("demo", customers=2_000, lan=90, bob=60, items=500, promotions=24, orders=20_000),
    "R1": Scale("R1", customers=12_000, lan=300, bob=300, items=2_000, promotions=60, orders=300_000),
}
