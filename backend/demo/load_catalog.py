"""Stores the catalogue, the price lists and the campaigns."""

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import execute, execute_many
from backend.demo.cast import HIRED, SINCE
from backend.demo.copying import copy, row
from backend.demo.goods import CURRENCIES, TAXES, Item, group_ids, item_rows, packaging_rows, tax_ids
from backend.demo.prices import COMMON, LISTS, list_ids, price_rules
from backend.demo.promotions import promotion_rows
from backend.demo.reasons import reason_rows
from backend.demo.seeds import id_at, midnight
from backend.demo.shelf import GROUPS

_PROMOTION = 9
DOLLAR = 25_400


async def store_catalog(items: list[Item]) -> None:
    """Currencies, taxes, item groups, items, packagings and reasons."""
    await execute_many(
        "INSERT INTO currencies (code, minor_digits, price_digits, name_vi, name_en) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        CURRENCIES,
    )
    await execute("INSERT INTO currency_rates (currency, from_on, num) VALUES ('USD', $1, $2)", SINCE, DOLLAR)
    taxes, groups = tax_ids(), group_ids()
    await copy(
        "taxes", "id code rate_num name_vi name_en created_at changed_at",
        [row(taxes[code], code, percent, vi, en, HIRED, HIRED) for code, percent, vi, en in TAXES],
    )  # fmt: skip
    await copy(
        "item_groups", "id parent_id code name_vi name_en created_at changed_at",
        [row(groups[code], above and groups[above], code, vi, en, HIRED, HIRED) for code, above, vi, en in GROUPS],
    )  # fmt: skip
    await copy(
        "items",
        "id code name_vi name_en folded group_id base_unit tax_id list_price_micro cost_micro list_currency created_at"
        " changed_at",
        [row(*item, "VND", HIRED, HIRED) for item in item_rows(items)],
    )
    await copy(
        "packagings", "id item_id unit num barcode created_at changed_at",
        [row(*packaging, HIRED, HIRED) for packaging in packaging_rows(items)],
    )  # fmt: skip
    await copy(
        "reasons", "id kind code name_vi name_en seq created_at changed_at",
        [row(*reason, HIRED, HIRED) for reason in reason_rows()],
    )  # fmt: skip


async def store_price_lists() -> dict[str, UUID]:
    """The three lists, before the customer groups that name them."""
    lists = list_ids()
    await copy(
        "price_lists", "id code name_vi name_en currency is_default created_at changed_at",
        [row(lists[code], code, vi, en, "VND", code == COMMON, HIRED, HIRED) for code, vi, en in LISTS],
    )  # fmt: skip
    return lists


async def store_prices(items: list[Item], *, start: date, today: date, promotions: int) -> int:
    """Price rules and promotions; gives the number of rules."""
    rules = price_rules(items, today)
    await copy(
        "price_rules",
        "id list_id code item_id min_qty_micro valid_from valid_to price created_at changed_at",
        [row(*rule[:-1], f'{{"kind": "fixed", "amount": "{rule.amount}"}}', HIRED, HIRED) for rule in rules],
    )
    await execute("INSERT INTO promotion_groups (code, pick) VALUES ('ck-don', 'best')")
    await copy(
        "promotions", "id code rule budget per_customer gifts created_at changed_at",
        [
            row(
                id_at(midnight(start) * 1000, _PROMOTION, n), one.code, msgspec.json.encode(one.rule).decode(),
                one.budget, one.per_customer, one.gifts and msgspec.json.encode(one.gifts).decode(), HIRED, HIRED,
            )
            for n, one in enumerate(promotion_rows(items, today, start, promotions))
        ],
    )  # fmt: skip
    return len(rules)
