"""HTTP doors of setting up: the words terms are chosen from, and for how long prices told offline stand."""

from typing import Any

from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.database import in_transaction
from backend.people.access import Actor, rule
from backend.terms import honouring, queries_choices, wording
from backend.terms.choosing import Kind
from backend.terms.schemas_choices import (
    AddChoice,
    ChangeChoice,
    ChoiceRow,
    ChoiceSaved,
    HonourHours,
    MoveChoice,
    Seller,
    SetHonourHours,
)


@get("/terms/words", opt=rule("choice.change"))
async def list_choices(actor: NamedDependency[Actor]) -> list[ChoiceRow]:
    """Every word of every kind, the retired ones too."""
    return await queries_choices.list_choices(actor=actor)


@post("/terms/words/{kind:str}", opt=rule("choice.change"))
async def add_choice(kind: FromPath[Kind], data: JSONBody[AddChoice], actor: NamedDependency[Actor]) -> ChoiceSaved:
    """Add a word."""
    return await in_transaction(lambda: wording.add_choice(kind, data, actor=actor))


@patch("/terms/words/{kind:str}/{code:str}", opt=rule("choice.change"))
async def change_choice(
    kind: FromPath[Kind], code: FromPath[str], data: JSONBody[ChangeChoice], actor: NamedDependency[Actor]
) -> ChoiceSaved:
    """Rename it, or change its days or place."""
    return await in_transaction(lambda: wording.change_choice(kind, code, data, actor=actor))


@post("/terms/words/{kind:str}/{code:str}/retirement", opt=rule("choice.change"), status_code=200)
async def retire_choice(
    kind: FromPath[Kind], code: FromPath[str], data: JSONBody[MoveChoice], actor: NamedDependency[Actor]
) -> ChoiceSaved:
    """Take it off the list."""
    return await in_transaction(lambda: wording.retire_choice(kind, code, data, actor=actor))


@post("/terms/words/{kind:str}/{code:str}/restoring", opt=rule("choice.change"), status_code=200)
async def restore_choice(
    kind: FromPath[Kind], code: FromPath[str], data: JSONBody[MoveChoice], actor: NamedDependency[Actor]
) -> ChoiceSaved:
    """Put a retired one back."""
    return await in_transaction(lambda: wording.restore_choice(kind, code, data, actor=actor))


@get("/terms/honour-hours", opt=rule("choice.change"))
async def honour_hours(actor: NamedDependency[Actor]) -> HonourHours:
    """For how long prices told offline stand, by role."""
    return await honouring.honour_hours(actor=actor)


@patch("/terms/honour-hours/{role:str}", opt=rule("choice.change"))
async def set_honour_hours(
    role: FromPath[Seller], data: JSONBody[SetHonourHours], actor: NamedDependency[Actor]
) -> HonourHours:
    """Set a role's window."""
    await in_transaction(lambda: honouring.set_honour_hours(role, data, actor=actor))
    return await honouring.honour_hours(actor=actor)


route_handlers: list[Any] = [
    list_choices, add_choice, change_choice, retire_choice, restore_choice, honour_hours, set_honour_hours,
]  # fmt: skip
