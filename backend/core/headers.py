"""Headers every answer carries, also the ones of errors: no sniffing, no framing, no foreign scripts."""

from typing import Any

from backend.core.settings import settings

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_ALWAYS = {
    b"content-security-policy": CSP.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), geolocation=(self), microphone=()",
}


def guards(path: str) -> dict[bytes, bytes]:
    """The headers an answer under this path must carry."""
    wanted = dict(_ALWAYS)
    if path.startswith("/api/"):
        wanted[b"cache-control"] = b"no-store"
    if settings().secure_cookies:
        wanted[b"strict-transport-security"] = b"max-age=31536000"
    return wanted


class SecurityHeaders:
    """ASGI wrapper that adds what a handler did not set itself."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        wanted = guards(scope["path"])

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *((n, v) for n, v in wanted.items() if n not in present)]
            await send(message)

        await self.app(scope, receive, send_with_headers)
