"""Use cases with several callers: telling of a change, opening and moving candidacies, recusals."""

from typing import Any, Protocol
from uuid import UUID

from chassis.audit import audit
from chassis.caller import Caller
from chassis.db import save
from chassis.outbox import emit
from contracts.event import Actor
from contracts.meetings import v1
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from meetings import store
from meetings.domain.candidacy import CANDIDACY, CandidacyStatus
from meetings.domain.candidacy import Event as CandidacyEvent
from meetings.domain.meeting import MEETING, MeetingStatus
from meetings.domain.meeting import Event as MeetingEvent
from meetings.tables import Candidacy, KnownApplication, KnownCommittee, Meeting, Seat


class Told(Protocol):
    """An event class of meetings."""

    type: str

    def __call__(self, **fields: Any) -> Any: ...


def move_meeting(
    db: AsyncSession,
    caller: Caller | None,
    meeting: Meeting,
    event: MeetingEvent,
    told: Told,
    *,
    reason: str = "",
    role: str = "HANDLER",
) -> None:
    """Move a meeting, tell of it and leave it in the trail; raises IllegalMove."""
    meeting.state = MeetingStatus(MEETING.next(MeetingStatus(meeting.state), event))
    save(db, meeting)
    actor = caller.actor_as(role) if caller else Actor()
    state = store.meeting_state(meeting)
    emit(db, told(subject=meeting.id, revision=meeting.revision, actor=actor, reason=reason, state=state))
    audit(db, caller, told.type.removesuffix(".v1"), meeting.id, reason)


async def tell_seat(
    db: AsyncSession, caller: Caller | None, seat: Seat, told: Told, reason: str = ""
) -> None:
    """Save a seat and tell of its new state."""
    save(db, seat)
    await db.flush()
    actor = caller.actor if caller else Actor()
    state = await store.seat_state(db, seat)
    emit(db, told(subject=seat.id, revision=seat.revision, actor=actor, reason=reason, state=state))


def move_candidacy(
    db: AsyncSession,
    caller: Caller | None,
    row: Candidacy,
    event: CandidacyEvent,
    told: Told,
    *,
    reason: str = "",
    role: str = "HANDLER",
) -> None:
    """Move a candidacy, tell of it and leave it in the trail; raises IllegalMove."""
    row.state = CandidacyStatus(CANDIDACY.next(CandidacyStatus(row.state), event))
    tell_candidacy(db, caller, row, told, reason=reason, role=role)


def tell_candidacy(
    db: AsyncSession,
    caller: Caller | None,
    row: Candidacy,
    told: Told,
    *,
    reason: str = "",
    role: str = "HANDLER",
) -> None:
    """Save a candidacy whose public state changed and tell of it."""
    save(db, row)
    actor = caller.actor_as(role) if caller else Actor()
    state = store.candidacy_state(row)
    emit(db, told(subject=row.id, revision=row.revision, actor=actor, reason=reason, state=state))
    audit(db, caller, told.type.removesuffix(".v1"), row.id, reason)


async def open_candidacies(db: AsyncSession, committee_id: UUID) -> None:
    """Open a candidacy for every accepted application of a committee that is known and has none yet."""
    committee = await db.get(KnownCommittee, committee_id)
    if committee is None:
        return
    waiting = (
        select(KnownApplication)
        .where(KnownApplication.committee_id == committee_id)
        .where(~select(Candidacy.id).where(Candidacy.id == KnownApplication.id).exists())
        .order_by(col(KnownApplication.id))
    )
    for application in await db.scalars(waiting):
        _open(db, application, committee)
    await db.flush()


def _open(db: AsyncSession, application: KnownApplication, committee: KnownCommittee) -> None:
    accepted = dict(application.accepted)
    letter_unit = accepted.pop("letter_unit_id", None)
    row = Candidacy(
        id=application.id,
        committee_id=committee.id,
        # An entrusted person is confirmed by the unit whose letter entrusted the review (MTG-40).
        confirming_unit_id=UUID(letter_unit) if letter_unit else committee.authorising_unit_id,
        state=CandidacyStatus(CANDIDACY.next(None, CandidacyEvent.OPEN)),
        **{
            name: UUID(value) if name in ("campaign_id", "person", "employer_id") else value
            for name, value in accepted.items()
        },
    )
    save(db, row)
    state = store.candidacy_state(row)
    emit(db, v1.CandidacyOpened(subject=row.id, revision=row.revision, actor=Actor(), state=state))
