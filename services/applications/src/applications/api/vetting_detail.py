"""What vetters read: an application on one side, everything they need for an opinion on the other (APP-53)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.audit import accessed
from chassis.caller import Caller
from pydantic import BaseModel, Field
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from vetting import Tab

from applications import queries, store
from applications.api.form import ModuleView, form_modules, opinions_on
from applications.api.views import ApplicationView, TrailStep, route_units, trail, view
from applications.domain.standing import placements
from applications.tables import Applicant, Application


class VettingAnswer(BaseModel):
    """The application after a decision, and under which tab the unit has it now."""

    application: ApplicationView
    revision: int
    tab: Tab | None


class RouteNode(BaseModel):
    """One unit on the way."""

    node: int
    unit_id: UUID
    unit_name: str
    desk: str
    posts: list[str]
    here: bool


class Dossier(BaseModel):
    """The applicant and the form; the ID number is masked."""

    application: ApplicationView
    sex: str | None
    birth_date: date | None
    id_number_masked: str
    modules: list[ModuleView]
    requirements: dict[str, str] = Field(description="Titles of the clauses that achievements answer.")
    employer_files: dict[str, Any]
    letter: dict[str, Any] | None


class VettingDetail(Dossier):
    """A dossier with its way so far."""

    trail: list[TrailStep]
    route: list[RouteNode]
    notices: list[dict[str, Any]] = Field(description="Defects told so far, with the date to mend them by.")
    receipt_deadline: datetime | None


async def dossier(
    db: AsyncSession, row: Application, caller: Caller, actions: list[str], *, schemas: bool = False
) -> Dossier:
    """Another person's dossier; leaves a line in the access log."""
    accessed(db, caller, "application", row.id)
    saved = await store.modules(db, row.id)
    form = await store.form(db, row, saved)
    applicant = await db.get(Applicant, row.person)
    assert applicant is not None
    later = await queries.progress(db, [row.id])
    return Dossier(
        application=view(row, actions, later.get(row.id)),
        sex=applicant.sex,
        birth_date=applicant.birth_date,
        id_number_masked=applicant.id_number_masked,
        modules=form_modules(form, saved, applicant, opinions_on(row), schemas=schemas),
        requirements={
            str(one.serial): one.title for one in (form.campaign.requirements if form.campaign else ())
        },
        employer_files=row.employer_files,
        letter=row.letter,
    )


async def detail(db: AsyncSession, row: Application, caller: Caller, actions: list[str]) -> VettingDetail:
    """An application as its vetters see it; that the first unit opened it is noted for withdrawal (Q7)."""
    if row.node_index == 0 and row.node_unit_id == caller.unit_id and row.viewed_at is None:
        await _viewed(db, row)
    names = await store.unit_names(db, route_units(row))
    case = store.case_of(row)
    campaign = await store.campaign(db, row.campaign_id) if row.campaign_id else None
    nodes = [
        RouteNode(
            node=one.node,
            unit_id=one.unit,
            unit_name=names.get(one.unit, ""),
            desk=one.desk,
            posts=[post.name for post in case.route.nodes[one.node].posts],
            here=row.node_index == one.node,
        )
        for one in placements(case, committee=row.committee_id is not None)
    ]
    base = await dossier(db, row, caller, actions)
    return VettingDetail(
        **dict(base),
        trail=trail(row, names),
        route=nodes,
        notices=row.notices,
        receipt_deadline=campaign.receipt_deadline if campaign else None,
    )


async def _viewed(db: AsyncSession, row: Application) -> None:

    await db.execute(
        update(Application)
        .where(col(Application.id) == row.id, col(Application.viewed_at).is_(None))
        .values(viewed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
