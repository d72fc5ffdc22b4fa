"""A real server is killed with -9 at named points; the phone sends again, and everything has happened once."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.core import crashing
from tests.sync.killing import PUSH_POINTS, UPLOAD_POINTS, mortal, rep_of


async def test_a_server_killed_at_any_point_of_handing_in_loses_nothing_and_does_nothing_twice(
    cast: SimpleNamespace, database: str, tmp_path: Path
) -> None:
    with mortal(database, tmp_path / "data") as server:
        async with rep_of(server) as rep:
            for point in (*PUSH_POINTS, *UPLOAD_POINTS):
                await rep.die_at(point)
            await rep.check()
            assert rep.counts["kills"] == 8 and rep.counts["no answer"] >= 8


def test_a_server_of_a_real_company_refuses_to_start_with_the_switch_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    monkeypatch.setattr(crashing, "FILE", "")
    crashing.refuse_outside_tests()
    monkeypatch.setattr(crashing, "FILE", str(tmp_path / "order"))
    with pytest.raises(RuntimeError, match="for tests"):
        crashing.refuse_outside_tests()
