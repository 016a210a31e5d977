"""The expert library of a committee: added, corrected, submitted, suspended by the unit that keeps it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.access import Relation, needs
from chassis.audit import accessed, audit
from chassis.caller import Caller as CallerClaims
from chassis.db import save
from chassis.persons import unseal
from chassis.problems import Missing
from chassis.web import Caller, Config, Db, IfMatch, Model, Paging, Router, expect
from contracts.applications.v1 import SealedText
from fastapi import Query
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy.ext.asyncio import AsyncSession

from committees import actions, queries, store
from committees.api.expert_views import DescribeExpert, ExpertList, ExpertView, expert_list, expert_view
from committees.api.filing import VetRow
from committees.domain.experts import MACHINE, Event, ExpertStatus
from committees.domain.refusals import ExpertExists, ExpertRefused
from committees.rules import Rules, rules_of
from committees.rules.experts import checked
from committees.tables import Committee, Expert, KnownUnit

router = Router(tags=["experts"])


MANAGE, VET = "committees.expert.manage", "committees.expert.vet"


Tab = Literal["NEW", "SUBMITTED", "RECOMMENDED", "IN_LIBRARY", "RETURNED", "SUSPENDED", "ALL"]


class Reason(Model):
    """Say why."""

    reason: str = Field(default="", max_length=500, examples=["因工作调动"])


class SubmitExperts(Model):
    """Submit several experts at once."""

    rows: list[VetRow] = Field(min_length=1, max_length=200)
    dry_run: bool = False


class FindExperts(Model):
    """Search by personal data, which never travels in an address (COM-08)."""

    name: str = Field(default="", max_length=10, examples=["张"])
    id_number: str = Field(default="", max_length=18)
    page: int = Field(default=1, ge=1, le=1000)
    size: int = Field(default=20, ge=1, le=100)


class NumberView(BaseModel):
    """A full number; reading it leaves a trace."""

    id_type: str
    id_number: str


async def _fill(
    db: AsyncSession, row: Expert | None, body: DescribeExpert, rules: Rules, **more: Any
) -> Expert:
    values, said = checked(body.model_dump(), rules, queries.today())
    if said:
        raise ExpertRefused("请按提示修改后重新保存。", complaints=tuple(said))
    committee_id = row.committee_id if row else more["committee_id"]
    twin = await queries.same_expert(db, committee_id, values["person"])
    if twin is not None and (row is None or twin != row.id):
        raise ExpertExists("同一证件号码的专家已在本评委会专家库中，请在列表中查看。")
    if row is None:
        return Expert(**values, **more)
    for name, value in values.items():
        setattr(row, name, value)
    return row


@router.post(
    "/committees/{committee_id}/experts",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[ExpertRefused, ExpertExists],
    status_code=201,
)
async def add_expert(
    committee_id: UUID, body: DescribeExpert, db: Db, caller: Caller, config: Config
) -> ExpertView:
    """Add one expert, to be submitted later (COM-22)."""
    committee = await store.get_committee(db, committee_id, establishing=caller.unit)
    rules = rules_of(config.province)
    vetting = committee.authorising_unit_id
    row = save(db, await _fill(db, None, body, rules, committee_id=committee.id, vetting_unit_id=vetting))
    return expert_view(row, committee, caller, rules)


@router.post(
    "/committees/{committee_id}/experts/recommend",
    access=needs(MANAGE, Relation.OWN_UNIT),
    refuses=[ExpertRefused, ExpertExists],
    status_code=201,
)
async def recommend_expert(
    committee_id: UUID, body: DescribeExpert, db: Db, caller: Caller, config: Config
) -> ExpertView:
    """A direct subordinate of the establishing unit recommends an expert, who is to be vetted by that unit."""
    unit = await db.get(KnownUnit, caller.unit)
    committee = await db.get(Committee, committee_id)
    if committee is None or unit is None or unit.superior_id != committee.establishing_unit_id:
        raise Missing
    rules = rules_of(config.province)
    row = await _fill(
        db, None, body, rules, committee_id=committee.id, vetting_unit_id=committee.establishing_unit_id
    )
    row.recommended_by = unit.id
    _submit(db, caller, row, committee, rules)
    return expert_view(row, committee, caller, rules)


def _submit(
    db: AsyncSession, caller: CallerClaims, row: Expert, committee: Committee, rules: Rules
) -> Expert:
    if said := queries.expert_gaps(row, committee, rules):
        raise ExpertRefused(f"{row.name}：请补全后再提交。", complaints=said)
    row.state = ExpertStatus(MACHINE.next(ExpertStatus(row.state), Event.SUBMIT))
    if row.recommended_by is None:
        row.vetting_unit_id = committee.authorising_unit_id
    row.opinion = ""
    return actions.told_of_expert(db, caller, row)


@router.get("/committees/{committee_id}/experts", access=needs(MANAGE, Relation.ESTABLISHING))
async def list_experts(
    committee_id: UUID,
    db: Db,
    caller: Caller,
    paging: Paging,
    tab: Annotated[Tab, Query()] = "ALL",
) -> ExpertList:
    """A committee's library by tab, with the number under each (COM-20)."""
    committee = await store.get_committee(db, committee_id, establishing=caller.unit)
    return await expert_list(
        db, caller, committee, queries.experts_of_tab(committee.id, tab), paging.page, paging.size
    )


@router.post(
    "/committees/{committee_id}/experts/search",
    access=needs(MANAGE, Relation.ESTABLISHING),
    idempotent=False,
)
async def search_experts(committee_id: UUID, body: FindExperts, db: Db, caller: Caller) -> ExpertList:
    """Find experts of a committee by name or ID number (COM-08)."""
    committee = await store.get_committee(db, committee_id, establishing=caller.unit)
    found = queries.experts_named(committee.id, body.name, body.id_number)
    return await expert_list(db, caller, committee, found, body.page, body.size)


@router.get("/experts/{expert_id}", access=needs(MANAGE, Relation.ESTABLISHING))
async def read_expert(expert_id: UUID, db: Db, caller: Caller) -> ExpertView:
    """One expert, for the unit that keeps or recommended them (COM-23)."""
    row, committee = await store.get_visible_expert(db, expert_id, caller.unit)
    return expert_view(row, committee, caller, rules_of(committee.pack))


@router.get("/experts/{expert_id}/id-number", access=needs(MANAGE, Relation.ESTABLISHING))
async def read_id_number(expert_id: UUID, db: Db, caller: Caller) -> NumberView:
    """The full ID number; the look is written down."""
    row, _ = await store.get_visible_expert(db, expert_id, caller.unit)
    accessed(db, caller, "id-number", row.id)
    return NumberView(id_type=row.id_type, id_number=unseal(SealedText(**row.id_number)))


@router.put(
    "/experts/{expert_id}",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove, ExpertRefused, ExpertExists],
)
async def edit_expert(
    expert_id: UUID, body: DescribeExpert, db: Db, caller: Caller, if_match: IfMatch, config: Config
) -> ExpertView:
    """Correct an expert who is not submitted yet, or was returned."""
    row, committee = await store.lock_expert(db, expert_id, keeper=caller.unit)
    expect(row, if_match)
    MACHINE.next(ExpertStatus(row.state), Event.EDIT)
    rules = rules_of(config.province)
    save(db, await _fill(db, row, body, rules))
    return expert_view(row, committee, caller, rules)


@router.delete(
    "/experts/{expert_id}",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove],
    status_code=204,
)
async def delete_expert(expert_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> None:
    """Remove an expert who was never submitted."""
    row, _ = await store.lock_expert(db, expert_id, keeper=caller.unit)
    expect(row, if_match)
    if row.state != ExpertStatus.TO_SUBMIT:
        raise IllegalMove("已提交过的专家不能删除；不再参评的请停用。")
    await db.delete(row)
    audit(db, caller, "committees.expert.deleted", row.id)


@router.post(
    "/experts/{expert_id}/submit",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove, ExpertRefused],
)
async def submit_expert(expert_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> ExpertView:
    """Put a complete expert forward for the library (LAW-18)."""
    row, committee = await store.lock_expert(db, expert_id, keeper=caller.unit)
    expect(row, if_match)
    rules = rules_of(committee.pack)
    return expert_view(_submit(db, caller, row, committee, rules), committee, caller, rules)


@router.post("/committees/{committee_id}/experts/submit", access=needs(MANAGE, Relation.ESTABLISHING))
async def submit_experts(
    committee_id: UUID, body: SubmitExperts, db: Db, caller: Caller
) -> actions.BatchResult:
    """Put several experts forward; one result per row."""
    committee = await store.get_committee(db, committee_id, establishing=caller.unit)
    rules = rules_of(committee.pack)

    async def submit(expert_id: UUID, revision: int) -> Expert:
        row, of = await store.lock_expert(db, expert_id, keeper=caller.unit)
        if of.id != committee.id:
            raise Missing
        expect(row, revision)
        return _submit(db, caller, row, committee, rules)

    return await actions.each(db, [(row.id, row.revision) for row in body.rows], submit, dry_run=body.dry_run)


@router.post(
    "/experts/{expert_id}/suspend", access=needs(MANAGE, Relation.ESTABLISHING), refuses=[IllegalMove]
)
async def suspend_expert(
    expert_id: UUID, body: Reason, db: Db, caller: Caller, if_match: IfMatch
) -> ExpertView:
    """Let an expert take no part until admitted again (Q28)."""
    return await _move(db, caller, expert_id, if_match, Event.SUSPEND, body.reason)


@router.post(
    "/experts/{expert_id}/readmit",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove, ExpertRefused],
)
async def readmit_expert(
    expert_id: UUID, body: Reason, db: Db, caller: Caller, if_match: IfMatch
) -> ExpertView:
    """Let a suspended expert take part again."""
    return await _move(db, caller, expert_id, if_match, Event.READMIT, body.reason)


async def _move(
    db: AsyncSession, caller: CallerClaims, expert_id: UUID, revision: int, event: Event, reason: str
) -> ExpertView:
    row, committee = await store.lock_expert(db, expert_id, establishing=caller.unit)
    expect(row, revision)
    row.state = ExpertStatus(MACHINE.next(ExpertStatus(row.state), event))
    actions.told_of_expert(db, caller, row, reason)
    return expert_view(row, committee, caller, rules_of(committee.pack))
