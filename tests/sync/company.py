"""The company of the state machine: calendar, grants, reporting line, and the life of its database."""

from datetime import date, timedelta
from typing import Any

from backend.core import clock
from sync.epoch import begin_new_epoch, compact
from tests.sync import office
from tests.sync.changes import pick
from tests.sync.office import POSITIONS, START, USERS
from tests.sync.writers import Writers

GRANTED = (USERS["lan"], USERS["bob"], USERS["hung"])


class Company(Writers):
    """Everything that happens to phones without their doing. `now` is the office's clock."""

    def __init__(self, main: Any, side: list[Any]) -> None:
        super().__init__(main, side)
        self.now = self.draws.moment = START
        self.aged = False
        self.peopled = 0  # counts what may change who sees what: grants, places, days

    async def days_pass(self, n: int) -> None:
        """One day, two, or more than the thirty in which lost customers' work is still taken."""
        self._go_on(pick(n, (1, 1, 2, 40)))

    def _go_on(self, days: int) -> None:
        self.peopled += 1
        self.now = self.draws.moment = self.now + timedelta(days=days)
        clock._shift.set(  # for the rest of this step: `clock.at` would end with a block
            clock._shift.get() + timedelta(days=days)
        )

    async def grant(self, n: int, m: int, ahead: int) -> None:
        user, position = pick(n, GRANTED), pick(m, POSITIONS)
        self.peopled += 1
        await office.grant(self.main, self.draws.name(), user, position, self._day(ahead))

    async def revoke(self, n: int, m: int, ahead: int) -> None:
        user, position = pick(n, GRANTED), pick(m, POSITIONS)
        self.peopled += 1
        await office.revoke(self.main, user, position, self._day(ahead))

    async def move_position(self, n: int, m: int, ahead: int) -> None:
        """A rep's place, with all its customers, reports to another region."""
        self.peopled += 1
        await office.report_to(self.main, pick(n, (3, 5, 6)), pick(m, (1, 2, 4)), self._day(ahead))

    def _day(self, ahead: int) -> date:
        return clock.today() + timedelta(days=ahead)

    async def tick(self, n: int) -> None:
        """The daily round, on any day."""
        if self.quiet:
            await compact()

    async def half_a_year(self, n: int) -> None:
        """Tombstones of today are forgotten: once a run, so that receipts (a year) are not."""
        if self.quiet and not self.aged:
            self.aged = True
            await compact()
            self._go_on(181)
            await compact()

    async def restore(self, n: int) -> None:
        """Another life of the database."""
        if self.quiet:
            await begin_new_epoch()
