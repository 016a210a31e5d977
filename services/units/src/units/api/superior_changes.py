"""The wanted superior passes or refuses a unit that wants to move below it (UNT-12)."""

from typing import Annotated
from uuid import UUID

from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get
from chassis.outbox import emit
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from contracts.units.v1 import SuperiorChanged, SuperiorChangeRefused
from fastapi import Query
from refusals.machine import IllegalMove

from units import queries, store
from units.api.inputs import Reason
from units.api.province import Rules
from units.api.vetting import VET
from units.api.views import UnitLine, UnitView, unit_view
from units.domain.registration import OwnRequest, ReasonNeeded, Who, check_not_own
from units.domain.tree import KindNotOffered, SuperiorBelow, check_kinds, check_superior
from units.tables import Unit

router = Router(tags=["superior changes"])


class PassSuperiorChange(Model):
    """Agree to be the superior."""

    opinion: Reason = ""


class RefuseSuperiorChange(Model):
    """Decline, with the reason."""

    reason: Reason


@router.get("/superior-changes", access=needs(VET, Relation.SUPERIOR))
async def list_superior_changes(
    db: Db, caller: Caller, rules: Rules, paging: Paging, name: Annotated[str, Query(max_length=100)] = ""
) -> Page[UnitLine]:
    """Units that want the acting unit as their superior."""
    found = queries.wanting(caller.unit, name)
    return await Page.of(db, found, paging, lambda unit: UnitLine.seen_by(Who.WANTED_SUPERIOR, unit, rules))


@router.get("/superior-changes/{unit_id}", access=needs(VET, Relation.SUPERIOR))
async def show_superior_change(unit_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files) -> UnitView:
    """One such unit in full."""
    unit = await get(db, Unit, Unit.id == unit_id, Unit.wanted_superior_id == caller.unit)
    return await unit_view(unit, Who.WANTED_SUPERIOR, rules, files)


@router.post(
    "/superior-changes/{unit_id}/pass",
    access=needs(VET, Relation.SUPERIOR),
    refuses=[IllegalMove, OwnRequest, SuperiorBelow, KindNotOffered],
)
async def pass_superior_change(
    unit_id: UUID,
    body: PassSuperiorChange,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> UnitView:
    """Become the unit's superior."""
    await store.lock_tree(db)
    unit = await store.lock_unit(db, Unit.id == unit_id, Unit.wanted_superior_id == caller.unit)
    expect(unit, if_match)
    check_not_own(caller.person, store.handlers(unit))
    # Both may have become wrong since the unit asked.
    superior = await store.open_unit(db, caller.unit)
    check_superior(unit.id, await store.line_of(db, superior.id))
    check_kinds(unit.kinds, rules.offered_by(superior.kinds))
    store.save_unit(db, unit, store.registration(unit).pass_superior())
    emit(
        db,
        SuperiorChanged(
            subject=unit.id,
            revision=unit.revision,
            actor=caller.actor,
            reason=body.opinion,
            state=store.public_state(unit),
        ),
    )
    audit(db, caller, "units.superior-change.passed", unit.id, body.opinion)
    return await unit_view(unit, Who.SUPERIOR, rules, files)


@router.post(
    "/superior-changes/{unit_id}/refuse",
    access=needs(VET, Relation.SUPERIOR),
    refuses=[IllegalMove, ReasonNeeded],
)
async def refuse_superior_change(
    unit_id: UUID, body: RefuseSuperiorChange, db: Db, caller: Caller, rules: Rules, if_match: IfMatch
) -> UnitLine:
    """Decline; the unit stays below its old superior."""
    unit = await store.lock_unit(db, Unit.id == unit_id, Unit.wanted_superior_id == caller.unit)
    expect(unit, if_match)
    moved = store.registration(unit).refuse_superior(body.reason)
    store.save_unit(db, unit, moved)
    emit(
        db,
        SuperiorChangeRefused(
            subject=unit.id,
            revision=unit.revision,
            actor=caller.actor,
            reason=moved.reason,
            state=store.public_state(unit),
        ),
    )
    audit(db, caller, "units.superior-change.refused", unit.id, moved.reason)
    return UnitLine.seen_by(Who.WANTED_SUPERIOR, unit, rules)
