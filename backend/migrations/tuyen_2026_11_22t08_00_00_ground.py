"""The first ground: every slice's tables, floor by floor, from `sql/NN_slice.sql` in the order of their numbers."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core.database import execute

ID = "2026-11-22T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the ground: people, catalog, customers, pricing, stock, credit, orders, sync"

FOLDER = Path(__file__).parent / "sql"


async def _lay() -> None:
    for file in sorted(FOLDER.glob("[0-9][0-9]_*.sql")):
        # asyncpg cannot report on a script that ends in a comment, hence the closing statement.
        await execute(file.read_text("utf-8") + "\nSELECT 1")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="tuyen", description=DESCRIPTION)
    manager.add_raw(_lay)
    return manager
