"""Stores the customers with their groups, contacts, addresses and who looks after them."""

from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final
from uuid import UUID

from backend.demo import names
from backend.demo.cast import HIRED
from backend.demo.copying import copy, row
from backend.demo.customers import Customer
from backend.demo.goods import BORN
from backend.demo.prices import DEALER, MARKET
from backend.demo.seeds import chance, id_at, midnight, moment_at
from backend.geo.addresses import AddressRow, insert_addresses, prepare_addresses
from backend.geo.preparing import PreparedAddress

_GROUP, _CONTACT, _ADDRESS, _VERSION, _ASSIGNMENT, _CLOSURE = range(10, 16)
# code, code of the group above, name, price list
GROUPS: Final = (
    ("KENH", None, "Kênh bán hàng", None), ("DL", "KENH", "Đại lý", DEALER), ("DL1", "DL", "Đại lý cấp 1", None),
    ("DL2", "DL", "Đại lý cấp 2", None), ("TH", "KENH", "Tạp hóa", None), ("ST", "KENH", "Siêu thị", MARKET),
    ("HRC", "KENH", "HoReCa", None), ("TB", None, "Chương trình trưng bày", None),
    ("TB-VANG", "TB", "Trưng bày vàng", None), ("TB-BAC", "TB", "Trưng bày bạc", None),
)  # fmt: skip


async def store_groups(lists: dict[str, UUID]) -> dict[str, UUID]:
    """The channel tree and the display programme, parents first; gives their ids by code."""
    ids = {group[0]: id_at(BORN, _GROUP, n) for n, group in enumerate(GROUPS)}
    await copy(
        "customer_groups", "id parent_id code name price_list_id created_at changed_at",
        [
            row(ids[code], above and ids[above], code, name, name_of_list and lists[name_of_list], HIRED, HIRED)
            for code, above, name, name_of_list in GROUPS
        ],
    )  # fmt: skip
    return ids


async def store_customers(
    customers: list[Customer], groups: dict[str, UUID], ordered: dict[int, datetime], visited: dict[int, datetime]
) -> None:
    """Customers with links, contacts, assignments and closures. `ordered`, `visited`: the last time, by customer."""
    await copy(
        "customers",
        "id code name stage lead_state status priority source position_id phone tax_no note planned_weekday"
        " last_visit_at last_order_at converted_at created_at changed_at created_by",
        [
            row(c.id, c.code, c.name, c.stage, c.lead_state, c.status, c.priority,
                ("field", "referral", "phone")[c.n % 3], c.rep.position, c.phone, c.tax_no, c.note, c.weekday,
                visited.get(c.n), ordered.get(c.n),
                moment_at(c.since, 40_000) if c.stage == "account" else None, moment_at(c.since, 36_000),
                moment_at(c.since, 40_000), c.rep.user_id)
            for c in customers
        ],
    )  # fmt: skip
    await copy("customer_group_links", "customer_id group_id is_primary created_at", _links(customers, groups))
    await copy("contacts", "id customer_id name phone role created_at changed_at", _contacts(customers))
    await copy(
        "customer_assignments", "id customer_id position_id from_on created_at created_by",
        [
            row(_id(c, _ASSIGNMENT), c.id, c.rep.position, c.since, moment_at(c.since, 36_000), c.rep.user_id)
            for c in customers
        ],
    )  # fmt: skip
    await copy("customer_closures", "id customer_id act reason_code note acted_at", _closures(customers))


def _id(customer: Customer, kind: int, place: int = 0) -> UUID:
    return id_at(midnight(customer.since) * 1000, kind, customer.n * 4 + place)


def _links(customers: list[Customer], groups: dict[str, UUID]) -> list[str]:
    draw = chance("display")
    found = []
    for c in customers:
        at = moment_at(c.since, 36_000)
        found.append(row(c.id, groups[c.channel], True, at))
        if c.channel in ("TH", "ST") and draw.random() < 0.12:
            found.append(row(c.id, groups[draw.choice(("TB-VANG", "TB-BAC"))], False, at))
    return found


def _contacts(customers: list[Customer]) -> list[str]:
    draw = chance("contacts")
    found = []
    for c in customers:
        at = moment_at(c.since, 36_000)
        found.append(row(_id(c, _CONTACT), c.id, c.owner, c.phone, "Chủ cửa hàng", at, at))
        if draw.random() < (0.7 if c.channel in ("DL1", "ST") else 0.15):
            name, _ = names.person(draw)
            role = draw.choice(("Kế toán", "Thủ kho", "Quản lý", "Người nhà"))
            found.append(row(_id(c, _CONTACT, 1), c.id, name, names.phone(draw), role, at, at))
    return found


def _closures(customers: list[Customer]) -> list[str]:
    acts = {
        "locked": ("lock", "bad_payer", "Nợ quá hạn nhiều lần"),
        "closed": ("close", "out_of_business", "Đã sang mặt bằng"),
    }
    return [
        row(_id(c, _CLOSURE), c.id, *acts[c.status], moment_at(c.since + timedelta(days=20), 36_000))
        for c in customers
        if c.status in acts
    ]


class Book:
    """Every address of the demo company, by customer: its id, version and position."""

    def __init__(self, customers: list[Customer]) -> None:
        self.customers = customers
        self.firsts = [0, *accumulate(len(c.spots) for c in customers)]
        spots = [spot for c in customers for spot in c.spots]
        draw = chance("pins")
        self.prepared: list[PreparedAddress] = prepare_addresses(
            [spot.text for spot in spots],
            [(*spot.pin, float(draw.randrange(5, 26))) if spot.pin else None for spot in spots],
            methods=[draw.choice(("manual", "rep_fix")) for _ in spots],
        )

    def address_of(self, customer: Customer, place: int = 0) -> UUID:
        """The id of an address; the first is where goods go."""
        return _id(customer, _ADDRESS, place)

    def version_of(self, customer: Customer, place: int = 0) -> UUID:
        """The id of its version."""
        return _id(customer, _VERSION, place)

    def position_of(self, customer: Customer) -> PreparedAddress:
        """Where the goods go, as read and placed."""
        return self.prepared[self.firsts[customer.n]]

    async def store(self) -> int:
        """Write them all; gives their number."""
        rows = [
            AddressRow(
                id=self.address_of(c, place), party_id=c.id, prepared=self.prepared[self.firsts[c.n] + place],
                kind="bill" if place else "ship", created_by=c.rep.user_id, created_at=moment_at(c.since, 36_000),
                version_id=self.version_of(c, place),
            )
            for c in self.customers
            for place in range(len(c.spots))
        ]  # fmt: skip
        await insert_addresses(rows)
        return len(rows)
