"""What units learns from other services: who acts for whom, and whose reference changed."""

from uuid import UUID

from chassis.consume import Consumers, Delivery
from chassis.known import keep
from contracts.identity.v1 import PersonMerged, StaffAssigned, StaffRemoved
from sqlalchemy.ext.asyncio import AsyncSession

from units import store
from units.actions import configure_posts, save_edited
from units.tables import KnownStaff

consumers = Consumers()


@consumers.on(StaffAssigned, StaffRemoved)
async def keep_staff(db: AsyncSession, event: StaffAssigned | StaffRemoved, delivery: Delivery) -> None:
    """Keep the copy of staff that posts are filled from; who left holds no post any more."""
    member = event.state
    newer = await keep(
        db,
        KnownStaff,
        event,
        unit_id=member.unit_id,
        person=member.person,
        name=member.name,
        active=member.active,
    )
    if newer and not member.active and member.person not in await store.staff_of(db, member.unit_id):
        for row in await store.plans_with(db, member.person, member.unit_id):
            left = store.plan(row).without(member.person)
            configure_posts(db, row, left, event.actor, "岗位人员已离岗")


@consumers.on(PersonMerged)
async def merge_person(db: AsyncSession, event: PersonMerged, delivery: Delivery) -> None:
    """Follow a corrected ID number: handlers and holders of posts are known by the new reference."""
    old, new = event.subject, event.state.merged_into
    if new is None:
        return
    for row in await store.plans_with(db, old):
        configure_posts(db, row, store.plan(row).with_merged(old, new), event.actor, "人员身份信息更正")
    for unit in await store.units_with_handler(db, old):
        unit.handlers = [
            {**handler, "person": str(new)} if UUID(handler["person"]) == old else handler
            for handler in unit.handlers
        ]
        save_edited(db, unit, event.actor, "人员身份信息更正")
