"""The verbs on addresses: save one, pin it to its true position. Both run inside the caller's transaction.

Who may touch whose address is the caller's question (customers); here an address is a text, a position and its history.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from backend.core import audit
from backend.core.clock import now
from backend.core.database import execute, fetch_row, fetch_value, transaction
from backend.core.errors import NotVisible
from backend.geo import geocoding
from backend.geo.address import Parsed
from backend.geo.assigning import Place, centroid
from backend.geo.distance import haversine_m
from backend.geo.errors import AddressEmpty, AddressTaken, FixTooVague, PositionInvalid
from backend.geo.locate import problem_of
from backend.geo.moving import Current, move
from backend.geo.preparing import PIN_ACCURACY_M, PreparedAddress, place_again, prepare_addresses
from backend.geo.reading import CURRENT
from backend.geo.schemas import PinAddress, SaveAddress, SavedAddress
from backend.geo.storing import AddressRow, insert_addresses
from backend.people.access import Actor

__all__ = [
    "AddressRow",
    "PinAddress",
    "PreparedAddress",
    "SaveAddress",
    "SavedAddress",
    "insert_addresses",
    "pin_address",
    "prepare_addresses",
    "save_address",
]

CONFIRMED = frozenset(("gps", "pin"))
VAGUE_M = 100.0
_CURRENT = CURRENT + " FOR UPDATE OF a"


async def save_address(command: SaveAddress, *, actor: Actor) -> SavedAddress:
    """Makes the address, or gives it a new version when its text or position changed; the same again does nothing.

    Positioned by the point given, else by a point known before, else by the centre of the ward read from the text.
    Refuses an empty text (`AddressEmpty`), numbers that are no place (`PositionInvalid`), an id of another party.
    """
    text = command.text.strip()
    if not text:
        raise AddressEmpty(pointer="/text")
    point = _point(command.lat, command.lon, command.accuracy_m, command.method)
    async with transaction():
        row = await fetch_row(_CURRENT, command.id)
        if row is None:
            saved = await _make(command, text, point, actor)
        elif row["party_id"] != command.party_id:
            raise AddressTaken(pointer="/id")
        else:
            saved = await _change(Current(row), command, text, point, actor)
        if saved.grade in ("ward", "none"):
            await geocoding.ask(saved.version_id)
    return saved


async def pin_address(command: PinAddress, *, actor: Actor) -> SavedAddress:
    """Puts the address where it truly is; what a person says beats every machine for ever.

    Keeps the old position in the history, with the distance; `far` when it is more than 1 km from a position that was
    confirmed before, or in another province than the text. Refuses the absent (`NotVisible`), numbers that are no
    place, and a fix vaguer than 100 m over a confirmed pin (`FixTooVague`).
    """
    point = _point(command.lat, command.lon, command.accuracy_m, command.method)
    if point is None:
        raise PositionInvalid(pointer="/lat", problem="invalid")
    async with transaction():
        row = await fetch_row(_CURRENT, command.id)
        if row is None:
            raise NotVisible
        current = Current(row)
        vague = command.method == "rep_fix" and point.accuracy_m > VAGUE_M
        if vague and current.grade in CONFIRMED and point.accuracy_m > (current.accuracy_m or 0):
            raise FixTooVague(accuracy_m=round(point.accuracy_m), limit_m=round(VAGUE_M), pointer="/accuracy_m")
        if current.place == point:
            return current.saved()
        prepared = place_again(current.text, msgspec.convert(row["parsed"], Parsed), point)
        saved = await move(current, prepared, corrects=current.version_id, by=actor.user_id)
        await audit.record(
            "address", command.id, "address.pin", actor_id=actor.user_id,
            details={
                "method": command.method, "lat": point.lat, "lon": point.lon, "old_lat": current.lat,
                "old_lon": current.lon, "moved_m": current.metres_to(point), "far": saved.far,
            },
        )  # fmt: skip
    return saved


def _point(lat: float | None, lon: float | None, accuracy_m: float | None, method: str) -> Place | None:
    if lat is None and lon is None:
        return None
    problem = problem_of(lat, lon)
    if problem or lat is None or lon is None:
        raise PositionInvalid(pointer="/lat", problem=problem or "invalid", lat=lat, lon=lon)
    if accuracy_m is not None and not 0 <= accuracy_m < 1e7:
        raise PositionInvalid(pointer="/accuracy_m", problem="invalid", lat=lat, lon=lon)
    return Place(
        lat, lon, PIN_ACCURACY_M if accuracy_m is None else accuracy_m, "manual" if method == "manual" else "rep_fix"
    )


async def _make(command: SaveAddress, text: str, point: Place | None, actor: Actor) -> SavedAddress:
    prepared = _prepared(text, point, command)
    default = command.is_default
    if default is None:
        default = not await fetch_value(
            "SELECT TRUE FROM addresses WHERE party_id = $1 AND kind = $2 AND is_default AND deleted_at IS NULL",
            command.party_id, command.kind,
        )  # fmt: skip
    if default:
        await _give_up_default(command.party_id, command.kind, command.id)
    row = AddressRow(command.id, command.party_id, prepared, command.kind, default, actor.user_id)
    [version_id] = await insert_addresses([row])
    place = prepared.place
    await audit.record(
        "address", command.id, "address.make", actor_id=actor.user_id,
        details={"grade": prepared.grade, "from_ward_m": _from_ward(prepared)},
    )  # fmt: skip
    return SavedAddress(
        id=command.id, party_id=command.party_id, version=1, version_id=version_id, grade=prepared.grade,
        lat=place.lat if place else None, lon=place.lon if place else None,
        accuracy_m=place.accuracy_m if place else None, certain=prepared.parsed.certain,
    )  # fmt: skip


def _from_ward(prepared: PreparedAddress) -> float | None:
    """How far a person's pin lies from the centre of the ward that was read, metres; None without one of the two."""
    ward, place = centroid(prepared.parsed), prepared.place
    if ward is None or place is None or place.method == "unit_centroid":
        return None
    return round(haversine_m(ward.lat, ward.lon, place.lat, place.lon), 1)


async def _change(current: Current, command: SaveAddress, text: str, point: Place | None, actor: Actor) -> SavedAddress:
    default = current.is_default if command.is_default is None else command.is_default
    if (command.kind, default) != (current.kind, current.is_default):
        if default:
            await _give_up_default(command.party_id, command.kind, command.id)
        await execute(
            "UPDATE addresses SET kind = $2, is_default = $3, version = version + 1, changed_at = $4 WHERE id = $1",
            command.id, command.kind, default, now(),
        )  # fmt: skip
        current = Current(await fetch_row(_CURRENT, command.id))
    if text == current.text and point in (None, current.place):
        return current.saved()
    kept = point or (current.place if current.grade in CONFIRMED else None)
    prepared = _prepared(text, kept, command)
    saved = await move(current, prepared, corrects=None, by=actor.user_id)
    await audit.record(
        "address", command.id, "address.change", actor_id=actor.user_id,
        details={"old": current.text, "new": text, "grade": saved.grade},
    )  # fmt: skip
    return saved


async def _give_up_default(party_id: UUID, kind: str, keep: UUID) -> None:
    await execute(
        """UPDATE addresses SET is_default = FALSE, version = version + 1, changed_at = $4
            WHERE party_id = $1 AND kind = $2 AND id <> $3 AND is_default AND deleted_at IS NULL""",
        party_id, kind, keep, now(),
    )  # fmt: skip


def _prepared(text: str, point: Place | None, command: SaveAddress) -> PreparedAddress:
    [prepared] = prepare_addresses([text], [None], styles=[command.style])
    return place_again(text, prepared.parsed, point) if point else prepared
