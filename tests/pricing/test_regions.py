"""A promotion for a region reaches the customers whose main address lies there, in the office and in phones' books."""

import json
import zlib
from types import SimpleNamespace

from backend.core.ids import new_id
from backend.core.money import MICRO
from backend.geo.addresses import SaveAddress, save_address
from backend.pricing.queries import book_of
from backend.pricing.quoting import QuoteLine, quote
from backend.pricing.storing import NewPromotion, insert_promotions
from tests.pricing.dairy import DAY, lay_dairy


async def net(ids: SimpleNamespace) -> int:
    line = QuoteLine(new_id(), ids.milk, "hộp", 10 * MICRO)
    return (await quote(customer_id=ids.other, ordered_on=DAY, currency="VND", lines=[line])).net_minor


async def test_a_customer_gets_the_promotion_of_the_province_of_their_main_address(cast: SimpleNamespace) -> None:
    ids = await lay_dairy()
    rule = {"scope": {"regions": ["VN-ADM1-34/79"]}, "effect": {"kind": "percent", "value": "50"}}
    await insert_promotions([NewPromotion(new_id(), "SAIGON", rule)])
    assert await net(ids) == 75_000, "nobody knows where they are"
    where = {"id": new_id(), "party_id": ids.other, "is_default": True}
    saved = await save_address(SaveAddress(**where, text="12 Tràng Tiền, Phường Cửa Nam, Hà Nội"), actor=cast.an)  # type: ignore[arg-type]
    assert saved.grade == "ward" and await net(ids) == 75_000, "another province"
    await save_address(SaveAddress(**where, text="45 Bình Tiên, P7, Q6, TP HCM"), actor=cast.an)  # type: ignore[arg-type]
    assert await net(ids) == 37_500


async def test_a_phones_book_names_the_regions_with_their_set(cast: SimpleNamespace) -> None:

    ids = await lay_dairy()
    place = SaveAddress(id=new_id(), party_id=ids.customer, text="45 Bình Tiên, P7, Q6, TP HCM", is_default=True)
    await save_address(place, actor=cast.an)
    _, packed = await book_of(actor=cast.lan)
    facts = json.loads(zlib.decompress(packed))["customers"]
    assert facts[str(ids.customer)]["regions"] == ["VN-ADM1-34/79", "VN-ADM1-63/79"]
