"""How far a round has come: who has submitted, never how (LAW-01)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from chassis.db import Sessions
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import func, select

from meetings import store
from meetings.domain.ballots import BallotStatus
from meetings.tables import Meeting, RoundLine

TICK = 1.0  # seconds between two looks


class BallotProgress(BaseModel):
    """Whether an expert's ballot is in."""

    id: UUID
    seat_id: UUID
    name: str
    group_number: int | None
    state: BallotStatus | None = Field(description="Null in a round about a single applicant.")
    submitted_at: datetime | None
    reopen_requested: bool


class ProgressView(BaseModel):
    """The present round; figures are null where a single applicant is voted on, for they would tell too much."""

    round: int
    open: bool
    applicants: int
    ballots: list[BallotProgress]
    total: int
    submitted: int | None
    absent: int | None
    waiting: int | None


async def progress(db: AsyncSession, meeting: Meeting, submitted: bool | None = None) -> ProgressView:
    """The progress of a meeting's latest round."""
    round_ = await store.round_of(db, meeting.id)
    if round_ is None:
        return ProgressView(
            round=0, open=False, applicants=0, ballots=[], total=0, submitted=0, absent=0, waiting=0
        )
    applicants = (
        await db.scalar(select(func.count()).select_from(RoundLine).where(RoundLine.round_id == round_.id))
        or 0
    )
    seats = {seat.id: seat for seat in await store.seats_of(db, meeting.id)}
    ballots = await store.ballots_of(db, round_.id)
    hidden = applicants == 1 and round_.closed_at is None
    rows = [
        BallotProgress(
            id=one.id,
            seat_id=one.seat_id,
            name=seats[one.seat_id].name,
            group_number=seats[one.seat_id].group_number,
            state=None if hidden else BallotStatus(one.state),
            submitted_at=None if hidden else one.submitted_at,
            reopen_requested=one.reopen_requested_at is not None,
        )
        for one in ballots
    ]
    if submitted is not None and not hidden:
        rows = [row for row in rows if (row.state == BallotStatus.SUBMITTED) is submitted]
    states = [BallotStatus(one.state) for one in ballots]
    return ProgressView(
        round=round_.number,
        open=round_.closed_at is None,
        applicants=applicants,
        ballots=sorted(rows, key=lambda row: (row.group_number or 0, row.name, row.id)),
        total=len(states),
        submitted=None if hidden else states.count(BallotStatus.SUBMITTED),
        absent=None if hidden else states.count(BallotStatus.ABSENT),
        waiting=None if hidden else states.count(BallotStatus.OPEN) + states.count(BallotStatus.RETURNED),
    )


async def followed(
    sessions: Sessions, closing: asyncio.Event, meeting_id: UUID
) -> AsyncIterator[ServerSentEvent]:
    """An event for each change, until the meeting is counted or the process ends; no connection is held between."""
    shown: str | None = None
    while not closing.is_set():
        async with sessions() as db:
            meeting = await db.get_one(Meeting, meeting_id)
            seen = await progress(db, meeting)
        text = seen.model_dump_json()
        if text != shown:
            shown = text
            yield ServerSentEvent(event="progress", data=seen)
        if meeting.counted_at is not None:
            return
        await _pause(closing)


async def _pause(closing: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(TICK):
            await closing.wait()
    except TimeoutError:
        return
