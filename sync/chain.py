"""The line of a phone's operations: each carries the hash of itself and the one before it. Pure.

The phone's twin is pwa/src/lib/chain.ts; both are held together by tests/cases/chain.json.
"""

import hashlib
from collections.abc import Iterable
from uuid import UUID

START = ""  # what stands before a phone's first operation


def link(prev: str, n: int, mutation_id: UUID | str, name: str, args: bytes) -> str:
    """The hash of an operation, 64 hex digits. `args`: its arguments as they crossed the wire, byte for byte."""
    head = f"{prev}\n{n}\n{mutation_id}\n{name}\n"
    return hashlib.sha256(head.encode() + args).hexdigest()


def day_code(ids: Iterable[UUID | str]) -> str:
    """Four hex digits for a set of operations, easy to read out over the telephone; the same whatever their order."""
    return hashlib.sha256("\n".join(sorted(str(one) for one in ids)).encode()).hexdigest()[:4].upper()
