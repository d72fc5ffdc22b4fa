"""Serves the phone app: the shell page, its service worker, its manifest and its immutable files."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from backend.core.languages import text
from backend.people.access import rule
from pwa.assets import Asset, assets, built, bundle, pick, read

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types svelte-trusted-html tuyen default",
    )
)
"""The content security policy of every page of the app; the app-wide headers may use it as they stand."""

SECURITY_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
}
FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def _stamp() -> float:
    """When the app was built; 404 with a hint for the operator while it is not."""
    stamp = built()
    if stamp is None:
        raise NotFoundException("The phone app is not built: run `python hatch_build.py`.")
    return stamp


@cache
def _shell(stamp: float, language: str) -> str:
    page = _templates.get_template("shell.html.jinja")
    parts = bundle(stamp)
    return page.render(
        language=language,
        entry=parts.entry,
        preloads=parts.preloads,
        styles=parts.styles,
        description=text("app.description", language),
        noscript=text("app.noscript", language),
    )


def _respond(request: Request[Any, Any, Any], asset: Asset, stamp: float, cache_control: str) -> Response[bytes]:
    body, encoding = pick(asset, request.headers.get("accept-encoding", ""), stamp)
    headers = {**SECURITY_HEADERS, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(content=body, media_type=asset.media_type, headers=headers)


def _named(name: str, stamp: float) -> Asset:
    asset = assets(stamp).get(name)
    if asset is None:
        raise NotFoundException("No such file.")
    return asset


@get("/", opt=rule("open"), include_in_schema=False, sync_to_thread=False)
def shell() -> Response[str]:
    """The one page of the app. It holds no user data, so a phone may keep it for offline use."""
    return Response(
        content=_shell(_stamp(), "vi"),
        media_type="text/html; charset=utf-8",
        headers={**SECURITY_HEADERS, "Cache-Control": REVALIDATE},
    )


@get("/sw.js", opt=rule("open"), include_in_schema=False, sync_to_thread=False)
def service_worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The service worker, served from the root so that its scope is the whole app."""
    stamp = _stamp()
    return _respond(request, _named("sw.js", stamp), stamp, REVALIDATE)


@get("/manifest.webmanifest", opt=rule("open"), include_in_schema=False, sync_to_thread=False)
def web_manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What a phone needs to install the app."""
    stamp = _stamp()
    return _respond(request, _named("manifest.webmanifest", stamp), stamp, REVALIDATE)


@get("/favicon.ico", opt=rule("open"), include_in_schema=False, sync_to_thread=False)
def favicon() -> Response[bytes]:
    """The icon browsers ask for unasked."""
    stamp = _stamp()
    asset = _named("icons/icon-192.png", stamp)
    return Response(
        content=read(asset.path, stamp),
        media_type=asset.media_type,
        headers={**SECURITY_HEADERS, "Cache-Control": "public, max-age=86400"},
    )


@get("/static/{name:path}", opt=rule("open"), include_in_schema=False, sync_to_thread=False)
def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A file of the build. Names under assets/ carry a hash of their content and never change."""
    stamp = _stamp()
    key = name.lstrip("/")
    return _respond(request, _named(key, stamp), stamp, FOREVER if key.startswith("assets/") else REVALIDATE)


route_handlers = [shell, service_worker, web_manifest, favicon, static_file]
