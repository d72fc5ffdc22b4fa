"""Exports: the same numbers and filters as the screen, as a workbook or as pages, and a line in the audit for each."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final
from uuid import UUID

from backend.core import audit
from backend.core.clock import now
from backend.core.database import fetch, fetch_value, in_transaction, transaction
from backend.core.languages import text
from backend.core.money import minor
from backend.core.settings import settings
from backend.insight import queries
from backend.insight.errors import ExportsTooMany, PdfTooLong
from backend.insight.filters import Choice
from backend.orders.queries import Filters, narrowed
from backend.papers.cells import Column, Value, local
from backend.papers.excel import Book
from backend.papers.pdf import MOST_ROWS, table_pdf
from backend.people.access import Actor

PER_MINUTE: Final = 10
BATCH: Final = 1000


async def audited(what: str, form: str, filters: dict[str, object], *, actor: Actor) -> None:
    """Write down who takes what out, before it goes. Refuses more than ten exports a minute of one person."""

    async def work() -> None:
        since = now() - timedelta(minutes=1)
        recent = await fetch_value(
            "SELECT count(*) FROM audit WHERE entity = 'export' AND entity_id = $1 AND at > $2", actor.user_id, since
        )
        if recent >= PER_MINUTE:
            raise ExportsTooMany(retry_after=60)
        await audit.record(
            "export", actor.user_id, f"export.{what}", actor_id=actor.user_id, details={"form": form, **filters}
        )

    await in_transaction(work)


def _made_by(actor: Actor) -> str:
    return text("paper.made-by", actor.language, name=actor.name, at=local(now()).strftime("%d/%m/%Y %H:%M"))


async def revenue_paper(choice: Choice, form: str, *, actor: Actor) -> bytes:
    """Revenue by region as `xlsx` or `pdf`: the rows of the screen and its total, the filters printed on it."""
    report = await queries.revenue(choice, actor=actor)
    await audited(
        "revenue", form, {"set": choice.set, "from": choice.first, "to": choice.last, "position": choice.position},
        actor=actor
    )  # fmt: skip
    language = actor.language
    digits = await queries.digits_of(report.currency, actor=actor)

    def say(key: str, **values: object) -> str:
        return text(f"paper.{key}", language, **values)

    columns = [
        Column(say("code"), width=8), Column(say("region"), width=34), Column(say("orders"), "whole", 10),
        Column(say("customers"), "whole", 12), Column(say("net", currency=report.currency), "money", 22, digits),
        Column(say("share"), "share", 10),
    ]  # fmt: skip
    rows: list[Sequence[Value]] = [
        (row.code or "", row.name, row.orders, row.customers, minor(row.net, digits), row.share) for row in report.rows
    ]
    total: Sequence[Value] = ("", say("total"), report.orders, None, minor(report.total, digits), None)
    names = dict(await _names(choice))
    notes = [
        say("span", first=choice.first, last=choice.last),
        say("set", set=names["set"]),
        say("position", position=names["position"] or say("everybody")),
        say("basis"),
        _made_by(actor),
    ]
    return await asyncio.to_thread(_render, form, say("revenue"), notes, columns, rows, total, language)


async def _names(choice: Choice) -> Any:
    rows = await fetch(
        """SELECT (SELECT name_vi FROM region_sets WHERE id = $1) AS set,
                  (SELECT name FROM positions WHERE id = $2::int) AS position""",
        choice.set, choice.position,
    )  # fmt: skip
    return rows[0]


def _render(  # noqa: PLR0917 -- runs in a thread, which takes no keywords
    form: str, title: str, notes: Sequence[str], columns: Sequence[Column], rows: Sequence[Sequence[Value]],
    total: Sequence[Value] | None, language: str,
) -> bytes:  # fmt: skip
    if form == "pdf":
        footer = settings().company_name
        return table_pdf(title, notes, columns, rows, language=language, footer=footer, total=total)
    target = io.BytesIO()
    book = Book(target, title, notes, columns)
    book.append(rows)
    book.close(total)
    return target.getvalue()


async def orders_pdf(filters: Filters, *, actor: Actor) -> bytes:
    """The list of orders as pages. Refuses more rows than a PDF is made of."""
    count, digits = await _extent(filters, actor)
    if count > MOST_ROWS:
        raise PdfTooLong(rows=count, limit=MOST_ROWS)
    await audited("orders", "pdf", _said(filters), actor=actor)
    rows = [row async for batch in _batches(filters, digits, actor) for row in batch]
    title, notes, columns = _order_head(filters, count, digits, actor)
    return await asyncio.to_thread(_render, "pdf", title, notes, columns, rows, None, actor.language)


async def orders_workbook(filters: Filters, *, actor: Actor) -> BinaryIO:
    """The list of orders as a workbook, any number of rows, in a nameless file that is gone once closed.

    All batches are read in one snapshot; the sheet is written beside the event loop, a thousand rows at a time.
    """
    await audited("orders", "xlsx", _said(filters), actor=actor)
    target: BinaryIO = tempfile.TemporaryFile(prefix="tuyen-paper-")  # noqa: SIM115 -- the caller closes it
    try:
        async with transaction(isolation="repeatable_read", readonly=True):
            count, digits = await _extent(filters, actor)
            book = Book(target, *_order_head(filters, count, digits, actor))
            try:
                async for batch in _batches(filters, digits, actor):
                    await asyncio.to_thread(book.append, batch)
            finally:
                await asyncio.to_thread(book.close)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return target


def _said(filters: Filters) -> dict[str, object]:
    return {
        "state": filters.state,
        "customer": str(filters.customer) if filters.customer else None,
        "from": filters.from_on.isoformat() if filters.from_on else None,
        "to": filters.to_on.isoformat() if filters.to_on else None,
        "position": filters.position,
    }


def _order_head(filters: Filters, count: int, digits: int, actor: Actor) -> tuple[str, list[str], list[Column]]:
    def say(key: str, **values: object) -> str:
        return text(f"paper.{key}", actor.language, **values)

    chosen = [
        f"{say(f'filter-{name}')}: {say(f'state-{value}') if name == 'state' else value}"
        for name, value in _said(filters).items()
        if value is not None and name != "customer"
    ]
    notes = ["; ".join(chosen) or say("no-filter"), say("rows", count=count), _made_by(actor)]
    columns = [
        Column(say("number"), width=18), Column(say("day"), "day", 12), Column(say("customer-code"), width=14),
        Column(say("customer"), width=34), Column(say("rep"), width=22), Column(say("state"), width=16),
        Column(say("order-net"), "money", 16, digits), Column(say("order-total"), "money", 16, digits),
        Column(say("currency"), width=9),
    ]  # fmt: skip
    return say("orders-title"), notes, columns


async def _extent(filters: Filters, actor: Actor) -> tuple[int, int]:
    """How many orders, and the most decimals any of their currencies has."""
    where, arguments = narrowed(filters, actor=actor, first=1)
    rows = await fetch(
        f"""SELECT count(*)::int AS count, coalesce(max(k.minor_digits), 0)::int AS digits
              FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN currencies k ON k.code = o.currency
             WHERE {where}""",
        *arguments,
    )
    return rows[0]["count"], rows[0]["digits"]


async def _batches(filters: Filters, digits: int, actor: Actor) -> AsyncIterator[list[Sequence[Value]]]:
    """The rows of the list, newest first, a batch at a time by keyset, so that memory does not grow."""
    where, arguments = narrowed(filters, actor=actor, first=4)
    after: tuple[datetime, UUID] | tuple[None, None] = (None, None)
    while True:
        rows = await fetch(
            f"""SELECT o.id, o.number, o.ordered_on, o.placed_at, c.code, c.name, u.name AS rep, o.state, o.net,
                       o.total, o.currency, coalesce(k.minor_digits, 0) AS digits
                  FROM orders o JOIN customers c ON c.id = o.customer_id JOIN users u ON u.id = o.user_id
                  LEFT JOIN currencies k ON k.code = o.currency
                 WHERE ($1::timestamptz IS NULL OR (o.placed_at, o.id) < ($1, $2::uuid)) AND {where}
                 ORDER BY o.placed_at DESC, o.id DESC LIMIT $3""",
            *after, BATCH, *arguments,
        )  # fmt: skip
        if rows:
            yield [_order_row(row, digits, actor) for row in rows]
        if len(rows) < BATCH:
            return
        after = (rows[-1]["placed_at"], rows[-1]["id"])


def _order_row(row: Any, digits: int, actor: Actor) -> Sequence[Value]:
    """Amounts of every currency in the column's own decimals."""
    state = text(f"paper.state-{row['state']}", actor.language)
    scale = 10 ** (digits - row["digits"])
    head = (row["number"], row["ordered_on"], row["code"], row["name"], row["rep"], state)
    return (*head, row["net"] * scale, row["total"] * scale, row["currency"])
