"""The office's side of voting: rounds, absence, reopening, closing (LAW-01, 03, 06; MTG-17, 18, 20, 23)."""

from typing import Annotated
from uuid import UUID

from chassis.audit import audit
from chassis.db import lock, save
from chassis.jobs import defer
from chassis.outbox import emit
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from contracts.meetings.v1 import (
    BallotAbsent,
    BallotReopened,
    CandidacyReviewed,
    MeetingCounted,
    RoundClosed,
    VotingOpened,
)
from fastapi import Query
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove

from meetings import store
from meetings.actions import move_candidacy, move_meeting
from meetings.actions.rounds import applicants_of_next, check_opinions, count, open_round
from meetings.api.attendance import members
from meetings.api.meetings import OFFICE
from meetings.api.views import MeetingView, meeting_view
from meetings.domain.attendance import (
    BelowQuorum,
    BodyIncomplete,
    PresidingInvalid,
    check_body,
    check_presiding,
    check_quorum,
    check_voters,
)
from meetings.domain.ballots import (
    BALLOT,
    BallotsOpen,
    BallotStatus,
    NoMoreRounds,
    NoRound,
    ReopenNotRequested,
    RoundOpen,
)
from meetings.domain.ballots import Event as BallotEvent
from meetings.domain.ballots import RoundClosed as RoundIsClosed
from meetings.domain.candidacy import Event as CandidacyEvent
from meetings.domain.grouping import OpinionsMissing
from meetings.domain.meeting import Event, FilingInvalid, MeetingStatus
from meetings.queries.progress import ProgressView, progress
from meetings.queries.rounds import attendance, entitled_seats, lines_of
from meetings.rules import rules_of
from meetings.tables import Ballot, Meeting, VotingRound

router = Router(tags=["voting"])
Reason = Annotated[str, Field(min_length=1, max_length=500, examples=["因公务提前离会。"])]


class SetAbsent(Model):
    """An expert takes no part in this round."""

    reason: Reason


class CloseRound(Model):
    """End the round and count it."""

    absent_reason: str | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="Set everybody who has not submitted absent, for this reason; without it they hinder closing.",
    )


class BallotMoved(BaseModel):
    """A ballot's standing; never its lines."""

    id: UUID
    seat_id: UUID
    state: BallotStatus
    revision: int


@router.post(
    "/meetings/{meeting_id}/rounds",
    access=OFFICE,
    refuses=[
        IllegalMove,
        FilingInvalid,
        BodyIncomplete,
        BelowQuorum,
        PresidingInvalid,
        OpinionsMissing,
        RoundOpen,
        NoMoreRounds,
    ],
    status_code=201,
)
async def open_voting(meeting_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> MeetingView:
    """开启专家投票: the first round, or the next one with who is still in (MTG-14, 23)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    first = meeting.state == MeetingStatus.READY
    if not first and meeting.state != MeetingStatus.VOTING:
        raise IllegalMove("请先完成人员分配。")
    await _check_body(db, meeting)
    applicants = await applicants_of_next(db, meeting)
    await check_opinions(db, meeting, applicants)
    await open_round(db, meeting, applicants)
    if first:
        for row in applicants:
            move_candidacy(db, caller, row, CandidacyEvent.REVIEW, CandidacyReviewed)
    move_meeting(db, caller, meeting, Event.OPEN_VOTING if first else Event.OPEN_NEXT, VotingOpened)
    return meeting_view(meeting)


@router.get("/meetings/{meeting_id}/progress", access=OFFICE)
async def show_progress(
    meeting_id: UUID, db: Db, caller: Caller, submitted: Annotated[bool | None, Query()] = None
) -> ProgressView:
    """Who has submitted in the present round, never how (LAW-01)."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    return await progress(db, meeting, submitted)


@router.post(
    "/meetings/{meeting_id}/ballots/{ballot_id}/reopen",
    access=OFFICE,
    refuses=[IllegalMove, ReopenNotRequested, RoundIsClosed],
)
async def reopen_ballot(meeting_id: UUID, ballot_id: UUID, db: Db, caller: Caller) -> BallotMoved:
    """Return a submitted ballot unseen, because the expert asked for it (LAW-01)."""
    round_, ballot = await _alone(db, meeting_id, ballot_id, caller)
    state = BALLOT.next(BallotStatus(ballot.state), BallotEvent.REOPEN)
    if ballot.reopen_requested_at is None:
        raise ReopenNotRequested("选票只能应专家本人申请退回。")
    ballot.state, ballot.submitted_at, ballot.reopen_requested_at = BallotStatus(state), None, None
    _tell(db, caller, ballot, round_, BallotReopened, "专家本人申请")
    return _moved(ballot)


@router.post(
    "/meetings/{meeting_id}/ballots/{ballot_id}/absent",
    access=OFFICE,
    refuses=[IllegalMove, RoundIsClosed, BelowQuorum, PresidingInvalid],
)
async def set_absent(
    meeting_id: UUID, ballot_id: UUID, body: SetAbsent, db: Db, caller: Caller
) -> BallotMoved:
    """Record that an expert who has not voted takes no part in this round (MTG-18)."""
    round_, ballot = await _alone(db, meeting_id, ballot_id, caller)
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    _absent(db, caller, meeting, ballot, round_, body.reason)
    await _check_present(db, meeting, round_)
    return _moved(ballot)


@router.post(
    "/meetings/{meeting_id}/rounds/close",
    access=OFFICE,
    refuses=[IllegalMove, NoRound, BallotsOpen, RoundIsClosed, BelowQuorum, PresidingInvalid, FilingInvalid],
)
async def close_round(
    meeting_id: UUID, body: CloseRound, db: Db, caller: Caller, if_match: IfMatch
) -> MeetingView:
    """Count and end the round: every ballot is submitted or absent, and nobody's comes in any more (MTG-20)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    round_ = await _open_round(db, meeting)
    await store.check_filing(db, meeting.committee_id)
    ballots = await store.ballots_of(db, round_.id)
    waiting = [one for one in ballots if one.state in (BallotStatus.OPEN, BallotStatus.RETURNED)]
    if waiting and body.absent_reason is None:
        raise BallotsOpen("请等待专家提交，或将未投票的专家设为缺席。")
    for ballot in waiting:
        _absent(db, caller, meeting, ballot, round_, body.absent_reason or "")
    await _check_present(db, meeting, round_)
    await count(db, meeting, round_, ballots, rules_of(meeting.pack))
    if meeting.round < meeting.rounds:
        save(db, meeting)
        state = store.meeting_state(meeting)
        emit(db, RoundClosed(subject=meeting.id, revision=meeting.revision, actor=caller.actor, state=state))
        audit(db, caller, "meetings.meeting.round-closed", meeting.id)
        return meeting_view(meeting)
    meeting.counted_at = round_.closed_at
    move_meeting(db, caller, meeting, Event.COUNT, MeetingCounted)
    await defer(db, "meetings.minutes", meeting_id=str(meeting.id))
    return meeting_view(meeting)


async def _check_body(db: Db, meeting: Meeting) -> None:
    """Everything that must hold at every vote: filing, quorum, odd, presided (LAW-03, 05, 06)."""
    await store.check_filing(db, meeting.committee_id)
    seats = await store.seats_of(db, meeting.id)
    check_quorum(len(seats), meeting.prescribed_size)
    executive = str(meeting.executive_chair) if meeting.executive_chair else None
    check_body(members(seats), meeting.prescribed_size, executive)
    if meeting.presiding not in {seat.id for seat in seats}:
        raise PresidingInvalid("请先指定会议主持人。")
    # Who was named before the list was complete may have to give way to a chair who came later.
    absent = bool(meeting.presiding_reason)
    check_presiding(members(seats), str(meeting.presiding), executive, absent=absent)


async def _open_round(db: Db, meeting: Meeting) -> VotingRound:
    """The present round, held alone; raises NoRound, RoundClosed."""
    round_ = await store.lock_round(db, meeting.id, shared=False)
    if round_ is None:
        raise NoRound
    if round_.closed_at is not None:
        raise RoundIsClosed
    return round_


async def _alone(db: Db, meeting_id: UUID, ballot_id: UUID, caller: Caller) -> tuple[VotingRound, Ballot]:
    """A ballot of the present round while nobody casts; the round is taken before the ballot, as casting does."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    round_ = await store.lock_round(db, meeting.id, shared=False)
    ballot = await lock(db, Ballot, Ballot.id == ballot_id, Ballot.meeting_id == meeting.id)
    if round_ is None or round_.id != ballot.round_id or round_.closed_at is not None:
        raise RoundIsClosed
    return round_, ballot


async def _check_present(db: Db, meeting: Meeting, round_: VotingRound) -> None:
    await db.flush()
    seats = await store.seats_of(db, meeting.id)
    there = attendance(seats, await store.ballots_of(db, round_.id))
    check_quorum(there.present, meeting.prescribed_size)
    recused = await store.recused_seats(db, meeting.id)
    for line in await lines_of(db, round_.id):
        entitled = entitled_seats(round_, line, seats)
        present = entitled - there.absent
        voting = present - recused.get(line.application_id, set())
        check_voters(len(entitled), len(present), len(voting), by_group=round_.by_group)


def _absent(
    db: Db, caller: Caller, meeting: Meeting, ballot: Ballot, round_: VotingRound, reason: str
) -> None:
    state = BALLOT.next(BallotStatus(ballot.state), BallotEvent.SET_ABSENT)
    if ballot.seat_id == meeting.presiding:
        raise PresidingInvalid("会议主持人不能设为缺席。")
    ballot.state, ballot.lines, ballot.absent_reason = BallotStatus(state), {}, reason
    _tell(db, caller, ballot, round_, BallotAbsent, reason)


def _tell(
    db: Db,
    caller: Caller,
    ballot: Ballot,
    round_: VotingRound,
    told: type[BallotReopened] | type[BallotAbsent],
    reason: str,
) -> None:
    save(db, ballot)
    state = store.ballot_state(ballot, round_.number)
    emit(
        db,
        told(subject=ballot.id, revision=ballot.revision, actor=caller.actor, reason=reason, state=state),
    )
    audit(db, caller, told.type.removesuffix(".v1"), ballot.id, reason)


def _moved(ballot: Ballot) -> BallotMoved:
    return BallotMoved(
        id=ballot.id, seat_id=ballot.seat_id, state=BallotStatus(ballot.state), revision=ballot.revision
    )
