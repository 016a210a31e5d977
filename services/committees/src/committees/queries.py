"""Lists and searches, and rows as events and lists show them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from chassis import clock, persons
from contracts.committees import v1
from contracts.vocabulary import Level
from refusals import Complaint
from sqlalchemy import Select, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from committees.domain.campaign import Module
from committees.domain.experts import REQUIRED, Qualification, left_out, unqualified
from committees.rules import Rules
from committees.tables import (
    Campaign,
    Committee,
    Expert,
    KnownCandidacy,
    KnownCertificate,
    KnownUnit,
    on_route,
)

T = TypeVar("T")


def committee_state(row: Committee) -> v1.CommitteeState:
    """A committee's public state."""
    return v1.CommitteeState(
        name=row.name,
        office=row.office,
        establishing_unit_id=row.establishing_unit_id,
        authorising_unit_id=row.authorising_unit_id,
        filing_unit_id=row.filing_unit_id,
        review_type=row.review_type,
        levels=tuple(Level(level) for level in row.levels),
        composition=row.composition,
        series=row.series,
        specialties=tuple(row.specialties),
        area=row.area,
        autonomous=row.autonomous,
        unit_natures=tuple(row.unit_natures),
        contact=row.contact,
        phone=row.phone,
        address=row.address,
        prescribed_size=row.prescribed_size,
        state=v1.FilingStatus(row.state),
        node_unit_id=row.node_unit_id,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def expert_state(row: Expert) -> v1.ExpertState:
    """An expert's public state."""
    return v1.ExpertState(
        committee_id=row.committee_id,
        person=row.person,
        name=row.name,
        sex=row.sex,
        work_unit=row.work_unit,
        duty=v1.Duty(row.duty),
        title_series=row.title_series,
        title_name=row.title_name,
        title_level=Level(row.title_level),
        specialty=row.specialty,
        phone_known=bool(row.phone),
        term_until=row.term_until,
        state=v1.ExpertStatus(row.state),
    )


def campaign_state(row: Campaign) -> v1.CampaignState:
    """A campaign's public state: never the work plan (Q17)."""
    basic = row.basic
    return v1.CampaignState(
        committee_id=row.committee_id,
        establishing_unit_id=row.establishing_unit_id,
        authorising_unit_id=row.authorising_unit_id,
        name=row.name,
        eligible_scope=basic["eligible_scope"],
        year=row.year,
        category=row.category,
        review_mode=basic["review_mode"],
        written_test=basic["written_test"],
        oral_defence=basic["oral_defence"],
        start=_set(row.start_at),
        first_deadline=_set(row.first_deadline),
        modified_deadline=_set(row.modified_deadline),
        receipt_deadline=_set(row.receipt_deadline),
        department_deadline=basic.get("department_deadline"),
        committee_deadline=basic.get("committee_deadline"),
        pages=tuple(basic["pages"]),
        exceptional_deliberation=basic["exceptional_deliberation"],
        specialty_groups=basic["specialty_groups"],
        group_method=basic.get("group_method"),
        document_number=basic.get("document_number", ""),
        public=basic["public"],
        policy_file=row.policy_file["sha256"] if row.policy_file else None,
        arrangement_file=row.arrangement_file["sha256"] if row.arrangement_file else None,
        series=row.series,
        opened=tuple(v1.OpenedSpecialty(**one) for one in row.opened),
        requirements=_requirements(row.requirements),
        exceptional_conditions=_requirements(row.conditions),
        materials=tuple(v1.MaterialState(**one) for one in row.materials),
        pack=row.pack,
        state=v1.CampaignStatus(row.state),
        node_unit_id=row.node_unit_id,
    )


def _set(instant: datetime | None) -> datetime:
    assert instant is not None, "a campaign beyond editing has its deadlines"
    return instant


def _requirements(rows: Iterable[dict[str, Any]]) -> tuple[v1.RequirementState, ...]:
    found = (v1.RequirementState(**one) for one in rows)
    return tuple(sorted(found, key=lambda one: one.serial))


async def unit_names(db: AsyncSession, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of the known ones among these units."""
    wanted = {one for one in ids if one}
    rows = await db.scalars(select(KnownUnit).where(col(KnownUnit.id).in_(wanted)))
    return {unit.id: unit.name for unit in rows}


def own_committees(
    unit: UUID, *, state: str | None, series: str | None, level: str | None, name: str | None
) -> Select[tuple[Committee]]:
    """The committees a unit establishes, newest first (COM-01)."""
    statement = select(Committee).where(Committee.establishing_unit_id == unit)
    if state:
        statement = statement.where(Committee.state == state)
    return _narrowed(statement, series, level, name).order_by(col(Committee.id).desc())


def filings_of_tab(unit: UUID, tab: str) -> Select[tuple[Committee]]:
    """The filings a unit has to vet, has passed, or has not passed (COM-11)."""
    at = f'$.trail[*] ? (@.unit == "{unit}" && @.node != null)'
    if tab == "PENDING":
        statement = select(Committee).where(Committee.node_unit_id == unit)
    else:
        acted = on_route(Committee, unit)
        statement = select(Committee).where(
            acted,
            func.jsonb_path_exists(Committee.case, _path(at)),
            or_(col(Committee.node_unit_id).is_(None), Committee.node_unit_id != unit),
        )
        returned = Committee.state == "RETURNED"
        statement = statement.where(returned if tab == "NOT_PASSED" else ~returned)
    return statement.order_by(col(Committee.updated_at).desc())


def campaigns_of_tab(unit: UUID, tab: str) -> Select[tuple[Campaign]]:
    """The campaigns a unit has to vet, has passed, or has returned (COM-43)."""
    if tab == "PENDING":
        statement = select(Campaign).where(Campaign.node_unit_id == unit)
    else:
        at = f'$.trail[*] ? (@.unit == "{unit}" && @.node != null)'
        statement = select(Campaign).where(
            on_route(Campaign, unit),
            func.jsonb_path_exists(Campaign.case, _path(at)),
            col(Campaign.node_unit_id).is_(None),
        )
        returned = Campaign.state == "RETURNED"
        statement = statement.where(returned if tab == "NOT_PASSED" else ~returned)
    return statement.order_by(col(Campaign.updated_at).desc())


def _path(text: str) -> Any:
    return cast(text, JSONPATH)


def directory(
    areas: Iterable[str] | None, *, series: str | None, level: str | None, name: str | None
) -> Select[tuple[Committee]]:
    """The public directory: filed committees whose filing is valid today (COM-14)."""
    today = clock.local_date(clock.now())
    statement = select(Committee).where(
        Committee.state == "FILED", col(Committee.valid_from) <= today, col(Committee.valid_until) >= today
    )
    if areas is not None:
        statement = statement.where(col(Committee.area).in_(list(areas)))
    return _narrowed(statement, series, level, name).order_by(Committee.name, col(Committee.id))


def _narrowed(
    statement: Select[tuple[Committee]], series: str | None, level: str | None, name: str | None
) -> Select[tuple[Committee]]:
    if series:
        statement = statement.where(Committee.series == series)
    if level:
        statement = statement.where(col(Committee.levels).contains([level]))
    if name:
        statement = statement.where(col(Committee.name).contains(name, autoescape=True))
    return statement


async def to_close(db: AsyncSession, campaign_id: UUID) -> tuple[int, int]:
    """How many confirmed persons have no certificate, and how many are still under review (MTG-47)."""
    issued = select(KnownCertificate.application_id).where(col(KnownCertificate.application_id).is_not(None))
    rows = (
        await db.execute(
            select(KnownCandidacy.state, func.count())
            .where(KnownCandidacy.campaign_id == campaign_id, col(KnownCandidacy.id).not_in(issued))
            .group_by(KnownCandidacy.state)
        )
    ).all()
    by_state: dict[str, int] = {row[0]: row[1] for row in rows}
    confirmed = {"CONFIRMED", "READY_TO_ISSUE"}
    over = {"VOTE_FAILED", "NOT_CONFIRMED", "CONFIRM_REJECTED"}
    missing = sum(count for state, count in by_state.items() if state in confirmed)
    under_way = sum(count for state, count in by_state.items() if state not in confirmed | over)
    return missing, under_way


def modules_saved(row: Campaign) -> list[str]:
    """Names of the saved modules in their order."""
    return [module.value for module in tuple(Module)[: row.saved]]


def today() -> date:
    """The calendar day of business time."""
    return clock.local_date(clock.now())


async def filing_gaps(db: AsyncSession, row: Committee, rules: Rules) -> tuple[Complaint, ...]:
    """Everything that keeps a committee from being filed: letter, experts, chair (COM-08, COM-09)."""
    said = []
    if row.letter is None:
        said.append(Complaint("/letter", "required", "请上传核准备案请示。"))
    experts = await experts_of(db, row.id)
    incomplete = [one.name for one in experts if expert_gaps(one, row, rules)]
    if incomplete:
        detail = f"{len(incomplete)} 名专家的信息不完整或不符合要求，请在专家名单中修改。"
        said.append(Complaint("/experts", "complete", detail))
    if len(experts) < row.prescribed_size:
        detail = f"专家共 {len(experts)} 人，少于评委会人数 {row.prescribed_size} 人。"
        said.append(Complaint("/experts", "minimum", detail))
    if not any(one.duty == "CHAIR" for one in experts):
        said.append(Complaint("/experts", "chair", "请指定主任委员。"))
    return tuple(said)


async def experts_of(db: AsyncSession, committee_id: UUID) -> list[Expert]:
    """The committee's experts who are not suspended."""
    found = await db.scalars(
        select(Expert).where(Expert.committee_id == committee_id, Expert.state != "SUSPENDED")
    )
    return list(found)


def expert_gaps(row: Expert, committee: Committee, rules: Rules) -> tuple[Complaint, ...]:
    """What is missing of an expert, or keeps somebody from being one (COM-08, LAW-18)."""
    if said := left_out({name: getattr(row, name) for name in REQUIRED}):
        return said
    assert row.term_until is not None
    qualification = Qualification(row.title_series, row.title_level, row.term_from, row.term_until)
    return unqualified(
        qualification,
        tuple(committee.levels),
        committee.series,
        tuple(committee.related_series),
        rules.term_years,
    )


_TABS = {
    "NEW": (Expert.state == "TO_SUBMIT",),
    "SUBMITTED": (Expert.state == "TO_VET", col(Expert.recommended_by).is_(None)),
    "RECOMMENDED": (Expert.state == "TO_VET", col(Expert.recommended_by).is_not(None)),
    "IN_LIBRARY": (Expert.state == "IN_LIBRARY",),
    "RETURNED": (Expert.state == "RETURNED",),
    "SUSPENDED": (Expert.state == "SUSPENDED",),
    "ALL": (),
}
_ORDER = case({"CHAIR": 0, "VICE_CHAIR": 1}, value=Expert.duty, else_=2)


def experts_of_tab(committee_id: UUID, tab: str) -> Select[tuple[Expert]]:
    """A committee's experts under one tab, chairs first (COM-20)."""
    return (
        select(Expert)
        .where(Expert.committee_id == committee_id, *_TABS[tab])
        .order_by(_ORDER, col(Expert.id))
    )


def experts_named(committee_id: UUID, name: str, id_number: str) -> Select[tuple[Expert]]:
    """A committee's experts by part of the name and by the whole resident ID number."""
    statement = select(Expert).where(Expert.committee_id == committee_id)
    if name:
        statement = statement.where(col(Expert.name).contains(name, autoescape=True))
    if id_number:
        statement = statement.where(Expert.person == persons.ref(persons.RESIDENT_ID, id_number))
    return statement.order_by(_ORDER, col(Expert.id))


async def expert_counts(db: AsyncSession, committee_id: UUID) -> dict[str, int]:
    """How many experts lie under each tab."""
    columns = [func.count().filter(*where).label(tab) for tab, where in _TABS.items() if where]
    row = (await db.execute(select(*columns).where(Expert.committee_id == committee_id))).one()
    return dict(row._mapping)


async def same_expert(db: AsyncSession, committee_id: UUID, person: UUID) -> UUID | None:
    """The committee's expert who is this person, if any."""
    return await db.scalar(
        select(Expert.id).where(Expert.committee_id == committee_id, Expert.person == person)
    )


async def page_of(db: AsyncSession, statement: Select[tuple[T]], page: int, size: int) -> tuple[list[T], int]:
    """The rows of one page, and how many there are in all."""
    total = await db.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = await db.scalars(statement.limit(size).offset((page - 1) * size))
    return list(rows), total


def vetted_libraries(unit: UUID) -> Select[tuple[UUID]]:
    """Ids of the committees with experts whom this unit vets."""
    return select(Expert.committee_id).where(Expert.vetting_unit_id == unit, Expert.state != "TO_SUBMIT")


def libraries(unit: UUID) -> Select[tuple[Committee]]:
    """The committees with experts whom this unit vets (COM-24)."""
    return (
        select(Committee)
        .where(col(Committee.id).in_(vetted_libraries(unit)))
        .order_by(col(Committee.id).desc())
    )


async def library_figures(db: AsyncSession, ids: list[UUID], unit: UUID) -> dict[UUID, dict[str, Any]]:
    """Chairs, vice chairs and numbers of each library."""
    figures: dict[UUID, dict[str, Any]] = {
        one: {"chairs": [], "vice_chairs": [], "in_library": 0, "to_vet": 0} for one in ids
    }
    rows = await db.scalars(
        select(Expert).where(col(Expert.committee_id).in_(ids), Expert.state != "TO_SUBMIT")
    )
    for row in rows:
        of = figures[row.committee_id]
        of["in_library"] += row.state == "IN_LIBRARY"
        of["to_vet"] += row.state == "TO_VET" and row.vetting_unit_id == unit
        if row.duty != "MEMBER" and row.state != "SUSPENDED":
            of["chairs" if row.duty == "CHAIR" else "vice_chairs"].append(row.name)
    return figures


def experts_to_vet(committee_id: UUID, unit: UUID, tab: str) -> Select[tuple[Expert]]:
    """A committee's submitted experts whom this unit vets."""
    statement = select(Expert).where(
        Expert.committee_id == committee_id, Expert.vetting_unit_id == unit, Expert.state != "TO_SUBMIT"
    )
    if tab != "ALL":
        statement = statement.where(Expert.state == tab)
    return statement.order_by(_ORDER, col(Expert.id))
