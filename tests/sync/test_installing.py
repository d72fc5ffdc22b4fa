"""The registry, the generated SQL and the triggers of a real database agree; nothing written escapes a stamp."""

from types import SimpleNamespace

import pytest

from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.ids import new_id
from sync.installing import SQL, trigger_names, whole_sql
from sync.pull_queries import vector_sql
from sync.tables import BY_NAME, BY_NUMBER, FIRST_HISTORY, SYNCED, Synced
from tests.sync.phone import BOB, LAN, Phone, make_customer, make_visit

WIRE = {  # docs/wire.md, "Tables a phone pulls"
    "item": "id code name_vi name_en group_id base_unit base_digits whole_units tax_code active",
    "item_group": "id parent_id code name_vi name_en",
    "packaging": "id item_id unit num den whole_units barcode",
    "customer_group": "id parent_id code name",
    "reason": "id kind code name_vi name_en",
    "customer": "id code name stage status phone tax_no group_ids position_id currency note planned_weekday"
    " last_visit_at last_order_at",
    "address": "id customer_id kind text lat lon accuracy_m grade is_default version_id",
    "contact": "id customer_id name phone email role",
    "visit": "id customer_id user_id purpose started_at ended_at lat lon accuracy_m distance_m verdict far_reason note"
    " outcome next_step next_on late",
    "expense": "id customer_id visit_id user_id category amount currency vat spent_on note state",
    "attachment": "id owner owner_id customer_id user_id sha256 size mime taken_at state",
    "order": "id number customer_id user_id state holds currency ordered_on requested_on gross discount net tax total"
    " note lines placed_at decided_note version priced_as",
    "conflict": "id entity entity_id customer_id field base_value kept_value lost_value lost_by lost_at choice"
    " settled_by settled_at",
}


def test_the_registry_is_the_wire_contract() -> None:
    assert {synced.name: " ".join(name for name, _ in synced.columns) for synced in SYNCED} == WIRE
    assert len(BY_NUMBER) == len(BY_NAME) == len(SYNCED)
    assert {synced.name for synced in SYNCED if synced.number < FIRST_HISTORY} == {
        "item", "item_group", "packaging", "customer_group", "reason", "customer",
    }  # fmt: skip


def test_the_committed_sql_is_what_the_registry_generates() -> None:
    assert SQL.read_text("utf-8") == whole_sql(), "run: python -m sync.installing"


async def test_every_synced_table_carries_its_triggers_and_no_other_table_does(database: str) -> None:
    rows = await fetch(
        """SELECT c.relname || '.' || t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE NOT t.tgisinternal AND t.tgname LIKE 'sync\\_%' AND t.tgenabled = 'O'"""
    )
    assert {row["name"] for row in rows} == {name for synced in SYNCED for name in trigger_names(synced)}


@pytest.mark.parametrize("synced", SYNCED, ids=lambda synced: synced.name)
async def test_every_column_of_the_wire_can_be_written(database: str, synced: Synced) -> None:
    assert await fetch_value(vector_sql(synced.number), "{}") is not None


async def test_an_import_by_copy_is_stamped_with_one_transaction(cast: SimpleNamespace) -> None:
    await execute(
        """INSERT INTO customers (id, code, name, position_id) SELECT gen_random_uuid(), 'C' || n, 'x', 3
             FROM generate_series(1, 500) n"""
    )
    row = await fetch_row(
        "SELECT count(*) AS n, count(DISTINCT seq) AS stamps, min(key) AS key FROM sync_rows WHERE tbl = 6"
    )
    assert (row["n"], row["stamps"], row["key"]) == (500, 1, 3)


async def test_truncating_a_table_deletes_its_rows_on_every_phone(cast: SimpleNamespace) -> None:
    visit = await make_visit(await make_customer(), cast.lan.user_id)
    phone = Phone(cast.lan)
    await phone.sync()
    assert phone.ids("visit") == {visit}
    await execute("TRUNCATE visits CASCADE")
    await phone.sync()
    assert not phone.ids("visit")


async def test_a_row_deleted_and_written_again_elsewhere_leaves_the_first_phone(cast: SimpleNamespace) -> None:
    mine, theirs = await make_customer(LAN), await make_customer(BOB)
    visit = await make_visit(mine, cast.lan.user_id)
    phone = Phone(cast.lan)
    await phone.sync()
    await execute("DELETE FROM visits WHERE id = $1", visit)
    await execute(
        "INSERT INTO visits (id, customer_id, user_id, purpose, started_at) VALUES ($1, $2, $3, 'x', now())",
        visit, theirs, cast.bob.user_id,
    )  # fmt: skip
    await phone.sync()
    assert not phone.ids("visit")


async def test_rows_written_again_beside_new_ones_count_on_and_the_new_ones_begin_at_one(cast: SimpleNamespace) -> None:
    mine, theirs = await make_customer(LAN), await make_customer(BOB)
    stays, moves, fresh = await make_visit(mine, cast.lan.user_id), await make_visit(mine, cast.lan.user_id), new_id()
    phone = Phone(cast.lan)
    await phone.sync()
    await execute("DELETE FROM visits")
    await execute(
        """INSERT INTO visits (id, customer_id, user_id, purpose, started_at)
           SELECT id, customer_id, $3, 'x', now() FROM unnest($1::uuid[], $2::uuid[]) AS v(id, customer_id)""",
        [stays, moves, fresh], [mine, theirs, mine], cast.lan.user_id,
    )  # fmt: skip
    rows = await fetch("SELECT id, root, key, ver, del FROM sync_rows WHERE tbl = 12")
    assert {row["id"]: (row["root"], row["key"], row["ver"], row["del"]) for row in rows} == {
        stays: (mine, LAN, 3, False), moves: (theirs, BOB, 3, False), fresh: (mine, LAN, 1, False),
    }  # fmt: skip
    assert [tuple(row) for row in await fetch("SELECT id, root, frm, dst FROM sync_moves")] == [(moves, mine, LAN, BOB)]
    await phone.sync()
    assert phone.ids("visit") == {stays, fresh}


async def test_a_customer_without_a_currency_is_sold_in_its_nearest_groups(cast: SimpleNamespace) -> None:
    customer, plain, group = await make_customer(), await make_customer(), new_id()
    await execute("UPDATE customers SET currency = NULL, version = version + 1")
    phone = Phone(cast.lan)
    await phone.sync()
    assert {row[2]["currency"] for row in phone.rows["customer"].values()} == {None}
    await execute("INSERT INTO customer_groups (id, code, name, currency) VALUES ($1, 'XK', 'Xuất khẩu', 'USD')", group)
    async with transaction():
        await execute("INSERT INTO customer_group_links VALUES ($1, $2, TRUE)", customer, group)
    await phone.sync()
    held = {key: row[2]["currency"] for key, row in phone.rows["customer"].items()}
    assert held == {str(customer): "USD", str(plain): None}


async def test_a_change_of_a_customers_groups_sends_the_customer_again(cast: SimpleNamespace) -> None:
    customer, group = await make_customer(), new_id()
    await execute("INSERT INTO customer_groups (id, code, name) VALUES ($1, 'GT', 'Tạp hoá')", group)
    phone = Phone(cast.lan)
    await phone.sync()
    assert phone.rows["customer"][str(customer)][2]["group_ids"] == []
    async with transaction():
        await execute("INSERT INTO customer_group_links VALUES ($1, $2, TRUE)", customer, group)
    await phone.sync()
    assert phone.rows["customer"][str(customer)][2]["group_ids"] == [str(group)]


async def test_an_address_written_before_its_customer_is_adopted_by_it(cast: SimpleNamespace) -> None:
    customer, address, version = new_id(), new_id(), new_id()
    async with transaction():
        await execute(
            "INSERT INTO addresses (id, party_id, text, version_id) VALUES ($1, $2, '12 Lê Lợi', $3)",
            address,
            customer,
            version,
        )
        await execute(
            """INSERT INTO address_versions (id, address_id, text, parsed, parser_version, style, certain)
               VALUES ($1, $2, '12 Lê Lợi', '{}', '1', 'new', FALSE)""",
            version, address,
        )  # fmt: skip
    phone, an = Phone(cast.lan), Phone(cast.an)
    await phone.sync()
    await an.sync()
    assert not phone.ids("address") and not an.ids("address")
    await execute("INSERT INTO customers (id, code, name, position_id) VALUES ($1, 'X1', 'x', 3)", customer)
    await phone.sync()
    assert phone.ids("address") == {address}
