"""Loading, locking and saving applications, and the facts around them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chassis import clock, persons
from chassis.db import get, lock
from chassis.db import save as count
from chassis.problems import NotYetKnown
from contracts.applications.v1 import ApplicationState, ApplicationStatus, SealedText
from contracts.committees.v1 import CampaignState, CommitteeState
from contracts.vocabulary import EvaluationMethod, Level
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from vetting import Case, from_dict, to_dict

from applications.domain.choosing import CommitteeFacts
from applications.domain.standing import AT_A_UNIT, Desk, Status, placements, status_of
from applications.rules import rules_of
from applications.rules.form import Form
from applications.tables import (
    Applicant,
    Application,
    FormModule,
    KnownCampaign,
    KnownCommittee,
    KnownUnit,
    Placement,
)

# What the identity gives in the basic module; the number itself is never kept there.
LOCKED = frozenset({"id_type", "name", "sex", "birth_date"})


def not_yet(what: str) -> NotYetKnown:
    """A copy that has not arrived; it is worth asking again in a moment."""
    return NotYetKnown(f"{what}的信息正在同步，请稍后重试。", retry_at=clock.real_now().isoformat())


# --- applications ----------------------------------------------------------------------------------------


async def own(db: AsyncSession, application_id: UUID, person: UUID, *, locked: bool = True) -> Application:
    """The person's own application; raises `Missing`."""
    load = lock if locked else get
    return await load(
        db,
        Application,
        Application.id == application_id,
        Application.person == person,
        Application.state != Status.DISCARDED,
    )


async def at_desk(
    db: AsyncSession, application_id: UUID, unit: UUID, desk: Desk, *, locked: bool = True
) -> Application:
    """An application that lies, or lay, at this desk of the unit; raises `Missing`."""
    load = lock if locked else get
    arrived = select(Placement.application_id).where(
        Placement.unit_id == unit, Placement.desk == desk, col(Placement.tab).is_not(None)
    )
    return await load(db, Application, Application.id == application_id, col(Application.id).in_(arrived))


def case_of(row: Application) -> Case:
    """The application's case; only what was submitted has one."""
    assert row.vetting_case is not None
    return from_dict(row.vetting_case)


async def move(db: AsyncSession, row: Application, case: Case) -> None:
    """Write where the case stands now; counts as one change of the application."""
    row.vetting_case = to_dict(case)
    row.state = status_of(case, committee=row.committee_id is not None)
    at_unit = row.state in AT_A_UNIT
    row.node_unit_id = case.here.unit if at_unit else None
    row.node_index = case.node if at_unit else None
    row.post_rank = case.here.posts[case.post].rank if at_unit and case.here.posts else None
    count(db, row)
    await db.flush()
    await db.execute(delete(Placement).where(col(Placement.application_id) == row.id))
    db.add_all(
        Placement(application_id=row.id, node_index=one.node, unit_id=one.unit, desk=one.desk, tab=one.tab)
        for one in placements(case, committee=row.committee_id is not None)
    )


def public_state(row: Application) -> ApplicationState:
    """The application as other services may know it."""
    route = from_dict(row.vetting_case).route.nodes if row.vetting_case else ()
    return ApplicationState(
        person=row.person,
        name=row.name,
        year=row.year,
        campaign_id=row.campaign_id,
        committee_id=row.committee_id,
        employer_id=row.employer_id,
        employer_name=row.employer_name,
        method=EvaluationMethod(row.method),
        application_type=row.application_type,
        series=row.series,
        level=Level(row.level),
        specialty=row.specialty,
        title_name=row.title_name,
        state=ApplicationStatus(row.state),
        node_unit_id=row.node_unit_id,
        node_index=row.node_index,
        post_rank=row.post_rank,
        route=tuple(node.unit for node in route),
        letter_unit_id=row.letter_unit_id,
        submitted_at=row.submitted_at,
        dossier_sha256=row.dossier_sha256,
        pack=row.pack,
        **(row.accepted or {}),
    )


# --- forms -----------------------------------------------------------------------------------------------


async def modules(db: AsyncSession, application_id: UUID) -> dict[str, FormModule]:
    """The saved modules by name."""
    rows = await db.scalars(select(FormModule).where(col(FormModule.application_id) == application_id))
    return {row.name: row for row in rows}


async def form(db: AsyncSession, row: Application, saved: Mapping[str, FormModule] | None = None) -> Form:
    """The application's form with the facts its rules look at."""
    campaign = await campaign_state(db, row.campaign_id) if row.campaign_id else None
    rules = rules_of(row.pack)
    return Form(
        rules=rules,
        names=rules.module_names(row.method, row.application_type, campaign.pages if campaign else ()),
        identity=identity(await get(db, Applicant, Applicant.id == row.person)),
        campaign=campaign,
        unit_nature=row.employer_nature,
        today=clock.local_date(clock.now()),
        current_title_since=_titled(saved or {}),
    )


def _titled(saved: Mapping[str, FormModule]) -> date | None:
    """When the latest title was obtained, as the qualification module says."""
    held = saved["qualification"].data.get("items", []) if "qualification" in saved else []
    days = [item["obtained"] for item in held if item.get("obtained")]
    return date.fromisoformat(max(days)) if days else None


def identity(applicant: Applicant) -> dict[str, str]:
    """What the identity says and no form may change (IDN-04); with the plain number, for checks only."""
    known = {
        "id_type": applicant.id_type,
        "id_number": persons.unseal(SealedText.model_validate(applicant.id_number)),
        "name": applicant.name,
        "sex": applicant.sex,
        "birth_date": applicant.birth_date.isoformat() if applicant.birth_date else None,
    }
    return {name: value for name, value in known.items() if value is not None}


# --- copies ----------------------------------------------------------------------------------------------


async def unit(db: AsyncSession, unit_id: UUID) -> KnownUnit:
    """A unit; raises `NotYetKnown`."""
    found = await db.get(KnownUnit, unit_id)
    if found is None:
        raise not_yet("单位")
    return found


async def unit_names(db: AsyncSession, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of units by id."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = await db.execute(select(KnownUnit.id, KnownUnit.name).where(col(KnownUnit.id).in_(wanted)))
    return {found.id: found.name for found in rows}


async def committee(db: AsyncSession, committee_id: UUID) -> KnownCommittee:
    """A committee; raises `NotYetKnown`."""
    found = await db.get(KnownCommittee, committee_id)
    if found is None:
        raise not_yet("评审委员会")
    return found


def committee_facts(row: KnownCommittee, series: str) -> CommitteeFacts:
    """What choosing must know of a committee; `series` is its series' code."""
    state = CommitteeState.model_validate(row.content)
    return CommitteeFacts(
        id=row.id,
        name=row.name,
        series=series,
        levels=frozenset(state.levels),
        specialties=frozenset(state.specialties),
        area=row.area,
        natures=frozenset(state.unit_natures),
    )


async def campaign(db: AsyncSession, campaign_id: UUID) -> KnownCampaign:
    """A campaign; raises `NotYetKnown`."""
    found = await db.get(KnownCampaign, campaign_id)
    if found is None:
        raise not_yet("评审活动")
    return found


async def campaign_state(db: AsyncSession, campaign_id: UUID) -> CampaignState:
    """A campaign's public state; raises `NotYetKnown`."""
    return CampaignState.model_validate((await campaign(db, campaign_id)).content)


def file_ref(stored: Any) -> dict[str, Any]:
    """A checked upload as it is kept with an application."""
    return {
        "file_id": str(stored.id),
        "sha256": stored.sha256,
        "name": stored.name,
        "size": stored.size,
        "media_type": stored.media_type,
    }
