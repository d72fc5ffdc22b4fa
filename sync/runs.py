"""Which mutations of a request can be done together: those of one kind that stand in each other's way nowhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.core.errors import Malformed
from sync import receipts
from sync.errors import UnknownMutation
from sync.mutations import CATALOGUE, Named
from sync.protocol import Mutation, malformed

GROUP: Final = 50  # mutations that share a transaction at most,
ALONE: Final = 20  # and those among them whose verb does one at a time


@dataclass(frozen=True)
class Ready:
    """A mutation whose name and arguments are understood."""

    mutation: Mutation
    hash: bytes
    entry: Named
    command: Any

    @cached_property
    def makes(self) -> frozenset[object]:
        """The ids it brings: its own and its row's."""
        return frozenset((self.mutation.id, getattr(self.command, "id", self.mutation.id)))

    @cached_property
    def names(self) -> frozenset[object]:
        """Everything it speaks of: what it brings, its lane, what it builds on, and every id among its arguments."""
        said = (getattr(self.command, name) for name in self.command.__struct_fields__)
        ids = (value for value in said if isinstance(value, UUID))
        lane = (self.mutation.lane,) if self.mutation.lane else ()
        return self.makes.union(lane, self.mutation.deps, ids)


@dataclass
class Run:
    """Mutations of one verb, in their order; none names what another of them brings."""

    entry: Named
    members: list[Ready] = field(default_factory=list)
    makes: set[object] = field(default_factory=set)
    names: set[object] = field(default_factory=set)

    def lets_pass(self, one: Ready) -> bool:
        """Whether it may be done before all that is here, although it came later."""
        lanes = all(other.mutation.lane for other in (*self.members, one))
        return lanes and self.names.isdisjoint(one.names)

    def add(self, one: Ready) -> None:
        """Take it in."""
        self.members.append(one)
        self.makes |= one.makes
        self.names |= one.names

    def takes(self, one: Ready) -> bool:
        """Whether it can be done in one go with what is here already."""
        alike = self.entry is one.entry and self.entry.many is not None
        return alike and self.makes.isdisjoint(one.names) and self.names.isdisjoint(one.makes)


def understand(mutation: Mutation) -> Ready:
    """Find the verb and read the arguments. Refuses unknown names, versions and fields, with the place of the fault."""
    entry = CATALOGUE.get(mutation.name)
    if entry is None or mutation.tv != 1:
        raise UnknownMutation(name=mutation.name, tv=mutation.tv)
    raw = bytes(mutation.args)
    if b"\\u0000" in raw:
        raise Malformed("text cannot hold the character NUL", pointer="/args")
    try:
        if entry.with_base and bytes(mutation.base) != b"null":
            raw = msgspec.json.encode({**msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), "base": mutation.base})
        command = msgspec.json.decode(raw, type=entry.command)
        return Ready(mutation, receipts.hash_of(mutation), entry, command)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        refusal = malformed(fault)
        refusal.pointer = f"/args{refusal.pointer or ''}"
        raise refusal from fault


def groups_of(ready: Sequence[Ready]) -> Iterator[list[Ready]]:
    """Cut a request into what shares a transaction. The same mutation twice never does."""
    group: list[Ready] = []
    ids: set[UUID] = set()
    alone = 0
    for one in ready:
        if len(group) == GROUP or alone == ALONE or one.mutation.id in ids:
            yield group
            group, ids, alone = [], set(), 0
        group.append(one)
        ids.add(one.mutation.id)
        alone += one.entry.many is None
    if group:
        yield group


def runs_of(group: Iterable[Ready]) -> list[Run]:
    """Put a group in runs, to be done one after the other.

    A mutation joins an earlier run of its verb only past runs of other lanes that it shares no name with: whatever
    speaks of the same customer, visit or file is done as it was handed in, and what has no lane where it stands.
    """
    runs: list[Run] = []
    for one in group:
        run = _open_to(one, runs)
        if run is None:
            run = Run(one.entry)
            runs.append(run)
        run.add(one)
    return runs


def _open_to(one: Ready, runs: Sequence[Run]) -> Run | None:
    for run in reversed(runs):
        if run.takes(one):
            return run
        if one.entry.many is None or not run.lets_pass(one):
            return None
    return None
