"""The expert's ballot: read, filled in, cast; only personally and only while the round is open (MTG-15, BEY-04)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import clock
from chassis.audit import audit
from chassis.db import save
from chassis.outbox import emit
from chassis.problems import Missing
from chassis.web import Caller, Db, IfMatch, Model, Router, View, expect
from contracts.meetings.v1 import BallotCast
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import select

from meetings import store
from meetings.api.seats import EXPERT
from meetings.domain.ballots import (
    BALLOT,
    BallotInvalid,
    BallotStatus,
    Choice,
    Event,
    Line,
    Method,
    RoundClosed,
    check_lines,
)
from meetings.domain.meeting import FilingInvalid
from meetings.queries.rounds import entitled_lines, lines_of
from meetings.tables import Ballot, Candidacy, Meeting, RoundLine, Seat, VotingRound

router = Router(tags=["ballots"])


class Mark(Model):
    """One line: a choice, or a score in a round that scores."""

    application_id: UUID
    choice: Choice | None = None
    score: int | None = Field(default=None, ge=0, le=1000)

    @property
    def line(self) -> Line:
        """As the domain sees it."""
        return Line(str(self.application_id), self.choice, self.score)


class SaveDraft(Model):
    """Keep what is filled in so far."""

    lines: list[Mark] = Field(max_length=5000)


class CastBallot(Model):
    """Submit the ballot with every line filled in."""

    lines: list[Mark] = Field(max_length=5000)


class Reference(BaseModel):
    """What the group thought in round 1; only a reference (LAW-07, MTG-24)."""

    votes_for: int | None
    votes_against: int | None
    abstentions: int | None
    score: int | None


class BallotLine(BaseModel):
    """An applicant on the ballot."""

    application_id: UUID
    sequence: int
    name: str
    employer_name: str
    specialty: str
    title_name: str
    choice: Choice | None
    score: int | None
    reference: Reference | None


class BallotView(View):
    """The caller's own ballot."""

    round: int
    method: Method
    max_score: int
    open: bool
    submitted_at: datetime | None
    reopen_requested: bool
    lines: list[BallotLine]


class BallotReceipt(View):
    """That the ballot is in; what is on it is not repeated."""

    submitted_at: datetime | None
    reopen_requested: bool


@router.get("/seats/{seat_id}/ballot", access=EXPERT)
async def show_ballot(seat_id: UUID, db: Db, caller: Caller) -> BallotView:
    """The caller's ballot of the present round: in order, without those recused from."""
    seat = await store.own_seat(db, seat_id, caller.person)
    round_ = await store.round_of(db, seat.meeting_id)
    ballot = await _ballot(db, seat, round_)
    assert round_ is not None
    return await _view(db, seat, round_, ballot)


@router.put("/seats/{seat_id}/ballot", access=EXPERT, refuses=[IllegalMove, RoundClosed, BallotInvalid])
async def save_ballot(
    seat_id: UUID, body: SaveDraft, db: Db, caller: Caller, if_match: IfMatch
) -> BallotReceipt:
    """Keep a draft; nobody else sees it."""
    seat, round_, ballot = await _open(db, seat_id, caller)
    expect(ballot, if_match)
    BALLOT.next(BallotStatus(ballot.state), Event.CAST)
    await _check(db, seat, round_, [mark.line for mark in body.lines], complete=False)
    ballot.lines = _kept(body.lines)
    save(db, ballot)
    return _receipt(ballot)


@router.post(
    "/seats/{seat_id}/ballot/cast",
    access=EXPERT,
    refuses=[IllegalMove, RoundClosed, BallotInvalid, FilingInvalid],
)
async def cast_ballot(
    seat_id: UUID, body: CastBallot, db: Db, caller: Caller, if_match: IfMatch
) -> BallotReceipt:
    """Submit the ballot; counted if and only if this answers with success."""
    seat, round_, ballot = await _open(db, seat_id, caller)
    expect(ballot, if_match)
    state = BALLOT.next(BallotStatus(ballot.state), Event.CAST)
    meeting = await db.get_one(Meeting, seat.meeting_id)
    await store.check_filing(db, meeting.committee_id)
    await _check(db, seat, round_, [mark.line for mark in body.lines], complete=True)
    ballot.lines, ballot.state, ballot.submitted_at = _kept(body.lines), BallotStatus(state), clock.now()
    save(db, ballot)
    told = store.ballot_state(ballot, round_.number)
    actor = caller.actor_as("EXPERT")
    emit(db, BallotCast(subject=ballot.id, revision=ballot.revision, actor=actor, state=told))
    audit(db, caller, "meetings.ballot.cast", ballot.id)
    return _receipt(ballot)


@router.post("/seats/{seat_id}/ballot/reopen-request", access=EXPERT, refuses=[IllegalMove, RoundClosed])
async def request_reopening(seat_id: UUID, db: Db, caller: Caller) -> BallotReceipt:
    """Ask the office to return the submitted ballot, to correct a mistake (LAW-01)."""
    _, _, ballot = await _open(db, seat_id, caller)
    BALLOT.next(BallotStatus(ballot.state), Event.REOPEN)
    ballot.reopen_requested_at = clock.now()
    save(db, ballot)
    audit(db, caller, "meetings.ballot.reopening-requested", ballot.id)
    return _receipt(ballot)


async def _open(db: Db, seat_id: UUID, caller: Caller) -> tuple[Seat, VotingRound, Ballot]:
    """The seat, its open round shared with everybody who casts, and the ballot alone; raises RoundClosed."""
    seat = await store.own_seat(db, seat_id, caller.person)
    round_ = await store.lock_round(db, seat.meeting_id, shared=True)
    ballot = await _ballot(db, seat, round_, locked=True)
    if round_ is None or round_.closed_at is not None:
        raise RoundClosed("选票须在本轮投票期间由本人提交。")
    return seat, round_, ballot


async def _ballot(db: Db, seat: Seat, round_: VotingRound | None, *, locked: bool = False) -> Ballot:
    if round_ is None:
        raise Missing
    found = select(Ballot).where(Ballot.seat_id == seat.id, Ballot.round_id == round_.id)
    if locked:
        found = found.with_for_update().execution_options(populate_existing=True)
    ballot = await db.scalar(found)
    if ballot is None:
        raise Missing
    return ballot


async def _entitled(db: Db, seat: Seat, round_: VotingRound) -> list[RoundLine]:
    recused = await store.recused_seats(db, seat.meeting_id)
    return entitled_lines(round_, await lines_of(db, round_.id), seat, recused)


async def _check(db: Db, seat: Seat, round_: VotingRound, lines: Sequence[Line], *, complete: bool) -> None:
    meeting = await db.get_one(Meeting, seat.meeting_id)
    wanted = [str(line.application_id) for line in await _entitled(db, seat, round_)]
    check_lines(lines, wanted, Method(round_.method), meeting.max_score, complete=complete)


def _kept(marks: Sequence[Mark]) -> dict[str, str | int]:
    return {str(mark.application_id): mark.choice.value if mark.choice else mark.score or 0 for mark in marks}


def _receipt(ballot: Ballot) -> BallotReceipt:
    return BallotReceipt(
        id=ballot.id,
        state=ballot.state,
        revision=ballot.revision,
        allowed_actions=_actions(ballot),
        submitted_at=ballot.submitted_at,
        reopen_requested=ballot.reopen_requested_at is not None,
    )


def _actions(ballot: Ballot) -> list[str]:
    asking = ["request-reopening"] if ballot.state == BallotStatus.SUBMITTED else []
    return [*BALLOT.allowed(BallotStatus(ballot.state), "expert"), *asking]


async def _view(db: Db, seat: Seat, round_: VotingRound, ballot: Ballot) -> BallotView:
    meeting = await db.get_one(Meeting, seat.meeting_id)
    lines = await _entitled(db, seat, round_)
    rows = {row.id: row for row in await store.applicants_of(db, meeting.id)}
    return BallotView(
        **_receipt(ballot).model_dump(exclude={"allowed_actions"}),
        allowed_actions=[] if round_.closed_at else _actions(ballot),
        round=round_.number,
        method=Method(round_.method),
        max_score=meeting.max_score,
        open=round_.closed_at is None,
        lines=[
            _line(line, rows[line.application_id], ballot, reference)
            for line, reference in await _with_references(db, meeting, round_, lines)
        ],
    )


def _line(line: RoundLine, row: Candidacy, ballot: Ballot, reference: Reference | None) -> BallotLine:
    mark = ballot.lines.get(str(line.application_id))
    return BallotLine(
        application_id=row.id,
        sequence=line.sequence,
        name=row.name,
        employer_name=row.employer_name,
        specialty=row.specialty,
        title_name=row.title_name,
        choice=Choice(mark) if isinstance(mark, str) else None,
        score=mark if isinstance(mark, int) else None,
        reference=reference,
    )


async def _with_references(
    db: Db, meeting: Meeting, round_: VotingRound, lines: Sequence[RoundLine]
) -> list[tuple[RoundLine, Reference | None]]:
    before = await store.round_of(db, meeting.id, 1) if round_.number == 2 else None
    if before is None:
        return [(line, None) for line in lines]
    found = {
        line.application_id: Reference.model_validate(line, from_attributes=True)
        for line in await lines_of(db, before.id)
    }
    return [(line, found.get(line.application_id)) for line in lines]
