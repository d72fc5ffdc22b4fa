"""Revenue by region: one statement, one snapshot, and a total that is the ledger's own sum beside the rows."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from backend.core.clock import today
from backend.core.database import fetch, fetch_row, fetch_value
from backend.core.languages import text
from backend.core.money import round_half_away, text_of_minor, text_of_scaled
from backend.core.settings import settings
from backend.geo.errors import RegionSetUnknown
from backend.insight.errors import RateMissing
from backend.insight.filters import Choice, months_of, narrowed
from backend.insight.schemas import MonthRow, RegionCustomer, RegionRow, RepRow, Revenue
from backend.people.access import Actor, require, scope

OUTSIDE: Final = "outside"
UNLOCATED: Final = "unlocated"

# Groups orders by the address version they were shipped to before joining anything, and joins with LEFT JOIN only: an
# order without a version, or a version without a region row, lands in "unlocated" instead of vanishing.
NET: Final = "CASE WHEN o.currency = $1 THEN o.net ELSE insight_company_amount(o.net, o.currency, o.ordered_on, $1) END"
UNKNOWN: Final = "o.currency <> $1 AND insight_company_amount(o.net, o.currency, o.ordered_on, $1) IS NULL"
_SALES: Final = """
    WITH sales AS MATERIALIZED (
        SELECT o.ship_av_id, o.customer_id, o.position_id, to_char(o.ordered_on, 'YYYY-MM') AS month,
               sum({net})::bigint AS net, count(*)::int AS orders,
               count(*) FILTER (WHERE {unknown})::int AS unknown
          FROM orders o WHERE {where}
         GROUP BY o.ship_av_id, o.customer_id, o.position_id, month),
    placed AS MATERIALIZED (
        SELECT s.*, CASE WHEN r.region_id IS NOT NULL THEN r.region_id
                         WHEN r.method = 'outside' THEN 'outside' ELSE 'unlocated' END AS region
          FROM sales s LEFT JOIN address_regions r ON r.set_id = $2 AND r.address_version_id = s.ship_av_id)"""


async def digits_of(currency: str, *, actor: Actor) -> int:
    """The decimals of a currency; 0 for one the catalogue does not know."""
    require(actor, "session.any")
    found: int | None = await fetch_value("SELECT minor_digits FROM currencies WHERE code = $1", currency)
    return found or 0


async def revenue(choice: Choice, *, actor: Actor) -> Revenue:
    """Revenue of the actor's own people in a choice, by region, month, position and grade of place.

    Counts orders that are confirmed, being picked, picked or dispatched, without tax, in the company's currency, by
    order day. Rows, months, positions and grades each add up to `total` exactly; `total` is summed from the orders
    alone. Refuses an unknown set, months that make no sense, a position out of sight, and a currency without a rate.
    """
    await _check_set(choice.set)
    company = settings().company_currency
    where, arguments = narrowed(choice, today(), actor=actor, first=4)
    row = await fetch_row(
        _SALES.format(where=where, net=NET, unknown=UNKNOWN) + f""",
        regions_of AS (
            SELECT region, sum(net)::bigint AS net, sum(orders)::int AS orders,
                   count(DISTINCT customer_id)::int AS customers
              FROM placed GROUP BY region),
        graded AS (
            SELECT coalesce(g.grade, 'none') AS grade, sum(s.net)::bigint AS net
              FROM (SELECT ship_av_id, sum(net) AS net FROM sales GROUP BY ship_av_id) s
              LEFT JOIN LATERAL (
                  SELECT CASE l.method WHEN 'manual' THEN 'pin' WHEN 'rep_fix' THEN 'gps'
                                       WHEN 'unit_centroid' THEN 'ward' ELSE 'geocoder' END AS grade
                    FROM locations l WHERE l.address_version_id = s.ship_av_id
                   ORDER BY l.superseded_by IS NULL DESC, l.created_at DESC, l.id DESC LIMIT 1) g ON TRUE
             GROUP BY 1)
        SELECT (SELECT coalesce(sum({NET}), 0)::bigint
                  FROM orders o WHERE {where}) AS total,
               (SELECT coalesce(sum(unknown), 0) FROM sales) AS unknown,
               (SELECT coalesce(sum(orders), 0)::int FROM sales) AS orders,
               (SELECT coalesce(json_agg(json_build_object('region', x.region, 'code', r.code, 'name', r.name,
                        'name_en', r.name_en, 'net', x.net, 'orders', x.orders, 'customers', x.customers)
                        ORDER BY x.net DESC, x.region), '[]')
                  FROM regions_of x LEFT JOIN regions r ON r.id = x.region) AS regions,
               (SELECT coalesce(json_object_agg(month, net), '{{}}')
                  FROM (SELECT month, sum(net) AS net FROM sales GROUP BY month) m) AS months,
               (SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', coalesce(h.name, p.name), 'net', x.net)
                        ORDER BY x.net DESC, p.id), '[]')
                  FROM (SELECT position_id, sum(net) AS net FROM sales GROUP BY position_id) x
                  JOIN positions p ON p.id = x.position_id
                  LEFT JOIN LATERAL (SELECT string_agg(u.name, ', ' ORDER BY u.name) AS name FROM position_grants g
                        JOIN users u ON u.id = g.user_id WHERE g.position_id = p.id AND g.valid_from <= $3
                         AND (g.valid_to IS NULL OR $3 < g.valid_to)) h ON TRUE) AS reps,
               (SELECT coalesce(json_object_agg(grade, net), '{{}}') FROM graded) AS grades""",
        company, choice.set, today(), *arguments,
    )  # fmt: skip
    if row["unknown"]:
        raise RateMissing(orders=row["unknown"])
    digits = await digits_of(company, actor=actor)
    return Revenue(
        set=choice.set,
        currency=company,
        total=text_of_minor(row["total"], digits),
        orders=row["orders"],
        rows=_rows(row["regions"], row["total"], digits, actor.language),
        months=[MonthRow(month, text_of_minor(row["months"].get(month, 0), digits)) for month in months_of(choice)],
        reps=[RepRow(one["id"], one["name"], text_of_minor(one["net"], digits)) for one in row["reps"]],
        grades={grade: text_of_minor(net, digits) for grade, net in sorted(row["grades"].items())},
    )


async def _check_set(code: str) -> None:
    if not await fetch_value("SELECT TRUE FROM region_sets WHERE id = $1", code):
        raise RegionSetUnknown


def share_text(part: int, total: int) -> str:
    """A part of a total as a decimal text of at most six decimals; "0" of nothing."""
    return text_of_scaled(round_half_away(Fraction(part * 1_000_000, total)), 6) if total else "0"


def _rows(found: Iterable[dict[str, Any]], total: int, digits: int, language: str) -> list[RegionRow]:
    """Regions by revenue, then what could not be located and what lies outside: always there, even at nothing."""
    nothing = {"net": 0, "orders": 0, "customers": 0}
    special = {UNLOCATED: nothing, OUTSIDE: nothing}
    rows: list[RegionRow] = []
    for one in found:
        if one["region"] in special:
            special[one["region"]] = one
            continue
        name = one["name_en"] if language == "en" else one["name"]
        share = share_text(one["net"], total)
        net = text_of_minor(one["net"], digits)
        rows.append(RegionRow(one["code"], name, "region", net, one["orders"], one["customers"], share))
    for kind in (UNLOCATED, OUTSIDE):
        one = special[kind]
        rows.append(
            RegionRow(
                code=None,
                name=text(f"insight.{kind}", language),
                kind="outside" if kind == OUTSIDE else "unlocated",
                net=text_of_minor(one["net"], digits),
                orders=one["orders"],
                customers=one["customers"],
                share=share_text(one["net"], total),
            )
        )
    return rows


async def region_customers(choice: Choice, region: str, *, actor: Actor, limit: int = 200) -> list[RegionCustomer]:
    """The customers behind one row of the report, by revenue; `region` is a code, `unlocated` or `outside`.

    Customers who have been handed over out of the actor's sight, and those beyond `limit`, are one row without a name,
    so that the list still adds up to the row of the report.
    """
    await _check_set(choice.set)
    company = settings().company_currency
    where, arguments = narrowed(choice, today(), actor=actor, first=5)
    seen, of_seen = scope(actor, "c.position_id", 5 + len(arguments))
    wanted = region if region in (UNLOCATED, OUTSIDE) else f"{choice.set}/{region}"
    rows = await fetch(
        _SALES.format(where=where, net=NET, unknown=UNKNOWN) + f""",
        behind AS (
            SELECT x.*, CASE WHEN {seen} THEN c.id END AS seen, c.code, c.name,
                   row_number() OVER (ORDER BY {seen} DESC, x.net DESC, c.id) AS n
              FROM (SELECT customer_id, sum(net)::bigint AS net, sum(orders)::int AS orders, count(*) AS rows
                      FROM placed WHERE region = $3 GROUP BY customer_id) x
              JOIN customers c ON c.id = x.customer_id)
        SELECT CASE WHEN n <= $4 THEN seen END AS customer_id,
               CASE WHEN seen IS NOT NULL AND n <= $4 THEN code END AS code,
               CASE WHEN seen IS NOT NULL AND n <= $4 THEN name END AS name, sum(net)::bigint AS net,
               sum(orders)::int AS orders, count(*)::int AS customers
          FROM behind GROUP BY 1, 2, 3 ORDER BY 1 IS NULL, 4 DESC, 1""",
        company, choice.set, wanted, limit, *arguments, *of_seen,
    )  # fmt: skip
    digits = await digits_of(company, actor=actor)
    others = text("insight.others", actor.language)
    return [
        RegionCustomer(
            customer_id=row["customer_id"], code=row["code"], name=row["name"] or others, customers=row["customers"],
            net=text_of_minor(row["net"], digits), orders=row["orders"],
        )
        for row in rows
    ]  # fmt: skip
