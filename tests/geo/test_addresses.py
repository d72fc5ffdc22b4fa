"""Saving and pinning addresses on a real database: versions, positions, and a region row for every version."""

from types import SimpleNamespace

import asyncpg
import pytest

from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.errors import NotVisible
from backend.core.ids import new_id
from backend.geo.addresses import (
    AddressRow,
    PinAddress,
    SaveAddress,
    SavedAddress,
    insert_addresses,
    pin_address,
    prepare_addresses,
    save_address,
)
from backend.geo.errors import AddressEmpty, AddressTaken, FixTooVague, PositionInvalid
from backend.geo.seeding import seed_regions

pytestmark = pytest.mark.anyio
STORY = "45/88/20P Bình Tiên, P7, Q6, TP HCM"


async def save(cast: SimpleNamespace, text: str = STORY, **more: object) -> SavedAddress:
    values: dict[str, object] = {"id": new_id(), "party_id": new_id(), "text": text, **more}
    return await save_address(SaveAddress(**values), actor=cast.lan)  # type: ignore[arg-type]  # test data


async def regions_of(version_id: object) -> dict[str, tuple[str | None, str]]:
    rows = await fetch(
        "SELECT set_id, region_id, method FROM address_regions WHERE address_version_id = $1", version_id
    )
    return {row["set_id"]: (row["region_id"], row["method"]) for row in rows}


async def test_an_address_typed_offline_gets_its_ward_its_province_in_both_sets_and_the_grade_ward(
    cast: SimpleNamespace,
) -> None:
    saved = await save(cast)
    assert saved.grade == "ward"
    row = await fetch_row("SELECT * FROM address_versions WHERE id = $1", saved.version_id)
    assert (row["ward_old"], row["province_63"], row["province_34"]) == ("27382", "79", "79")
    assert await regions_of(row["id"]) == {
        "VN-ADM1-34": ("VN-ADM1-34/79", "text"),
        "VN-ADM1-63": ("VN-ADM1-63/79", "text"),
    }


async def test_a_position_on_the_phone_beats_the_centre_of_the_ward(cast: SimpleNamespace) -> None:
    saved = await save(cast, lat=10.7467, lon=106.6352, accuracy_m=12.0)
    assert (saved.grade, saved.lat, saved.accuracy_m) == ("gps", 10.7467, 12.0)


async def test_what_cannot_be_read_is_kept_as_unlocated_and_abroad_as_outside(cast: SimpleNamespace) -> None:
    nowhere = await save(cast, "Gần chợ, đối diện cây xăng")
    abroad = await save(cast, "112 Street 271, Phnom Penh, Campuchia")
    pinned = await save(cast, "Kho số 3", lat=11.5321, lon=104.9087)
    assert set((await regions_of(nowhere.version_id)).values()) == {(None, "unlocated")}
    assert set((await regions_of(abroad.version_id)).values()) == {(None, "outside")}
    assert set((await regions_of(pinned.version_id)).values()) == {(None, "outside")}


async def test_saying_the_same_again_makes_no_new_version(cast: SimpleNamespace) -> None:
    command = SaveAddress(id=new_id(), party_id=new_id(), text=STORY, lat=10.7467, lon=106.6352, accuracy_m=9.0)
    first = await save_address(command, actor=cast.lan)
    assert await save_address(command, actor=cast.lan) == first
    assert await fetch_value("SELECT count(*) FROM address_versions WHERE address_id = $1", command.id) == 1


async def test_moving_house_makes_a_new_version_and_the_old_one_stays_as_it_was(cast: SimpleNamespace) -> None:
    command = SaveAddress(id=new_id(), party_id=new_id(), text=STORY)
    first = await save_address(command, actor=cast.lan)
    moved = SaveAddress(
        id=command.id, party_id=command.party_id, text="12 Hàng Bông, P. Hàng Gai, Q. Hoàn Kiếm, Hà Nội"
    )
    second = await save_address(moved, actor=cast.lan)
    assert second.version == 2
    assert (await regions_of(first.version_id))["VN-ADM1-34"][0] == "VN-ADM1-34/79"
    assert (await regions_of(second.version_id))["VN-ADM1-34"][0] == "VN-ADM1-34/01"


async def test_a_pin_moves_the_point_keeps_the_history_and_beats_the_text_when_set_by_hand(
    cast: SimpleNamespace,
) -> None:
    saved = await save(cast)
    pinned = await pin_address(PinAddress(id=saved.id, lat=10.98, lon=106.65, accuracy_m=8.0), actor=cast.lan)
    assert (pinned.grade, pinned.far) == ("pin", False)
    regions = await regions_of(pinned.version_id)
    assert regions["VN-ADM1-63"] == ("VN-ADM1-63/74", "manual")
    assert regions["VN-ADM1-34"] == ("VN-ADM1-34/79", "text")
    rows = await fetch(
        "SELECT method, superseded_by, moved_m FROM locations WHERE address_id = $1 ORDER BY created_at", saved.id
    )
    assert [row["method"] for row in rows] == ["unit_centroid", "manual"]
    assert rows[0]["superseded_by"] is not None
    assert rows[1]["moved_m"] > 20_000


async def test_a_pin_more_than_a_kilometre_from_a_confirmed_one_is_shown_to_a_manager(cast: SimpleNamespace) -> None:
    saved = await save(cast, lat=10.7467, lon=106.6352, accuracy_m=5.0)
    near = await pin_address(PinAddress(id=saved.id, lat=10.7470, lon=106.6352), actor=cast.lan)
    away = await pin_address(PinAddress(id=saved.id, lat=10.7600, lon=106.6352), actor=cast.lan)
    assert (near.far, away.far) == (False, True)
    assert await fetch_value("SELECT count(*) FROM audit WHERE entity = 'address' AND action = 'address.pin'") == 2


async def test_a_vague_fix_does_not_replace_a_confirmed_pin(cast: SimpleNamespace) -> None:
    saved = await save(cast, lat=10.7467, lon=106.6352, accuracy_m=5.0)
    vague = PinAddress(id=saved.id, lat=10.75, lon=106.64, accuracy_m=900.0, method="rep_fix")
    with pytest.raises(FixTooVague):
        await pin_address(vague, actor=cast.lan)


async def test_numbers_that_are_no_place_empty_texts_and_foreign_ids_are_refused(cast: SimpleNamespace) -> None:
    saved = await save(cast)
    for lat, lon in ((106.7, 10.7), (0.0, 0.0), (91.0, 181.0)):
        with pytest.raises(PositionInvalid):
            await save(cast, lat=lat, lon=lon)
    with pytest.raises(AddressEmpty):
        await save(cast, "   ")
    with pytest.raises(AddressTaken):
        await save(cast, id=saved.id)
    with pytest.raises(NotVisible):
        await pin_address(PinAddress(id=new_id(), lat=10.0, lon=106.0), actor=cast.lan)


async def test_one_party_has_one_default_address_of_a_kind(cast: SimpleNamespace) -> None:
    party = new_id()
    first = await save(cast, party_id=party)
    await save(cast, party_id=party)
    third = await save(cast, party_id=party, is_default=True)
    rows = await fetch("SELECT id FROM addresses WHERE party_id = $1 AND is_default", party)
    assert [row["id"] for row in rows] == [third.id]
    assert await fetch_value("SELECT version FROM addresses WHERE id = $1", first.id) == 2


async def test_the_history_of_a_place_cannot_be_edited(cast: SimpleNamespace) -> None:
    saved = await save(cast)
    for statement in (
        "UPDATE address_versions SET text = 'x' WHERE address_id = $1",
        "DELETE FROM address_versions WHERE address_id = $1",
        "UPDATE locations SET lat = 1 WHERE address_id = $1",
        "DELETE FROM locations WHERE address_id = $1",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with transaction():
                await execute(statement, saved.id)


async def test_many_addresses_are_stored_at_once_and_every_version_has_a_row_in_every_set(
    cast: SimpleNamespace,
) -> None:
    texts = [STORY, "Gần chợ", "Phường Sài Gòn, TP. Hồ Chí Minh", "Kho, Phnom Penh"]
    points = [None, None, (10.7769, 106.7009), (11.55, 104.92)]
    prepared = prepare_addresses(texts, points)
    assert [one.grade for one in prepared] == ["ward", "none", "gps", "gps"]
    ids = await insert_addresses([AddressRow(new_id(), new_id(), one) for one in prepared])
    assert (
        await fetch_value("SELECT count(*) FROM address_regions WHERE address_version_id = ANY($1::uuid[])", ids) == 8
    )
    assert await fetch_value("SELECT count(*) FROM address_regions WHERE region_id IS NULL") == 4


async def test_the_units_below_the_provinces_are_loaded_once(database: str) -> None:
    assert await seed_regions() == 696 + 10035 + 3321
    assert await seed_regions() == 0
    assert await fetch_value("SELECT count(*) FROM region_links WHERE kind = 'split' AND main") == 471
    saigon = await fetch_row("SELECT * FROM regions WHERE id = 'VN-WARD-2025/26740'")
    assert (saigon["name"], saigon["parent_id"]) == ("Sài Gòn", "VN-ADM1-34/79")
