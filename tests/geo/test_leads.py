"""A new lead's address on its way in: what a person pointed to is a pin, what was read from the text stays a ward."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from backend.core.database import fetch_row
from backend.core.ids import new_id

pytestmark = pytest.mark.anyio
STORY = "45/88/20P Bình Tiên, P7, Q6, TP HCM"
_STORED = """SELECT a.lat, a.lon, a.accuracy_m, a.grade, v.ward_old, v.ward_new, v.province_63, v.certain, l.method,
                    (SELECT r.region_id FROM address_regions r WHERE r.address_version_id = v.id
                        AND r.set_id = 'VN-ADM1-63') AS region,
                    (SELECT au.details FROM audit au WHERE au.entity_id = a.id AND au.action = 'address.make') AS said
               FROM addresses a JOIN address_versions v ON v.id = a.version_id
               LEFT JOIN locations l ON l.address_id = a.id AND l.superseded_by IS NULL WHERE a.party_id = $1"""


async def made(client: Any, **place: Any) -> Any:
    """What is stored of a lead at the story's address."""
    lead = str(new_id())
    body = {"id": lead, "name": "Tạp hóa Bình Tiên", "address": {"id": str(new_id()), "text": STORY, **place}}
    answer = await client.post("/customers", json=body)
    assert answer.status_code == 201, answer.text
    return await fetch_row(_STORED, lead)


async def test_a_lead_without_a_position_stands_at_the_centre_of_its_ward_and_says_so(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    row = await made(await client_for(cast.lan))
    assert (row["grade"], row["method"], row["lat"], row["lon"]) == ("ward", "unit_centroid", 10.7425, 106.643)
    assert row["accuracy_m"] > 500
    assert row["said"]["from_ward_m"] is None


async def test_a_pin_set_by_hand_beats_the_ward_and_the_text_keeps_saying_which_ward_it_is(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    row = await made(await client_for(cast.lan), lat=10.7452, lon=106.6441, accuracy_m=30, method="manual")
    assert (row["grade"], row["method"], row["lat"], row["lon"]) == ("pin", "manual", 10.7452, 106.6441)
    assert (row["ward_old"], row["ward_new"], row["province_63"], row["certain"]) == ("27382", "27373", "79", True)
    assert row["region"] == "VN-ADM1-63/79"
    assert row["said"]["from_ward_m"] == pytest.approx(323, abs=5)


async def test_a_position_without_a_method_is_the_phones_own_as_it_always_was(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    row = await made(await client_for(cast.lan), lat=10.7452, lon=106.6441, accuracy_m=12)
    assert (row["grade"], row["method"]) == ("gps", "rep_fix")


async def test_a_lead_cannot_claim_a_ward_centre_or_anything_else_as_its_method(
    cast: SimpleNamespace, client_for: Callable[..., Any]
) -> None:
    client = await client_for(cast.lan)
    for method in ("unit_centroid", "house", ""):
        place = {"lat": 10.7425, "lon": 106.643, "accuracy_m": 900, "method": method}
        body = {"id": str(new_id()), "name": "X", "address": {"id": str(new_id()), "text": STORY, **place}}
        assert (await client.post("/customers", json=body)).status_code == 422
