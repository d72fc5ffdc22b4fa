"""Pure decisions about customers: the numbers and codes that identify them."""

import re
from typing import Final
from uuid import UUID

from backend.core.folding import digits

_TAX_WEIGHTS: Final = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_BASE32: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def phone_digits(text: str) -> str:
    """A telephone number as people compare it: +84 901.234.567, 84901234567 and 0901 234 567 are one number.

    The database derives the same (`customers_phone_digits` in 30_customers.sql).
    """
    found = digits(text)
    return "0" + found[2:] if re.fullmatch(r"84[1-9][0-9]{8}", found) else found


def tax_check_digit(nine: str) -> int | None:
    """The tenth digit of a Vietnamese tax number, or None where the nine digits can have none.

    Source: the check-digit rule of the Vietnamese tax code (weights 31 29 23 19 17 13 7 5 3, 10 - sum mod 11).
    """
    check = 10 - sum(int(digit) * weight for digit, weight in zip(nine, _TAX_WEIGHTS, strict=True)) % 11
    return check if check < 10 else None


def tax_number_fits(text: str) -> bool:
    """Whether a tax number may be true.

    Ten digits, or ten and a three-digit branch, must pass the Vietnamese check digit. Twelve digits (a citizen's
    number) and anything with letters (other countries) are taken as they are.
    """
    bare = re.sub(r"[ .-]", "", text)
    if not bare or len(bare) > 20:
        return False
    if bare.isascii() and bare.isdigit() and len(bare) in (10, 13):
        return tax_check_digit(bare[:9]) == int(bare[9])
    return bare.isalnum()


def code_of(customer_id: UUID, length: int = 6) -> str:
    """A short customer code made from the random end of its id: no counter, so no lock, and a phone can say it too."""
    value = customer_id.int
    letters = []
    for _ in range(length):
        value, rest = divmod(value, 32)
        letters.append(_BASE32[rest])
    return "KH-" + "".join(letters)
