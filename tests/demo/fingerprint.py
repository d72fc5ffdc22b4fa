"""One hash of each table that makes a demo company what it is, leaving out what differs from run to run by nature.

Left out: password salts, ids drawn by the verbs for their own trail, and the clock's ticking while they ran.
"""

from typing import Final

from backend.core.database import fetch_value

TABLES: Final = {
    "users": "SELECT id, login, name, phone FROM users ORDER BY id",
    "positions": "SELECT * FROM positions ORDER BY id",
    "items": "SELECT id, code, name_vi, name_en, list_price_micro, cost_micro, tax_id, group_id FROM items ORDER BY id",
    "packagings": "SELECT id, item_id, unit, num, barcode FROM packagings ORDER BY id",
    "price_rules": """SELECT id, list_id, code, item_id, min_qty_micro, valid_from, valid_to, price
                        FROM price_rules ORDER BY id""",
    "promotions": "SELECT id, code, rule FROM promotions ORDER BY id",
    "customers": """SELECT id, code, name, stage, status, position_id, phone, tax_no, note, planned_weekday
                      FROM customers ORDER BY id""",
    "addresses": "SELECT id, party_id, kind, text, lat, lon, accuracy_m, grade, version_id FROM addresses ORDER BY id",
    "address_regions": "SELECT * FROM address_regions ORDER BY set_id, address_version_id",
    "contacts": "SELECT id, customer_id, name, phone, role FROM contacts ORDER BY id",
    "orders": """SELECT id, number, customer_id, position_id, user_id, state, ordered_on, requested_on, ship_av_id,
                        gross, discount, net, tax, total, credit_amount, credit_taken FROM orders ORDER BY id""",
    "order_lines": "SELECT * FROM order_lines ORDER BY order_id, seq",
    "stock_bins": """SELECT item_id, warehouse_id, on_hand, reserved, picked, safety, backlog
                       FROM stock_bins ORDER BY 1, 2""",
    "reservations": """SELECT reference, line, item_id, wanted, held, picked, backlog, issued, kind, state
                         FROM reservations ORDER BY reference, line""",
    "incoming_receipts": "SELECT id, item_id, qty, expected_on, kind, source FROM incoming_receipts ORDER BY id",
    "credit_accounts": """SELECT id, limit_minor, overdue_since, receivable, uninvoiced, open_orders
                            FROM credit_accounts ORDER BY id""",
    "visits": """SELECT id, customer_id, user_id, purpose, started_at, lat, lon, verdict, outcome, note
                   FROM visits ORDER BY id""",
    "expenses": "SELECT id, customer_id, user_id, category, amount, vat, spent_on, state FROM expenses ORDER BY id",
    "reasons": "SELECT id, kind, code, name_vi, name_en, seq FROM reasons ORDER BY id",
}


async def fingerprint() -> dict[str, str]:
    """Table -> hash of its rows."""
    return {
        table: await fetch_value(f"SELECT md5(coalesce(string_agg(t::text, E'\\n'), '')) FROM ({rows}) t")
        for table, rows in TABLES.items()
    }
