"""Campaigns: past ones that history was sold under, running ones from today on, and some still to come."""

from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from backend.demo.goods import Item
from backend.demo.seeds import TET
from backend.demo.shelf import GROUPS

_TOPS: Final = tuple(code for code, above, _, _ in GROUPS if above is None)
_NAMES: Final = {code: (vi, en) for code, _, vi, en in GROUPS}


class Campaign(NamedTuple):
    """So many percent off the goods of one top group for customers of one group (any level), between two days."""

    code: str
    first: date
    last: date
    top: str
    customers: str
    percent: int
    name_vi: str
    name_en: str


class Offer(NamedTuple):
    """A promotion: its code and rule, and its limits and gifts to choose where it has any."""

    code: str
    rule: dict[str, Any]
    budget: int | None = None
    per_customer: int | None = None
    gifts: list[dict[str, str]] | None = None


def past_campaigns(start: date, today: date) -> list[Campaign]:
    """Each Tết and each summer since the company's figures begin; those that reach into the future count as well."""
    found: list[Campaign] = []
    for year in range(start.year, today.year + 1):
        tet = TET.get(year)
        if tet and tet - timedelta(days=35) <= today:
            name = (f"Khuyến mãi Tết {year}", f"Tết {year}")
            found.append(
                Campaign(f"TET-{year}-BK", tet - timedelta(35), tet - timedelta(5), "BANH-KEO", "DL", 5, *name)
            )
            found.append(Campaign(f"TET-{year}-NUOC", tet - timedelta(35), tet - timedelta(5), "NUOC", "TH", 3, *name))
        if date(year, 5, 1) <= today:
            name = (f"Giải nhiệt mùa hè {year}", f"Summer {year}")
            found.append(Campaign(f"HE-{year}-NUOC", date(year, 5, 1), date(year, 6, 30), "NUOC", "ST", 4, *name))
            found.append(Campaign(f"HE-{year}-SUA", date(year, 5, 15), date(year, 6, 30), "SUA", "DL", 2, *name))
    return found


def promotion_rows(items: list[Item], today: date, start: date, count: int) -> list[Offer]:
    """So many promotions. Those of the past carry their days, so that an old order prices as it did."""
    rows = [Offer(c.code, _percent_rule(c)) for c in past_campaigns(start, today)]
    rows += [Offer(*one) for one in _running(items, today)] + _limited(items, today)
    soon = today + timedelta(days=21)
    brands = sorted({item.kind.group for item in items})
    for n in range(count - len(rows)):
        group = brands[n % len(brands)]
        vi, en = _NAMES[group]
        rows.append(
            Offer(
                f"SAP-{n + 1:02d}-{group}",
                {
                    "name": {"vi": f"Sắp chạy: {vi} giảm {2 + n % 4} %", "en": f"Coming: {en} {2 + n % 4} % off"},
                    "stage": "line", "priority": 1, "valid_from": str(soon + timedelta(days=n % 20)),
                    "valid_to": str(soon + timedelta(days=30 + n % 20)), "match": {"item_groups": [group]},
                    "effect": {"kind": "percent", "value": str(2 + n % 4)},
                },
            )
        )  # fmt: skip
    return rows[-count:]  # too few wanted: the oldest go


def _percent_rule(campaign: Campaign) -> dict[str, Any]:
    return {
        "name": {"vi": campaign.name_vi, "en": campaign.name_en},
        "stage": "line", "priority": 5, "valid_from": str(campaign.first), "valid_to": str(campaign.last),
        "scope": {"customer_groups": [campaign.customers]}, "match": {"item_groups": [campaign.top]},
        "effect": {"kind": "percent", "value": str(campaign.percent)},
    }  # fmt: skip


def _running(items: list[Item], today: date) -> list[tuple[str, dict[str, Any]]]:
    """What runs now, one of each sort a rep meets: percent, gift, tiers, best of a group."""
    days = {"valid_from": str(today), "valid_to": str(today + timedelta(days=30))}
    coffee = next(item for item in items if item.top == "CA-PHE")
    noodles = next(item for item in items if item.kind.group == "MI")
    return [
        ("KM-SUA-3", {
            "name": {"vi": "Sữa giảm 3 % cho đại lý", "en": "Dairy 3 % off for dealers"}, "stage": "line",
            "priority": 10, **days, "scope": {"customer_groups": ["DL"]}, "match": {"item_groups": ["SUA"]},
            "effect": {"kind": "percent", "value": "3"},
        }),
        ("KM-MI-TANG", {
            "name": {"vi": "Mua 10 thùng mì tặng 1 thùng", "en": "10 cartons of noodles, 1 free"}, "stage": "line",
            "priority": 8, **days, "match": {"item_groups": ["MI"]},
            "effect": {"kind": "gift", "item": str(noodles.id), "qty": str(noodles.carton),
                       "every": str(10 * noodles.carton), "max_times": "5"},
        }),
        ("KM-CAPHE", {
            "name": {"vi": "Cà phê: mua 5 thùng tặng 2 gói", "en": "Coffee: 5 cartons, 2 packs free"}, "stage": "line",
            "priority": 7, **days, "match": {"item_groups": ["CA-PHE"]}, "min": {"qty": "120"},
            "effect": {"kind": "gift", "item": str(coffee.id), "qty": "2", "every": "120", "max_times": "10"},
        }),
        ("KM-DON", {
            "name": {"vi": "Chiết khấu đơn hàng", "en": "Order discount"}, "stage": "order", "priority": 5,
            "group": "ck-don", **days, "scope": {"customer_groups": ["TH", "ST"]},
            "tiers": [
                {"min": {"amount": "5000000"}, "effect": {"kind": "percent", "value": "1"}},
                {"min": {"amount": "10000000"}, "effect": {"kind": "percent", "value": "2"}},
            ],
        }),
        ("KM-100K", {
            "name": {"vi": "Giảm 100.000 đ đơn từ 8 triệu", "en": "100,000 off from 8 million"}, "stage": "order",
            "priority": 4, "group": "ck-don", **days, "scope": {"customer_groups": ["TH", "ST"]},
            "min": {"amount": "8000000"}, "effect": {"kind": "amount", "value": "100000", "per": "order"},
        }),
    ]  # fmt: skip


def _limited(items: list[Item], today: date) -> list[Offer]:
    """What runs now within limits: a budget, so many orders of a customer, a gift of the customer's choice."""
    days = {"valid_from": str(today), "valid_to": str(today + timedelta(days=30))}
    soap, paper, snack = (
        next(item for item in items if item.kind.group == group) for group in ("GOI-TAM", "GIAY", "SNACK")
    )
    return [
        Offer("KM-SNACK", {
            "name": {"vi": "Snack giảm 6 %, có ngân sách", "en": "Snacks 6 % off while the budget lasts"},
            "stage": "line", "priority": 6, **days, "match": {"item_groups": ["SNACK"]},
            "effect": {"kind": "percent", "value": "6"},
        }, budget=50_000_000),
        Offer("KM-LAU-RUA", {
            "name": {"vi": "Lau rửa giảm 5 %, mỗi khách 2 đơn", "en": "Cleaning 5 % off, two orders each"},
            "stage": "line", "priority": 6, **days, "match": {"item_groups": ["LAU-RUA"]},
            "effect": {"kind": "percent", "value": "5"},
        }, per_customer=2),
        Offer("KM-CHON-QUA", {
            "name": {"vi": "Mua 10 thùng giấy, chọn một quà", "en": "10 cartons of paper, choose a gift"},
            "stage": "line", "priority": 6, **days, "match": {"item_groups": ["GIAY"]},
            "effect": {"kind": "gift", "item": str(soap.id), "qty": "2", "every": str(10 * paper.carton),
                       "max_times": "5"},
        }, budget=20_000_000, gifts=[
            {"item": str(soap.id), "qty": "2"}, {"item": str(snack.id), "qty": "10"},
            {"item": str(paper.id), "qty": "4"},
        ]),
    ]  # fmt: skip
