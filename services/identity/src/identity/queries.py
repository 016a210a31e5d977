"""Lists and counts."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from identity.domain.membership import RoleState, StaffState
from identity.tables import Role, Staff, StaffRole


def roles(unit_id: UUID) -> Select[tuple[Role]]:
    """The unit's roles by name."""
    where = (col(Role.unit_id) == unit_id, col(Role.state) == RoleState.ACTIVE)
    return select(Role).where(*where).order_by(col(Role.name), col(Role.id))


def staff(
    unit_id: UUID, *, role_id: UUID | None = None, name: str = "", person: UUID | None = None
) -> Select[tuple[Staff]]:
    """The unit's staff: super administrators first, then by name."""
    query = select(Staff).where(col(Staff.unit_id) == unit_id, col(Staff.state) == StaffState.ACTIVE)
    if role_id is not None:
        holders = select(StaffRole.staff_id).where(col(StaffRole.role_id) == role_id)
        query = query.where(col(Staff.id).in_(holders))
    if name:
        query = query.where(col(Staff.name).contains(name, autoescape=True))
    if person is not None:
        query = query.where(col(Staff.person) == person)
    return query.order_by(col(Staff.super_admin).desc(), col(Staff.name), col(Staff.id))


async def holders(db: AsyncSession, role_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many active people hold each role."""
    query = (
        select(StaffRole.role_id, func.count())
        .join(Staff, col(Staff.id) == col(StaffRole.staff_id))
        .where(col(StaffRole.role_id).in_(list(role_ids)), col(Staff.state) == StaffState.ACTIVE)
        .group_by(col(StaffRole.role_id))
    )
    return {row[0]: row[1] for row in (await db.execute(query)).all()}


async def role_named(db: AsyncSession, unit_id: UUID, name: str) -> bool:
    """Whether the unit has a role of that name."""
    query = roles(unit_id).where(col(Role.name) == name)
    return await db.scalar(query.limit(1)) is not None


async def roles_by_staff(db: AsyncSession, staff_ids: Iterable[UUID]) -> dict[UUID, list[Role]]:
    """The roles of many members at once."""
    query = (
        select(StaffRole.staff_id, Role)
        .join(Role, col(Role.id) == col(StaffRole.role_id))
        .where(col(StaffRole.staff_id).in_(list(staff_ids)))
        .order_by(col(Role.name))
    )
    found: dict[UUID, list[Role]] = {}
    for staff_id, role in (await db.execute(query)).all():
        found.setdefault(staff_id, []).append(role)
    return found
