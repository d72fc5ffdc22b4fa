"""Every address has one answer in every set, the sets roll up into each other, in whatever order they are worked on."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.geo.address import Parsed
from backend.geo.assigning import Assigned, Method, Place
from backend.geo.preparing import Point, place_again, prepare_addresses
from backend.geo.units import units
from tests.geo.messy import KINDS, make

TEXTS = [
    "45/88/20P Bình Tiên, P7, Q6, TP HCM", "Phường Thủ Dầu Một, TP HCM", "Đà Nẵng", "Gần chợ",
    "Kho, Phnom Penh, Campuchia",
    "Bình Dương", "P. Ninh Kiều, Cần Thơ", "TP. Hồ Chí Minh",
]  # fmt: skip
points = (
    st.none()
    | st.tuples(st.floats(8, 23.5), st.floats(102, 110))
    | st.tuples(st.floats(9.5, 11.5), st.floats(106, 107.5), st.floats(0, 3000))
)
methods = st.sampled_from(["manual", "rep_fix", "house", "street"])


def codes(text: str, point: Point | None = None, method: Method = "rep_fix") -> dict[str, tuple[str | None, str]]:
    [prepared] = prepare_addresses([text], [point], methods=method)
    return {answer.set_id: (answer.code, answer.method) for answer in prepared.regions}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TEXTS), points, methods, st.integers(0, 10**12)), max_size=25), st.randoms())
def test_regions_and_unlocated_and_outside_add_up_to_the_ledger_and_roll_up(
    rows: list[tuple[str, Point | None, Method, int]], random: Random
) -> None:
    prepared = prepare_addresses([row[0] for row in rows], [row[1] for row in rows], methods=[row[2] for row in rows])
    tables = units()
    for set_id in ("VN-ADM1-34", "VN-ADM1-63"):
        sums: dict[str | None, int] = {}
        for one, row in zip(prepared, rows, strict=True):
            [answer] = [answer for answer in one.regions if answer.set_id == set_id]
            assert (answer.code is None) == (answer.method in ("unlocated", "outside"))
            key = answer.code or answer.method
            sums[key] = sums.get(key, 0) + row[3]
        assert sum(sums.values()) == sum(row[3] for row in rows)
    for one in prepared:
        new, old = one.regions
        if old.code is not None:
            assert tables.p63[old.code].links == (new.code,)
    shuffled = list(zip(rows, prepared, strict=True))
    random.shuffle(shuffled)
    again = prepare_addresses(
        [row[0] for row, _ in shuffled], [row[1] for row, _ in shuffled], methods=[row[2] for row, _ in shuffled]
    )
    assert again == [one for _, one in shuffled]


def test_generated_addresses_land_in_the_province_they_name() -> None:
    random = Random("assigning")
    made = [make(random, kind) for kind in KINDS for _ in range(60)]
    prepared = prepare_addresses([one.text for one in made], [None] * len(made))
    wrong = [
        one.text
        for one, ready in zip(made, prepared, strict=True)
        if ready.regions[0].code not in (None, one.province_34)
    ]
    assert wrong == []
    assert sum(ready.regions[0].code is not None for ready in prepared) >= 0.99 * len(made)


@pytest.mark.parametrize(
    ("text", "point", "method", "new", "old"),
    [
        # Text alone.
        ("Phường Thủ Dầu Một, TP HCM", None, "rep_fix", ("79", "text"), ("74", "text")),
        ("TP. Hồ Chí Minh", None, "rep_fix", ("79", "text"), (None, "unlocated")),
        ("Gần chợ", None, "rep_fix", (None, "unlocated"), (None, "unlocated")),
        # A fix near the written province does not move the money; far from it, it does.
        ("P7, Q6, TP HCM", (10.98, 106.65, 20.0), "rep_fix", ("79", "text"), ("74", "polygon")),
        ("P7, Q6, TP HCM", (21.03, 105.85, 20.0), "rep_fix", ("01", "polygon"), ("01", "polygon")),
        ("P7, Q6, TP HCM", (21.03, 105.85, 20.0), "manual", ("01", "manual"), ("01", "manual")),
        # No text: the polygon; nothing near: outside.
        ("Kiot 12", (10.98, 106.65), "rep_fix", ("79", "polygon"), ("74", "polygon")),
        ("Kiot 12", (11.55, 104.92), "rep_fix", (None, "outside"), (None, "outside")),
    ],
)
def test_text_pin_and_polygon_decide_in_the_order_that_was_written_down(
    text: str, point: Point | None, method: Method, new: tuple[str | None, str], old: tuple[str | None, str]
) -> None:
    assert codes(text, point, method) == {"VN-ADM1-34": new, "VN-ADM1-63": old}


def test_a_new_ward_of_two_old_provinces_goes_to_the_main_one_and_says_so() -> None:
    tables = units()
    shared = [ward for ward in tables.wards_new.values() if len(ward.links) > 1]
    assert len(shared) == 23
    ward = next(ward for ward in shared if ward.parent == "92")
    assert codes(f"{ward.full_name}, TP Cần Thơ") == {
        "VN-ADM1-34": ("92", "text"),
        "VN-ADM1-63": (ward.links[0], "derived"),
    }


def test_a_fix_just_over_the_border_of_the_written_province_keeps_both_reports_alike() -> None:
    parsed = Parsed(style="new", province_34="48", province_certain=True)
    ready = place_again("Đà Nẵng", parsed, Place(16.2262, 107.9, 500.0, "rep_fix"))
    new, old = ready.regions
    assert old.code is not None
    assert units().p63[old.code].links == (new.code,)
    assert isinstance(new, Assigned)
