"""Members of units: told to the world, made of handlers, followed through corrected numbers."""

from uuid import UUID

from chassis.db import save
from chassis.outbox import emit
from contracts.event import Actor
from contracts.identity.v1 import StaffAssigned, StaffRemoved
from contracts.identity.v1 import StaffState as PublicStaff
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from identity.domain.membership import STAFF, Act, StaffState
from identity.store import units as store
from identity.tables import Account, KnownUnit, Staff


async def tell(db: AsyncSession, staff: Staff, actor: Actor, reason: str = "") -> None:
    """Emit somebody's membership as it is now."""
    await db.flush()
    active = staff.state == StaffState.ACTIVE
    event = StaffAssigned if active else StaffRemoved
    roles = await store.roles_of(db, staff.id)
    state = PublicStaff(
        unit_id=staff.unit_id,
        person=staff.person,
        name=staff.name,
        role_ids=tuple(role.id for role in roles),
        super_admin=staff.super_admin,
        active=active,
    )
    emit(db, event(subject=staff.id, revision=staff.revision, actor=actor, reason=reason, state=state))


async def appoint_handlers(db: AsyncSession, unit: KnownUnit, actor: Actor) -> None:
    """Make the handlers of an authorised unit its super administrators, and nobody else (IDN-15)."""
    wanted = [await store.present_person(db, UUID(one)) for one in unit.handlers] if unit.authorised else []
    for person in dict.fromkeys(wanted):
        await _appoint(db, unit, person, actor)
    admins = select(Staff).where(col(Staff.unit_id) == unit.id, col(Staff.super_admin).is_(True))
    for staff in list(await db.scalars(admins)):
        if staff.person not in wanted:
            await _dismiss(db, staff, actor)


async def _appoint(db: AsyncSession, unit: KnownUnit, person: UUID, actor: Actor) -> None:
    staff = await store.staff_of(db, unit.id, person)
    if staff is None:
        staff = Staff(unit_id=unit.id, person=person, name="")
    elif staff.super_admin and staff.state == StaffState.ACTIVE:
        return
    staff.super_admin, staff.state = True, StaffState.ACTIVE
    if account := await store.account_of(db, person):
        _know(staff, account)
    save(db, staff)
    await tell(db, staff, actor)


async def _dismiss(db: AsyncSession, staff: Staff, actor: Actor) -> None:
    """Who is no longer a handler keeps the roles that were given besides."""
    staff.super_admin = False
    if not await store.roles_of(db, staff.id):
        staff.state = StaffState(STAFF.next(staff.state, Act.REMOVE))
    save(db, staff)
    await tell(db, staff, actor)


async def recognise(db: AsyncSession, account: Account, actor: Actor) -> None:
    """Take over the name and number of who logged in into all their memberships."""
    for staff in list(await db.scalars(select(Staff).where(col(Staff.person) == account.person))):
        if (staff.name, staff.masked_number) != (account.name, account.masked_number):
            _know(staff, account)
            save(db, staff)
            await tell(db, staff, actor)


async def move(db: AsyncSession, old: UUID, new: UUID, actor: Actor) -> None:
    """Follow a corrected number: what the old reference was in units, the new one is now."""
    for staff in list(await db.scalars(select(Staff).where(col(Staff.person) == old))):
        other = await store.staff_of(db, staff.unit_id, new)
        if other is None:
            staff.person = new
            save(db, staff)
            await tell(db, staff, actor)
        elif staff.state == StaffState.ACTIVE:
            roles = {role.id: role for one in (staff, other) for role in await store.roles_of(db, one.id)}
            other.super_admin = other.super_admin or staff.super_admin
            other.state, staff.state, staff.super_admin = StaffState.ACTIVE, StaffState.REMOVED, False
            await store.give_roles(db, other, roles.values())
            await store.give_roles(db, staff, ())
            for one in (staff, other):
                save(db, one)
                await tell(db, one, actor)


def _know(staff: Staff, account: Account) -> None:
    staff.name, staff.id_type, staff.masked_number = account.name, account.id_type, account.masked_number
