"""What phone and office say to each other at `POST /api/v1/sync`. The agreement in words: docs/sync.md."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from backend.core.errors import Malformed
from sync.errors import BatchTooLarge

VERSION = 1
MOST_MUTATIONS = 50
MOST_BYTES = 256 * 1024  # of a request, plain or after inflation
PAGE = 2_000
MOST_PAGE = 5_000
POLL_SECONDS = 300

Short = Annotated[str, msgspec.Meta(max_length=80)]


class Mutation(msgspec.Struct, forbid_unknown_fields=True):
    """One thing a person did, named as in the catalogue. `args` stays undecoded until its name is known.

    Attributes:
        id: made by the phone, once; the answer is remembered under it.
        n: the phone's own count, for its "27 of 27 received".
        tv: version of the shape of `args`.
        lane: mutations of one lane are done in order; usually the customer.
        deps: mutations that must have been applied before.
        at: when it happened by the phone's clock; `skew_ms` is what to add to come to the office's time.
        base: for edits, the version and the old values the person saw.
        chain: hash over this and the one before it on this phone, whose hash is `prev` (sync/chain.py); 64 hex digits.
    """

    id: UUID
    name: Short
    args: msgspec.Raw
    n: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    tv: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    lane: Short | None = None
    deps: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []
    at: datetime | None = None
    skew_ms: Annotated[int, msgspec.Meta(ge=-(10**12), le=10**12)] = 0
    base: msgspec.Raw = msgspec.Raw(b"null")
    prev: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    chain: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class PullAsk(msgspec.Struct, forbid_unknown_fields=True):
    """`cursor` is what the last answer gave, or null on a phone that holds nothing."""

    cursor: Annotated[str, msgspec.Meta(max_length=16_384)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGE)] = PAGE
    digest: bool = False


class SyncAsk(msgspec.Struct, forbid_unknown_fields=True):
    """A whole request: what is handed in, then what is asked for. `pull` null asks for nothing."""

    v: Annotated[int, msgspec.Meta(ge=1, le=1)] = VERSION
    device: UUID | None = None
    app: Short | None = None
    schema: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 1
    acked: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    push: list[Mutation] = []
    pull: PullAsk | None = None


class Ack(msgspec.Struct, omit_defaults=True):
    """What became of one mutation.

    Attributes:
        st: `applied`, `conflict`, `rejected` (final, kept under the mutation's id) or `held` (try again, nothing kept).
        rows: `[table, id, version]` of what it made or changed.
        result: what the verb answered.
        problem: RFC 9457, in the person's language.
        dup: this is the answer given before.
        retry_after: seconds, for `held`.
        at: when it was taken; what is `held` was not.
        sig: the office's signature under id, st, at and chain (sync/signing.py).
    """

    id: UUID
    st: str
    rows: list[tuple[str, UUID, int]] = []
    result: Any = None
    problem: dict[str, Any] | None = None
    dup: bool = False
    retry_after: int | None = None
    at: datetime | None = None
    sig: str | None = None


class Up(msgspec.Struct):
    """Rows of one table as column vectors: `v[i]` are the values of column `cols[i]`."""

    t: str
    cols: list[str]
    v: msgspec.Raw


class Page(msgspec.Struct, omit_defaults=True):
    """What a pull answers. The phone applies `up`, then `del`, then `drop`, then the cursor, in one transaction."""

    cursor: str | None
    more: bool
    reset: bool = False
    drop: list[UUID] = []
    gone: list[tuple[str, msgspec.Raw]] = msgspec.field(name="del", default_factory=list)
    up: list[Up] = []
    progress: tuple[int, int] | None = None
    digest: dict[str, tuple[int, int]] | None = None
    window: dict[str, int] = {}


class SyncAnswer(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The whole answer; the fields of the page stand beside the acks."""

    v: int
    now: datetime
    min_schema: int
    poll_s: int
    acks: list[Ack] = []
    cursor: str | None = None
    more: bool | None = None
    reset: bool = False
    drop: list[UUID] = []
    gone: list[tuple[str, msgspec.Raw]] = msgspec.field(name="del", default_factory=list)
    up: list[Up] = []
    progress: tuple[int, int] | None = None
    digest: dict[str, tuple[int, int]] | None = None
    window: dict[str, int] | None = None


_ask = msgspec.json.Decoder(SyncAsk)


def read_ask(body: bytes) -> SyncAsk:
    """Decode a request; refuses what is malformed with the place of the fault, and batches above the limits."""
    if len(body) > MOST_BYTES:
        raise BatchTooLarge(limit_bytes=MOST_BYTES, limit_mutations=MOST_MUTATIONS)
    try:
        ask = _ask.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as fault:
        raise malformed(fault) from fault
    if len(ask.push) > MOST_MUTATIONS:
        raise BatchTooLarge(limit_bytes=MOST_BYTES, limit_mutations=MOST_MUTATIONS)
    return ask


def malformed(fault: Exception) -> Malformed:
    """A decoding fault as a refusal: msgspec names the place as `$.push[0].id`."""
    words, _, place = str(fault).partition(" - at `$")
    pointer = place.rstrip("`").replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/")
    return Malformed(words[:300], pointer=pointer or None)
