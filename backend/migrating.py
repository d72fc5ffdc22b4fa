"""Bringing a database up to today's history, and making the databases the demo and the tests copy."""

import contextlib
import io
import os

from piccolo.apps.migrations.commands.forwards import run_forwards


class MigrationFailed(Exception):
    """A migration did not go through; the database is as it was before."""


async def migrate() -> None:
    """Run every migration that has not run yet, each in its own transaction."""
    os.environ.setdefault("PICCOLO_CONF", "backend.piccolo_conf")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = await run_forwards(app_name="tuyen", migration_id="all")
    if not result.success:
        raise MigrationFailed(f"{result.message}\n{said.getvalue()}")
