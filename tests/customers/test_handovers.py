"""Hand-overs as people use them: choosing by a filter, seeing what is planned, calling it off, being told."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from backend.core import clock
from backend.core.database import execute, fetch, fetch_value, in_transaction
from backend.core.ids import new_id
from backend.core.jobs import run_now
from backend.customers.reassigning import apply_due, reassign
from backend.people.access import Actor
from tests.customers.makers import make_customer, make_group
from tests.makers import applied

pytestmark = pytest.mark.anyio
LAN, BOB, HUNG = 3, 5, 2


async def hand_over(ids: list[Any], to: int, actor: Actor, **more: Any) -> Any:
    return await in_transaction(lambda: reassign(ids, to, actor=actor, **more))


async def many(position: int, count: int, word: str) -> list[Any]:
    """So many customers of a position."""
    made = [new_id() for _ in range(count)]
    await execute(
        """INSERT INTO customers (id, code, name, position_id)
           SELECT n.id, 'C' || right(n.id::text, 12) || n.i, $3 || ' ' || lpad(n.i::text, 3, '0'), $2
             FROM unnest($1::uuid[]) WITH ORDINALITY AS n (id, i)""",
        made, position, word,
    )  # fmt: skip
    return made


async def holders() -> dict[int, int]:
    rows = await fetch("SELECT position_id, count(*)::int AS n FROM customers GROUP BY 1")
    return {row["position_id"]: row["n"] for row in rows}


def day(days: int) -> Any:
    return clock.today() + timedelta(days=days)


async def test_a_whole_territory_goes_over_in_one_act_but_for_those_left_out(
    cast: SimpleNamespace, client_for: Any
) -> None:
    mine, theirs = await many(LAN, 120, "Quán"), await many(BOB, 4, "Quán")
    an = await client_for(cast.an)
    body = {"all_of": {"position": LAN}, "but": [str(one) for one in mine[:3]], "to_position": HUNG}
    answer = await an.post("/customers/reassignment", json=body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["moved"], answer.json()["now"]) == (117, True)
    assert await holders() == {LAN: 3, HUNG: 117, BOB: len(theirs)}


async def test_a_filter_means_the_actors_own_line_whatever_it_names(cast: SimpleNamespace, client_for: Any) -> None:
    await many(LAN, 3, "Quán"), await many(BOB, 4, "Quán")
    hung = await client_for(cast.hung)
    told = (await hung.get("/customers/reassignment?q=quan")).json()
    assert told["total"] == 3 and len(told["items"]) == 3
    assert (await hung.get(f"/customers/reassignment?position={BOB}")).json()["total"] == 0
    nobody = await hung.post("/customers/reassignment", json={"all_of": {"position": BOB}, "to_position": HUNG})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "nobody-chosen")
    everybody = await hung.post("/customers/reassignment", json={"all_of": {}, "to_position": HUNG})
    assert everybody.json()["moved"] == 3 and (await holders())[BOB] == 4


async def test_groups_wards_and_words_narrow_the_choice_and_pages_hold_each_customer_once(
    cast: SimpleNamespace, client_for: Any
) -> None:
    lan, hung = await client_for(cast.lan), await client_for(cast.hung)
    above = await make_group("Kênh")
    below = await make_group("Tạp hóa", above)
    for n, text in enumerate(("45 Bình Tiên, Phường Bình Phú, TP HCM", "1 Lê Lợi, Phường Sài Gòn, TP HCM") * 2):
        made = str(new_id())
        await applied(
            lan,
            ("customer.create", {"id": made, "name": f"Minh Châu {n}", "stage": "account",
                                 "group_id": str(below) if n < 3 else None,
                                 "address": {"id": str(new_id()), "text": text}}),
        )  # fmt: skip
    whole = (await hung.get("/customers/reassignment?limit=3")).json()
    assert whole["total"] == 4 and [ward["customers"] for ward in whole["wards"]] == [2, 2]
    rest = (await hung.get(f"/customers/reassignment?limit=3&cursor={whole['next']}")).json()
    assert rest["total"] is None and len({one["id"] for one in whole["items"] + rest["items"]}) == 4
    assert whole["items"][0]["ward"].startswith("Phường ")
    assert (await hung.get(f"/customers/reassignment?group={above}")).json()["total"] == 3
    ward = (await hung.get(f"/customers/reassignment?ward={whole['wards'][0]['code']}")).json()
    assert ward["total"] == 2 and len(ward["items"]) == 2 and len(ward["wards"]) == 2
    assert (await hung.get("/customers/reassignment?q=chau%202")).json()["total"] == 1
    assert (await hung.get(f"/customers/reassignment?q={whole['items'][1]['code']}")).json()["total"] == 1


async def test_both_ways_of_choosing_at_once_or_none_is_no_choice(cast: SimpleNamespace, client_for: Any) -> None:
    made = await make_customer(cast.lan)
    an = await client_for(cast.an)
    for body in (
        {"to_position": BOB},
        {"to_position": BOB, "customer_ids": [str(made.id)], "all_of": {}},
        {"to_position": BOB, "customer_ids": [str(made.id)], "but": [str(made.id)]},
        {"to_position": BOB, "all_of": {}, "but": [str(made.id)]},
    ):
        answer = await an.post("/customers/reassignment", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "nobody-chosen"), body


async def test_temporary_cover_goes_there_on_one_day_and_back_on_another(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan)
    await hand_over([made.id], BOB, cast.an, on=day(3))
    back = await hand_over([made.id], LAN, cast.an, on=day(10))
    assert back.moved == 1, "on that day it is somebody else's, though it is hers today"
    for after, holder in ((0, LAN), (3, BOB), (9, BOB), (10, LAN)):
        with clock.at(clock.now() + timedelta(days=after)):
            await in_transaction(apply_due)
            assert await holders() == {holder: 1}


async def test_what_was_planned_for_later_does_not_outlive_a_newer_word(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan)
    await hand_over([made.id], BOB, cast.an, on=day(9))
    assert (await hand_over([made.id], LAN, cast.an, on=day(2))).moved == 1, "she keeps it after all"
    with clock.at(clock.now() + timedelta(days=20)):
        await in_transaction(apply_due)
    assert await holders() == {LAN: 1}


async def test_a_planned_hand_over_is_listed_and_called_off_until_its_day(
    cast: SimpleNamespace, client_for: Any
) -> None:
    ids = await many(LAN, 7, "Quán")
    hung, lan = await client_for(cast.hung), await client_for(cast.lan)
    body = {"customer_ids": [str(one) for one in ids], "to_position": HUNG, "on": str(day(4)), "reason": "nghỉ phép"}
    made = (await hung.post("/customers/reassignment", json=body)).json()
    assert (made["moved"], made["now"]) == (7, False)
    [told] = (await hung.get("/customers/handovers")).json()
    assert (told["id"], told["on"], told["customers"], told["reason"]) == (
        made["handover"], str(day(4)), 7, "nghỉ phép",
    )  # fmt: skip
    assert told["to"]["holders"] == [cast.hung.name] and told["givers"][0]["holders"] == [cast.lan.name]
    assert len(told["names"]) == 5 and told["may_undo"] and told["acted_by"] == cast.hung.name
    names = (await hung.get(f"/customers/handovers/{made['handover']}/customers")).json()
    assert {one["id"] for one in names} == {str(one) for one in ids}
    assert (await hung.get("/customers/handovers?when=past")).json() == []
    assert (await lan.get("/customers/handovers")).status_code == 403
    undone = await hung.post(f"/customers/handovers/{made['handover']}/calling-off")
    assert (undone.status_code, undone.json()["kept"]) == (200, 7)
    assert (await hung.get("/customers/handovers")).json() == []
    again = await hung.post(f"/customers/handovers/{made['handover']}/calling-off")
    assert (again.status_code, again.json()["code"]) == (409, "handover-over")
    with clock.at(clock.now() + timedelta(days=5)):
        await run_now("customers.hand-over", {})
    assert await holders() == {LAN: 7}
    assert await fetch_value("SELECT count(*) FROM audit WHERE action = 'customer.reassign.undo'") == 7


async def test_calling_off_the_middle_one_of_three_leaves_the_line_whole(cast: SimpleNamespace) -> None:
    made = await make_customer(cast.lan)
    await execute("UPDATE customer_assignments SET from_on = from_on - 30")
    await hand_over([made.id], BOB, cast.an, on=day(3))
    await execute("UPDATE customer_assignments SET until_on = $1 WHERE position_id = $2", day(8), BOB)
    middle = await fetch_value("SELECT id FROM customer_handovers")
    await execute(
        "INSERT INTO customer_assignments (id, customer_id, position_id, from_on) VALUES ($1, $2, 7, $3)",
        new_id(), made.id, day(8),
    )  # fmt: skip
    from backend.customers.calling_off import call_off

    assert (await in_transaction(lambda: call_off(middle, actor=cast.an))).kept == 1
    rows = await fetch("SELECT position_id, until_on FROM customer_assignments ORDER BY from_on")
    assert [tuple(row) for row in rows] == [(LAN, day(8)), (7, None)]


async def test_a_hand_over_whose_day_has_come_is_not_called_off(cast: SimpleNamespace, client_for: Any) -> None:
    ids = await many(LAN, 2, "Quán")
    done = await hand_over(ids, HUNG, cast.an)
    hung = await client_for(cast.hung)
    answer = await hung.post(f"/customers/handovers/{done.handover}/calling-off")
    assert (answer.status_code, answer.json()["code"]) == (409, "handover-begun")
    [past] = (await hung.get("/customers/handovers?when=past")).json()
    assert past["id"] == str(done.handover) and not past["may_undo"]
    assert [(one["id"], one["customers"]) for one in past["givers"]] == [(LAN, 2)], "though nothing says since when"


async def test_nobody_learns_of_or_undoes_a_hand_over_beyond_their_line(cast: SimpleNamespace, client_for: Any) -> None:
    lans, bobs = await many(LAN, 2, "Zuylanqx"), await many(BOB, 1, "Wotbobvk")
    mixed = await hand_over([*lans, *bobs], 7, cast.an, on=day(2))
    foreign = await hand_over(await many(BOB, 1, "Wotbobvk"), 7, cast.an, on=day(3))
    hung = await client_for(cast.hung)
    [told] = (await hung.get("/customers/handovers")).json()
    assert (told["id"], told["customers"], told["may_undo"]) == (str(mixed.handover), 2, False)
    assert "Wotbobvk" not in str(told) and sum(giver["customers"] for giver in told["givers"]) == 2
    assert len((await hung.get(f"/customers/handovers/{mixed.handover}/customers")).json()) == 2
    assert (await hung.post(f"/customers/handovers/{mixed.handover}/calling-off")).status_code == 403
    absent = await hung.post(f"/customers/handovers/{new_id()}/calling-off")
    strange = await hung.post(f"/customers/handovers/{foreign.handover}/calling-off")
    assert (strange.status_code, strange.text) == (absent.status_code, absent.text) and strange.status_code == 404
    assert (await hung.get(f"/customers/handovers/{foreign.handover}/customers")).status_code == 404


async def test_people_are_told_how_many_whose_and_from_when_and_names_only_once_theirs(
    cast: SimpleNamespace, client_for: Any
) -> None:
    ids = await many(LAN, 5, "Quán")
    lan, bob = await client_for(cast.lan), await client_for(cast.bob)
    await hand_over(ids, BOB, cast.an, on=day(2))
    when = f"{day(2):%d/%m/%Y}"

    async def last(client: Any) -> dict[str, Any]:
        return dict((await client.get("/notices")).json()["items"][0])

    gives, takes = await last(lan), await last(bob)
    assert "{" not in gives["body"] + takes["body"]
    assert all(part in gives["body"] for part in ("5 khách", when, cast.bob.name, "Quán 001, Quán 002, Quán 003…"))
    assert all(part in takes["body"] for part in ("5 khách", when, cast.lan.name)) and "Quán" not in str(takes)
    with clock.at(clock.now() + timedelta(days=2)):
        await run_now("customers.hand-over", {})
        await run_now("customers.hand-over", {})
        lan, bob = await client_for(cast.lan), await client_for(cast.bob)
        assert [one["kind"] for one in (await lan.get("/notices")).json()["items"]] == [
            "customers.left", "customers.reassigned",
        ]  # fmt: skip
        assert "30 ngày" in (await last(lan))["body"] and cast.bob.name in (await last(lan))["body"]
        assert (await last(bob))["kind"] == "customers.received" and "Quán 001" in (await last(bob))["body"]
        assert "{" not in (await last(bob))["body"] + (await last(lan))["body"]


async def test_who_has_left_is_named_in_lists_but_neither_told_nor_named_to_others(
    cast: SimpleNamespace, client_for: Any
) -> None:
    await execute("UPDATE users SET active = false WHERE id = $1", cast.lan.user_id)
    seat = await fetch_value("SELECT name FROM positions WHERE id = $1", LAN)
    await hand_over(await many(LAN, 2, "Quán"), BOB, cast.an, on=day(2))
    an, bob = await client_for(cast.an), await client_for(cast.bob)
    [listed] = (await an.get("/customers/handovers")).json()
    assert listed["givers"][0]["holders"] == [cast.lan.name], "the seat is hers until it is ended"
    assert await fetch("SELECT 1 FROM notices WHERE user_id = $1", cast.lan.user_id) == []
    [told] = (await bob.get("/notices")).json()["items"]
    assert told["kind"] == "customers.coming"
    assert seat in told["body"] and cast.lan.name not in told["body"], "the seat speaks for nobody"


async def test_both_sides_are_told_that_everything_stays(cast: SimpleNamespace, client_for: Any) -> None:
    ids = await many(LAN, 2, "Quán")
    done = await hand_over(ids, BOB, cast.an, on=day(2))
    an = await client_for(cast.an)
    assert (await an.post(f"/customers/handovers/{done.handover}/calling-off")).status_code == 200
    for who, kind in ((cast.lan, "customers.kept"), (cast.bob, "customers.not-coming")):
        client = await client_for(who)
        told = (await client.get("/notices")).json()["items"][0]
        assert told["kind"] == kind and "{" not in str(told["body"]) and "2 khách" in told["body"]
        assert ("Quán" in str(told)) is (who is cast.lan), "names are only for whoever has the customers"


async def test_what_changed_since_the_preview_is_refused_and_not_done(cast: SimpleNamespace, client_for: Any) -> None:
    ids = await many(LAN, 3, "Quán")
    an = await client_for(cast.an)
    body = {"all_of": {"position": LAN}, "to_position": BOB, "on": str(day(1))}
    seen = (await an.post("/customers/reassignment/preview", json=body)).json()
    await many(LAN, 1, "Quán mới")
    answer = await an.post("/customers/reassignment", json={**body, "stamp": seen["stamp"]})
    assert (answer.status_code, answer.json()["code"]) == (412, "handover-changed")
    assert await fetch_value("SELECT count(*) FROM customer_handovers") == 0
    seen = (await an.post("/customers/reassignment/preview", json=body)).json()
    await hand_over(ids[:1], 7, cast.an, on=day(5))
    assert (await an.post("/customers/reassignment", json={**body, "stamp": seen["stamp"]})).status_code == 412
    seen = (await an.post("/customers/reassignment/preview", json=body)).json()
    assert (await an.post("/customers/reassignment", json={**body, "stamp": seen["stamp"]})).json()["moved"] == 4


async def test_a_hand_over_of_today_leaves_what_else_is_due_to_the_job_that_tells_of_it(cast: SimpleNamespace) -> None:
    waiting, now = await many(LAN, 1, "Quán"), await many(LAN, 1, "Tiệm")
    await hand_over(waiting, BOB, cast.an, on=day(1))
    with clock.at(clock.now() + timedelta(days=1)):
        await hand_over(now, HUNG, cast.an)
        assert await holders() == {LAN: 1, HUNG: 1}
        await run_now("customers.hand-over", {})
        assert await holders() == {BOB: 1, HUNG: 1}
    assert await fetch_value("SELECT count(*) FROM notices WHERE kind = 'customers.left'") == 1
