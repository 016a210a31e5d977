"""Units, drafts, plans and supervision: loaded, locked, saved; and what of them the world may know."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from chassis import persons
from chassis.caller import Caller
from chassis.db import get, lock, save
from chassis.files import use_file
from contracts.units.v1 import PostPlanState, PostState, SupervisionState, UnitState
from provinces.people import mask_id
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from units.domain.posts import Post, PostPlan
from units.domain.registration import Registration
from units.domain.tree import SuperiorInvalid
from units.rules import LICENCE
from units.tables import KnownStaff, LicenceRecord, PersonRecord, PostPlanRow, Supervision, Unit, UnitDraft

_TREE = 1  # the advisory lock of whoever changes who stands below whom


async def open_unit(db: AsyncSession, unit_id: UUID) -> Unit:
    """A unit whose functions are open; raises `Missing`."""
    return await get(db, Unit, Unit.id == unit_id, Unit.is_open())


async def lock_unit(db: AsyncSession, *where: ColumnElement[bool]) -> Unit:
    """The unit, locked until the transaction ends; raises `Missing` for a foreign or absent one alike."""
    return await lock(db, Unit, *where)


async def superior(db: AsyncSession, unit_id: UUID) -> Unit:
    """A unit that may be somebody's superior; raises `SuperiorInvalid`."""
    unit = await db.scalar(select(Unit).where(Unit.id == unit_id, Unit.is_open()))
    if unit is None:
        raise SuperiorInvalid("请选择已授权的单位。")
    return unit


async def is_registered(db: AsyncSession, uscc: str) -> bool:
    """Whether a unit of this code is in the tree already, in whatever state."""
    return await db.scalar(select(Unit.id).where(Unit.uscc == uscc)) is not None


async def lock_tree(db: AsyncSession) -> None:
    """Wait until nobody else changes who stands below whom: two changes at once could make a cycle."""
    await db.execute(select(func.pg_advisory_xact_lock(_TREE)))


async def line_of(db: AsyncSession, unit_id: UUID) -> list[UUID]:
    """The unit and its superiors up to the top."""
    line = select(Unit.id, Unit.superior_id).where(Unit.id == unit_id).cte(recursive=True)
    above = select(Unit.id, Unit.superior_id).join(line, Unit.id == line.c.superior_id)
    return list(await db.scalars(select(line.union(above).c.id)))


def registration(unit: Unit) -> Registration:
    """The unit's registration as the domain sees it."""
    return Registration(unit.state, unit.superior_id, unit.wanted_superior_id, unit.reason)


def save_unit(db: AsyncSession, unit: Unit, moved: Registration | None = None) -> Unit:
    """Save the unit's next revision, with its registration if that moved."""
    if moved is not None:
        unit.state, unit.superior_id = moved.state, moved.superior_id
        unit.wanted_superior_id, unit.reason = moved.wanted_superior_id, moved.reason
    return save(db, unit)


def public_state(unit: Unit) -> UnitState:
    """What every service may know of a unit: no phone, no address, no number."""
    return UnitState(
        uscc=unit.uscc,
        name=unit.name,
        kinds=tuple(unit.kinds),
        nature=unit.nature,
        jurisdiction=unit.jurisdiction,
        jurisdiction_path=tuple(unit.jurisdiction_path),
        superior_id=unit.superior_id,
        state=unit.state,
        handlers=handlers(unit),
    )


def handlers(unit: Unit) -> tuple[UUID, ...]:
    """The references of the unit's handlers."""
    return tuple(UUID(handler["person"]) for handler in unit.handlers)


def person_record(name: str, id_type: str, id_number: str, phone: str) -> PersonRecord:
    """A person typed in: the reference, the number sealed and masked."""
    return PersonRecord(
        person=str(persons.ref(id_type, id_number)),
        name=name,
        id_type=id_type,
        number=persons.seal(id_number).model_dump(),
        masked=mask_id(id_number),
        phone=phone,
    )


async def licence_record(db: AsyncSession, file_id: UUID, caller: Caller) -> LicenceRecord:
    """The caller's checked business licence; raises `Missing`, `FileNotUploaded`."""
    file = await use_file(db, file_id, caller, purpose=LICENCE)
    return LicenceRecord(
        sha256=file.sha256 or "", name=file.name, size=file.size, media_type=file.media_type or ""
    )


async def lock_draft(db: AsyncSession, draft_id: UUID, superior_id: UUID) -> UnitDraft:
    """A draft of this superior's; raises `Missing`."""
    return await lock(db, UnitDraft, UnitDraft.id == draft_id, UnitDraft.superior_id == superior_id)


async def staff_of(db: AsyncSession, unit_id: UUID) -> dict[UUID, str]:
    """The names of the unit's active staff by person."""
    active = select(KnownStaff).where(KnownStaff.unit_id == unit_id, KnownStaff.active)
    return {member.person: member.name for member in await db.scalars(active)}


async def plans_of(db: AsyncSession, unit_id: UUID) -> dict[str, PostPlanRow]:
    """The unit's plans by matter."""
    rows = await db.scalars(select(PostPlanRow).where(PostPlanRow.unit_id == unit_id))
    return {row.matter: row for row in rows}


def no_plan(unit_id: UUID, matter: str) -> PostPlanRow:
    """The plan of a unit that never configured the matter: revision 0, no posts."""
    return PostPlanRow(unit_id=unit_id, matter=matter, posts=[])


async def lock_plan(db: AsyncSession, unit_id: UUID, matter: str) -> PostPlanRow:
    """The unit's plan for a matter, or an empty one of revision 0."""
    mine = select(PostPlanRow).where(PostPlanRow.unit_id == unit_id, PostPlanRow.matter == matter)
    row = await db.scalar(mine.with_for_update().execution_options(populate_existing=True))
    return row or no_plan(unit_id, matter)


def plan(row: PostPlanRow) -> PostPlan:
    """The plan as the domain sees it."""
    return PostPlan(
        tuple(
            Post(rank, post["name"], tuple(UUID(person) for person in post["persons"]))
            for rank, post in enumerate(row.posts, 1)
        )
    )


def save_plan(db: AsyncSession, row: PostPlanRow, posts: PostPlan) -> PostPlanRow:
    """Save the plan's next revision."""
    row.posts = [{"name": post.name, "persons": [str(p) for p in post.persons]} for post in posts.posts]
    return save(db, row)


def public_plan(row: PostPlanRow) -> PostPlanState:
    """What every service may know of a plan."""
    posts = tuple(PostState(rank=p.rank, name=p.name, persons=p.persons) for p in plan(row).posts)
    return PostPlanState(unit_id=row.unit_id, matter=row.matter, posts=posts)


async def plans_with(db: AsyncSession, person: UUID, unit_id: UUID | None = None) -> Collection[PostPlanRow]:
    """The plans in which a person holds a post, locked: of one unit, or of all."""
    holding: list[dict[str, Any]] = [{"persons": [str(person)]}]
    found = select(PostPlanRow).where(PostPlanRow.posts.contains(holding))
    if unit_id is not None:
        found = found.where(PostPlanRow.unit_id == unit_id)
    return list(await db.scalars(found.order_by(PostPlanRow.id).with_for_update()))


async def units_with_handler(db: AsyncSession, person: UUID) -> Collection[Unit]:
    """The units that a person handles, locked."""
    handling = [{"person": str(person)}]
    found = select(Unit).where(Unit.handlers.contains(handling))
    return list(await db.scalars(found.order_by(Unit.id).with_for_update()))


async def lock_supervision(db: AsyncSession, unit_id: UUID, area: str, level: str) -> Supervision:
    """What the unit configured for an area and a level, or nothing yet, of revision 0."""
    mine = select(Supervision).where(
        Supervision.unit_id == unit_id, Supervision.area == area, Supervision.level == level
    )
    row = await db.scalar(mine.with_for_update().execution_options(populate_existing=True))
    return row or Supervision(unit_id=unit_id, area=area, level=level)


def public_supervision(row: Supervision) -> SupervisionState:
    """What every service may know of a configuration."""
    return SupervisionState(
        configuring_unit_id=row.unit_id,
        area=row.area,
        level=row.level,
        supervising_unit_id=row.supervising_unit_id,
    )
