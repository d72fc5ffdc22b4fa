"""A price list from a file: read, checked row by row, applied at once, undone as a whole."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from backend.core.database import execute, fetch, fetch_row, fetch_value
from backend.core.ids import new_id
from backend.core.jobs import run_now
from backend.pricing.storing import NewPriceList, NewPriceRule, insert_price_lists, insert_price_rules
from tests.makers import a_world, an_item, an_order, applied
from tests.pricing.imports_files import HEAD, act, do_jobs, document, imported, rows_of, send, shown, workbook

pytestmark = pytest.mark.anyio


@pytest.fixture
async def goods() -> dict[str, UUID]:
    """Three items with a box of 48, priced by nothing but themselves."""
    return {code: await an_item(code) for code in ("SUA180", "CAFE", "LY")}


@pytest.fixture
async def dealers(goods: dict[str, UUID]) -> UUID:
    """The dealers' price list, with one price in it."""
    list_id = new_id()
    await insert_price_lists([NewPriceList(id=list_id, code="DL", name_vi="Đại lý", name_en="Dealers", currency="VND")])
    await insert_price_rules(
        [
            NewPriceRule(
                id=new_id(), list_id=list_id, code="DL-1", item_id=goods["SUA180"],
                price={"kind": "fixed", "amount": "7200"},
            )
        ]
    )  # fmt: skip
    return list_id


async def prices(list_id: UUID) -> list[tuple[Any, ...]]:
    """What the list says, in plain values."""
    rows = await fetch(
        """SELECT i.code, r.unit, r.price->>'amount' AS amount, r.min_qty_micro, r.valid_from, r.valid_to
             FROM price_rules r JOIN items i ON i.id = r.item_id
            WHERE r.list_id = $1 AND r.deleted_at IS NULL ORDER BY i.code, r.min_qty_micro NULLS FIRST, r.unit""",
        list_id,
    )
    return [
        (r["code"], r["unit"], r["amount"], r["min_qty_micro"], str(r["valid_from"]), str(r["valid_to"])) for r in rows
    ]


QUARTER = [
    ["CÔNG TY TNHH SỮA VIỆT"],
    ["BẢNG GIÁ QUÝ 4"],
    [],
    HEAD,
    ["SUA180", "Sữa tươi 180 ml", "hộp", "7.500", None, None, None],
    ["SUA180", "Sữa tươi 180 ml", "thùng", "1.340.000", None, None, None],
    ["CAFE", "Cà phê gói", "hộp", "55.000 đ", "01/10/2026", "31/12/2026", 10],
    ["KHONGCO", "Không có", "hộp", "1.000", None, None, None],
]


async def test_a_workbook_is_checked_row_by_row_applied_and_undone(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    before = await prices(dealers)
    found = await imported(an, workbook(QUARTER), price_list=dealers)
    assert found["state"] == "checked" and found["fault"] is None
    assert found["counts"] == {"new": 2, "changed": 1, "same": 0, "error": 1}
    rows = await rows_of(an, found["id"])
    assert [(row["row"], row["outcome"]) for row in rows] == [(5, "changed"), (6, "new"), (7, "new"), (8, "error")]
    assert rows[0]["before"]["price"]["amount"] == "7200" and rows[0]["after"]["price"]["amount"] == "7500"
    assert rows[3]["faults"] == [{"code": "import-item-unknown", "column": "A", "value": "KHONGCO"}]

    refused = await act(an, found["id"], "commit", found["version"])
    assert refused.status_code == 409 and refused.json()["code"] == "import-has-errors"
    done = await act(an, found["id"], "commit", found["version"], skip_errors=True)
    assert done.status_code == 200, done.text
    assert await prices(dealers) == [
        ("CAFE", None, "55000", 10_000_000, "2026-10-01", "2026-12-31"),
        ("SUA180", "thùng", "1340000", None, "None", "None"),
        ("SUA180", None, "7500", None, "None", "None"),
    ]
    again = await imported(an, workbook(QUARTER[:-1]), price_list=dealers)
    assert again["counts"] == {"new": 0, "changed": 0, "same": 3, "error": 0}
    assert (await act(an, again["id"], "commit", again["version"])).json()["code"] == "import-nothing"

    undone = await act(an, found["id"], "undo", done.json()["version"])
    assert undone.status_code == 200, undone.text
    assert await prices(dealers) == before
    assert [step["step"] for step in (await shown(an, found["id"]))["steps"]] == ["uploaded", "applied", "undone"]


async def test_a_word_table_with_joined_cells_and_a_price_for_each_unit_is_a_price_list_too(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    table = [
        ["Mã hàng", "Tên hàng", "Đơn giá", "", "SL từ"],
        ["", "", "Thùng", "Hộp", ""],
        ["SỮA", "", "", "", ""],
        ["SUA180", "Sữa tươi", "1.340.000", "7.100", ""],
        ["", "", "1.300.000", "7.000", "10"],
        ["Mã hàng", "Tên hàng", "Thùng", "Hộp", "SL từ"],
        ["CAFE", "Cà phê", "2.600.000", "-", ""],
    ]
    merges = [(0, 0, 2, 0, 3), (0, 0, 0, 1, 0), (0, 0, 1, 1, 1), (0, 2, 0, 2, 4), (0, 3, 0, 4, 0), (0, 3, 1, 4, 1)]
    found = await imported(an, document(table, merges=merges), "gia.docx", price_list=dealers)
    prices_of = {column["column"]: column for column in found["columns"] if column["role"] == "price"}
    assert [(one["unit"], one["question"]) for one in prices_of.values()] == [("Thùng", ""), ("Hộp", "mark")]
    rows = await rows_of(an, found["id"], "error")  # "7.100" and "7.000" read two ways, and nobody guesses
    assert {(row["row"], row["faults"][0]["column"], row["faults"][0]["code"]) for row in rows} == {
        (4, "D", "number-ambiguous"), (5, "D", "number-ambiguous"),
    }  # fmt: skip
    answered = await an.patch(
        f"/price-imports/{found['id']}",
        json={
            "expected_version": found["version"],
            "columns": {"D": {"role": "price", "unit": "Hộp", "mark": ","}},
        },
    )
    assert answered.status_code == 200, answered.text
    await do_jobs()
    found = await shown(an, found["id"])
    assert found["counts"] == {"new": 4, "changed": 1, "same": 0, "error": 0}
    assert [note["code"] for note in found["notes"]] == ["import.rows-skipped"]
    done = await act(an, found["id"], "commit", found["version"])
    assert done.status_code == 200, done.text
    assert await prices(dealers) == [
        ("CAFE", "thùng", "2600000", None, "None", "None"),
        ("SUA180", "thùng", "1340000", None, "None", "None"),
        ("SUA180", None, "7100", None, "None", "None"),
        ("SUA180", "thùng", "1300000", 10_000_000, "None", "None"),
        ("SUA180", None, "7000", 10_000_000, "None", "None"),
    ]


async def test_days_that_overlap_in_the_file_name_both_rows(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    rows = [
        HEAD,
        ["CAFE", "", "hộp", 55000, "01/10/2026", "31/12/2026", None],
        ["CAFE", "", "hộp", 56000, "15/12/2026", None, None],
        ["CAFE", "", "hộp", 50000, "15/12/2026", None, 10],  # another quantity break is another price
        ["LY", "", "hộp", 500, None, None, None],
    ]
    found = await imported(an, workbook(rows), price_list=dealers)
    bad = await rows_of(an, found["id"], "error")
    assert [(row["row"], row["faults"]) for row in bad] == [
        (2, [{"code": "import-overlap-file", "other": {"table": 0, "row": 3}}]),
        (3, [{"code": "import-overlap-file", "other": {"table": 0, "row": 2}}]),
    ]
    assert found["counts"]["new"] == 2


async def test_an_older_price_is_in_the_way_until_somebody_lets_it_end(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    before = await prices(dealers)
    found = await imported(an, workbook([HEAD, ["SUA180", "", "", 7500, "01/12/2026", None, None]]), price_list=dealers)
    bad = (await rows_of(an, found["id"], "error"))[0]
    assert bad["faults"] == [{"code": "import-overlap-stored", "rule": "DL-1"}]
    change = {"expected_version": found["version"], "close_earlier": True}
    assert (await an.patch(f"/price-imports/{found['id']}", json=change)).status_code == 200
    await do_jobs()
    found = await shown(an, found["id"])
    new = (await rows_of(an, found["id"], "new"))[0]
    assert new["after"]["closes"] == {"code": "DL-1", "valid_to": "2026-11-30"}
    done = await act(an, found["id"], "commit", found["version"])
    assert done.status_code == 200, done.text
    assert await prices(dealers) == [
        ("SUA180", None, "7200", None, "None", "2026-11-30"), ("SUA180", None, "7500", None, "2026-12-01", "None"),
    ]  # fmt: skip
    assert (await act(an, found["id"], "undo", done.json()["version"])).status_code == 200
    assert await prices(dealers) == before


async def test_prices_that_trade_places_do_not_meet_halfway(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    first = [
        HEAD,
        ["CAFE", "", "", 5, "01/01/2027", "31/01/2027", None],
        ["CAFE", "", "", 6, "01/02/2027", "28/02/2027", None],
    ]
    found = await imported(an, workbook(first), price_list=dealers)
    assert (await act(an, found["id"], "commit", found["version"])).status_code == 200
    second = [
        HEAD,
        ["CAFE", "", "", 5, "01/01/2027", "15/01/2027", None],
        ["CAFE", "", "", 7, "16/01/2027", "31/01/2027", None],
        ["CAFE", "", "", 6, "01/02/2027", None, None],
    ]
    found = await imported(an, workbook(second), price_list=dealers)
    assert found["counts"] == {"new": 1, "changed": 2, "same": 0, "error": 0}
    done = await act(an, found["id"], "commit", found["version"])
    assert done.status_code == 200, done.text
    assert (await act(an, found["id"], "undo", done.json()["version"])).status_code == 200
    assert [row[2:] for row in await prices(dealers) if row[0] == "CAFE"] == [
        ("5", None, "2027-01-01", "2027-01-31"), ("6", None, "2027-02-01", "2027-02-28"),
    ]  # fmt: skip


async def test_an_import_an_order_has_used_stays_and_the_order_is_named(
    client_for: Any, cast: SimpleNamespace, dealers: UUID, goods: dict[str, UUID]
) -> None:
    an, lan = await client_for(cast.an), await client_for(cast.lan)
    await execute("UPDATE price_lists SET is_default = true WHERE id = $1", dealers)
    found = await imported(an, workbook([HEAD, ["CAFE", "", "", 55000, None, None, None]]), price_list=dealers)
    done = await act(an, found["id"], "commit", found["version"])
    world = await a_world(lan, "Zuy", goods["SUA180"], "0901234789")  # an order of other goods changes nothing
    order = an_order(str(new_id()), world.customer, [(goods["CAFE"], "2")])
    await applied(lan, ("order.place", order))
    row = await fetch_row(
        """SELECT o.number, l.unit_price, l.price_source FROM orders o JOIN order_lines l ON l.order_id = o.id
            WHERE o.id = $1""",
        UUID(order["id"]),
    )
    assert row["unit_price"] == 55_000_000_000 and row["price_source"].startswith("list:DL/CAFE-")
    refused = await act(an, found["id"], "undo", done.json()["version"])
    assert refused.status_code == 409 and refused.json()["code"] == "import-used"
    assert refused.json()["orders"] == row["number"] and refused.json()["count"] == 1
    cancelled = await lan.post(f"/orders/{order['id']}/cancellation", json={"reason": "changed-mind"})
    assert cancelled.status_code < 300, cancelled.text
    assert (await act(an, found["id"], "undo", done.json()["version"])).status_code == 200


async def test_an_order_priced_from_a_list_built_on_this_one_counts_as_use(
    client_for: Any, cast: SimpleNamespace, dealers: UUID, goods: dict[str, UUID]
) -> None:
    an, lan = await client_for(cast.an), await client_for(cast.lan)
    above = new_id()
    await insert_price_lists(
        [NewPriceList(id=above, code="VIP", name_vi="VIP", name_en="VIP", currency="VND", is_default=True)]
    )
    off = {"kind": "off", "base": "list:DL", "percent": "10"}
    await insert_price_rules([NewPriceRule(id=new_id(), list_id=above, code="V-1", price=off)])
    found = await imported(an, workbook([HEAD, ["CAFE", "", "", 50000, None, None, None]]), price_list=dealers)
    done = await act(an, found["id"], "commit", found["version"])
    world = await a_world(lan, "Zuy", goods["SUA180"], "0901234789")
    await applied(lan, ("order.place", an_order(str(new_id()), world.customer, [(goods["CAFE"], "2")])))
    refused = await act(an, found["id"], "undo", done.json()["version"])
    assert (refused.status_code, refused.json()["code"], refused.json()["count"]) == (409, "import-used", 1)


async def test_what_somebody_changed_after_an_import_is_not_swept_away(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    found = await imported(an, workbook([HEAD, ["CAFE", "", "", 55000, None, None, None]]), price_list=dealers)
    done = await act(an, found["id"], "commit", found["version"])
    code = await fetch_value("UPDATE price_rules SET version = version + 1 WHERE code LIKE 'CAFE-%' RETURNING code")
    refused = await act(an, found["id"], "undo", done.json()["version"])
    assert refused.status_code == 409 and refused.json()["code"] == "import-changed-since"
    assert refused.json()["rules"] == code


async def test_prices_that_changed_since_the_check_are_checked_again_first(
    client_for: Any, cast: SimpleNamespace, dealers: UUID, goods: dict[str, UUID]
) -> None:
    an = await client_for(cast.an)
    found = await imported(an, workbook([HEAD, ["CAFE", "", "", 55000, None, None, None]]), price_list=dealers)
    other = NewPriceRule(
        id=new_id(), list_id=dealers, code="DL-2", item_id=goods["CAFE"], price={"kind": "fixed", "amount": "1"}
    )
    await insert_price_rules([other])
    stale = await act(an, found["id"], "commit", found["version"])
    assert stale.status_code == 409 and stale.json()["code"] == "import-stale"
    assert (await act(an, found["id"], "check", found["version"])).status_code == 200
    await do_jobs()
    found = await shown(an, found["id"])
    assert found["counts"] == {"new": 0, "changed": 1, "same": 0, "error": 0}
    assert (await act(an, found["id"], "commit", found["version"])).status_code == 200


async def test_only_the_newest_check_of_an_import_writes(client_for: Any, cast: SimpleNamespace, dealers: UUID) -> None:
    an = await client_for(cast.an)
    sent = await send(an, workbook([HEAD, ["CAFE", "", "", 55000, None, None, None]]), price_list=dealers)
    import_id = sent.json()["id"]
    busy = await act(an, import_id, "commit", 1)
    assert busy.status_code == 409 and busy.json()["code"] == "import-busy"
    await run_now("pricing.check-import", {"import_id": import_id, "run": str(new_id())})
    assert (await shown(an, import_id))["state"] == "waiting"
    await do_jobs()
    await do_jobs()
    found = await shown(an, import_id)
    assert found["state"] == "checked" and found["done"] == found["total"] == 1


@pytest.mark.parametrize("login", ["hung", "ngoc", "lan", "bob", "mai", "tuan", "sau"])
async def test_only_who_may_change_prices_imports_them(
    login: str, client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an, other = await client_for(cast.an), await client_for(login)
    content = workbook([HEAD, ["CAFE", "", "", 55000, None, None, None]])
    found = await imported(an, content, price_list=dealers)
    assert (await send(other, content, price_list=dealers)).status_code == 403
    assert (await other.get("/price-imports")).status_code == 403
    assert (await other.get(f"/price-imports/{found['id']}")).status_code == 403
    assert (await other.get(f"/price-imports/{found['id']}/rows")).status_code == 403
    for step in ("commit", "undo", "check"):
        assert (await act(other, found["id"], step, found["version"])).status_code == 403
    change = {"expected_version": found["version"], "close_earlier": True}
    assert (await other.patch(f"/price-imports/{found['id']}", json=change)).status_code == 403


async def test_an_import_is_changed_by_who_saw_it_last_and_unknown_ones_are_absent(
    client_for: Any, cast: SimpleNamespace, dealers: UUID
) -> None:
    an = await client_for(cast.an)
    found = await imported(an, workbook([HEAD, ["CAFE", "", "", 55000, None, None, None]]), price_list=dealers)
    old = found["version"] - 1
    for step in ("commit", "undo", "check"):
        stale = await act(an, found["id"], step, old)
        assert stale.status_code == 412 and stale.json()["current"] == found["version"]
        assert (await act(an, str(new_id()), step, 1)).status_code == 404
    assert (await an.get(f"/price-imports/{new_id()}")).status_code == 404
    assert (await send(an, workbook([HEAD]), price_list=new_id())).status_code == 404
    for wrong in (
        {"columns": {"A": {"role": "boss"}}}, {"columns": {"ZZ": {"role": "price"}}}, {"table": 7},
        {"columns": {"B": {"role": "item_code"}}}, {"columns": {"a": {"role": ""}}}, {"row": 0}, {"colour": "red"},
    ):  # fmt: skip
        answer = await an.patch(f"/price-imports/{found['id']}", json={"expected_version": found["version"], **wrong})
        assert answer.status_code == 422, (wrong, answer.text)
    assert (await act(an, found["id"], "undo", found["version"])).json()["code"] == "import-not-applied"


async def test_a_heading_nobody_knows_is_shown_by_hand(client_for: Any, cast: SimpleNamespace, dealers: UUID) -> None:
    an = await client_for(cast.an)
    content = workbook([["Alpha", "Beta"], ["CAFE", 55000]])
    found = await imported(an, content, price_list=dealers)
    assert found["notes"][0]["code"] == "import.no-heading" and not found["counts"]["new"]
    change = {
        "expected_version": found["version"], "row": 1,
        "columns": {"A": {"role": "item_code"}, "B": {"role": "price"}}, "starts_on": "2027-01-01",
    }  # fmt: skip
    assert (await an.patch(f"/price-imports/{found['id']}", json=change)).status_code == 200
    await do_jobs()
    found = await shown(an, found["id"])
    assert found["counts"]["new"] == 1 and found["starts_on"] == "2027-01-01"
    assert (await rows_of(an, found["id"]))[0]["after"]["valid_from"] == "2027-01-01"


async def test_text_that_looks_like_a_formula_stays_text(client_for: Any, cast: SimpleNamespace, dealers: UUID) -> None:
    an = await client_for(cast.an)
    evil = '=HYPERLINK("http://127.0.0.1","x")'
    table = [
        ["Mã hàng", "Tên hàng", "Đơn giá"],
        [evil, "<script>alert(1)</script>", "7.200,5"],
        ["CAFE", evil, "55.000,5"],
    ]
    found = await imported(an, document(table), "gia.docx", price_list=dealers)
    rows = await rows_of(an, found["id"])
    assert rows[0]["faults"] == [{"code": "import-item-unknown", "column": "A", "value": evil}]
    assert rows[1]["outcome"] == "new"
    done = await act(an, found["id"], "commit", found["version"], skip_errors=True)
    assert done.status_code == 200
    assert await fetch_value("SELECT count(*) FROM price_rules WHERE code ~ '^[A-Z0-9]' AND code NOT LIKE '=%'") == 2


async def test_customers_groups_and_percentages_have_columns_too(
    client_for: Any, cast: SimpleNamespace, dealers: UUID, goods: dict[str, UUID]
) -> None:
    an, lan = await client_for(cast.an), await client_for(cast.lan)
    world = await a_world(lan, "Zuy", goods["SUA180"], "0901234789")
    group = new_id()
    await execute("INSERT INTO customer_groups (id, code, name) VALUES ($1, 'dai-ly', 'Đại lý cấp 1')", group)
    rows = [
        ["Mã hàng", "Khách hàng", "Nhóm KH", "Chiết khấu %"],
        ["CAFE", "Cửa hàng Zuy", None, "5%"],
        ["CAFE", None, "đại lý cấp 1", 7.5],
        ["CAFE", "Ai đó", None, 3],
        ["CAFE", None, None, 120],
    ]
    found = await imported(an, workbook(rows), price_list=dealers)
    assert [row["outcome"] for row in await rows_of(an, found["id"])] == ["new", "new", "error", "error"]
    faults = [row["faults"][0]["code"] for row in await rows_of(an, found["id"], "error")]
    assert faults == ["import-customer-unknown", "percent-range"]
    await act(an, found["id"], "commit", found["version"], skip_errors=True)
    kept = await fetch(
        """SELECT customer_id, customer_group_id, price FROM price_rules WHERE price->>'kind' = 'off'
            ORDER BY price->>'percent'"""
    )
    assert [(row["customer_id"], row["customer_group_id"], row["price"]["percent"]) for row in kept] == [
        (UUID(world.customer), None, "5"), (None, group, "7.5"),
    ]  # fmt: skip
