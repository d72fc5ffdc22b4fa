"""Pure decisions about notices: where a push may go, and what a lock screen may show."""

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

# The push services of the browsers in use; a name with a leading dot stands for everything below it.
PUSH_HOSTS: Final = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    ".push.apple.com",
    ".notify.windows.com",
)
# Numbers a locked phone on a shop counter may show to anybody. Everything else stays in the inbox.
LOCK_SCREEN: Final = frozenset({"number", "count", "on"})


def may_push_to(endpoint: str, test_hosts: str = "") -> bool:
    """Whether the office may send to this address: https, port 443, a known push service, no credentials in it.

    `test_hosts` names `host:port` pairs a test listens on (setting `push_test_hosts`); only those may also be plain
    http.
    """
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    if not host or parts.username is not None or parts.password is not None or any(sign.isspace() for sign in endpoint):
        return False
    if f"{host}:{port}" in [one.strip() for one in test_hosts.split(",") if one.strip()]:
        return parts.scheme in ("http", "https")
    if parts.scheme != "https" or port not in (None, 443):
        return False
    return any(host.endswith(known) if known.startswith(".") else host == known for known in PUSH_HOSTS)


def is_public(address: str) -> bool:
    """Whether an IP address lies in the open internet: not loopback, private, link-local, multicast or reserved."""
    try:
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found.sixtofour or found
    return found.is_global and not found.is_multicast


def decode_key(text: str) -> bytes:
    """The bytes of a base64url text, padded or not; empty where it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""


def keys_fit(p256dh: str, auth: str) -> bool:
    """Whether the keys have the shape of a browser's: an uncompressed P-256 point and a 16-byte secret."""
    point = decode_key(p256dh)
    return len(point) == 65 and point[0] == 4 and len(decode_key(auth)) == 16


def for_lock_screen(numbers: Mapping[str, object]) -> dict[str, object]:
    """The numbers that may leave the house in a push message."""
    return {name: value for name, value in numbers.items() if name in LOCK_SCREEN}
