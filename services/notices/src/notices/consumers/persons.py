"""Persons and staff: names, and who acts for which unit."""

from chassis.consume import Delivery
from chassis.known import keep
from contracts.identity import v1 as identity
from sqlalchemy.ext.asyncio import AsyncSession

from notices.consumers.registry import consumers, every
from notices.tables import KnownPerson, KnownStaff

PersonEvent = identity.PersonRegistered | identity.PersonRenamed | identity.PersonMerged
StaffEvent = identity.StaffAssigned | identity.StaffRemoved


@consumers.on(*every("identity.person"))
async def keep_person(db: AsyncSession, event: PersonEvent, delivery: Delivery) -> None:
    """Keep names; whose number was corrected finds the messages of both references."""
    await keep(db, KnownPerson, event, name=event.state.name, merged_into=event.state.merged_into)


@consumers.on(*every("identity.staff"))
async def keep_staff(db: AsyncSession, event: StaffEvent, delivery: Delivery) -> None:
    """Keep the unit's own person list."""
    member = event.state
    await keep(
        db,
        KnownStaff,
        event,
        unit_id=member.unit_id,
        person=member.person,
        name=member.name,
        active=member.active,
    )
