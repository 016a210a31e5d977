"""Units: their names and tree, registrations to vet, and what their handlers are told."""

from chassis.consume import Delivery
from chassis.known import keep
from contracts.units import v1 as units
from contracts.units.v1 import UnitStatus
from sqlalchemy.ext.asyncio import AsyncSession

from notices import store
from notices.actions import write
from notices.consumers.registry import consumers, every
from notices.domain import texts
from notices.domain.todos import TodoKind
from notices.tables import KnownUnit

UnitEvent = (
    units.UnitCreated
    | units.UnitPermissionRequested
    | units.UnitPermissionReturned
    | units.UnitAuthorised
    | units.UnitEdited
    | units.SuperiorChangeRequested
    | units.SuperiorChanged
    | units.SuperiorChangeRefused
)
_KINDS = (TodoKind.REGISTRATION_TO_VET, TodoKind.SUPERIOR_CHANGE_TO_VET)


@consumers.on(*every("units.unit"))
async def hear_of_unit(db: AsyncSession, event: UnitEvent, delivery: Delivery) -> None:
    """Keep the unit; what waits to be vetted lies with the superior, what was decided is told."""
    unit = event.state
    newer = await keep(
        db,
        KnownUnit,
        event,
        name=unit.name,
        uscc=unit.uscc,
        kinds=[kind.value for kind in unit.kinds],
        nature=unit.nature,
        jurisdiction=unit.jurisdiction,
        superior_id=unit.superior_id,
        state=unit.state.value,
    )
    if newer:
        await _lay(db, event, delivery)
        _tell(db, event, delivery)


async def _lay(db: AsyncSession, event: UnitEvent, delivery: Delivery) -> None:
    """To-dos: a registration lies with the superior, a change of superior with the new one."""
    since, superior, todo = delivery.envelope.time, event.state.superior_id, None
    if isinstance(event, units.SuperiorChangeRequested):
        kind, superior = TodoKind.SUPERIOR_CHANGE_TO_VET, event.new_superior_id
        todo = store.todo(kind, event.subject, event.state.name, since, place=superior)
    elif event.state.state == UnitStatus.SUPERIOR_CHANGE_PENDING:
        return  # edited meanwhile: the wish stays where it is
    elif event.state.state == UnitStatus.PENDING and superior is not None:
        kind = TodoKind.REGISTRATION_TO_VET
        todo = store.todo(kind, event.subject, event.state.name, since, place=superior)
    await store.settle(db, event.subject, _KINDS, todo)


def _tell(db: AsyncSession, event: UnitEvent, delivery: Delivery) -> None:
    """Messages: handlers are told of their unit's registration, the unit of its new superior."""
    unit, at = event.state, delivery.envelope.time
    match event:
        case units.UnitCreated() | units.UnitAuthorised():
            text = texts.unit_opened(unit.name)
        case units.UnitPermissionReturned():
            text = texts.registration_returned(unit.name, event.reason)
        case units.SuperiorChanged() | units.SuperiorChangeRefused():
            text = texts.superior_changed(isinstance(event, units.SuperiorChanged), event.reason)
            write(db, text, at, to_unit=event.subject, from_unit=event.actor.unit, about=event.subject)
            return
        case _:
            return
    for handler in dict.fromkeys(unit.handlers):
        write(db, text, at, to_person=handler, from_unit=unit.superior_id, about=event.subject)
