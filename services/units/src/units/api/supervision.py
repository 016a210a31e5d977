"""Per area and committee level, the department that submissions pass through (UNT-15)."""

from typing import Annotated
from uuid import UUID

from chassis.access import Relation, needs, signed_in
from chassis.audit import audit
from chassis.db import save
from chassis.outbox import emit
from chassis.web import Caller, Db, IfMatch, Model, Page, Paging, Router, expect
from contracts.units.v1 import SupervisionConfigured
from contracts.vocabulary import Level
from fastapi import Path
from provinces.regions import RegionUnknown
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from units import store
from units.api.province import Rules
from units.domain.supervision import (
    AreaOutside,
    SupervisorInvalid,
    check_area,
    check_supervisor,
    not_a_supervisor,
)
from units.rules import UnitRules
from units.tables import Supervision, Unit

router = Router(tags=["supervision"])

Area = Annotated[str, Path(max_length=10, examples=["510100"], description="A region's code.")]


class ConfigureSupervision(Model):
    """The supervising department; null removes it."""

    supervising_unit_id: UUID | None = Field(examples=[None])


class SupervisionView(BaseModel):
    """One row of the configuration."""

    id: UUID
    revision: int
    area: str
    area_name: str
    level: Level
    supervising_unit_id: UUID | None


@router.get("/own/supervision", access=signed_in(Relation.OWN_UNIT))
async def list_supervision(
    db: Db, caller: Caller, rules: Rules, paging: Paging, level: Level | None = None
) -> Page[SupervisionView]:
    """What the acting unit configured, by area and level; removed rows stay, to be set again."""
    found = select(Supervision).where(Supervision.unit_id == caller.unit)
    if level is not None:
        found = found.where(Supervision.level == level)
    found = found.order_by(Supervision.area, Supervision.level)
    return await Page.of(db, found, paging, lambda row: _view(row, rules))


@router.put(
    "/own/supervision/{area}/{level}",
    access=needs("units.supervision.configure", Relation.OWN_UNIT),
    refuses=[SupervisorInvalid, AreaOutside, RegionUnknown],
)
async def set_supervision(
    area: Area,
    level: Level,
    body: ConfigureSupervision,
    db: Db,
    caller: Caller,
    rules: Rules,
    if_match: IfMatch,
) -> SupervisionView:
    """Set or remove the supervising department of an area for a level; revision 0 = not set yet."""
    unit = await store.open_unit(db, caller.unit)
    check_area(rules.home(unit.jurisdiction), rules.region_path(area))
    row = await store.lock_supervision(db, unit.id, area, level)
    expect(row, if_match)
    if body.supervising_unit_id is not None:
        await _check_supervisor(db, body.supervising_unit_id)
    row.supervising_unit_id = body.supervising_unit_id
    save(db, row)
    emit(
        db,
        SupervisionConfigured(
            subject=row.id, revision=row.revision, actor=caller.actor, state=store.public_supervision(row)
        ),
    )
    audit(db, caller, "units.supervision.configured", row.id)
    return _view(row, rules)


async def _check_supervisor(db: AsyncSession, unit_id: UUID) -> None:
    supervisor = await db.get(Unit, unit_id)
    if supervisor is None:
        raise not_a_supervisor()
    check_supervisor(supervisor.kinds, supervisor.state)


def _view(row: Supervision, rules: UnitRules) -> SupervisionView:
    return SupervisionView(
        id=row.id,
        revision=row.revision,
        area=row.area,
        area_name=rules.region_name(row.area),
        level=Level(row.level),
        supervising_unit_id=row.supervising_unit_id,
    )
