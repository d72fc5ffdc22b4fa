"""Discount programmes from a file: one promotion a code, its rows the steps of a ladder, stored as a draft."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core.database import execute, fetch
from backend.core.ids import new_id
from tests.makers import an_item
from tests.pricing.imports_files import act, imported, rows_of, workbook
from tests.pricing.promoting import day, drafted, percent, running

pytestmark = pytest.mark.anyio
HEAD = [
    "Mã CT", "Tên chương trình", "Mã hàng", "Nhóm KH", "SL từ", "Chiết khấu %", "Số tiền giảm", "Hàng tặng", "Từ ngày",
    "Đến ngày", "Độc quyền",
]  # fmt: skip


@pytest.fixture
async def goods() -> dict[str, UUID]:
    return {code: await an_item(code) for code in ("SUA180", "CAFE", "LY")}


@pytest.fixture
async def an(client_for: Any, cast: SimpleNamespace, goods: dict[str, UUID]) -> Any:
    await execute("INSERT INTO customer_groups (id, code, name) VALUES ($1, 'dai-ly', 'Đại lý')", new_id())
    return await client_for(cast.an)


async def promotions() -> dict[str, tuple[str, dict[str, Any]]]:
    rows = await fetch("SELECT code, state, rule FROM promotions WHERE deleted_at IS NULL ORDER BY code")
    return {row["code"]: (row["state"], row["rule"]) for row in rows}


def sheet(*rows: list[Any], merges: tuple[str, ...] = ()) -> bytes:
    return workbook([["CHƯƠNG TRÌNH KHUYẾN MẠI THÁNG 12"], [], HEAD, *rows], merges=merges)


async def test_rows_of_one_code_become_the_steps_of_one_draft(an: Any, goods: dict[str, UUID]) -> None:
    content = sheet(
        ["KM1", "Sữa tháng 12", "SUA180", "Đại lý", 48, "3%", None, None, "01/12/2026", "31/12/2026", None],
        [None, None, None, None, 96, "5%", None, None, None, None, None],
        ["KM2", "Cà phê tặng ly", "CAFE", None, 10, None, None, "1 LY", "01/12/2026", None, "x"],
        ["KM3", "Giảm đơn", None, None, None, None, "100.000,0", None, None, None, None],
        merges=("A4:A5", "B4:B5", "C4:C5", "D4:D5"),
    )
    found = await imported(an, content)
    assert found["counts"] == {"new": 3, "changed": 0, "same": 0, "error": 0}, await rows_of(an, found["id"])
    done = await act(an, found["id"], "commit", found["version"])
    assert done.status_code == 200, done.text
    assert await promotions() == {
        "KM1": ("draft", {
            "name": {"vi": "Sữa tháng 12"}, "valid_from": "2026-12-01", "valid_to": "2026-12-31",
            "scope": {"customer_groups": ["dai-ly"]}, "match": {"items": [str(goods["SUA180"])]},
            "tiers": [
                {"min": {"qty": "48"}, "effect": {"kind": "percent", "value": "3"}},
                {"min": {"qty": "96"}, "effect": {"kind": "percent", "value": "5"}},
            ],
        }),
        "KM2": ("draft", {
            "name": {"vi": "Cà phê tặng ly"}, "valid_from": "2026-12-01", "exclusive": True,
            "match": {"items": [str(goods["CAFE"])]}, "min": {"qty": "10"},
            "effect": {"kind": "gift", "item": str(goods["LY"]), "qty": "1", "every": "10"},
        }),
        "KM3": ("draft", {
            "name": {"vi": "Giảm đơn"}, "stage": "order", "effect": {"kind": "amount", "value": "100000"},
        }),
    }  # fmt: skip
    again = await imported(an, content)
    assert again["counts"] == {"new": 0, "changed": 0, "same": 3, "error": 0}
    undone = await act(an, found["id"], "undo", done.json()["version"])
    assert undone.status_code == 200, undone.text
    assert await promotions() == {}


async def test_a_draft_is_changed_and_put_back_and_one_that_is_on_is_left_alone(an: Any) -> None:
    row = ["KM1", "Sữa", "SUA180", None, 48, "3%", None, None, None, None, None]
    first = await imported(an, sheet(row))
    await act(an, first["id"], "commit", first["version"])
    before = await promotions()
    second = await imported(an, sheet([*row[:5], "4%", *row[6:]]))
    assert second["counts"]["changed"] == 1
    done = await act(an, second["id"], "commit", second["version"])
    assert (await promotions())["KM1"][1]["effect"]["value"] == "4"
    undone = await act(an, second["id"], "undo", done.json()["version"])
    assert undone.status_code == 200 and await promotions() == before
    await execute("UPDATE promotions SET state = 'on', version = version + 1")
    third = await imported(an, sheet([*row[:5], "6%", *row[6:]]))
    assert (await rows_of(an, third["id"]))[0]["faults"][0]["code"] == "import-promotion-running"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["KM1", "A", "SUA180", None, 10, "3%"], ["KM1", "B", "SUA180", None, 20, "5%"]], "import-rows-differ"),
        ([["KM1", "A", "SUA180", None, 10, "3%"], ["KM1", "A", "SUA180", None, 10, "5%"]], "import-step-twice"),
        ([["KM1", "A", "SUA180", None, 10, "3%"], ["KM1", "A", "CAFE", None, 10, "5%"]], "import-ladders-differ"),
        ([["KM1", "A", "SUA180", None, 10, "3%", 5]], "import-effects-many"),
        ([["KM1", "A", "SUA180", None, 10]], "import-effect-missing"),
        ([[None, "A", "SUA180", None, 10, "3%"]], "import-code-missing"),
        ([["KM Tết", "A", "SUA180", None, 10, "3%"]], "import-code-wrong"),
        ([["KM1", "A", "SUA180", "Siêu thị", 10, "3%"]], "import-customer-group-unknown"),
        ([["KM1", "A", "SUA180, XXX", None, 10, "3%"]], "import-item-unknown"),
        ([["KM1", "A", "SUA180", None, 10, None, None, "1 BÁNH"]], "import-gift-unknown"),
        ([["KM1", "A", "SUA180", None, None, "3%"], ["KM1", "A", "SUA180", None, 5, "5%"]], "import-promotion-unsound"),
        ([["KM1", "A", "SUA180", None, 10, "3%", None, None, "02/12/2026", "01/12/2026"]], "import-promotion-unsound"),
        ([["KM1", "A", "SUA180", None, 10, "3%", None, None, None, None, "có lẽ"]], "import-yes-or-no"),
    ],
)  # fmt: skip
async def test_a_programme_that_cannot_be_meant_says_why_and_where(an: Any, rows: list[list[Any]], code: str) -> None:
    found = await imported(an, sheet(*rows))
    row = (await rows_of(an, found["id"]))[0]
    assert row["outcome"] == "error" and row["faults"][0]["code"] == code, row
    assert row["faults"][0]["row"] in (4, 5)


async def test_several_goods_share_a_ladder(an: Any, goods: dict[str, UUID]) -> None:
    found = await imported(an, sheet(["KM1", "A", "SUA180, CAFE", None, 10, "3%"], ["KM1", None, "LY", None, 10, "3%"]))
    row = (await rows_of(an, found["id"]))[0]
    assert row["after"]["match"] == {"items": sorted(str(one) for one in goods.values())}
    assert row["label"]["rows"] == "4, 5"


async def test_programmes_that_meet_are_listed_with_what_happens_before_anything_is_applied(
    an: Any, goods: dict[str, UUID]
) -> None:
    milk = {"items": [str(goods["SUA180"])]}
    await running(an, "DANG-CHAY", percent("2", match=milk, group="sua"))
    await running(an, "KHAC-HANG", percent("2", match={"items": [str(goods["LY"])]}))
    await drafted(an, "NHAP", percent("2", match=milk))  # a draft meets nobody yet
    await execute("INSERT INTO customers (id, code, name, position_id) VALUES ($1, 'KH1', 'Tạp hóa', 3)", new_id())
    first, last = day(), day(10)
    group_head = [*HEAD, "Nhóm KM"]
    content = workbook(
        [
            group_head,
            ["KM1", "Sữa", "SUA180", None, 48, "3%", None, None, first, last, None, "sua"],
            ["KM2", "Sữa độc quyền", "SUA180", None, 5, "1%", None, None, first, last, "x", None],
            ["KM3", "Sau này", "SUA180", None, 5, "1%", None, None, day(200), day(210), None, None],
            ["KM4", "Cà phê", "CAFE", None, 5, "1%", None, None, first, last, None, None],
            ["KM5", "Lỗi", "KHONG-CO", None, 5, "1%", None, None, first, last, None, None],
        ]
    )
    found = await imported(an, content)
    rows = {row["label"]["code"]: row for row in await rows_of(an, found["id"])}
    met = {
        code: [(one["kind"], one["code"], one["state"], one["winner"], one["items"]) for one in row["meetings"]]
        for code, row in rows.items()
    }
    assert met == {
        "KM1": [("exclusive", "KM2", "file", "KM2", 1), ("best", "DANG-CHAY", "active", None, 1)],
        "KM2": [("exclusive", "DANG-CHAY", "active", "KM2", 1), ("exclusive", "KM1", "file", "KM2", 1)],
        "KM3": [], "KM4": [], "KM5": [],
    }  # fmt: skip
    assert [one["row"] for one in rows["KM2"]["meetings"]] == [None, 2]

    # What the list says is what the editor says of the drafts, once they are there.
    done = await act(an, found["id"], "commit", found["version"], skip_errors=True)
    assert done.status_code == 200, done.text
    stored = {one["code"]: one["id"] for one in (await an.get("/promotions?limit=50")).json()["items"]}
    editor = (await an.get(f"/promotions/{stored['KM1']}")).json()["overlaps"]
    live = [one for one in rows["KM1"]["meetings"] if one["state"] != "file"]
    fields = ("kind", "code", "winner", "first", "items", "customers", "state", "group")
    assert [[one[name] for name in fields] for one in editor] == [[one[name] for name in fields] for one in live]


async def test_programmes_for_different_customers_do_not_meet(an: Any, goods: dict[str, UUID]) -> None:
    await execute("INSERT INTO customer_groups (id, code, name) VALUES ($1, 'si', 'Sỉ')", new_id())
    content = workbook(
        [
            HEAD,
            ["KM1", "Đại lý", "SUA180", "Đại lý", 48, "3%", None, None, None, None, None],
            ["KM2", "Sỉ", "SUA180", "Sỉ", 48, "3%", None, None, None, None, None],
        ]
    )
    found = await imported(an, content)
    assert [row["meetings"] for row in await rows_of(an, found["id"])] == [[], []]
