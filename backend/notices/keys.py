"""The VAPID key pair by which push services know this office: made at the first run, kept in the data folder (0600)."""

import base64
import os
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from py_vapid import Vapid02

from backend.core.settings import settings

FILE = "vapid.pem"


def vapid() -> Vapid02:
    """The office's key pair. Made and stored on first use; two processes starting at once end up with the same pair."""
    return _load(settings().data_dir / FILE)


@cache
def _load(path: Path) -> Vapid02:
    if not path.exists():
        _make(path)
    return Vapid02.from_pem(path.read_bytes())


def _make(path: Path) -> None:
    fresh = Vapid02()
    fresh.generate_keys()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(fresh.private_pem())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # the first one wins; it is never seen half written
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def public_key() -> str:
    """What a browser needs to subscribe (`applicationServerKey`): the public point, base64url without padding."""
    point = vapid().public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
