"""A real server is killed with -9, and PostgreSQL under it; phones send again, and everything has happened once."""

from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from backend.core import clock, crashing
from tests.sync.killing import POINTS, die_at
from tests.sync.mortal import mortal
from tests.sync.rep import rep_of, whole
from tests.sync.storm import WAYS, storm


async def test_a_server_killed_at_any_point_of_handing_in_loses_nothing_and_does_nothing_twice(
    cast: SimpleNamespace, database: str, tmp_path: Path
) -> None:
    with mortal(database, tmp_path / "data") as server:
        async with rep_of(server.url) as rep:
            for point in POINTS:
                await die_at(server, rep, point)
            await whole(len(POINTS), len(POINTS))
            assert rep.counts["kills"] == len(POINTS) and rep.counts["no answer"] >= len(POINTS)


async def test_postgresql_killed_while_eight_phones_hand_in_loses_nothing_and_nobody_sees_a_fault(
    tmp_path: Path,
) -> None:
    told = await storm(tmp_path / "data", kills=len(WAYS), seed=1)
    assert sum(told.counts[f"{way} killed"] for way in WAYS) == len(WAYS)
    assert told.counts["503"] > 0, "the kills were noticed, and told as what they are"
    for way, seconds in told.dark.items():
        assert seconds and max(seconds) < 30, f"{way}: served again after {seconds} s"


@pytest.mark.parametrize("switch", [crashing, clock], ids=["crash", "clock"])
def test_a_server_of_a_real_company_refuses_to_start_with_a_switch_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, switch: ModuleType
) -> None:
    monkeypatch.setattr(crashing, "FILE", "")
    crashing.refuse_outside_tests()
    monkeypatch.setattr(switch, "FILE", str(tmp_path / "order"))
    with pytest.raises(RuntimeError, match="for tests"):
        crashing.refuse_outside_tests()


def test_the_clock_of_a_server_of_a_test_follows_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = tmp_path / "ahead"
    monkeypatch.setattr(clock, "FILE", str(ahead))
    before = clock.now()
    assert clock.now() - before < timedelta(hours=1)
    ahead.write_text(str(8 * 86_400))
    assert timedelta(days=8) <= clock.now() - before < timedelta(days=8, hours=1)
