"""The acting unit itself: its data, and its wish for another superior (UNT-12)."""

from uuid import UUID

from chassis.access import Relation, needs, signed_in
from chassis.audit import audit
from chassis.outbox import emit
from chassis.web import Caller, Db, Files, IfMatch, Model, Router, expect
from contracts.units.v1 import SuperiorChangeRequested
from refusals.machine import IllegalMove

from units import store
from units.actions import save_edited
from units.api.inputs import UnitDetails, fill
from units.api.province import Rules
from units.api.views import UnitView, unit_view
from units.domain.registration import SameSuperior, Who
from units.domain.tree import KindNotOffered, SuperiorBelow, SuperiorInvalid, check_kinds, check_superior
from units.tables import Unit

router = Router(tags=["own unit"])
EDIT = "units.unit.edit"


class EditOwnUnit(UnitDetails):
    """What a unit may change by itself; name, code and kinds are its superior's to change."""


class RequestSuperior(Model):
    """Another superior, who must agree."""

    superior_id: UUID


@router.get("/own", access=signed_in(Relation.OWN_UNIT))
async def show_own_unit(db: Db, caller: Caller, rules: Rules, files: Files) -> UnitView:
    """The acting unit."""
    return await unit_view(await store.open_unit(db, caller.unit), Who.HANDLER, rules, files)


@router.put("/own", access=needs(EDIT, Relation.OWN_UNIT))
async def edit_own_unit(
    body: EditOwnUnit, db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> UnitView:
    """Edit the unit's own basic information."""
    unit = await store.lock_unit(db, Unit.id == caller.unit, Unit.is_open())
    expect(unit, if_match)
    await fill(db, caller, rules, unit, body)
    save_edited(db, unit, caller.actor)
    audit(db, caller, "units.unit.edited", unit.id)
    return await unit_view(unit, Who.HANDLER, rules, files)


@router.post(
    "/own/superior-change",
    access=needs(EDIT, Relation.OWN_UNIT),
    refuses=[IllegalMove, SameSuperior, SuperiorBelow, SuperiorInvalid, KindNotOffered],
)
async def request_superior(
    body: RequestSuperior, db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> UnitView:
    """Ask for another superior; nothing changes before that one passes it."""
    unit = await store.lock_unit(db, Unit.id == caller.unit, Unit.is_open())
    expect(unit, if_match)
    wanted = await store.superior(db, body.superior_id)
    check_superior(unit.id, await store.line_of(db, wanted.id))
    check_kinds(unit.kinds, rules.offered_by(wanted.kinds))
    store.save_unit(db, unit, store.registration(unit).request_superior(wanted.id))
    emit(
        db,
        SuperiorChangeRequested(
            subject=unit.id,
            revision=unit.revision,
            actor=caller.actor,
            state=store.public_state(unit),
            new_superior_id=wanted.id,
        ),
    )
    audit(db, caller, "units.superior-change.requested", unit.id)
    return await unit_view(unit, Who.HANDLER, rules, files)


@router.post("/own/superior-change/withdraw", access=needs(EDIT, Relation.OWN_UNIT), refuses=[IllegalMove])
async def withdraw_superior(
    db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> UnitView:
    """Stay below the present superior after all."""
    unit = await store.lock_unit(db, Unit.id == caller.unit, Unit.is_open())
    expect(unit, if_match)
    save_edited(db, unit, caller.actor, moved=store.registration(unit).withdraw_superior())
    audit(db, caller, "units.superior-change.withdrawn", unit.id)
    return await unit_view(unit, Who.HANDLER, rules, files)
