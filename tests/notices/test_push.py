"""Pushes: a browser can decrypt them, a lock screen shows nothing private, and they go nowhere but to push services."""

import asyncio
import base64
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import http_ece
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from backend.core import settings as settings_room
from backend.core.database import fetch, fetch_value, in_transaction, transaction
from backend.core.ids import new_id
from backend.core.jobs import run_now
from backend.notices import keys, sending
from backend.notices.errors import PushHostRefused, PushKeysWrong
from backend.notices.notifying import notify
from backend.notices.rules import is_public, may_push_to
from backend.notices.schemas import PushKeys, Subscribe
from backend.notices.subscribing import subscribe, unsubscribe
from backend.people.access import Actor

pytestmark = pytest.mark.anyio
NUMBERS = {"number": "SO-2026-000012", "reason": "quá nợ", "customer": "Cửa hàng Minh", "total": "12500000"}


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Browser:
    """A browser's end of a subscription, and a push service on this machine that hands it what comes."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 201
        self.hits: list[str] = []
        self.base = ""

    def keys(self) -> PushKeys:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return PushKeys(p256dh=b64(point), auth=b64(self.auth))

    def opened(self) -> dict[str, Any]:
        content = http_ece.decrypt(self.got[-1][1], private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return dict(json.loads(content))

    async def answer(self, request: web.Request) -> web.Response:
        self.hits.append(request.path)
        self.got.append((dict(request.headers), await request.read()))
        headers = {"Location": f"{self.base}/elsewhere"} if 300 <= self.status < 400 else {}
        return web.Response(status=self.status, headers=headers)


@asynccontextmanager
async def listening(browser: Browser) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", browser.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    browser.base = f"http://127.0.0.1:{port}"
    with settings_room.using(push_test_hosts=f"127.0.0.1:{port}"):
        yield browser.base
    await runner.cleanup()


async def told(actor: Actor, kind: str = "order.rejected", numbers: dict[str, Any] | None = None) -> str:
    made = await in_transaction(lambda: notify(actor.user_id, kind, numbers or NUMBERS, "/orders/1"))
    return str(made)


async def subscribed(browser: Browser, actor: Actor, path: str = "/push/1") -> Any:
    command = Subscribe(endpoint=browser.base + path, keys=browser.keys())
    return (await in_transaction(lambda: subscribe(command, actor=actor))).id


async def test_a_browser_decrypts_what_was_sent_and_the_push_service_can_tell_it_is_us(cast: SimpleNamespace) -> None:
    browser = Browser()
    async with listening(browser) as base:
        await subscribed(browser, cast.lan)
        notice = await told(cast.lan)
        await run_now("notices.push", {"notice_id": notice})
    said = browser.opened()
    assert said == {
        "id": notice, "kind": "order.rejected", "title": "Đơn SO-2026-000012 bị từ chối",
        "body": "Đơn SO-2026-000012 bị từ chối", "link": "/orders/1",
    }  # fmt: skip
    headers = browser.got[0][0]
    assert (headers["Content-Encoding"], headers["TTL"]) == ("aes128gcm", "86400")
    assert Vapid02.verify(headers["Authorization"])
    token = headers["Authorization"].split("t=")[1].split(",")[0].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(token + "=="))
    assert claims["aud"] == base and claims["sub"].startswith("mailto:")
    assert f"k={keys.public_key()}" in headers["Authorization"]
    assert await fetch_value("SELECT last_ok_at IS NOT NULL FROM push_subscriptions")


async def test_nothing_but_the_lock_screens_numbers_leaves_the_house(cast: SimpleNamespace) -> None:
    browser = Browser()
    async with listening(browser):
        await subscribed(browser, cast.lan)
        for kind in ("order.rejected", "made.up", "customers.reassigned"):
            await run_now("notices.push", {"notice_id": await told(cast.lan, kind)})
            said = json.dumps(browser.opened(), ensure_ascii=False)
            assert not any(secret in said for secret in ("Minh", "quá nợ", "12500000"))


async def test_the_reader_gets_their_own_language(cast: SimpleNamespace) -> None:
    from backend.core.database import execute

    await execute("UPDATE users SET language = 'en' WHERE login = 'lan'")
    browser = Browser()
    async with listening(browser):
        await subscribed(browser, cast.lan)
        await run_now("notices.push", {"notice_id": await told(cast.lan)})
    assert browser.opened()["title"] == "Order SO-2026-000012 rejected"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten(cast: SimpleNamespace, status: int) -> None:
    browser = Browser()
    browser.status = status
    async with listening(browser):
        await subscribed(browser, cast.lan)
        await run_now("notices.push", {"notice_id": await told(cast.lan)})
    assert await fetch_value("SELECT count(*) FROM push_subscriptions") == 0


async def test_a_redirect_is_not_followed_and_trouble_is_tried_again_later_but_not_for_ever(
    cast: SimpleNamespace,
) -> None:
    browser = Browser()
    async with listening(browser):
        await subscribed(browser, cast.lan)
        notice = await told(cast.lan)
        browser.status = 302
        await run_now("notices.push", {"notice_id": notice})
        assert browser.hits == ["/push/1"]
        browser.status = 503
        before = await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'notices.push'")
        await run_now("notices.push", {"notice_id": notice, "attempt": 1})
        later = await fetch("SELECT payload, execute_after > now() AS later FROM pgqueuer ORDER BY id DESC LIMIT 1")
        assert json.loads(later[0]["payload"])["attempt"] == 2 and later[0]["later"]
        await run_now("notices.push", {"notice_id": notice, "attempt": sending.ATTEMPTS})
        assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'notices.push'") == before + 1


async def test_a_service_that_never_answers_holds_nobody_up(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser()
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with settings_room.using(push_test_hosts=f"127.0.0.1:{port}"):
            status = await asyncio.wait_for(
                sending.push(f"http://127.0.0.1:{port}/", browser.keys().p256dh, browser.keys().auth, b"{}"), 3
            )
    assert status == 0


REFUSED = (
    "http://127.0.0.1/x", "https://127.0.0.1/x", "http://169.254.169.254/latest", "https://[::1]/x", "https://10.0.0.8/x",
    "https://localhost/x", "file:///etc/passwd", "https://evil.example/x", "https://fcm.googleapis.com.evil.example/x",
    "https://fcm.googleapis.com:8443/x", "http://fcm.googleapis.com/x", "https://a@fcm.googleapis.com/x",
    "https://fcm.googleapis.com@127.0.0.1/x", "https://evilpush.apple.com.x/", "https://2130706433/x", "https://0/x",
    "https://fcm.googleapis.com:x/", "gopher://fcm.googleapis.com/", "", "https://fcm.googleapis.com /x",
    "//fcm.googleapis.com",
)  # fmt: skip


@pytest.mark.parametrize("endpoint", REFUSED)
async def test_an_endpoint_anywhere_else_is_refused_and_would_not_be_sent_to(
    cast: SimpleNamespace, endpoint: str
) -> None:
    browser = Browser()
    with pytest.raises(PushHostRefused):
        await subscribe(Subscribe(endpoint=endpoint, keys=browser.keys()), actor=cast.lan)
    assert await sending.push(endpoint, browser.keys().p256dh, browser.keys().auth, b"{}") == 599


def test_the_browsers_own_push_services_are_allowed() -> None:
    for host in (
        "fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "api.push.apple.com",
        "wns2-sg2p.notify.windows.com", "FCM.googleapis.com",
    ):  # fmt: skip
        assert may_push_to(f"https://{host}/x") and may_push_to(f"https://{host}:443/x")


async def test_a_known_name_that_leads_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    asked: list[str] = []

    async def inside(self: Any, host: str, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        addresses = ("127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.1.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", inside)
    status = await sending.push("https://fcm.googleapis.com/x", browser.keys().p256dh, browser.keys().auth, b"{}")
    assert (status, asked) == (0, ["fcm.googleapis.com"])


def test_only_addresses_of_the_open_internet_count_as_public() -> None:
    for inside in (
        "127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "fe80::1%eth0", "fc00::1",
        "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::", "255.255.255.255", "", "x",
    ):  # fmt: skip
        assert not is_public(inside), inside
    for outside in ("142.250.66.74", "2607:f8b0:4005:80a::200a", "::ffff:142.250.66.74"):
        assert is_public(outside), outside


async def test_keys_of_the_wrong_shape_are_refused(cast: SimpleNamespace) -> None:
    good = Browser().keys()
    for p256dh, auth in (("", good.auth), (good.auth, good.auth), (good.p256dh, "AAAA"), ("!" * 87, good.auth)):
        with pytest.raises(PushKeysWrong):
            command = Subscribe(endpoint="https://fcm.googleapis.com/x", keys=PushKeys(p256dh, auth))
            await subscribe(command, actor=cast.lan)


async def test_a_browser_belongs_to_whoever_subscribed_it_last_and_only_its_owner_can_end_it(
    cast: SimpleNamespace, client_for: Any
) -> None:
    body = {
        "endpoint": "https://fcm.googleapis.com/x",
        "keys": {"p256dh": Browser().keys().p256dh, "auth": b64(b"x" * 16)},
    }
    lan, bob = await client_for(cast.lan), await client_for(cast.bob)
    first = (await lan.post("/push/subscriptions", json=body)).json()["id"]
    second = (await bob.post("/push/subscriptions", json=body)).json()["id"]
    assert first == second and await fetch_value("SELECT user_id FROM push_subscriptions") == cast.bob.user_id
    assert (await lan.delete(f"/push/subscriptions/{first}")).status_code == 404
    assert (await bob.delete(f"/push/subscriptions/{first}")).status_code == 204
    for n in range(12):
        await bob.post("/push/subscriptions", json={**body, "endpoint": f"https://fcm.googleapis.com/{n}"})
    assert await fetch_value("SELECT count(*) FROM push_subscriptions") == 10
    refused = await lan.post("/push/subscriptions", json={**body, "endpoint": "https://127.0.0.1/"})
    assert refused.status_code == 422 and refused.json()["code"] == "push-host-refused"
    assert (await lan.get("/push/key")).json()["key"] == keys.public_key()


async def test_a_rollback_leaves_neither_notice_nor_push(cast: SimpleNamespace) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone):
        async with transaction():
            await notify(cast.lan.user_id, "order.approved", NUMBERS, None)
            raise Undone
    assert await fetch_value("SELECT count(*) FROM notices") == 0
    assert await fetch_value("SELECT count(*) FROM pgqueuer") == 0


async def test_the_inbox_is_ones_own_and_reading_is_remembered_once(cast: SimpleNamespace, client_for: Any) -> None:
    mine = [await told(cast.lan, "order.approved", {"number": f"SO-{n}"}) for n in range(5)]
    theirs = await told(cast.bob, "order.approved", {"number": "SO-BOB"})
    lan = await client_for(cast.lan)
    page = (await lan.get("/notices", params={"limit": 3})).json()
    rest = (await lan.get("/notices", params={"limit": 3, "cursor": page["next"]})).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == mine[::-1] and rest["next"] is None
    assert page["unread"] == 5 and "SO-BOB" not in json.dumps(page | rest)
    assert page["items"][0]["title"] == "Đơn SO-4 đã duyệt"
    first = (await lan.post(f"/notices/{mine[0]}/reading")).json()["read_at"]
    assert (await lan.post(f"/notices/{mine[0]}/reading")).json()["read_at"] == first
    assert (await lan.post(f"/notices/{theirs}/reading")).status_code == 404
    assert (await lan.post(f"/notices/{new_id()}/reading")).status_code == 404
    unread = (await lan.get("/notices", params={"unread": True})).json()
    assert unread["unread"] == 4 and mine[0] not in [one["id"] for one in unread["items"]]


async def test_what_was_read_meanwhile_is_not_pushed(cast: SimpleNamespace, client_for: Any) -> None:
    browser = Browser()
    async with listening(browser):
        subscription = await subscribed(browser, cast.lan)
        notice = await told(cast.lan)
        await (await client_for(cast.lan)).post(f"/notices/{notice}/reading")
        await run_now("notices.push", {"notice_id": notice})
        assert browser.hits == []
        await unsubscribe(subscription, actor=cast.lan)


def test_the_key_pair_is_made_once_and_only_we_can_read_it(tmp_path: Path) -> None:
    with settings_room.using(data_dir=tmp_path / "new"):
        first = keys.public_key()
        file = tmp_path / "new" / keys.FILE
        assert file.stat().st_mode & 0o777 == 0o600 and list(file.parent.iterdir()) == [file]
        keys._load.cache_clear()
        assert keys.public_key() == first and len(base64.urlsafe_b64decode(first + "=")) == 65
