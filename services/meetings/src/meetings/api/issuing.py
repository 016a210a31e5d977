"""The committee after confirmation: supplement, document number, issuing information, work report (MTG-41, 46)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import save
from chassis.files import FileNotUploaded
from chassis.outbox import emit
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from contracts.applications.v1 import FileRef
from contracts.meetings.v1 import (
    DocumentNumberSet,
    HandedOver,
    IssuingInformationState,
    IssuingInformationSubmitted,
    IssuingPerson,
    Supplemented,
)
from fastapi import Query
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlmodel import col

from meetings import store
from meetings.actions import move_candidacy, tell_candidacy
from meetings.api.confirmation import ConfirmationView, confirmation_view
from meetings.api.meetings import OFFICE
from meetings.api.uploads import REPORT, SUPPLEMENT
from meetings.domain.candidacy import CANDIDACY, CandidacyStatus, Event
from meetings.domain.documents import (
    InformationMissing,
    NobodyToIssue,
    NumberDiffers,
    NumberInvalid,
    NumberMissing,
    check_number,
    check_same,
)
from meetings.rules import rules_of
from meetings.tables import Candidacy, IssuingInformation, KnownCertificate, Meeting, QualificationDocument

router = Router(tags=["issuing information"])
ISSUE = needs("meetings.issuing-information.submit", Relation.ESTABLISHING)


class SupplementPerson(Model):
    """What the committee adds."""

    note: str = Field(min_length=1, max_length=2000, examples=["已补充业绩证明材料。"])
    files: list[UUID] = Field(default_factory=list, max_length=20)


class SetDocumentNumber(Model):
    """The number of the qualification document, for everybody confirmed."""

    number: str = Field(min_length=1, max_length=100, examples=["成人社职〔2026〕60号"])


class UploadReport(Model):
    """The review work report."""

    file_id: UUID


class NumberedView(BaseModel):
    """How many persons bear the number now."""

    number: str
    persons: int


class IssuingInformationView(BaseModel):
    """What was sent for issuing."""

    id: UUID
    issuing_unit_id: UUID
    document_number: str
    review_date: date
    confirmed_date: date
    persons: int


class FollowedPerson(BaseModel):
    """Where a person of the committee's meetings stands (MTG-46)."""

    id: UUID
    name: str
    employer_name: str
    title_name: str
    state: str
    revision: int
    allowed_actions: list[str]
    opinion: str
    document_number: str | None
    submitted: bool
    certificate_number: str | None


@router.get("/candidacies", access=OFFICE)
async def list_candidacies(
    db: Db,
    caller: Caller,
    paging: Paging,
    meeting_id: UUID,
    state: Annotated[CandidacyStatus | None, Query()] = None,
) -> Page[FollowedPerson]:
    """The persons of a meeting with their states, up to the certificate."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    found = select(Candidacy).where(Candidacy.meeting_id == meeting.id)
    if state is not None:
        found = found.where(Candidacy.state == state)
    certificates = dict(
        (
            await db.execute(
                select(KnownCertificate.application_id, KnownCertificate.number).where(
                    KnownCertificate.state == "ISSUED",
                    col(KnownCertificate.application_id).in_(found.with_only_columns(col(Candidacy.id))),
                )
            )
        ).all()
    )
    return await Page.of(
        db, found.order_by(col(Candidacy.sequence)), paging, lambda row: _followed(row, certificates)
    )


@router.post(
    "/candidacies/{application_id}/supplement", access=OFFICE, refuses=[IllegalMove, FileNotUploaded]
)
async def supplement(
    application_id: UUID, body: SupplementPerson, db: Db, caller: Caller, files: Files, if_match: IfMatch
) -> ConfirmationView:
    """Supplement a returned person: back to the confirming unit (MTG-41)."""
    own = select(Meeting.id).where(Meeting.establishing_unit_id == caller.unit)
    row = await store.lock_candidacy(db, application_id, col(Candidacy.meeting_id).in_(own))
    expect(row, if_match)
    CANDIDACY.next(CandidacyStatus(row.state), Event.SUPPLEMENT)
    row.supplement = {
        "note": body.note,
        "files": [await store.used_file(db, one, caller, SUPPLEMENT) for one in body.files],
    }
    move_candidacy(db, caller, row, Event.SUPPLEMENT, Supplemented, reason=body.note)
    return await confirmation_view(row, files)


@router.put(
    "/meetings/{meeting_id}/document-number",
    access=ISSUE,
    refuses=[NumberInvalid, NumberDiffers, NobodyToIssue],
)
async def set_document_number(
    meeting_id: UUID, body: SetDocumentNumber, db: Db, caller: Caller, if_match: IfMatch
) -> NumberedView:
    """Set the number for everybody confirmed by the unit whose document bears it (MTG-46)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    this_year = clock.local_date(clock.now()).year
    check_number(body.number, rules_of(meeting.pack).document_number, meeting.year, this_year)
    documents = {row.unit_id: row for row in await _documents(db, meeting)}
    rows = [row for row in await _confirmed(db, meeting) if row.confirming_unit_id in documents]
    if not rows:
        raise NobodyToIssue("请等待授权单位确认。")
    mine = [row for row in rows if documents[row.confirming_unit_id].number == body.number]
    if not mine:
        check_same(body.number, documents[rows[0].confirming_unit_id].number)
    for row in mine:
        if row.document_number != body.number:
            row.document_number = body.number
            tell_candidacy(db, caller, row, DocumentNumberSet)
    save(db, meeting)
    return NumberedView(number=body.number, persons=len(mine))


@router.post(
    "/meetings/{meeting_id}/issuing-information",
    access=ISSUE,
    refuses=[NumberMissing, NobodyToIssue],
    status_code=201,
)
async def submit_issuing_information(
    meeting_id: UUID, db: Db, caller: Caller, if_match: IfMatch
) -> list[IssuingInformationView]:
    """Send everybody confirmed and numbered to the issuing unit, one list for each document."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    rows = [row for row in await _confirmed(db, meeting) if row.issuing_information_id is None]
    if not rows:
        raise NobodyToIssue("确认通过的人员均已提交发证信息。")
    numbered = [row for row in rows if row.document_number]
    if not numbered:
        raise NumberMissing("批量设置文号后再提交发证信息。")
    submitted = []
    for document in await _documents(db, meeting):
        persons = [row for row in numbered if row.confirming_unit_id == document.unit_id]
        if persons:
            submitted.append(await _submit(db, caller, meeting, document, persons))
    if meeting.work_report is not None:  # the report was for all: nothing more to wait for
        _hand_over(db, caller, numbered)
    save(db, meeting)
    return submitted


@router.get("/meetings/{meeting_id}/issuing-information", access=ISSUE)
async def list_issuing_information(meeting_id: UUID, db: Db, caller: Caller) -> list[IssuingInformationView]:
    """What was sent for issuing."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    found = select(IssuingInformation).where(IssuingInformation.meeting_id == meeting.id)
    return [_view(row) for row in await db.scalars(found.order_by(col(IssuingInformation.submitted_at)))]


@router.put("/meetings/{meeting_id}/work-report", access=ISSUE, refuses=[InformationMissing, FileNotUploaded])
async def upload_work_report(
    meeting_id: UUID, body: UploadReport, db: Db, caller: Caller, if_match: IfMatch
) -> list[FollowedPerson]:
    """Upload the review work report, last in order: persons are ready to issue (MTG-46)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    sent = [row for row in await _confirmed(db, meeting) if row.issuing_information_id is not None]
    if not sent and meeting.work_report is None:
        raise InformationMissing("提交发证信息后再上传评审工作报告。")
    meeting.work_report = await store.used_file(db, body.file_id, caller, REPORT)
    _hand_over(db, caller, sent)
    save(db, meeting)
    audit(db, caller, "meetings.work-report.uploaded", meeting.id)
    return [_followed(row, {}) for row in sent]


async def _submit(
    db: Db, caller: Caller, meeting: Meeting, document: QualificationDocument, persons: list[Candidacy]
) -> IssuingInformationView:
    confirmed = max(row.confirmed_at for row in persons if row.confirmed_at)
    row = await _returned(db, meeting, document) or IssuingInformation(
        meeting_id=meeting.id, issuing_unit_id=document.unit_id
    )
    row.document_number, row.document, row.returned = document.number, document.file, False
    row.review_date = clock.local_date(meeting.counted_at or confirmed)
    row.confirmed_date, row.submitted_at = clock.local_date(confirmed), clock.now()
    row.applications = [str(one.id) for one in persons]
    save(db, row)
    for one in persons:
        one.issuing_information_id = row.id
        save(db, one)
    state = IssuingInformationState(
        campaign_id=meeting.campaign_id,
        committee_id=meeting.committee_id,
        issuing_unit_id=row.issuing_unit_id,
        document_number=row.document_number,
        review_date=row.review_date,
        confirmed_date=row.confirmed_date,
        persons=tuple(
            IssuingPerson(application_id=one.id, person=one.person, name=one.name) for one in persons
        ),
        qualification_document=FileRef(**row.document),
    )
    emit(
        db,
        IssuingInformationSubmitted(subject=row.id, revision=row.revision, actor=caller.actor, state=state),
    )
    audit(db, caller, "meetings.issuing-information.submitted", row.id, row.document_number)
    return _view(row)


def _hand_over(db: Db, caller: Caller, rows: list[Candidacy]) -> None:
    for row in rows:
        move_candidacy(db, caller, row, Event.HAND_OVER, HandedOver)


async def _returned(db: Db, meeting: Meeting, document: QualificationDocument) -> IssuingInformation | None:
    """What this issuing unit returned is submitted again under its id."""
    return await db.scalar(
        select(IssuingInformation)
        .where(
            IssuingInformation.meeting_id == meeting.id,
            IssuingInformation.issuing_unit_id == document.unit_id,
            col(IssuingInformation.returned),
        )
        .limit(1)
        .with_for_update()
    )


async def _confirmed(db: Db, meeting: Meeting) -> list[Candidacy]:
    found = select(Candidacy).where(
        Candidacy.meeting_id == meeting.id, Candidacy.state == CandidacyStatus.CONFIRMED
    )
    return list(await db.scalars(found.order_by(col(Candidacy.id)).with_for_update()))


async def _documents(db: Db, meeting: Meeting) -> list[QualificationDocument]:
    found = select(QualificationDocument).where(QualificationDocument.meeting_id == meeting.id)
    return list(await db.scalars(found.order_by(col(QualificationDocument.id))))


def _view(row: IssuingInformation) -> IssuingInformationView:
    shared = {name: getattr(row, name) for name in IssuingInformationView.model_fields if name != "persons"}
    return IssuingInformationView(**shared, persons=len(row.applications))


def _followed(row: Candidacy, certificates: dict[UUID, str]) -> FollowedPerson:
    shared = {name: getattr(row, name) for name in FollowedPerson.model_fields if hasattr(row, name)}
    return FollowedPerson(
        **shared,
        allowed_actions=list(CANDIDACY.allowed(CandidacyStatus(row.state), "office")),
        submitted=row.issuing_information_id is not None,
        certificate_number=certificates.get(row.id),
    )
