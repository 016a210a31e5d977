"""Confirmation by the authorising or letter-issuing unit (MTG-40 to 44, LAW-10)."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.problems import Missing
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, View, expect
from contracts.meetings.v1 import ConfirmationRejected, ResultConfirmed, SupplementRequested
from fastapi import Query, Response
from pydantic import BaseModel, Field
from refusals import Refusal
from refusals.machine import IllegalMove
from sheets import export
from sqlalchemy import Select, select
from sqlmodel import col

from meetings import store
from meetings.actions import move_candidacy
from meetings.actions.publicity import objected
from meetings.api.downloads import DOWNLOAD, workbook
from meetings.api.views import FileLink, RulesNow, link
from meetings.domain.candidacy import (
    CANDIDACY,
    CandidacyStatus,
    DocumentMissing,
    Event,
    ObjectionOpen,
    check_confirmable,
)
from meetings.domain.publicity import Standing
from meetings.tables import Candidacy, Meeting, QualificationDocument

router = Router(tags=["confirmation"])
DECIDE = needs("meetings.confirmation.decide", Relation.AUTHORISING)
S = CandidacyStatus
_SEEN = (S.CONFIRMING, S.SUPPLEMENT, S.CONFIRMED, S.READY_TO_ISSUE, S.CONFIRM_REJECTED, S.NOT_CONFIRMED)


class Totals(BaseModel):
    """The announced count."""

    for_: int
    against: int
    abstain: int
    attending: int
    recused: int


class ConfirmationView(View):
    """A person whose result is to be confirmed."""

    meeting_id: UUID
    campaign_id: UUID
    name: str
    sex: str
    id_masked: str
    employer_name: str
    series: str
    level: str
    specialty: str
    title_name: str
    totals: Totals | None
    opinion: str
    supplement_note: str
    supplement_files: list[FileLink]
    document_number: str | None
    confirmed_at: datetime | None


class ReturnForSupplement(Model):
    """Ask the committee for more."""

    reason: str = Field(min_length=1, max_length=1000, examples=["请补充业绩证明材料。"])


class RejectResult(Model):
    """Do not confirm: the year counts as not passed."""

    reason: str = Field(min_length=1, max_length=1000, examples=["不符合申报条件。"])


class ConfirmAll(Model):
    """一键通过: everybody of a meeting who waits."""

    meeting_id: UUID


class Confirmed(BaseModel):
    """What became of one person."""

    id: UUID
    name: str
    ok: bool
    state: str
    code: str | None = None
    detail: str | None = None


@router.get("/confirmations", access=DECIDE)
async def list_confirmations(
    db: Db,
    caller: Caller,
    files: Files,
    paging: Paging,
    state: Annotated[CandidacyStatus | None, Query()] = None,
    meeting_id: UUID | None = None,
) -> Page[ConfirmationView]:
    """Persons for the acting unit to confirm (未确认), and those passed or returned."""
    found = awaiting(caller.unit, state, meeting_id)
    page = await Page.of(db, found, paging, lambda row: row)
    items = [await confirmation_view(row, files) for row in page.items]
    return Page(items=items, total=page.total, page=page.page, size=page.size)


@router.get("/confirmations/export", access=DECIDE, **DOWNLOAD)
async def export_confirmations(
    db: Db,
    caller: Caller,
    rules: RulesNow,
    state: Annotated[CandidacyStatus | None, Query()] = None,
    meeting_id: UUID | None = None,
) -> Response:
    """The current list as a workbook: base data and the committee's result (MTG-44)."""
    rows = list(await db.scalars(awaiting(caller.unit, state, meeting_id)))
    labels = [
        "姓名",
        "证件号码",
        "工作单位",
        "系列",
        "级别",
        "专业",
        "职称",
        "同意",
        "反对",
        "弃权",
        "出席",
        "状态",
    ]
    cells = []
    for row in rows:
        totals = row.totals or {}
        cells.append(
            [
                row.name,
                row.id_masked,
                row.employer_name,
                row.series,
                rules.level_names.get(row.level, row.level),
                row.specialty,
                row.title_name,
                *[totals.get(name, "") for name in ("for_", "against", "abstain", "attending")],
                LABELS[CandidacyStatus(row.state)],
            ]
        )
    return workbook(await asyncio.to_thread(export, "评审结果确认", labels, cells), "评审结果确认")


@router.get("/confirmations/{application_id}", access=DECIDE)
async def show_confirmation(application_id: UUID, db: Db, caller: Caller, files: Files) -> ConfirmationView:
    """One person."""
    row = await db.scalar(awaiting(caller.unit, None, None).where(Candidacy.id == application_id))
    if row is None:
        raise Missing
    return await confirmation_view(row, files)


@router.post("/confirmations/{application_id}/return", access=DECIDE, refuses=[IllegalMove])
async def return_confirmation(
    application_id: UUID, body: ReturnForSupplement, db: Db, caller: Caller, files: Files, if_match: IfMatch
) -> ConfirmationView:
    """Return a person to the committee for supplement (MTG-41)."""
    row = await _locked(db, application_id, caller)
    expect(row, if_match)
    row.opinion = body.reason
    move_candidacy(db, caller, row, Event.REQUEST_SUPPLEMENT, SupplementRequested, reason=body.reason)
    return await confirmation_view(row, files)


@router.post(
    "/confirmations/{application_id}/pass",
    access=DECIDE,
    refuses=[IllegalMove, DocumentMissing, ObjectionOpen],
)
async def pass_confirmation(
    application_id: UUID, db: Db, caller: Caller, files: Files, if_match: IfMatch
) -> ConfirmationView:
    """Confirm one person's result."""
    row = await _locked(db, application_id, caller)
    expect(row, if_match)
    await _confirm(db, caller, row)
    return await confirmation_view(row, files)


@router.post("/confirmations/pass-all", access=DECIDE, refuses=[DocumentMissing, Missing])
async def pass_all(body: ConfirmAll, db: Db, caller: Caller) -> list[Confirmed]:
    """Confirm everybody of a meeting who waits; who is objected to stays, one result per person."""
    meeting = await meeting_to_confirm(db, body.meeting_id, caller.unit)
    check_confirmable(await document_of(db, meeting.id, caller.unit) is not None, False)
    done = []
    waiting = awaiting(caller.unit, S.CONFIRMING, meeting.id).with_for_update()
    for row in await db.scalars(waiting.execution_options(populate_existing=True)):
        try:
            await _confirm(db, caller, row)
            done.append(Confirmed(id=row.id, name=row.name, ok=True, state=row.state))
        except Refusal as refusal:
            # Refused before anything was changed.
            code, detail = refusal.slug, refusal.detail or refusal.title
            done.append(
                Confirmed(id=row.id, name=row.name, ok=False, state=row.state, code=code, detail=detail)
            )
    return done


@router.post("/confirmations/{application_id}/reject", access=DECIDE, refuses=[IllegalMove])
async def reject_confirmation(
    application_id: UUID, body: RejectResult, db: Db, caller: Caller, files: Files, if_match: IfMatch
) -> ConfirmationView:
    """Reject a person's result: no further application this year (MTG-43)."""
    row = await _locked(db, application_id, caller)
    expect(row, if_match)
    row.opinion = body.reason
    move_candidacy(db, caller, row, Event.REJECT, ConfirmationRejected, reason=body.reason)
    return await confirmation_view(row, files)


async def confirmation_view(row: Candidacy, files: Files) -> ConfirmationView:
    """A person's view."""
    shared = {name: getattr(row, name) for name in ConfirmationView.model_fields if hasattr(row, name)}
    supplement = row.supplement or {"note": "", "files": []}
    return ConfirmationView(
        **shared,
        supplement_note=supplement["note"],
        supplement_files=[await link(files, one) for one in supplement["files"]],
        allowed_actions=list(CANDIDACY.allowed(CandidacyStatus(row.state), "authorising")),
    )


LABELS = {
    S.READY: "待分配",
    S.REVIEWING: "评审中",
    S.VOTE_PASSED: "评审通过",
    S.VOTE_FAILED: "评审未通过",
    S.IN_PUBLICITY: "公示",
    S.CONFIRMING: "未确认",
    S.SUPPLEMENT: "已退回（补充材料）",
    S.CONFIRMED: "确认通过",
    S.READY_TO_ISSUE: "待发证",
    S.CONFIRM_REJECTED: "不通过",
    S.NOT_CONFIRMED: "异议成立，不予确认",
}


def awaiting(unit: UUID, state: CandidacyStatus | None, meeting_id: UUID | None) -> Select[tuple[Candidacy]]:
    states = _SEEN if state is None else (state,) if state in _SEEN else ()
    found = select(Candidacy).where(Candidacy.confirming_unit_id == unit, col(Candidacy.state).in_(states))
    if meeting_id is not None:
        found = found.where(Candidacy.meeting_id == meeting_id)
    return found.order_by(col(Candidacy.meeting_id), col(Candidacy.sequence), col(Candidacy.id))


async def _locked(db: Db, application_id: UUID, caller: Caller) -> Candidacy:
    mine = (Candidacy.confirming_unit_id == caller.unit, col(Candidacy.state).in_(_SEEN))
    return await store.lock_candidacy(db, application_id, *mine)


async def document_of(db: Db, meeting_id: UUID | None, unit: UUID) -> QualificationDocument | None:
    return await db.scalar(
        select(QualificationDocument).where(
            QualificationDocument.meeting_id == meeting_id, QualificationDocument.unit_id == unit
        )
    )


async def _confirm(db: Db, caller: Caller, row: Candidacy) -> None:
    CANDIDACY.next(CandidacyStatus(row.state), Event.CONFIRM)
    document = await document_of(db, row.meeting_id, caller.unit)
    check_confirmable(document is not None, await objected(db, row.id) is not Standing.CLEAR)
    row.confirmed_at = clock.now()
    move_candidacy(db, caller, row, Event.CONFIRM, ResultConfirmed)


async def meeting_to_confirm(db: Db, meeting_id: UUID, unit: UUID) -> Meeting:
    """A meeting with persons for this unit to confirm; raises Missing."""
    if await db.scalar(awaiting(unit, None, meeting_id).limit(1)) is None:
        raise Missing
    return await db.get_one(Meeting, meeting_id)
