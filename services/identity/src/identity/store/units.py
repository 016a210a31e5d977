"""Units, their roles and their staff."""

from collections.abc import Iterable
from uuid import UUID

from chassis.db import get, lock
from chassis.problems import NotYetKnown
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from identity.domain.membership import RoleState, StaffState
from identity.tables import Account, KnownUnit, Role, Staff, StaffRole


async def lock_unit(db: AsyncSession, unit_id: UUID) -> KnownUnit:
    """The unit, locked: whatever changes its roles and staff waits for each other."""
    unit = await db.scalar(select(KnownUnit).where(col(KnownUnit.id) == unit_id).with_for_update())
    if unit is None:
        raise NotYetKnown("单位信息尚未同步到达，请稍后重试。")
    return unit


async def unit_of(db: AsyncSession, uscc: str) -> KnownUnit | None:
    """The unit of that code; an authorised one goes before a request that another handler began."""
    found = list(await db.scalars(select(KnownUnit).where(col(KnownUnit.uscc) == uscc)))
    return next((unit for unit in found if unit.authorised), found[0] if found else None)


async def role_of(db: AsyncSession, role_id: UUID, unit_id: UUID) -> Role:
    """A role of the unit; raises Missing."""
    return await get(db, Role, *_role(role_id, unit_id))


async def lock_role(db: AsyncSession, role_id: UUID, unit_id: UUID) -> tuple[KnownUnit, Role]:
    """A role and its unit, locked in the one order that everybody keeps; raises Missing."""
    await role_of(db, role_id, unit_id)
    unit = await lock_unit(db, unit_id)
    return unit, await lock(db, Role, *_role(role_id, unit_id))


async def member_of(db: AsyncSession, staff_id: UUID, unit_id: UUID) -> Staff:
    """A member of the unit; raises Missing."""
    return await get(db, Staff, *_member(staff_id, unit_id))


async def lock_member(db: AsyncSession, staff_id: UUID, unit_id: UUID) -> tuple[KnownUnit, Staff]:
    """A member and the unit, locked; raises Missing."""
    await member_of(db, staff_id, unit_id)
    unit = await lock_unit(db, unit_id)
    return unit, await lock(db, Staff, *_member(staff_id, unit_id))


def _role(role_id: UUID, unit_id: UUID) -> tuple[ColumnElement[bool], ...]:
    active = col(Role.state) == RoleState.ACTIVE
    return (col(Role.id) == role_id, col(Role.unit_id) == unit_id, active)


def _member(staff_id: UUID, unit_id: UUID) -> tuple[ColumnElement[bool], ...]:
    active = col(Staff.state) == StaffState.ACTIVE
    return (col(Staff.id) == staff_id, col(Staff.unit_id) == unit_id, active)


async def staff_of(db: AsyncSession, unit_id: UUID, person: UUID) -> Staff | None:
    """The person's place in the unit, removed or not."""
    where = (col(Staff.unit_id) == unit_id, col(Staff.person) == person)
    return await db.scalar(select(Staff).where(*where).execution_options(populate_existing=True))


async def roles_of(db: AsyncSession, staff_id: UUID) -> list[Role]:
    """The roles that somebody holds, by name."""
    held = select(StaffRole.role_id).where(col(StaffRole.staff_id) == staff_id)
    return list(await db.scalars(select(Role).where(col(Role.id).in_(held)).order_by(Role.name)))


async def known_roles(db: AsyncSession, unit_id: UUID, role_ids: Iterable[UUID]) -> list[Role]:
    """Those of these roles that the unit has."""
    where = (col(Role.unit_id) == unit_id, col(Role.state) == RoleState.ACTIVE, col(Role.id).in_(role_ids))
    return list(await db.scalars(select(Role).where(*where).order_by(Role.name)))


async def holders_of(db: AsyncSession, role_id: UUID) -> list[Staff]:
    """Who acts for the unit with this role."""
    held = select(StaffRole.staff_id).where(col(StaffRole.role_id) == role_id)
    where = (col(Staff.id).in_(held), col(Staff.state) == StaffState.ACTIVE)
    return list(await db.scalars(select(Staff).where(*where)))


async def give_roles(db: AsyncSession, staff: Staff, roles: Iterable[Role]) -> None:
    """Replace somebody's roles."""
    db.add(staff)
    await db.flush()
    await db.execute(delete(StaffRole).where(col(StaffRole.staff_id) == staff.id))
    db.add_all([StaffRole(staff_id=staff.id, role_id=role.id) for role in roles])
    await db.flush()


async def account_of(db: AsyncSession, person: UUID) -> Account | None:
    """The person's account, once they have logged in."""
    return await db.scalar(select(Account).where(col(Account.person) == person))


async def present_person(db: AsyncSession, person: UUID) -> UUID:
    """The reference that a person has now, after corrected numbers."""
    seen = {person}
    while (account := await account_of(db, person)) and account.merged_into:
        person = account.merged_into
        if person in seen:
            break
        seen.add(person)
    return person
