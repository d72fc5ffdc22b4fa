"""Reads of currencies and their rates, with everything that was ever said about each."""

from fractions import Fraction
from typing import Any

import msgspec

from backend.catalog.schemas_rates import CurrencyOut, RateOut, RateStep
from backend.core.clock import today
from backend.core.database import fetch
from backend.core.money import round_half_away, text_of_scaled
from backend.core.settings import settings
from backend.people.access import Actor


def rate_text(num: int, den: int) -> str:
    """num/den for reading, to ten decimals."""
    return text_of_scaled(round_half_away(Fraction(num, den) * 10**10), 10)


async def list_currencies(*, actor: Actor) -> list[CurrencyOut]:
    """Every currency with the rate that holds today."""
    rows = await fetch(
        """SELECT k.code, k.name_vi, k.name_en, k.minor_digits, r.num, r.den FROM currencies k
             LEFT JOIN LATERAL (SELECT num, den FROM currency_rates WHERE currency = k.code AND from_on <= $1
                                 ORDER BY from_on DESC LIMIT 1) r ON true
            ORDER BY k.code = $2 DESC, k.code""",
        today(), settings().company_currency,
    )  # fmt: skip
    return [
        CurrencyOut(
            code=row["code"],
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            minor_digits=row["minor_digits"],
            company=row["code"] == settings().company_currency,
            rate=None if row["num"] is None else rate_text(row["num"], row["den"]),
        )
        for row in rows
    ]


async def list_rates(currency: str, *, actor: Actor, limit: int = 200) -> list[RateOut]:
    """The rates of a currency, newest first; `holds` marks the one of today."""
    rows = await fetch(
        """SELECT r.currency, r.from_on, r.num, r.den, r.version,
                  r.from_on = (SELECT max(from_on) FROM currency_rates WHERE currency = $1 AND from_on <= $2) AS holds,
                  (SELECT coalesce(json_agg(json_build_object('num', s.num::text, 'den', s.den::text,
                            'was_num', s.was_num::text, 'was_den', s.was_den::text, 'reason', s.reason,
                            'made_at', s.made_at, 'made_by', u.name) ORDER BY s.made_at, s.id), '[]')
                     FROM currency_rate_steps s JOIN users u ON u.id = s.made_by
                    WHERE s.currency = r.currency AND s.from_on = r.from_on) AS steps
             FROM currency_rates r WHERE r.currency = $1 ORDER BY r.from_on DESC LIMIT $3""",
        currency, today(), limit,
    )  # fmt: skip
    return [_rate(row) for row in rows]


def _rate(row: Any) -> RateOut:
    return RateOut(
        currency=row["currency"],
        from_on=row["from_on"],
        num=str(row["num"]),
        den=str(row["den"]),
        rate=rate_text(row["num"], row["den"]),
        version=row["version"],
        holds=bool(row["holds"]),
        steps=msgspec.convert(row["steps"], list[RateStep]),
    )
