"""One customer, one record: the same telephone or tax number is refused, a look-alike is only mentioned."""

from typing import Any
from uuid import UUID

from backend.core.database import execute, fetch
from backend.customers.errors import CustomerExists, CustomerOwnedByAnother, PhoneWrong, TaxNumberWrong
from backend.customers.rules import phone_digits, tax_number_fits
from backend.people.access import Actor, scope, sees


def check_numbers(phone: str | None, tax_no: str | None, *, pointer: str = "") -> None:
    """Refuse a telephone or tax number that cannot be true."""
    if phone and not 8 <= len(phone_digits(phone)) <= 15:
        raise PhoneWrong(pointer=f"{pointer}/phone", value=phone)
    if tax_no and not tax_number_fits(tax_no):
        raise TaxNumberWrong(pointer=f"{pointer}/tax_no", value=tax_no)


async def refuse_duplicates(customer_id: UUID, phone: str | None, tax_no: str | None, *, actor: Actor) -> None:
    """Refuse when another customer has the number already.

    The refusal links to that customer if the actor may see it, else it says only that it exists. Two phones saving the
    same number at once wait for each other here, until the end of their transactions.
    """
    numbers = {
        "phone": phone_digits(phone) if phone else "",
        "tax_no": "".join(sign for sign in tax_no or "" if sign.isdigit()),
    }
    if not any(numbers.values()):
        return
    for name, value in sorted(numbers.items()):
        if value:
            await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"customer {name} {value}")
    rows = await fetch(
        """SELECT id, code, name, position_id, phone_digits, tax_digits FROM customers
            WHERE deleted_at IS NULL AND id <> $1
              AND ((phone_digits <> '' AND phone_digits = $2) OR (tax_digits <> '' AND tax_digits = $3))
            ORDER BY id""",
        customer_id, numbers["phone"], numbers["tax_no"],
    )  # fmt: skip
    for row in sorted(rows, key=lambda row: not sees(actor, row["position_id"])):
        field = "phone" if row["phone_digits"] and row["phone_digits"] == numbers["phone"] else "tax_no"
        if sees(actor, row["position_id"]):
            raise CustomerExists(
                pointer=f"/{field}",
                field=field,
                existing_id=str(row["id"]),
                existing_code=row["code"],
                existing=row["name"],
            )
        raise CustomerOwnedByAnother(pointer=f"/{field}", field=field)


async def find_alike(customer_id: UUID, name: str, *, actor: Actor) -> list[Any]:
    """Visible customers with the same folded name, or nearly so: at most five, nearest first."""
    predicate, arguments = scope(actor, "position_id", 3)
    return await fetch(
        f"""SELECT id, code, name FROM customers
             WHERE deleted_at IS NULL AND id <> $1 AND folded % customers_fold($2)
               AND similarity(folded, customers_fold($2)) >= 0.85 AND {predicate}
             ORDER BY similarity(folded, customers_fold($2)) DESC, id LIMIT 5""",
        customer_id, name, *arguments,
    )  # fmt: skip
