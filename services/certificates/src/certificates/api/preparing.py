"""待发放: who is in, approval date and number, the summary sheet and its stamped scan (CRT-02, CRT-04)."""

from datetime import date
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.caller import Caller as CallerClaims
from chassis.files import FileNotUploaded, use_file
from chassis.outbox import emit
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from contracts.certificates.v1 import BatchPrepared, PersonPutBack, PersonWithdrawn
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy.ext.asyncio import AsyncSession

from certificates import queries, store
from certificates.api.shown import batch_summaries, batch_view
from certificates.api.views import BatchSummary, BatchView
from certificates.domain.batch import (
    AlreadyWithdrawn,
    ApprovalDateInvalid,
    Batch,
    NotInBatch,
    NotWithdrawn,
    ReasonNeeded,
)
from certificates.queries import Tab
from certificates.rules import STAMPED_SUMMARY, Rules
from certificates.tables import BatchPerson, CertificateBatch, FileRecord

router = Router(tags=["batches"])
ISSUE = "certificates.certificate.issue"


class WithdrawPerson(Model):
    """取消发证."""

    reason: str = Field(max_length=500, examples=["单位反映其业绩材料待核实"])


class SetApproval(Model):
    """Set the approval date, and another document number if it changed."""

    approval_date: date = Field(examples=["2026-12-18"])
    document_number: str | None = Field(default=None, max_length=100, examples=["川人社职称〔2026〕18号"])


class AttachStampedSummary(Model):
    """Name the uploaded scan (purpose `stamped-summary`)."""

    file_id: UUID


class WithdrawnPerson(BaseModel):
    """A person taken out, who waits in 待处理."""

    batch_id: UUID
    application_id: UUID
    name: str
    reason: str


@router.get("/batches", access=needs(ISSUE, Relation.OWN_UNIT))
async def list_batches(
    db: Db,
    caller: Caller,
    paging: Paging,
    rules: Rules,
    tab: Tab | None = None,
    document_number: str = "",
    campaign_id: UUID | None = None,
    committee_id: UUID | None = None,
) -> Page[BatchSummary]:
    """This unit's batches by tab: 待处理, 待发放, 已发放."""
    found = queries.batches(caller.unit, tab, document_number, campaign_id, committee_id)
    page = await Page.of(db, found, paging, lambda row: row)
    items = await batch_summaries(db, page.items, rules)
    return Page(items=items, total=page.total, page=page.page, size=page.size)


@router.get("/withdrawn", access=needs(ISSUE, Relation.OWN_UNIT))
async def list_withdrawn(db: Db, caller: Caller, paging: Paging) -> Page[WithdrawnPerson]:
    """Persons who were taken out of batches and are not issued otherwise (Q54)."""
    return await Page.of(db, queries.withdrawn(caller.unit), paging, _withdrawn)


@router.get("/batches/{batch_id}", access=needs(ISSUE, Relation.OWN_UNIT))
async def show_batch(batch_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files) -> BatchView:
    """A batch with its persons, and how far its certificates are."""
    return await batch_view(db, await store.batch_of(db, batch_id, caller.unit), rules, files)


@router.post(
    "/batches/{batch_id}/persons/{application_id}/withdraw",
    access=needs(ISSUE, Relation.OWN_UNIT),
    refuses=[IllegalMove, NotInBatch, AlreadyWithdrawn, ReasonNeeded],
)
async def withdraw_person(
    batch_id: UUID,
    application_id: UUID,
    body: WithdrawPerson,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> BatchView:
    """取消发证: take a doubtful person out; an uploaded stamped summary must be made anew."""
    row, persons = await _locked(db, batch_id, caller, if_match)
    moved = store.domain(row, persons).withdraw(application_id, body.reason)
    _note(persons, application_id, body.reason)
    store.save_batch(db, row, persons, moved)
    emit(
        db,
        PersonWithdrawn(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor,
            reason=body.reason,
            state=store.public_batch(row, persons),
        ),
    )
    audit(db, caller, "certificates.person.withdrawn", application_id, body.reason)
    return await batch_view(db, row, rules, files)


@router.post(
    "/batches/{batch_id}/persons/{application_id}/put-back",
    access=needs(ISSUE, Relation.OWN_UNIT),
    refuses=[IllegalMove, NotInBatch, NotWithdrawn],
)
async def put_person_back(
    batch_id: UUID,
    application_id: UUID,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> BatchView:
    """Take a withdrawn person into the batch again."""
    row, persons = await _locked(db, batch_id, caller, if_match)
    moved = store.domain(row, persons).put_back(application_id)
    _note(persons, application_id, "")
    store.save_batch(db, row, persons, moved)
    emit(
        db,
        PersonPutBack(
            subject=row.id, revision=row.revision, actor=caller.actor, state=store.public_batch(row, persons)
        ),
    )
    audit(db, caller, "certificates.person.put-back", application_id)
    return await batch_view(db, row, rules, files)


@router.put(
    "/batches/{batch_id}/approval",
    access=needs(ISSUE, Relation.OWN_UNIT),
    refuses=[IllegalMove, ApprovalDateInvalid],
)
async def set_approval(
    batch_id: UUID, body: SetApproval, db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> BatchView:
    """Set approval date and document number, which the certificates carry."""
    row, persons = await _locked(db, batch_id, caller, if_match)
    if body.document_number is not None:
        rules.check_document_number(body.document_number)
    today = clock.local_date(clock.now())
    number = body.document_number or row.document_number
    moved = store.domain(row, persons).approve(body.approval_date, number, today)
    _prepare(db, caller, row, persons, moved)
    audit(db, caller, "certificates.batch.approval-set", row.id, body.approval_date.isoformat())
    return await batch_view(db, row, rules, files)


@router.put(
    "/batches/{batch_id}/stamped-summary",
    access=needs(ISSUE, Relation.OWN_UNIT),
    refuses=[IllegalMove, FileNotUploaded],
)
async def attach_stamped_summary(
    batch_id: UUID,
    body: AttachStampedSummary,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> BatchView:
    """Attach the stamped and scanned summary sheet, without which nothing is issued."""
    row, persons = await _locked(db, batch_id, caller, if_match)
    moved = store.domain(row, persons).stamp()
    file = await use_file(db, body.file_id, caller, purpose=STAMPED_SUMMARY)
    row.stamped_summary = FileRecord(
        sha256=file.sha256 or "", name=file.name, size=file.size, media_type=file.media_type or ""
    )
    _prepare(db, caller, row, persons, moved)
    audit(db, caller, "certificates.batch.stamped", row.id, file.sha256 or "")
    return await batch_view(db, row, rules, files)


async def _locked(
    db: AsyncSession, batch_id: UUID, caller: CallerClaims, if_match: int
) -> tuple[CertificateBatch, list[BatchPerson]]:
    row = await store.lock_batch(db, batch_id, caller.unit)
    expect(row, if_match)
    return row, await store.members(db, batch_id)


def _prepare(
    db: AsyncSession, caller: CallerClaims, row: CertificateBatch, persons: list[BatchPerson], moved: Batch
) -> None:
    store.save_batch(db, row, persons, moved)
    emit(
        db,
        BatchPrepared(
            subject=row.id, revision=row.revision, actor=caller.actor, state=store.public_batch(row, persons)
        ),
    )


def _note(persons: list[BatchPerson], application_id: UUID, reason: str) -> None:
    for one in persons:
        if one.application_id == application_id:
            one.reason = reason


def _withdrawn(one: BatchPerson) -> WithdrawnPerson:
    return WithdrawnPerson(
        batch_id=one.batch_id, application_id=one.application_id, name=one.name, reason=one.reason
    )
