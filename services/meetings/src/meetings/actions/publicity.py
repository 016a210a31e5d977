"""What the beginning and the end of a publicity, and answers to objections, mean for persons (LAW-10)."""

from datetime import datetime
from typing import Any
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
from meetings.actions import move_candidacy, move_meeting
from meetings.domain.candidacy import CandidacyStatus
from meetings.domain.candidacy import Event as CandidacyEvent
from meetings.domain.meeting import Event as MeetingEvent
from meetings.domain.publicity import (
    PUBLICITY,
    ObjectionStatus,
    PublicityEvent,
    PublicityStatus,
    Standing,
    standing,
)
from meetings.tables import Candidacy, Meeting, Objection, Publicity


async def begin(
    db: AsyncSession, row: Publicity, now: datetime, ends_at: datetime, document: dict[str, Any]
) -> None:
    """Publish: the announcement, the meeting's state and every passed person's."""
    meeting = await db.get_one(Meeting, row.meeting_id, with_for_update=True)
    passed = [
        one for one in await store.applicants_of(db, meeting.id) if one.state == CandidacyStatus.VOTE_PASSED
    ]
    row.state = PublicityStatus(PUBLICITY.next(PublicityStatus(row.state), PublicityEvent.PUBLISH))
    row.starts_at, row.ends_at, row.document = now, ends_at, document
    row.persons = [
        {
            "application_id": str(one.id),
            "name": one.name,
            "employer_name": one.employer_name,
            "title_name": one.title_name,
            "specialty": one.specialty,
            "level": one.level,
        }
        for one in passed
    ]
    _tell(db, None, row, v1.PublicityPublished)
    move_meeting(db, None, meeting, MeetingEvent.PUBLISH, v1.MeetingPublicised)
    for one in passed:
        move_candidacy(db, None, one, CandidacyEvent.PUBLISH, v1.PublicityStarted)


async def settle(db: AsyncSession, row: Publicity) -> None:
    """End a publicity: clear persons go on to confirmation, others wait, or end as not confirmed."""
    row.state = PublicityStatus(PUBLICITY.next(PublicityStatus(row.state), PublicityEvent.END))
    _tell(db, None, row, v1.PublicityOver)
    meeting = await db.get_one(Meeting, row.meeting_id, with_for_update=True)
    move_meeting(db, None, meeting, MeetingEvent.END, v1.MeetingEnded)
    for candidacy in await db.scalars(
        select(Candidacy)
        .where(Candidacy.meeting_id == meeting.id, Candidacy.state == CandidacyStatus.IN_PUBLICITY)
        .order_by(col(Candidacy.sequence))
        .with_for_update()
    ):
        await go_on(db, None, candidacy)


async def go_on(db: AsyncSession, caller: Caller | None, row: Candidacy) -> None:
    """Move a person whose period is over by what objections there are."""
    match await objected(db, row.id):
        case Standing.UPHELD:
            move_candidacy(db, caller, row, CandidacyEvent.OBJECT, v1.ResultNotConfirmed, reason="异议成立")
        case Standing.CLEAR if row.state == CandidacyStatus.IN_PUBLICITY:
            move_candidacy(db, caller, row, CandidacyEvent.END_PUBLICITY, v1.PublicityEnded)


async def objected(db: AsyncSession, application_id: UUID) -> Standing:
    """What objections mean for a person now."""
    found = await db.execute(
        select(Objection.state, Objection.upheld).where(Objection.application_id == application_id)
    )
    return standing((ObjectionStatus(state), upheld) for state, upheld in found)


def _tell(
    db: AsyncSession,
    caller: Caller | None,
    row: Publicity,
    told: type[v1.PublicityPublished] | type[v1.PublicityOver],
) -> None:
    save(db, row)
    actor = caller.actor if caller else Actor()
    state = store.publicity_state(row)
    emit(db, told(subject=row.id, revision=row.revision, actor=actor, state=state))
    audit(db, caller, told.type.removesuffix(".v1"), row.id)
