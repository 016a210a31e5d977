"""Filing: applied for by the establishing unit, vetted by the authorising and the filing unit."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import save
from chassis.files import FileNotUploaded, use_file
from chassis.outbox import emit
from chassis.problems import Missing, NotYetKnown
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from contracts.committees import v1
from contracts.vocabulary import Matter
from fastapi import Query
from pydantic import BaseModel, Field
from refusals import Refusal
from refusals.machine import IllegalMove
from vetting import NotYourTurn, OpinionNeeded, PostWithoutPerson

from committees import actions, queries, store
from committees.api.committee_views import CommitteeItem, CommitteeView, committee_view, item_page
from committees.api.committees import MANAGE, check
from committees.domain.refusals import FilingIncomplete, NotYetExpiring, ScopeRefused, UnitNotCompetent
from committees.rules import REFILE_AHEAD, rules_of

router = Router(tags=["filing"])
VET = "committees.filing.vet"
LETTER = "filing-letter"


class BindFile(Model):
    """Bind a checked upload."""

    file_id: UUID


class SubmitFiling(Model):
    """Apply for filing."""


class Vet(Model):
    """Decide on what lies in the acting unit's inbox."""

    opinion: str = Field(default="", max_length=500, examples=["材料齐全，同意备案"])


class VetRow(Model):
    """One row of a batch, as it was seen."""

    id: UUID
    revision: int = Field(ge=1, examples=[3])


class VetBatch(Model):
    """Decide on several rows at once."""

    rows: list[VetRow] = Field(min_length=1, max_length=100)
    opinion: str = Field(default="", max_length=500)
    dry_run: bool = False

    @property
    def seen(self) -> list[tuple[UUID, int]]:
        """Each row's id and the revision seen."""
        return [(row.id, row.revision) for row in self.rows]


class LinkView(BaseModel):
    """Where a file can be downloaded for some minutes."""

    url: str
    name: str


@router.put(
    "/committees/{committee_id}/letter",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove, FileNotUploaded],
)
async def bind_letter(
    committee_id: UUID, body: BindFile, db: Db, caller: Caller, if_match: IfMatch
) -> CommitteeView:
    """Step ③: bind the filing request letter, a PDF uploaded for the purpose `filing-letter` (COM-09)."""
    row = await store.lock_committee(db, committee_id, establishing=caller.unit)
    expect(row, if_match)
    store.filing_of(row).edit()
    row.letter = store.file_ref(await use_file(db, body.file_id, caller, purpose=LETTER))
    save(db, row)
    return await committee_view(db, row, caller, rules_of(row.pack))


_SUBMIT: list[type[Refusal]] = [IllegalMove, FilingIncomplete, NotYetExpiring, NotYetKnown]


@router.post(
    "/committees/{committee_id}/submit",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[*_SUBMIT, ScopeRefused, UnitNotCompetent, PostWithoutPerson],
)
async def submit_filing(
    committee_id: UUID, body: SubmitFiling, db: Db, caller: Caller, if_match: IfMatch
) -> CommitteeView:
    """提交备案: to the authorising unit, then to the filing unit (COM-09)."""
    row = await store.lock_committee(db, committee_id, establishing=caller.unit)
    expect(row, if_match)
    rules, now = rules_of(row.pack), clock.now()
    await check(db, row, rules)
    route = await store.route_through(
        db, Matter.COMMITTEE_FILING, row.authorising_unit_id, row.filing_unit_id
    )
    filing = store.filing_of(row).submit(
        route, caller.person, caller.unit, now, today=clock.local_date(now), ahead=REFILE_AHEAD
    )
    if said := await queries.filing_gaps(db, row, rules):
        raise FilingIncomplete("请补全后再提交备案。", complaints=said)
    store.save_filing(db, row, filing)
    state = queries.committee_state(row)
    emit(db, v1.FilingSubmitted(subject=row.id, revision=row.revision, actor=caller.actor, state=state))
    audit(db, caller, "committees.filing.submitted", row.id)
    return await committee_view(db, row, caller, rules)


@router.get("/filings", access=needs(VET))
async def list_filings(
    db: Db,
    caller: Caller,
    paging: Paging,
    tab: Annotated[Literal["PENDING", "PASSED", "NOT_PASSED"], Query()] = "PENDING",
) -> Page[CommitteeItem]:
    """Filings that wait at the acting unit, or that it passed or did not pass (COM-11)."""
    return await item_page(db, queries.filings_of_tab(caller.unit, tab), paging, caller)


@router.get("/filings/{committee_id}", access=needs(VET, Relation.NODE))
async def read_filing(committee_id: UUID, db: Db, caller: Caller) -> CommitteeView:
    """A filing with its trail, for the units that vet it."""
    row = await store.committee_on_route(db, committee_id, caller.unit)
    return await committee_view(db, row, caller, rules_of(row.pack))


@router.post(
    "/filings/{committee_id}/pass",
    access=needs(VET, Relation.NODE),
    refuses=[IllegalMove, NotYourTurn],
)
async def pass_filing(
    committee_id: UUID, body: Vet, db: Db, caller: Caller, if_match: IfMatch
) -> CommitteeView:
    """Pass a filing at the acting post; the last one files the committee for three years (COM-12)."""
    row = await actions.pass_filing(db, caller, committee_id, if_match, body.opinion)
    return await committee_view(db, row, caller, rules_of(row.pack))


@router.post(
    "/filings/{committee_id}/return",
    access=needs(VET, Relation.NODE),
    refuses=[IllegalMove, NotYourTurn, OpinionNeeded],
)
async def return_filing(
    committee_id: UUID, body: Vet, db: Db, caller: Caller, if_match: IfMatch
) -> CommitteeView:
    """审核不通过: back to the establishing unit; an opinion is needed (Q20)."""
    row = await actions.return_filing(db, caller, committee_id, if_match, body.opinion)
    return await committee_view(db, row, caller, rules_of(row.pack))


@router.post("/filings/batch-pass", access=needs(VET))
async def batch_pass_filings(body: VetBatch, db: Db, caller: Caller) -> actions.BatchResult:
    """批量通过: one result per row."""
    return await actions.each(
        db,
        body.seen,
        lambda subject, seen: actions.pass_filing(db, caller, subject, seen, body.opinion),
        dry_run=body.dry_run,
    )


@router.post("/filings/batch-return", access=needs(VET))
async def batch_return_filings(body: VetBatch, db: Db, caller: Caller) -> actions.BatchResult:
    """批量退回: one result per row; an opinion is needed."""
    return await actions.each(
        db,
        body.seen,
        lambda subject, seen: actions.return_filing(db, caller, subject, seen, body.opinion),
        dry_run=body.dry_run,
    )


@router.get("/committees/{committee_id}/letter", access=needs(MANAGE, Relation.ESTABLISHING))
async def download_letter(committee_id: UUID, db: Db, caller: Caller, files: Files) -> LinkView:
    """Where the establishing unit downloads its filing request letter."""
    row = await store.get_committee(db, committee_id, establishing=caller.unit)
    return await link(files, row.letter)


@router.get("/filings/{committee_id}/letter", access=needs(VET, Relation.NODE))
async def download_vetted_letter(committee_id: UUID, db: Db, caller: Caller, files: Files) -> LinkView:
    """Where a vetting unit downloads the filing request letter."""
    row = await store.committee_on_route(db, committee_id, caller.unit)
    return await link(files, row.letter)


async def link(files: Files, file: Mapping[str, Any] | None) -> LinkView:
    """A presigned address of a bound file; raises Missing when none is bound."""
    if file is None:
        raise Missing
    url = await files.url(file["sha256"], file["name"], file["media_type"])
    return LinkView(url=url, name=file["name"])
