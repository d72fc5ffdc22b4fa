"""Send pushes, and to nowhere but the push services: no redirects, no private addresses, 5 seconds, small answers."""

import asyncio
import logging
import socket
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from pywebpush import WebPusher

from backend.core.clock import now
from backend.core.database import execute, fetch, fetch_row
from backend.core.jobs import enqueue, job
from backend.core.settings import settings
from backend.notices.keys import vapid
from backend.notices.rules import for_lock_screen, is_public, may_push_to
from backend.notices.wording import body_of, title_of

log = logging.getLogger("tuyen.push")
JOB: Final = "notices.push"
TIMEOUT_S: Final = 5
ATTEMPTS: Final = 4
GONE: Final = (404, 410)
AGAIN: Final = (429, 500, 502, 503, 504)


class _OpenInternet(AbstractResolver):
    """Resolves a name at the very moment of connecting and drops every address that is not in the open internet.

    So a name that answers with an inside address, now or only the second time, reaches nothing.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        open_ones = [one for one in found if is_public(str(one[4][0]))]
        if not open_ones:
            raise OSError(f"{host} has no address in the open internet")
        return [
            ResolveResult(hostname=host, host=str(one[4][0]), port=port, family=one[0], proto=one[2], flags=0)
            for one in open_ones
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _payload(notice: Any) -> bytes:
    """What the browser's service worker gets: texts for the lock screen, the link, and the id (doubles replace)."""
    shown = for_lock_screen(notice["numbers"])
    return msgspec.json.encode(
        {
            "id": str(notice["id"]),
            "kind": notice["kind"],
            "title": title_of(notice["kind"], notice["language"], shown),
            "body": body_of(notice["kind"], notice["language"], shown, part="push"),
            "link": notice["link"],
        }
    )


async def push(endpoint: str, p256dh: str, auth: str, payload: bytes) -> int:
    """Encrypt for one browser and post; gives the HTTP status, 0 for no answer, 599 for an address we refuse."""
    chosen = settings()
    if not may_push_to(endpoint, chosen.push_test_hosts):
        return 599
    parts = urlsplit(endpoint)
    test = f"{parts.hostname}:{parts.port}" in chosen.push_test_hosts.split(",")
    encoded = WebPusher({"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}}).encode(payload)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "sub": chosen.push_contact,
        "exp": int((now() + timedelta(hours=12)).timestamp()),
    }
    headers = {**vapid().sign(claims), "Content-Encoding": "aes128gcm", "TTL": "86400", "Urgency": "high"}
    connector = aiohttp.TCPConnector(resolver=None if test else _OpenInternet(), use_dns_cache=False)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
            session.post(endpoint, data=encoded["body"], headers=headers, allow_redirects=False) as answer,
        ):
            await answer.content.read(1024)
            return answer.status
    except (aiohttp.ClientError, OSError, TimeoutError) as fault:
        log.info("push to %s: %s", parts.hostname, type(fault).__name__)
        return 0


@job(JOB)
async def send(payload: dict[str, Any]) -> None:
    """Push one notice to its reader's browsers.

    A browser that is gone (404, 410) is forgotten; trouble is tried again later.
    May run twice: browsers show a second message of the same id in place of the first. What was read meanwhile is not
    sent.
    """
    notice = await fetch_row(
        """SELECT n.id, n.kind, n.numbers, n.link, n.user_id, u.language FROM notices n JOIN users u ON u.id = n.user_id
            WHERE n.id = $1 AND NOT EXISTS (SELECT 1 FROM notice_readings r WHERE r.notice_id = n.id)""",
        UUID(payload["notice_id"]),
    )
    if notice is None:
        return
    only = payload.get("only")
    browsers = await fetch(
        """SELECT id, endpoint, p256dh, auth FROM push_subscriptions
            WHERE user_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2::uuid[]))""",
        notice["user_id"], only,
    )  # fmt: skip
    text = _payload(notice)
    answers = await asyncio.gather(*(push(one["endpoint"], one["p256dh"], one["auth"], text) for one in browsers))
    await _note([one["id"] for one in browsers], list(answers))
    again = [str(one["id"]) for one, status in zip(browsers, answers, strict=True) if status == 0 or status in AGAIN]
    attempt = int(payload.get("attempt", 1))
    if again and attempt < ATTEMPTS:
        await enqueue(
            JOB,
            {"notice_id": payload["notice_id"], "attempt": attempt + 1, "only": again},
            after=timedelta(seconds=30 * 4 ** (attempt - 1)),
        )


async def _note(ids: list[UUID], answers: list[int]) -> None:
    gone = [one for one, status in zip(ids, answers, strict=True) if status in GONE]
    went = [one for one, status in zip(ids, answers, strict=True) if 200 <= status < 300]
    if gone:
        await execute("DELETE FROM push_subscriptions WHERE id = ANY($1::uuid[])", gone)
    if went:
        await execute("UPDATE push_subscriptions SET last_ok_at = $2 WHERE id = ANY($1::uuid[])", went, now())
