"""The provider chain against a recorded server on 127.0.0.1: believed, refused, limited, never over a person's pin."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from backend.core import clock
from backend.core.database import execute, fetch, fetch_row, fetch_value
from backend.core.ids import new_id
from backend.core.jobs import run_now
from backend.core.settings import using
from backend.geo.address import parse
from backend.geo.addresses import PinAddress, SaveAddress, SavedAddress, pin_address, save_address
from backend.geo.chain import Outcome, geocode_online
from backend.geo.limits import State, take
from backend.geo.providers import Misconfigured, Provider, configured
from tests.geo.recorded import Recorded, recorded

pytestmark = pytest.mark.anyio
STORY = "45/88/20P Bình Tiên, P7, Q6, TP HCM"


@pytest.fixture
async def fake(database: str) -> AsyncIterator[Recorded]:
    async with recorded() as running:
        yield running


def provider(fake: Recorded, timeout_s: float = 10.0, *, may_store: bool = True) -> Provider:
    with using(geocoders="nominatim", geocoder_url=fake.url, geocoder_user_agent="Tuyen test, geo@example.com"):
        made = configured()[0]
    return replace(made, per_second=1000.0, burst=1000.0, timeout_s=timeout_s, may_store=may_store)


async def ask(
    fake: Recorded, says: str = "good", text: str = STORY, *, timeout_s: float = 10.0, may_store: bool = True
) -> Outcome:
    fake.says = says
    return await geocode_online(text, parse(text), [provider(fake, timeout_s, may_store=may_store)])


async def kind(fake: Recorded, says: str, *, timeout_s: float = 10.0) -> str:
    return (await ask(fake, says, timeout_s=timeout_s)).kind


async def test_off_by_default_and_saving_queues_nothing(cast: SimpleNamespace) -> None:
    assert configured() == []
    await save_address(SaveAddress(id=new_id(), party_id=new_id(), text=STORY), actor=cast.lan)
    assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'geocode'") == 0


@pytest.mark.parametrize(
    "chosen",
    [
        {"geocoders": "nominatim", "geocoder_url": "http://127.0.0.1"},
        {"geocoders": "nominatim", "geocoder_user_agent": "me"},
        {"geocoders": "google", "geocoder_user_agent": "me"},
        {"geocoders": "crystal-ball", "geocoder_user_agent": "me"},
        {"geocoders": "photon", "geocoder_user_agent": "me", "geocoder_url": "file:///etc/passwd"},
    ],
)
async def test_a_provider_without_agent_fake_or_key_is_not_used(chosen: dict[str, str]) -> None:
    with using(**chosen), pytest.raises(Misconfigured):
        configured()


async def test_a_house_in_the_right_ward_is_believed_and_remembered(fake: Recorded) -> None:
    first = await ask(fake)
    assert first.kind == "found"
    assert first.place is not None
    assert (first.place.lat, first.place.method) == (10.7428, "house")
    assert await ask(fake) == first
    assert fake.asked["good"] == 1
    assert fake.agents == {"Tuyen test, geo@example.com"}


async def test_a_hit_in_another_ward_or_a_mere_area_is_not_believed(fake: Recorded) -> None:
    assert await kind(fake, "wrong ward") == "disagrees"
    await execute("DELETE FROM geocode_cache")
    assert await kind(fake, "area") == "disagrees"


async def test_nothing_found_is_remembered_too(fake: Recorded) -> None:
    assert await kind(fake, "nothing") == "not-found"
    assert await kind(fake, "good") == "not-found"
    assert fake.asked["good"] == 0


async def test_a_provider_that_forbids_storing_is_asked_again(fake: Recorded) -> None:
    await ask(fake, may_store=False)
    await ask(fake, may_store=False)
    assert fake.asked["good"] == 2
    assert await fetch_value("SELECT count(*) FROM geocode_cache") == 0


async def test_retry_after_is_honoured_by_every_worker(fake: Recorded) -> None:
    outcome = await ask(fake, "busy")
    assert (outcome.kind, outcome.retry_in) == ("failed", timedelta(seconds=7))
    assert await kind(fake, "good") == "limited"
    assert fake.asked == {"busy": 1}
    with clock.at(clock.now() + timedelta(seconds=8)):
        assert await kind(fake, "good") == "found"


@pytest.mark.parametrize("says", ["page", "slow", "redirect", "broken"])
async def test_a_page_a_silence_a_redirect_and_nonsense_are_failures_not_answers(fake: Recorded, says: str) -> None:
    assert await kind(fake, says, timeout_s=0.3) == "failed"
    assert fake.asked["elsewhere"] == 0


async def test_five_failures_in_a_row_open_the_breaker_for_ten_minutes(fake: Recorded) -> None:
    for _ in range(5):
        assert await kind(fake, "page") == "failed"
    assert await kind(fake, "good") == "limited"
    assert fake.asked == {"page": 5}
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert await kind(fake, "good") == "found"


async def test_a_provider_that_blocks_us_is_left_alone_for_a_day(fake: Recorded) -> None:
    assert await kind(fake, "forbidden") == "failed"
    with clock.at(clock.now() + timedelta(hours=23)):
        assert await kind(fake, "good") == "limited"


async def test_a_point_given_to_many_different_addresses_is_not_believed(fake: Recorded) -> None:
    kinds = [(await ask(fake, text=f"{n}/2 Bình Tiên, P7, Q6, TP HCM")).kind for n in range(6)]
    assert kinds == ["found"] * 4 + ["disagrees"] * 2


def test_the_bucket_holds_a_rate_a_burst_and_a_daily_quota() -> None:
    at = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    slow = Provider("x", lambda: None, lambda *_: None, per_second=0.5, burst=2.0, per_day=3)
    state = State(2.0, at, None, 0, at.date(), 0)
    state, first = take(state, slow, at)
    state, second = take(state, slow, at)
    state, third = take(state, slow, at)
    assert (first, second, third) == (timedelta(0), timedelta(0), timedelta(seconds=2))
    state, fourth = take(replace(state, tokens=1.0), slow, at)
    assert fourth == timedelta(0)
    state, fifth = take(replace(state, tokens=1.0), slow, at)
    assert fifth == timedelta(seconds=1), "the quota of the day is used up until midnight"
    assert take(state, slow, at + timedelta(seconds=3))[1] == timedelta(0)


async def save_with_chain(fake: Recorded, cast: SimpleNamespace) -> SavedAddress:
    with using(geocoders="nominatim", geocoder_url=fake.url, geocoder_user_agent="Tuyen test"):
        return await save_address(SaveAddress(id=new_id(), party_id=new_id(), text=STORY), actor=cast.lan)


async def work(fake: Recorded, version_id: object) -> None:
    with using(geocoders="nominatim", geocoder_url=fake.url, geocoder_user_agent="Tuyen test"):
        await run_now("geocode", {"address_version_id": str(version_id)})


async def test_the_job_moves_the_address_from_the_ward_to_the_house(fake: Recorded, cast: SimpleNamespace) -> None:
    saved = await save_with_chain(fake, cast)
    assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'geocode'") == 1
    await work(fake, saved.version_id)
    row = await fetch_row("SELECT * FROM addresses WHERE id = $1", saved.id)
    assert (row["grade"], row["lat"], row["accuracy_m"]) == ("geocoder", 10.7428, 50.0)
    places = await fetch("SELECT method, provider FROM locations WHERE address_id = $1 ORDER BY created_at", saved.id)
    assert [(place["method"], place["provider"]) for place in places] == [("unit_centroid", ""), ("house", "nominatim")]
    await work(fake, saved.version_id)
    assert fake.asked["good"] == 1


async def test_the_job_never_moves_a_pin_a_person_has_set(fake: Recorded, cast: SimpleNamespace) -> None:
    saved = await save_with_chain(fake, cast)
    pinned = await pin_address(PinAddress(id=saved.id, lat=10.75, lon=106.64), actor=cast.lan)
    await work(fake, saved.version_id)
    await work(fake, pinned.version_id)
    assert await fetch_value("SELECT grade FROM addresses WHERE id = $1", saved.id) == "pin"
    assert fake.asked.total() == 0


async def test_a_failed_question_is_asked_again_later_and_not_for_ever(fake: Recorded, cast: SimpleNamespace) -> None:
    saved = await save_with_chain(fake, cast)
    fake.says = "page"
    for _ in range(5):
        await execute("UPDATE geocode_limits SET failures = 0, paused_until = NULL")
        await work(fake, saved.version_id)
    row = await fetch_row("SELECT * FROM geocode_tries WHERE address_version_id = $1", saved.version_id)
    assert (row["tries"], row["outcome"], row["next_try_at"]) == (5, "failed", None)
    assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'geocode'") == 5


async def test_answers_are_dropped_when_the_terms_say_so(fake: Recorded, cast: SimpleNamespace) -> None:
    await ask(fake)
    saved = await save_with_chain(fake, cast)
    with clock.at(clock.now() + timedelta(days=181)):
        await work(fake, saved.version_id)
        assert fake.asked["good"] == 2
    assert await fetch_value("SELECT count(*) FROM geocode_cache") == 1
