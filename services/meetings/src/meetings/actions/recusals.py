"""Recusals: found by the work unit, declared by the expert or recorded by the office (BEY-05)."""

from uuid import UUID

from chassis import clock
from chassis.audit import audit
from chassis.caller import Caller
from chassis.db import get, save
from contracts.meetings.v1 import SeatChanged
from refusals.machine import IllegalMove
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from meetings import store
from meetings.actions import tell_seat
from meetings.domain.grouping import same_unit
from meetings.domain.meeting import BEFORE_VOTING, MeetingStatus
from meetings.queries.rounds import attendance, entitled_seats, lines_of
from meetings.tables import Ballot, Candidacy, Meeting, Recusal, Reviewer, Seat, VotingRound


async def find_recusals(db: AsyncSession, caller: Caller, meeting: Meeting) -> None:
    """Recuse every expert from the applicants of the same work unit."""
    known = {(one.seat_id, one.application_id) for one in await store.recusals_of(db, meeting.id)}
    applicants = await store.applicants_of(db, meeting.id)
    for seat in await store.seats_of(db, meeting.id):
        found = [
            one
            for one in applicants
            if (seat.id, one.id) not in known
            and (same_unit(seat.work_unit, one.employer_name) or seat.person == one.person)
        ]
        for one in found:
            db.add(_row(meeting, seat, one.id, "SAME_UNIT", "与申报人同一工作单位"))
        if found:
            await tell_seat(db, caller, seat, SeatChanged, "回避")


async def recuse(
    db: AsyncSession,
    caller: Caller,
    meeting: Meeting,
    seat: Seat,
    application_id: UUID,
    cause: str,
    reason: str,
) -> Recusal:
    """Leave an expert out of an applicant's ballot, before or while there is voting; raises Missing, IllegalMove.

    A line that was filled in already is taken out unseen.
    """
    if meeting.state not in BEFORE_VOTING and meeting.state != MeetingStatus.VOTING:
        raise IllegalMove("投票已经结束，不能再记录回避。")
    await get(
        db,
        Candidacy,
        Candidacy.id == application_id,
        (Candidacy.meeting_id == meeting.id)
        | ((Candidacy.campaign_id == meeting.campaign_id) & col(Candidacy.meeting_id).is_(None)),
    )
    round_ = await store.lock_round(db, meeting.id, shared=False)
    if round_ is not None and round_.closed_at is not None and round_.number >= meeting.rounds:
        raise IllegalMove("投票已经结束，不能再记录回避。")
    known = await db.scalar(
        select(Recusal).where(Recusal.seat_id == seat.id, Recusal.application_id == application_id)
    )
    if known is not None:
        return known
    if cause == "RECORDED" and round_ is not None and round_.closed_at is None:
        await _check_others(db, round_, seat, application_id)
    row = _row(meeting, seat, application_id, cause, reason)
    db.add(row)
    await db.execute(
        delete(Reviewer).where(
            col(Reviewer.seat_id) == seat.id, col(Reviewer.application_id) == application_id
        )
    )
    if round_ is not None and round_.closed_at is None:
        await _take_out(db, round_.id, seat.id, application_id)
    await tell_seat(db, caller, seat, SeatChanged, "回避")
    audit(db, caller, "meetings.recusal.recorded", seat.id, f"{application_id} {reason}")
    return row


async def _check_others(db: AsyncSession, round_: VotingRound, seat: Seat, application_id: UUID) -> None:
    """Raise IllegalMove where the office would leave a single voter, whose choice the total would tell (LAW-01)."""
    seats = await store.seats_of(db, round_.meeting_id)
    gone = attendance(seats, await store.ballots_of(db, round_.id)).absent
    recused = (await store.recused_seats(db, round_.meeting_id)).get(application_id, set())
    for line in await lines_of(db, round_.id):
        voting = entitled_seats(round_, line, seats) - gone - recused
        if line.application_id == application_id and seat.id in voting and len(voting) <= 2:
            raise IllegalMove("记录回避后仅剩一名专家投票，无法保密；确需回避的，由专家本人申报。")


async def _take_out(db: AsyncSession, round_id: UUID, seat_id: UUID, application_id: UUID) -> None:
    ballot = await db.scalar(
        select(Ballot).where(Ballot.round_id == round_id, Ballot.seat_id == seat_id).with_for_update()
    )
    if ballot is not None:
        ballot.lines = {key: mark for key, mark in ballot.lines.items() if key != str(application_id)}
        save(db, ballot)


def _row(meeting: Meeting, seat: Seat, application_id: UUID, cause: str, reason: str) -> Recusal:
    return Recusal(
        meeting_id=meeting.id,
        seat_id=seat.id,
        application_id=application_id,
        cause=cause,
        reason=reason,
        at=clock.now(),
    )
