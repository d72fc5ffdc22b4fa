"""How long a request may take to arrive: a line that has fallen silent, or drips, is not waited for without end.

A body must have come within `settings().body_grace_s` seconds and as long again as it takes at `PACE`; a phone on the
edge of the signal is ten times faster. What does not come, or breaks off, is the line's doing and no fault of ours: the
request is ended with 408, which phones take as "not reached". Bodies are read before any transaction is opened, so a
line that hangs holds a few kilobytes and nothing else.
"""

import asyncio
import time
from typing import Any, Final

from backend.core.errors import Refusal
from backend.core.settings import settings

PACE: Final = 500  # bytes a second
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def server_options() -> dict[str, Any]:
    """What granian needs to be told, so that a connection that asks for nothing is ended as well.

    HTTP/1.1 alone: where it also expects HTTP/2, it waits for the first byte of a connection without any limit.
    """
    from granian.constants import HTTPModes
    from granian.http import HTTP1Settings

    heads = HTTP1Settings(header_read_timeout=settings().body_grace_s * 1000)
    return {"http": HTTPModes.http1, "http1_settings": heads}


class BodyMissing(Refusal):
    """The request broke off or fell silent before all of it was here."""

    code = "body-missing"
    status = 408


class Patience:
    """ASGI wrapper that ends requests whose bodies do not come."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            await self.app(scope, receive, send)
            return
        whole, come, waited = False, 0, 0.0  # the office's own time, a photo's turn say, is not held against the line

        async def receive_in_time() -> Any:
            nonlocal whole, come, waited
            if whole:  # from here on it is the answer that is waited for, and whether somebody still listens
                return await receive()
            began = time.monotonic()
            try:
                async with asyncio.timeout(settings().body_grace_s + come / PACE - waited):
                    event = await receive()
            except TimeoutError:
                raise BodyMissing from None
            finally:
                waited += time.monotonic() - began
            if event["type"] == "http.disconnect":
                raise BodyMissing
            come += len(event.get("body", b""))
            whole = not event.get("more_body", False)
            return event

        await self.app(scope, receive_in_time, send)
