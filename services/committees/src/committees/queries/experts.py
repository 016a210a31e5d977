"""Experts: tabs, searches, figures, and what is missing of them."""

from typing import Any
from uuid import UUID

from chassis import persons
from refusals import Complaint
from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from committees.domain.experts import REQUIRED, Qualification, left_out, unqualified
from committees.rules import Rules
from committees.tables import (
    Committee,
    Expert,
)


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
