"""What identity learns from the units service."""

from typing import Any

from chassis.consume import Consumers, Delivery
from chassis.known import keep
from contracts.units.v1 import (
    SuperiorChanged,
    SuperiorChangeRefused,
    SuperiorChangeRequested,
    UnitAuthorised,
    UnitCreated,
    UnitEdited,
    UnitPermissionRequested,
    UnitPermissionReturned,
)
from sqlalchemy.ext.asyncio import AsyncSession

from identity.actions.staffing import appoint_handlers
from identity.store.units import lock_unit
from identity.tables import KnownUnit

consumers = Consumers()


@consumers.on(
    UnitCreated,
    UnitPermissionRequested,
    UnitPermissionReturned,
    UnitAuthorised,
    UnitEdited,
    SuperiorChangeRequested,
    SuperiorChanged,
    SuperiorChangeRefused,
)
async def keep_unit(db: AsyncSession, event: Any, delivery: Delivery) -> None:
    """Keep the copy of the unit that logins are decided by; its handlers are its super administrators."""
    state = event.state
    newer = await keep(
        db,
        KnownUnit,
        event,
        uscc=state.uscc,
        name=state.name,
        kinds=[kind.value for kind in state.kinds],
        state=state.state.value,
        handlers=[str(person) for person in state.handlers],
    )
    if newer:
        unit = await lock_unit(db, event.subject)
        await db.refresh(unit)
        await appoint_handlers(db, unit, event.actor)
