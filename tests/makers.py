"""Makers: the least a story needs, made the way people make it, through the doors."""

import base64
import hashlib
import io
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import msgspec
from PIL import Image

from backend.core.clock import now, today
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id


def photo(word: str = "shelf", size: tuple[int, int] = (64, 48)) -> bytes:
    """A real JPEG, different for each word."""
    shade = int(hashlib.sha256(word.encode()).hexdigest()[:6], 16)
    image = Image.new("RGB", size, (shade >> 16 & 255, shade >> 8 & 255, shade & 255))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


async def push(client: httpx.AsyncClient, *wanted: tuple[str, dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """Hand mutations in as a phone does; gives the acks."""
    mutations = [
        {"id": str(new_id()), "n": n, "name": name, "args": args, "at": now().isoformat()}
        for n, (name, args) in enumerate(wanted, 1)
    ]
    answer = await client.post("/sync", json={"v": 1, "push": mutations, **more})
    assert answer.status_code == 200, answer.text
    acks: list[dict[str, Any]] = answer.json()["acks"]
    return acks


async def applied(client: httpx.AsyncClient, *wanted: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, where every one must be applied."""
    acks = await push(client, *wanted)
    assert [ack["st"] for ack in acks] == ["applied"] * len(wanted), acks
    return acks


async def pull(client: httpx.AsyncClient, cursor: str | None = None) -> dict[str, Any]:
    """Everything a phone would hold: `{table: {id: row}}` after all pages, with the cursor under `"cursor"`."""
    held: dict[str, Any] = {}
    while True:
        answer = await client.post("/sync", json={"v": 1, "pull": {"cursor": cursor, "limit": 500}})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for up in page.get("up", []):
            table = held.setdefault(up["t"], {})
            for values in zip(*up["v"], strict=True):
                row = dict(zip(up["cols"], values, strict=True))
                table[row["id"]] = row
        cursor = page["cursor"]
        if not page.get("more"):
            return {**held, "cursor": cursor}


async def currencies() -> None:
    """The company's đồng, and the dollar."""
    await execute(
        """INSERT INTO currencies (code, minor_digits, price_digits, name_vi, name_en)
           VALUES ('VND', 0, 2, 'Đồng', 'Dong'), ('USD', 2, 4, 'Đô la', 'Dollar') ON CONFLICT DO NOTHING"""
    )


async def an_item(code: str = "SUA180", *, price: str = "7200", on_hand: int = 1000, box: int = 48) -> UUID:
    """An item with a box, a default price and stock in the default warehouse."""
    item = new_id()
    tax = await fetch_value("SELECT id FROM taxes WHERE code = 'VAT8'") or new_id()
    warehouse = await fetch_value("SELECT id FROM warehouses ORDER BY is_default DESC LIMIT 1") or new_id()
    micro = 1_000_000
    await currencies()
    await execute(
        """INSERT INTO taxes (id, code, rate_num, rate_den, name_vi, name_en)
           VALUES ($1, 'VAT8', 8, 100, 'VAT 8 %', 'VAT 8 %') ON CONFLICT DO NOTHING""",
        tax,
    )
    await execute(
        """INSERT INTO warehouses (id, code, name, is_default) VALUES ($1, 'KHO1', 'Kho chính', true)
           ON CONFLICT DO NOTHING""",
        warehouse,
    )
    await execute(
        """INSERT INTO items (id, code, name_vi, name_en, folded, base_unit, base_digits, whole_units, tax_id,
                              list_price_micro, list_currency, stocked, active)
           VALUES ($1, $2, $2, $2, lower($2), 'hộp', 0, true, $3, $4, 'VND', true, true)""",
        item, code, tax, int(Decimal(price) * micro),
    )  # fmt: skip
    await execute(
        "INSERT INTO packagings (id, item_id, unit, num, den, whole_units) VALUES ($1, $2, 'thùng', $3, 1, true)",
        new_id(), item, box,
    )  # fmt: skip
    if on_hand:
        from backend.stock.receiving import receive

        await receive(item_id=item, warehouse_id=warehouse, qty_micro=on_hand * micro, reference=new_id())
    return item


async def a_credit_line(customer_id: UUID | str, limit: int | None) -> UUID:
    """A credit account of the customer's own; None is unlimited, 0 is cash only."""
    account = new_id()
    await execute(
        "INSERT INTO credit_accounts (id, name, currency, limit_minor) VALUES ($1, 'test', 'VND', $2)", account, limit
    )
    await execute(
        "INSERT INTO credit_members (customer_id, account_id) VALUES ($1, $2)", UUID(str(customer_id)), account
    )
    return account


class World(msgspec.Struct):
    """One rep's whole work around one customer; every text in it carries `word`."""

    word: str
    customer: str
    address: str
    contact: str
    visit: str
    expense: str
    attachment: str
    order: str
    number: str = ""

    @property
    def ids(self) -> set[str]:
        return {self.customer, self.address, self.contact, self.visit, self.expense, self.attachment, self.order}


async def a_world(client: httpx.AsyncClient, word: str, item: UUID, phone: str) -> World:
    """A customer with address, contact, visit, expense with photo, and an order: all through the phone's door."""
    ids = {name: str(new_id()) for name in World.__struct_fields__ if name not in ("word", "number")}
    made = World(word=word, **ids)
    await applied(
        client,
        (
            "customer.create",
            {
                "id": made.customer, "name": f"Cửa hàng {word}", "stage": "account", "phone": phone,
                "note": f"note {word}",
                "address": {"id": made.address, "text": f"12 {word}, Phường Bến Thành, TP HCM"},
                "contact": {"id": made.contact, "name": f"Chị {word}", "phone": phone},
            },
        ),
    )  # fmt: skip
    await a_credit_line(made.customer, 500_000_000)
    body = photo(word)
    at = now().isoformat()
    acks = await applied(
        client,
        ("visit.log", {"id": made.visit, "customer_id": made.customer, "purpose": "sell", "started_at": at,
                       "note": f"visit {word}", "fix": {"lat": 10.77, "lon": 106.69, "accuracy_m": 15, "at": at}}),
        ("expense.claim", {"id": made.expense, "customer_id": made.customer, "visit_id": made.visit,
                           "category": "parking", "amount": "20000", "currency": "VND",
                           "spent_on": str(today()), "note": f"expense {word}"}),
        ("attachment.add", {"id": made.attachment, "owner": "expense", "owner_id": made.expense,
                            "sha256": hashlib.sha256(body).hexdigest(), "size": len(body), "mime": "image/jpeg"}),
        ("order.place", an_order(made.order, made.customer, [(item, "5")], note=f"order {word}")),
    )  # fmt: skip
    made.number = await fetch_value("SELECT number FROM orders WHERE id = $1", UUID(made.order))
    assert acks
    await upload(client, made.attachment, body)
    return made


def an_order(
    order_id: str, customer_id: str, lines: list[tuple[UUID, str]], *, note: str = "", unit: str = "hộp",
    on: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The arguments of `order.place`."""
    return {
        "id": order_id,
        "customer_id": customer_id,
        "ordered_on": str(on or today()),
        "currency": "VND",
        "note": note,
        "lines": [{"id": str(new_id()), "item_id": str(item), "unit": unit, "qty": qty} for item, qty in lines],
    }


def upload_headers(attachment: str, body: bytes, *, length: int | None = None) -> dict[str, str]:
    """Headers of a tus creation for an attachment."""

    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    return {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(body) if length is None else length),
        "Upload-Metadata": f"att_id {encoded(attachment)},sha256 {encoded(hashlib.sha256(body).hexdigest())}",
        "Content-Type": "application/offset+octet-stream",
    }


async def upload(client: httpx.AsyncClient, attachment: str, body: bytes) -> httpx.Response:
    """Send the bytes of an attachment in one request (tus creation-with-upload)."""
    answer = await client.post("/files", content=body, headers=upload_headers(attachment, body))
    assert answer.status_code == 201, answer.text
    return answer
