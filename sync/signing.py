"""The office's signature under a receipt: proof, for whoever holds it, that this mutation was answered like this then.

Ed25519 (RFC 8032): the same receipt signed again gives the same signature, so an answer repeated is the answer.
"""

import base64
import binascii
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.core.keyfile import kept_secret
from backend.core.settings import settings

FILE = "receipts.pem"


@cache
def _load(folder: Path) -> Ed25519PrivateKey:
    path = folder / FILE
    key = serialization.load_pem_private_key(kept_secret(path, _made), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} holds no Ed25519 key")
    return key


def _made() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Statement(NamedTuple):
    """What is signed: whose mutation, what became of it, when it was taken (UTC, microseconds), the phone's chain."""

    user_id: UUID
    mutation_id: UUID
    st: str
    at: datetime
    chain: str | None

    def text(self) -> bytes:
        """The one text of it."""
        moment = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"tuyen-receipt-1\n{self.user_id}\n{self.mutation_id}\n{self.st}\n{moment}\n{self.chain or ''}".encode()


def sign(receipt: Statement) -> str:
    """The signature under a receipt, base64url without padding."""
    signature = _load(settings().data_dir).sign(receipt.text())
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def is_ours(receipt: Statement, signature: str) -> bool:
    """Whether this office signed exactly this receipt; false for anything that is no signature at all."""
    try:
        raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        _load(settings().data_dir).public_key().verify(raw, receipt.text())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
