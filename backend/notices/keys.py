"""The VAPID key pair by which push services know this office: made at the first run, kept in the data folder (0600)."""

import base64
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from py_vapid import Vapid02

from backend.core.keyfile import kept_secret
from backend.core.settings import settings

FILE = "vapid.pem"


def vapid() -> Vapid02:
    """The office's key pair. Made and stored on first use; two processes starting at once end up with the same pair."""
    return _load(settings().data_dir / FILE)


@cache
def _load(path: Path) -> Vapid02:
    return Vapid02.from_pem(kept_secret(path, _made))


def _made() -> bytes:
    fresh = Vapid02()
    fresh.generate_keys()
    pem: bytes = fresh.private_pem()
    return pem


def public_key() -> str:
    """What a browser needs to subscribe (`applicationServerKey`): the public point, base64url without padding."""
    point = vapid().public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
