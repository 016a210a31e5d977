"""An expert as they are typed in and shown."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from chassis.caller import Caller as CallerClaims
from chassis.web import Model, View
from pydantic import BaseModel, Field
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from committees import queries
from committees.domain.experts import MACHINE, Event, ExpertStatus, age_of
from committees.rules import Rules, rules_of
from committees.tables import Committee, Expert


class DescribeExpert(Model):
    """Basic and title information (COM-22); blanks may be filled in until it is submitted."""

    nationality: str = Field(default="CHN", max_length=20)
    name: str = Field(min_length=1, max_length=10, examples=["张三"])
    id_type: str = Field(default="RESIDENT_ID", max_length=30)
    id_number: str = Field(min_length=1, max_length=18, examples=["510104197503150019"])
    sex: Literal["MALE", "FEMALE", ""] = Field(default="", examples=["MALE"])
    birth: str = Field(
        default="", max_length=10, examples=["197503"], description="yyyyMM or a full date (Q28)."
    )
    retired: bool = False
    work_unit: str = Field(default="", max_length=30, examples=["成都市农业技术推广总站"])
    supervising_unit: str = Field(default="", max_length=30)
    administrative_post: str = Field(default="", max_length=20, examples=["站长"])
    post_grade: str = Field(default="", max_length=20, examples=["P04"])
    phone: str = Field(default="", max_length=11, examples=["13800000000"])
    phone2: str = Field(default="", max_length=11)
    honours: str = Field(default="", max_length=300, examples=["无"])
    title_series: str = Field(default="", max_length=50, examples=["agriculture"])
    specialty: str = Field(default="", max_length=30, examples=["农学"])
    title_name: str = Field(default="", max_length=30, examples=["高级农艺师"])
    duty: Literal["CHAIR", "VICE_CHAIR", "MEMBER"] = "MEMBER"
    term_from: date | None = Field(default=None, description="Today unless given.")
    term_until: date | None = Field(default=None, description="Three years unless given (LAW-18).")


class ExpertItem(View):
    """An expert in lists; the ID number is masked."""

    committee_id: UUID
    name: str
    sex: str
    birth: str
    age: int | None
    id_masked: str
    phone: str
    work_unit: str
    administrative_post: str
    title_series: str
    title_name: str
    title_level: str
    specialty: str
    duty: str
    complete: bool
    recommended_by: UUID | None
    opinion: str


class ExpertView(ExpertItem):
    """An expert with everything that was typed in (COM-23)."""

    nationality: str
    id_type: str
    retired: bool
    supervising_unit: str
    post_grade: str
    phone2: str
    honours: str
    term_from: date
    term_until: date | None
    gaps: list[dict[str, str]] = Field(description="What is missing or not allowed: pointer and detail.")


class ExpertList(BaseModel):
    """One page of experts, and how many there are under each tab."""

    items: list[ExpertItem]
    total: int
    page: int
    size: int
    counts: dict[str, int]


def allowed(row: Expert, committee: Committee, caller: CallerClaims) -> list[str]:
    """What this caller may do with an expert now."""
    keeper = row.recommended_by or committee.establishing_unit_id
    state, found = ExpertStatus(row.state), []
    owner = MACHINE.allowed(state, "establishing unit")
    if keeper == caller.unit_id:
        found += [event for event in owner if event in (Event.EDIT, Event.SUBMIT)]
    if committee.establishing_unit_id == caller.unit_id:
        found += [event for event in owner if event in (Event.SUSPEND, Event.READMIT)]
    if row.vetting_unit_id == caller.unit_id and row.person != caller.person:
        found += MACHINE.allowed(state, "vetting unit")
    return found


def item(row: Expert, committee: Committee, caller: CallerClaims, rules: Rules) -> ExpertItem:
    """An expert as a row of a list."""
    return ExpertItem(**_shown(row, committee, caller, rules, ExpertItem))


def expert_view(row: Expert, committee: Committee, caller: CallerClaims, rules: Rules) -> ExpertView:
    """An expert as the detail page shows them."""
    gaps = [{"pointer": c.pointer, "detail": c.detail} for c in queries.expert_gaps(row, committee, rules)]
    return ExpertView(**_shown(row, committee, caller, rules, ExpertView), gaps=gaps)


def _shown(
    row: Expert, committee: Committee, caller: CallerClaims, rules: Rules, model: type[ExpertItem]
) -> dict[str, Any]:
    computed = {"age", "complete", "allowed_actions", "gaps"}
    return {
        **{name: getattr(row, name) for name in model.model_fields if name not in computed},
        "age": age_of(row.birth, queries.today()) if len(row.birth) == 7 else None,
        "complete": not queries.expert_gaps(row, committee, rules),
        "allowed_actions": allowed(row, committee, caller),
    }


async def expert_list(
    db: AsyncSession,
    caller: CallerClaims,
    committee: Committee,
    found: Select[tuple[Expert]],
    page: int,
    size: int,
) -> ExpertList:
    """One page of a committee's experts with the counts of its tabs."""
    rules = rules_of(committee.pack)
    rows, total = await queries.page_of(db, found, page, size)
    return ExpertList(
        items=[item(row, committee, caller, rules) for row in rows],
        total=total,
        page=page,
        size=size,
        counts=await queries.expert_counts(db, committee.id),
    )
