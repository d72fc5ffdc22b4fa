"""Secrets the office makes for itself at its first run and keeps in the data folder, readable by nobody else."""

import os
from collections.abc import Callable
from pathlib import Path


def kept_secret(path: Path, make: Callable[[], bytes]) -> bytes:
    """The bytes of a secret, made and stored (0600) on first use; two processes starting at once get the same."""
    if not path.exists():
        _store(path, make())
    return path.read_bytes()


def _store(path: Path, secret: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # the first one wins; it is never seen half written
    except FileExistsError:
        pass
    finally:
        draft.unlink()
