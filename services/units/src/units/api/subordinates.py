"""A superior keeps the basic information and the handlers of its direct subordinates (UNT-11)."""

from typing import Annotated
from uuid import UUID

from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get
from chassis.web import Caller, Db, Files, IfMatch, Page, Paging, Router, expect
from contracts.vocabulary import UnitKind
from fastapi import Query

from units import queries, store
from units.actions import save_edited
from units.api.inputs import Handlers, UnitBasics, fill
from units.api.province import Rules
from units.api.views import UnitLine, UnitView, unit_view
from units.domain.registration import Who
from units.domain.tree import KindNotOffered, check_kinds
from units.tables import Unit

router = Router(tags=["subordinates"])
MANAGE = "units.subordinate.manage"


class EditSubordinate(UnitBasics):
    """The subordinate's basic information; its code stays what it is."""


class ReplaceHandlers(Handlers):
    """The subordinate's handlers from now on."""


@router.get("/subordinates", access=needs(MANAGE, Relation.SUPERIOR))
async def list_subordinates(
    db: Db,
    caller: Caller,
    rules: Rules,
    paging: Paging,
    name: Annotated[str, Query(max_length=100)] = "",
    kind: UnitKind | None = None,
    area: Annotated[str | None, Query(max_length=10, description="A region; it and all below.")] = None,
) -> Page[UnitLine]:
    """The acting unit's direct subordinates by name."""
    found = queries.subordinates(caller.unit, name, kind, area)
    return await Page.of(db, found, paging, lambda unit: UnitLine.seen_by(Who.SUPERIOR, unit, rules))


@router.get("/subordinates/{unit_id}", access=needs(MANAGE, Relation.SUPERIOR))
async def show_subordinate(unit_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files) -> UnitView:
    """One direct subordinate in full."""
    unit = await get(db, Unit, Unit.id == unit_id, *queries.below(caller.unit))
    return await unit_view(unit, Who.SUPERIOR, rules, files)


@router.put("/subordinates/{unit_id}", access=needs(MANAGE, Relation.SUPERIOR), refuses=[KindNotOffered])
async def edit_subordinate(
    unit_id: UUID,
    body: EditSubordinate,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> UnitView:
    """Edit a subordinate's basic information."""
    unit = await store.lock_unit(db, Unit.id == unit_id, *queries.below(caller.unit))
    expect(unit, if_match)
    superior = await store.open_unit(db, caller.unit)
    check_kinds(body.kinds, rules.offered_by(superior.kinds))
    unit.name, unit.kinds = body.name, sorted(body.kinds)
    await fill(db, caller, rules, unit, body)
    save_edited(db, unit, caller.actor)
    audit(db, caller, "units.subordinate.edited", unit.id)
    return await unit_view(unit, Who.SUPERIOR, rules, files)


@router.put("/subordinates/{unit_id}/handlers", access=needs(MANAGE, Relation.SUPERIOR))
async def replace_handlers(
    unit_id: UUID,
    body: ReplaceHandlers,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> UnitView:
    """Replace a subordinate's handlers: they are its super administrators (IDN-15)."""
    unit = await store.lock_unit(db, Unit.id == unit_id, *queries.below(caller.unit))
    expect(unit, if_match)
    unit.handlers = body.records(rules)
    save_edited(db, unit, caller.actor)
    audit(db, caller, "units.subordinate.handlers-replaced", unit.id)
    return await unit_view(unit, Who.SUPERIOR, rules, files)
