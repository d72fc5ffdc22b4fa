"""Logging in, staying logged in, and being shut out."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from backend.core import clock
from backend.core.database import execute, fetch, fetch_value
from backend.core.ids import new_id
from backend.core.settings import using
from backend.demo.cast import PASSWORD

pytestmark = pytest.mark.anyio


async def test_logging_in_opens_a_session_that_knows_the_person(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    me = (await lan.get("/me")).json()
    assert (me["login"], me["roles"], me["positions"]) == ("lan", ["rep"], [3])


async def test_a_cookie_brought_along_is_never_taken_over(anonymous: httpx.AsyncClient, cast: SimpleNamespace) -> None:
    anonymous.cookies.set("tuyen", "planted-by-somebody-else")
    answer = await anonymous.post("/session", json={"login": "lan", "password": PASSWORD})
    assert "planted" not in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"] and "SameSite=lax" in answer.headers["set-cookie"]


async def test_tokens_are_stored_hashed(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    stored = [row["token_hash"] for row in await fetch("SELECT token_hash FROM sessions")]
    assert lan.cookies["tuyen"].encode() not in stored and all(len(one) == 32 for one in stored)


async def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(
    anonymous: httpx.AsyncClient, cast: SimpleNamespace
) -> None:
    wrong = await anonymous.post("/session", json={"login": "lan", "password": "no"})
    unknown = await anonymous.post("/session", json={"login": "nobody", "password": "no"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json() and wrong.json()["code"] == "wrong-login"


async def test_five_wrong_passwords_close_the_account_for_a_quarter_of_an_hour(
    anonymous: httpx.AsyncClient, cast: SimpleNamespace
) -> None:
    for _ in range(5):
        assert (await anonymous.post("/session", json={"login": "lan", "password": "no"})).status_code == 401
    refused = await anonymous.post("/session", json={"login": "lan", "password": PASSWORD})
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert (await anonymous.post("/session", json={"login": "lan", "password": PASSWORD})).status_code == 201


async def test_one_address_cannot_try_many_accounts(anonymous: httpx.AsyncClient, cast: SimpleNamespace) -> None:
    with using(login_per_address=3):
        for n in range(3):
            await anonymous.post("/session", json={"login": f"guess{n}", "password": "no"})
        assert (await anonymous.post("/session", json={"login": "guess9", "password": "no"})).status_code == 429


async def test_a_change_without_the_sessions_own_token_is_refused(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    del lan.headers["X-Tuyen-CSRF"]
    refused = await lan.patch("/me", json={"language": "en"})
    assert refused.status_code == 403 and refused.json()["code"] == "csrf-missing"


async def test_json_sent_as_plain_text_is_refused(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    refused = await lan.patch("/me", content='{"language":"en"}', headers={"Content-Type": "text/plain"})
    assert refused.status_code == 415


async def test_malformed_bodies_name_the_place(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    broken = await lan.patch("/me", content="{", headers={"Content-Type": "application/json"})
    unknown = await lan.patch("/me", json={"language": "vi", "role": "admin"})
    bad = await lan.patch("/me", json={"language": "fr"})
    assert {broken.status_code, unknown.status_code, bad.status_code} == {422}
    assert "role" in unknown.json()["detail"] and "language" in bad.text
    assert broken.headers["content-type"].startswith("application/problem+json")


async def test_logging_out_kills_the_token_on_the_server(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    token = lan.cookies["tuyen"]
    gone = await lan.delete("/session")
    assert "storage" in gone.headers["clear-site-data"]
    lan.cookies.set("tuyen", token)
    assert (await lan.get("/me")).status_code == 401


async def test_a_disabled_person_is_out_at_the_next_call(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    await execute("UPDATE users SET active = false WHERE login = 'lan'")
    assert (await lan.get("/me")).status_code == 401


async def test_a_session_ends_by_itself(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    with clock.at(clock.now() + timedelta(days=31)):
        assert (await lan.get("/me")).status_code == 401


async def test_a_device_of_one_person_is_not_taken_over_by_another(client_for: Any, cast: SimpleNamespace) -> None:
    device = str(new_id())
    await client_for(cast.lan, id=device)
    await client_for(cast.bob, id=device)
    assert await fetch_value("SELECT count(*) FROM devices WHERE user_id = $1", cast.lan.user_id) == 1
    assert await fetch_value("SELECT count(*) FROM devices WHERE user_id = $1", cast.bob.user_id) == 0


async def test_every_answer_carries_its_guards(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    for answer in (await lan.get("/me"), await lan.get("/nothing-here")):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


async def test_the_language_of_a_problem_is_the_readers(client_for: Any, cast: SimpleNamespace) -> None:
    lan = await client_for(cast.lan)
    vietnamese = (await lan.get("/nothing-here")).json()["title"]
    await lan.patch("/me", json={"language": "en"})
    english = (await lan.get("/users")).json()["title"]
    assert vietnamese and english == "Your role may not do this"
