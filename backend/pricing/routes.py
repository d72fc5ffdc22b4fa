"""HTTP doors of pricing: the price book a phone keeps."""

import zlib
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from backend.people.access import Actor, rule
from backend.pricing import queries
from backend.pricing.imports import routes as routes_imports
from backend.pricing.lists import routes as routes_lists
from backend.pricing.promotions import routes as routes_promotions


@get("/pricing/book", opt=rule("price.read"))
async def book(request: Request[Actor, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """`{"version", "book"}`; 304 when the phone holds this version already (`If-None-Match`)."""
    version, packed = await queries.book_of(actor=actor)
    etag = f'"{version}"'
    held = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in held:
        return Response(content=b"", status_code=304, headers={"ETag": etag})
    content = b'{"version":"' + version.encode() + b'","book":' + zlib.decompress(packed) + b"}"
    return Response(content=content, media_type="application/json", headers={"ETag": etag})


route_handlers: list[Any] = [
    book,
    *routes_lists.route_handlers,
    *routes_promotions.route_handlers,
    *routes_imports.route_handlers,
]
