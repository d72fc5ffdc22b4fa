"""Give a held order the prices its customer was promised, after a manager's yes: lines, gifts, credit and stock follow.

The order waits with today's prices. The promise is not stored a second time: its book is, and is computed again.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.core.database import execute, execute_many, fetch_row
from backend.core.jobs import enqueue
from backend.core.money import text_of_micro
from backend.credit import taking
from backend.orders import pricing
from backend.orders.errors import PromiseLost, PromiseUsedUp
from backend.orders.steps import RESUME, lines_of
from backend.people.access import Actor
from backend.pricing import spending
from backend.pricing.limits import Use
from backend.pricing.quoting import QuoteLine
from backend.pricing.replaying import replay
from backend.stock import reserving
from backend.stock.schemas import Want

_COLUMNS = ("unit_price", "gross", "discount", "net", "tax", "credit_amount", "price_source")


async def keep_promise(
    order: Mapping[str, Any], *, actor: Actor
) -> tuple[Mapping[str, Any], dict[str, Any], tuple[Use, ...]]:
    """Price a held order by the book its phone had. The order as it is then, what changed, for the audit, and its uses.

    The caller holds the order's lock, and calls `retake` with the uses when it has locked all else. Refuses
    `PromiseLost` when the book is not kept any more.
    """
    lines = await lines_of(order["id"])
    asked = [line for line in lines if line["gift_of"] is None]
    promised = await replay(
        order["book_version"] or "", customer_id=order["customer_id"], ordered_on=order["claimed_on"],
        currency=order["currency"],
        lines=[QuoteLine(line["id"], line["item_id"], line["unit"], line["qty"]) for line in asked],
        coupons=order["coupons"],
    )  # fmt: skip
    if promised is None:
        raise PromiseLost
    priced = pricing.as_priced(promised)
    account = await fetch_row(
        """SELECT a.currency, coalesce(m.minor_digits, 0) AS digits FROM credit_accounts a
             LEFT JOIN currencies m ON m.code = a.currency WHERE a.id = $1""",
        order["credit_account_id"],
    )
    amount = await pricing.in_account_currency(
        priced.quoted.total_minor, order["currency"], priced.quoted.minor_digits, account["currency"],
        account["digits"], actor=actor,
    )  # fmt: skip
    pricing.spread_credit(priced.lines, amount)
    if order["credit_taken"]:
        await taking.shift(
            order["credit_account_id"], order["id"], {"open_orders": amount - order["credit_amount"]}, "reprice",
            by=actor.user_id,
        )  # fmt: skip
    await execute_many(
        f"UPDATE order_lines SET ({', '.join(_COLUMNS)}) = ($2, $3, $4, $5, $6, $7, $8) WHERE id = $1",
        [(line["id"], *(line[name] for name in _COLUMNS)) for line in priced.lines[: len(asked)]],
    )
    await _exchange_gifts(order, [line for line in lines if line["gift_of"]], priced.lines[len(asked) :], len(asked))
    totals = {**priced.totals, "credit_amount": amount, "priced_as": "honoured"}
    names = ("gross", "discount", "net", "tax", "total", "credit_amount", "priced_as")
    await execute(
        f"UPDATE orders SET ({', '.join(names)}) = ($2, $3, $4, $5, $6, $7, $8) WHERE id = $1",
        order["id"], *(totals[name] for name in names),
    )  # fmt: skip
    return {**order, **totals}, {"total": {"from": order["total"], "to": totals["total"]}}, promised.uses


async def retake(order: Mapping[str, Any], uses: Sequence[Use]) -> None:
    """Use the promotions of the promise in place of those of today's price. Refuses `PromiseUsedUp`.

    Nobody's yes gives more than a budget has: who wants it raises the budget, or the rep takes the office's price.
    """
    await spending.give_back(order["id"])
    gone = await spending.take(order["id"], order["customer_id"], uses)
    if gone:
        raise PromiseUsedUp(promotion=", ".join(gone))


async def _exchange_gifts(
    order: Mapping[str, Any], old: Sequence[Mapping[str, Any]], new: Sequence[dict[str, Any]], asked: int
) -> None:
    """Other gifts in place of those the order holds; where they are the same, nothing moves."""
    if [_gift(line) for line in old] == [_gift(line) for line in new]:
        await execute_many(
            f"UPDATE order_lines SET ({', '.join(_COLUMNS)}) = ($2, $3, $4, $5, $6, $7, $8) WHERE id = $1",
            [(was["id"], *(line[name] for name in _COLUMNS)) for was, line in zip(old, new, strict=True)],
        )
        return
    gone: list[UUID] = [line["id"] for line in old]
    freed = await reserving.release([order["id"]], lines=gone)
    await execute("DELETE FROM order_lines WHERE id = ANY($1::uuid[])", gone)
    due = order["requested_on"] or order["ordered_on"]
    held = await reserving.reserve(
        [Want(line["id"], line["item_id"], order["warehouse_id"], line["qty_base"], due) for line in new], order["id"]
    )
    reserved = {one.line: one.held for one in held}
    await execute_many(
        """INSERT INTO order_lines (id, order_id, seq, item_id, unit, qty, qty_base, unit_price, gross, discount, net,
                                    tax, gift_of, credit_amount, reserved)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)""",
        [
            (line["id"], order["id"], asked + place, line["item_id"], line["unit"], line["qty"], line["qty_base"],
             line["unit_price"], line["gross"], line["discount"], line["net"], line["tax"], line["gift_of"],
             line["credit_amount"], reserved.get(line["id"], 0))
            for place, line in enumerate(new, start=1)
        ],
    )  # fmt: skip
    if freed:
        await enqueue(RESUME, {"items": sorted(freed)})


def _gift(line: Mapping[str, Any]) -> tuple[UUID, str, str, str]:
    return line["item_id"], line["unit"], text_of_micro(line["qty"]), line["gift_of"]
