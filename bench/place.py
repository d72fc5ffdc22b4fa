"""A place to measure in: a PostgreSQL of its own in a folder that is thrown away, and settings that point there."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from backend.core import settings as settings_room
from backend.core.embedded import remove, start


class Place(NamedTuple):
    """Where it is: the database's address and the data folder."""

    dsn: str
    data_dir: Path


@contextmanager
def place(*, fast: bool = False) -> Iterator[Place]:
    """For as long as the measurement lasts. `fast`: commits need not reach the disk, where no commit is measured."""
    with tempfile.TemporaryDirectory(prefix="tuyen-bench-") as folder:
        data_dir = Path(folder)
        with settings_room.using(data_dir=data_dir):
            embedded = start(data_dir, fast=fast)
            try:
                yield Place(embedded.dsn, data_dir)
            finally:
                embedded.stop()
                remove(data_dir)
