"""Settings: read once from the environment, then frozen."""

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operator may choose. Each field is the environment variable `TUYEN_<FIELD>`.

    `database_url` (or plain `DATABASE_URL`) names a PostgreSQL server you run; empty means the embedded one inside
    `data_dir`. Lists are comma separated. Durations carry their unit in the name.
    """

    data_dir: Path = Path("data")
    database_url: str = ""
    pool_size: int = 10
    demo: bool = False
    secure_cookies: bool = False
    company_name: str = "Công ty Tuyến"
    company_currency: str = "VND"
    company_language: str = "vi"
    time_zone: str = "Asia/Ho_Chi_Minh"
    session_days: int = 30
    soft_hours: int = 36
    honour_hours: int = 72
    history_days: int = 180
    upload_limit_mb: int = 25
    body_grace_s: int = 30
    upload_slots: int = 64  # bodies of uploads read at a time in one server process, 256 KB of memory each at most
    upload_wait_s: int = 20  # so long an upload waits for its slot before it is told to come again
    upload_quota_mb: int = 4096  # of one person in a day: a queue of thirty days and as much again
    geocoders: str = ""
    geocoder_user_agent: str = ""
    geocoder_url: str = ""
    push_contact: str = "mailto:admin@localhost"
    push_test_hosts: str = ""
    login_per_account: int = 5
    login_per_address: int = 20

    @property
    def files_dir(self) -> Path:
        """Where photographs and other uploads lie, named by their sha256."""
        return self.data_dir / "files"


_TRUE = {"1", "true", "yes", "on"}
_chosen: list[Settings] = []


def _from_environment() -> Settings:
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        raw = os.environ.get(f"TUYEN_{field.name.upper()}")
        if raw is None:
            continue
        if field.type is bool:
            values[field.name] = raw.lower() in _TRUE
        else:
            values[field.name] = field.type(raw)
    if "database_url" not in values and os.environ.get("DATABASE_URL"):
        values["database_url"] = os.environ["DATABASE_URL"]
    return Settings(**values)  # type: ignore[arg-type]  # each value was built by its own field's type above


def settings() -> Settings:
    """The settings in force."""
    if not _chosen:
        _chosen.append(_from_environment())
    return _chosen[-1]


def choose(chosen: Settings) -> None:
    """Replace the settings for the life of the process (the command line does this once, at the start)."""
    _chosen[:] = [chosen]


@contextmanager
def using(**changes: object) -> "Iterator[Settings]":
    """Other settings for a while: `with using(time_zone="UTC"):`. For tests."""
    changed = msgspec.structs.replace(settings(), **changes)
    _chosen.append(changed)
    try:
        yield changed
    finally:
        _chosen.remove(changed)
