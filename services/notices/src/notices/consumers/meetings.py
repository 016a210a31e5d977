"""Meetings: results, publicity, objections, confirmation and issuing information."""

from chassis.consume import Delivery
from chassis.known import keep
from contracts.meetings import v1 as meetings
from contracts.meetings.v1 import CandidacyStatus
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from notices import store
from notices.actions import write
from notices.consumers.registry import consumers, every
from notices.domain import texts
from notices.domain.texts import Text
from notices.domain.todos import Place, TodoKind
from notices.tables import KnownBatch, KnownMeeting, KnownPublicity, Todo

MeetingEvent = (
    meetings.MeetingCreated
    | meetings.ExpertsDrawn
    | meetings.AttendanceConfirmed
    | meetings.MeetingArranged
    | meetings.VotingOpened
    | meetings.RoundClosed
    | meetings.MeetingCounted
    | meetings.MeetingAnnounced
)
CandidacyEvent = (
    meetings.CandidacyOpened
    | meetings.CandidacyReviewed
    | meetings.VotePassed
    | meetings.VoteFailed
    | meetings.PublicityStarted
    | meetings.PublicityEnded
    | meetings.SupplementRequested
    | meetings.Supplemented
    | meetings.ResultConfirmed
    | meetings.ResultNotConfirmed
    | meetings.ConfirmationRejected
)
ObjectionEvent = meetings.ObjectionSubmitted | meetings.ObjectionRecorded | meetings.ObjectionAnswered
_CONFIRMATION = (TodoKind.CONFIRMATION_TO_DECIDE, TodoKind.SUPPLEMENT_TO_MAKE)


@consumers.on(*every("meetings.meeting"))
async def keep_meeting(db: AsyncSession, event: MeetingEvent, delivery: Delivery) -> None:
    """Keep how far a campaign's meeting has come, for the supervision panel."""
    meeting = event.state
    await keep(
        db,
        KnownMeeting,
        event,
        campaign_id=meeting.campaign_id,
        kind=meeting.kind,
        state=meeting.state.value,
    )


@consumers.on(meetings.SeatTaken, meetings.SeatLeft)
async def hear_of_seat(
    db: AsyncSession, event: meetings.SeatTaken | meetings.SeatLeft, delivery: Delivery
) -> None:
    """Tell experts that they are on, or off, the attendance list."""
    if await store.hear(db, event):
        text = texts.seat_taken() if isinstance(event, meetings.SeatTaken) else texts.seat_left()
        at, about = delivery.envelope.time, event.state.meeting_id
        write(db, text, at, to_person=event.state.person, from_unit=event.actor.unit, about=about)


@consumers.on(*every("meetings.candidacy"))
async def hear_of_candidacy(db: AsyncSession, event: CandidacyEvent, delivery: Delivery) -> None:
    """A result to confirm lies with the confirming unit, a supplement with the committee; applicants are told."""
    if not await store.hear(db, event):
        return
    await store.settle(db, event.subject, _CONFIRMATION, _candidacy_todo(event, delivery))
    if text := _candidacy_text(event):
        at, sender = delivery.envelope.time, event.actor.unit
        write(db, text, at, to_person=event.state.person, from_unit=sender, about=event.subject)


def _candidacy_todo(event: CandidacyEvent, delivery: Delivery) -> Todo | None:
    candidacy, since = event.state, delivery.envelope.time
    title = f"{candidacy.name}（{candidacy.title_name}）"
    if candidacy.state == CandidacyStatus.CONFIRMING:
        kind, place = TodoKind.CONFIRMATION_TO_DECIDE, candidacy.confirming_unit_id
        return store.todo(kind, event.subject, title, since, place=place)
    if candidacy.state == CandidacyStatus.SUPPLEMENT:
        kind, place, role = TodoKind.SUPPLEMENT_TO_MAKE, candidacy.committee_id, Place.ESTABLISHING
        return store.todo(kind, event.subject, title, since, place=place, role=role)
    return None


def _candidacy_text(event: CandidacyEvent) -> Text | None:
    title = event.state.title_name
    match event:
        case meetings.VotePassed():
            return texts.vote_passed(title)
        case meetings.VoteFailed():
            return texts.vote_failed(title)
        case meetings.PublicityStarted():
            return texts.publicity_started(title)
        case meetings.ResultConfirmed():
            return texts.result_confirmed(title)
        case meetings.ResultNotConfirmed() | meetings.ConfirmationRejected():
            return texts.result_not_confirmed(title, event.reason)
        case _:
            return None


@consumers.on(*every("meetings.publicity"))
async def keep_publicity(
    db: AsyncSession, event: meetings.PublicityPublished | meetings.PublicityOver, delivery: Delivery
) -> None:
    """Keep publicity announcements for the portal."""
    publicity = event.state
    await keep(
        db,
        KnownPublicity,
        event,
        campaign_id=publicity.campaign_id,
        title=publicity.title,
        contact=publicity.contact,
        phone=publicity.phone,
        starts_at=publicity.starts_at,
        ends_at=publicity.ends_at,
        persons=publicity.persons,
        document_name=publicity.document.name,
        state=publicity.state,
    )


@consumers.on(*every("meetings.objection"))
async def hear_of_objection(db: AsyncSession, event: ObjectionEvent, delivery: Delivery) -> None:
    """An open objection lies with who runs the publicity; its objector is told the answer."""
    if not await store.hear(db, event):
        return
    objection, at, kind = event.state, delivery.envelope.time, TodoKind.OBJECTION_TO_ANSWER
    todo = None
    if objection.state != "ANSWERED":
        place, role = objection.publicity_id, Place.ESTABLISHING
        todo = store.todo(kind, event.subject, "公示异议", at, place=place, role=role)
    await store.settle(db, event.subject, (kind,), todo)
    if isinstance(event, meetings.ObjectionAnswered) and objection.objector is not None:
        text = texts.objection_answered(objection.answer or "", objection.upheld)
        write(db, text, at, to_person=objection.objector, from_unit=event.actor.unit, about=event.subject)


@consumers.on(*every("meetings.issuing-information"))
async def hear_of_issuing_information(
    db: AsyncSession, event: meetings.IssuingInformationSubmitted, delivery: Delivery
) -> None:
    """Issuing information lies with the issuing unit until certificates tells what became of it."""
    if not await store.hear(db, event):
        return
    information, at = event.state, delivery.envelope.time
    await store.hold(db, f"{information.issuing_unit_id} {information.document_number}")
    processed = await db.scalar(
        select(KnownBatch.id).where(
            KnownBatch.issuing_unit_id == information.issuing_unit_id,
            KnownBatch.document_number == information.document_number,
            KnownBatch.told_at >= at,
        )
    )
    kind, title = TodoKind.ISSUING_INFORMATION_TO_PROCESS, information.document_number
    place = information.issuing_unit_id
    todo = None if processed else store.todo(kind, event.subject, title, at, place=place)
    await store.settle(db, event.subject, (kind,), todo)
