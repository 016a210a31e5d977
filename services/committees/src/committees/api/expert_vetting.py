"""Vetting experts: per committee, by the authorising unit; recommended ones by the establishing unit."""

from typing import Annotated, Literal
from uuid import UUID

from chassis.access import Relation, needs
from chassis.db import get, lock
from chassis.problems import Missing
from chassis.web import Caller, Db, IfMatch, Paging, Router
from fastapi import Query
from pydantic import BaseModel
from refusals.machine import IllegalMove

from committees import actions, queries
from committees.api.expert_views import ExpertList, ExpertView, expert_list, expert_view
from committees.api.experts import VET
from committees.api.filing import Vet, VetBatch
from committees.domain.experts import Event
from committees.domain.refusals import OpinionRequired, OwnExpert
from committees.rules import rules_of
from committees.tables import Committee, Expert

router = Router(tags=["expert vetting"])


class LibraryItem(BaseModel):
    """A committee's library as the vetting list shows it (COM-24)."""

    committee_id: UUID
    name: str
    series: str
    levels: list[str]
    chairs: list[str]
    vice_chairs: list[str]
    in_library: int
    to_vet: int


class LibraryList(BaseModel):
    """One page of libraries."""

    items: list[LibraryItem]
    total: int
    page: int
    size: int


@router.get("/expert-vetting", access=needs(VET))
async def list_libraries(db: Db, caller: Caller, paging: Paging) -> LibraryList:
    """Committees whose experts the acting unit vets (COM-24)."""
    rows, total = await queries.page_of(db, queries.libraries(caller.unit), paging.page, paging.size)
    figures = await queries.library_figures(db, [row.id for row in rows], caller.unit)
    items = [
        LibraryItem(
            committee_id=row.id, name=row.name, series=row.series, levels=row.levels, **figures[row.id]
        )
        for row in rows
    ]
    return LibraryList(items=items, total=total, page=paging.page, size=paging.size)


@router.get("/expert-vetting/{committee_id}", access=needs(VET, Relation.AUTHORISING))
async def list_experts_to_vet(
    committee_id: UUID,
    db: Db,
    caller: Caller,
    paging: Paging,
    tab: Annotated[Literal["TO_VET", "IN_LIBRARY", "RETURNED", "SUSPENDED", "ALL"], Query()] = "TO_VET",
) -> ExpertList:
    """A committee's experts whom the acting unit vets (COM-25)."""
    committee = await get(
        db, Committee, Committee.id == committee_id, Committee.id.in_(queries.vetted_libraries(caller.unit))
    )
    found = queries.experts_to_vet(committee.id, caller.unit, tab)
    return await expert_list(db, caller, committee, found, paging.page, paging.size)


@router.get("/expert-vetting/experts/{expert_id}", access=needs(VET, Relation.AUTHORISING))
async def read_expert_to_vet(expert_id: UUID, db: Db, caller: Caller) -> ExpertView:
    """One submitted expert with everything that was typed in, for the unit that vets them (COM-23)."""
    row = await get(
        db,
        Expert,
        Expert.id == expert_id,
        Expert.vetting_unit_id == caller.unit,
        Expert.state != "TO_SUBMIT",
    )
    return await _view(db, row, caller)


async def _vet(db: Db, caller: Caller, expert_id: UUID, revision: int, event: Event, opinion: str) -> Expert:
    row = await lock(db, Expert, Expert.id == expert_id, Expert.vetting_unit_id == caller.unit)
    if row.state == "TO_SUBMIT":  # nobody has submitted it to the unit yet
        raise Missing
    return await actions.vet_expert(db, caller, row, revision, event, opinion)


@router.post(
    "/experts/{expert_id}/pass", access=needs(VET, Relation.AUTHORISING), refuses=[IllegalMove, OwnExpert]
)
async def pass_expert(expert_id: UUID, body: Vet, db: Db, caller: Caller, if_match: IfMatch) -> ExpertView:
    """Admit an expert to the library."""
    row = await _vet(db, caller, expert_id, if_match, Event.PASS, body.opinion)
    return await _view(db, row, caller)


@router.post(
    "/experts/{expert_id}/return",
    access=needs(VET, Relation.AUTHORISING),
    refuses=[IllegalMove, OwnExpert, OpinionRequired],
)
async def return_expert(expert_id: UUID, body: Vet, db: Db, caller: Caller, if_match: IfMatch) -> ExpertView:
    """Return an expert for correction, with a reason."""
    row = await _vet(db, caller, expert_id, if_match, Event.RETURN, body.opinion)
    return await _view(db, row, caller)


async def _view(db: Db, row: Expert, caller: Caller) -> ExpertView:
    committee = await get(db, Committee, Committee.id == row.committee_id)
    return expert_view(row, committee, caller, rules_of(committee.pack))


@router.post("/expert-vetting/batch-pass", access=needs(VET))
async def batch_pass_experts(body: VetBatch, db: Db, caller: Caller) -> actions.BatchResult:
    """Admit the selected experts; one result per row (COM-25)."""
    return await actions.each(
        db,
        body.seen,
        lambda subject, seen: _vet(db, caller, subject, seen, Event.PASS, body.opinion),
        dry_run=body.dry_run,
    )


@router.post("/expert-vetting/batch-return", access=needs(VET))
async def batch_return_experts(body: VetBatch, db: Db, caller: Caller) -> actions.BatchResult:
    """Return the selected experts with a reason; one result per row."""
    return await actions.each(
        db,
        body.seen,
        lambda subject, seen: _vet(db, caller, subject, seen, Event.RETURN, body.opinion),
        dry_run=body.dry_run,
    )
