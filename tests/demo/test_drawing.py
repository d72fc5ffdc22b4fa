"""What is drawn before anything is stored: names, territories, prices, the rhythm of orders."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from backend.demo.calendar import orders_by_day, weight_of, years_before
from backend.demo.company import make_company
from backend.demo.customers import EACH_DAY, make_customers
from backend.demo.goods import make_items
from backend.demo.names import phone, tax_number
from backend.demo.places import TERRITORIES, spot, territories
from backend.demo.prices import COMMON, DEALER, price_rules, tags
from backend.demo.promotions import promotion_rows
from backend.demo.scales import SCALES
from backend.demo.seeds import TET, chance, id_at
from backend.demo.trade import make_trade, tax_of
from backend.geo.address import parse

DAY = date(2026, 11, 22)


def test_the_reference_tenant_has_the_size_the_benchmarks_name() -> None:
    scale = SCALES["R1"]
    company = make_company(large=True)
    items = make_items(scale.items)
    customers = make_customers(company, scale, DAY)
    assert len(company.reps) == 40
    assert len({rep.region for rep in company.reps}) == 4
    assert len(customers) == 12_000
    assert sum(len(c.spots) for c in customers) == 20_000
    assert len(items) == len({item.name_vi for item in items}) == len({item.code for item in items}) == 2_000
    assert len(price_rules(items, DAY)) == 5_000
    assert len(promotion_rows(items, DAY, years_before(DAY, 3), scale.promotions)) == 60
    assert scale.orders == 300_000
    assert sum(c.rep.position == 3 for c in customers) == 300


def test_the_everyday_company_has_two_thousand_customers_and_the_cast_with_36_more_reps() -> None:
    scale = SCALES["demo"]
    company = make_company(large=False)
    customers = make_customers(company, scale, DAY)
    assert len(customers) == 2_000
    assert len({c.id for c in customers}) == len({c.code for c in customers}) == 2_000
    assert len(company.reps) == 38
    assert len(make_items(scale.items)) == 500


@pytest.mark.parametrize("day", [DAY + timedelta(days=n) for n in range(7)])
def test_lans_route_of_today_has_twelve_stops_on_any_weekday(day: date) -> None:
    customers = make_customers(make_company(large=False), SCALES["small"], day)
    todays = [c for c in customers if c.rep.position == 3 and c.weekday == day.isoweekday()]
    assert len(todays) == EACH_DAY
    assert todays[0].name == "Cửa hàng Minh"


def test_a_lines_count_is_four_on_average_to_the_line() -> None:
    trade = _trade(600)
    orders = list(trade.orders())
    assert sum(len(lines) for _, lines in orders) == 4 * 600
    assert [head.line for head, _ in orders] == [sum(len(x) for _, x in orders[:n]) for n in range(600)]
    assert all(len({line.item for line in lines}) == len(lines) for _, lines in orders)


def test_numbers_of_orders_rise_with_time_in_each_year() -> None:
    heads = _trade(800).heads
    assert all(one.placed <= two.placed for one, two in pairwise(heads))
    for year, count in Counter(head.day.year for head in heads).items():
        numbers = [head.number for head in heads if head.day.year == year]
        assert numbers == [f"SO-{year}-{n:06d}" for n in range(1, count + 1)]


def test_no_order_is_older_than_its_customer_nor_younger_than_the_day_before_yesterday() -> None:
    for head in _trade(800).heads:
        assert head.day <= DAY - timedelta(days=2)
        assert head.customer.stage == "account"


def _trade(count: int):
    customers = make_customers(make_company(large=False), SCALES["small"], DAY)
    return make_trade(customers, make_items(200), start=years_before(DAY, 3), today=DAY, count=count)


def test_trade_grows_peaks_before_tet_and_sleeps_through_it() -> None:
    start, last = date(2023, 11, 22), date(2026, 11, 20)
    days = dict(orders_by_day(100_000, start, last))
    assert sum(days.values()) == 100_000
    assert sum(n for day, n in days.items() if day.year == 2025) > sum(n for day, n in days.items() if day.year == 2024)
    tet = TET[2026]

    def week(first: date) -> int:
        return sum(days[first + timedelta(days=n)] for n in range(7))

    ordinary = week(date(2025, 11, 3))
    assert week(tet - timedelta(days=21)) > 1.6 * ordinary
    assert week(tet - timedelta(days=1)) < 0.15 * ordinary
    assert weight_of(date(2025, 11, 9), start) < weight_of(date(2025, 11, 8), start) / 5, "Sundays are quiet"


def test_dealers_pay_less_from_ten_cartons_on_and_last_year_cost_less() -> None:
    items = make_items(40)
    price_of = tags(items, DAY)
    milk = items[0]
    day = DAY.toordinal()
    assert price_of[DEALER][0].on(day, 10 * milk.carton) < price_of[DEALER][0].on(day, 10 * milk.carton - 1)
    assert price_of[DEALER][0].on(day, 1) < price_of[COMMON][0].on(day, 1) == milk.price
    dated = price_of[COMMON][3]
    assert dated.on(date(2025, 12, 31).toordinal(), 1) < dated.on(date(2026, 1, 1).toordinal(), 1)


@pytest.mark.parametrize(
    ("net", "percent", "tax"), [(100, 8, 8), (106, 8, 8), (107, 8, 9), (25, 10, 3), (24, 10, 2), (0, 8, 0)]
)
def test_tax_is_rounded_half_away_from_zero(net: int, percent: int, tax: int) -> None:
    assert tax_of(net, percent) == tax


def test_addresses_are_read_into_the_province_they_were_written_for() -> None:
    draw, seen, styles = chance("test"), 0, Counter()
    for region in TERRITORIES:
        for wards in territories(region, large=False):
            for _ in range(8):
                written = spot(draw, wards)
                read = parse(written.text)
                if read.province_34 is None:
                    continue
                seen += 1
                styles[read.style] += 1
                assert read.province_certain, written.text
    assert seen > 230
    assert min(styles.values()) > 0.35 * seen, "both styles are common"


def test_ids_are_version_seven_and_never_meet() -> None:
    ids = [id_at(1_700_000_000_000, kind, n) for kind in (1, 2) for n in range(5_000)]
    assert len(set(ids)) == 10_000
    assert {key.version for key in ids} == {7}
    assert {key.variant for key in ids} == {"specified in RFC 4122"}


def test_a_tax_number_has_ten_digits_and_a_phone_too() -> None:
    draw = chance("digits")
    assert all(len(tax_number(draw, "03")) == 10 for _ in range(200))
    assert all(len(phone(draw).replace(" ", "")) == 10 for _ in range(200))
