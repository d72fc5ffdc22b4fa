"""A geocoder on 127.0.0.1 that answers as real ones do: found, elsewhere, nothing, busy, a page, slow, a redirect."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

HOUSE: dict[str, Any] = {
    "lat": "10.7428", "lon": "106.6431", "category": "building", "addresstype": "building", "type": "yes",
    "display_name": "45/88/20P, Bình Tiên, Phường Bình Tiên, Thành phố Hồ Chí Minh, 73000, Việt Nam",
    "address": {"house_number": "45/88/20P", "road": "Bình Tiên", "country": "Việt Nam", "country_code": "vn"},
}  # fmt: skip
OTHER_WARD: dict[str, Any] = HOUSE | {
    "lat": "10.7798", "lon": "106.6990", "display_name": "Bình Tiên, Phường Sài Gòn, Thành phố Hồ Chí Minh, Việt Nam",
}  # fmt: skip
SCHOOL_AREA: dict[str, Any] = HOUSE | {
    "category": "boundary",
    "addresstype": "suburb",
    "address": {"country_code": "vn"},
}


class Recorded:
    """What the server says next, and how often it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.says = "good"
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()

    async def search(self, request: web.Request) -> web.StreamResponse:
        self.asked[self.says] += 1
        self.agents.add(request.headers.get("User-Agent", ""))
        if self.says == "busy":
            return web.json_response({"error": "slow down"}, status=429, headers={"Retry-After": "7"})
        if self.says == "forbidden":
            return web.json_response({"error": "blocked"}, status=403)
        if self.says == "page":
            return web.Response(text="<html><body>Welcome to the hotel Wi-Fi</body></html>", content_type="text/html")
        if self.says == "redirect":
            return web.Response(status=302, headers={"Location": f"{self.url}/elsewhere"})
        if self.says == "slow":
            await asyncio.sleep(5)
        answers = {"good": [HOUSE], "wrong ward": [OTHER_WARD], "area": [SCHOOL_AREA], "broken": [{"lat": "x"}]}
        return web.json_response(answers.get(self.says, []))

    async def elsewhere(self, _: web.Request) -> web.StreamResponse:
        self.asked["elsewhere"] += 1
        return web.json_response([HOUSE])


@asynccontextmanager
async def recorded() -> AsyncIterator[Recorded]:
    """The server, on a free port, for as long as the context lasts."""
    server = Recorded()
    app = web.Application()
    app.router.add_get("/search", server.search)
    app.router.add_get("/elsewhere", server.elsewhere)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
