"""The totals of closed rounds (MTG-19, LAW-01)."""

from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from meetings import store
from meetings.domain.ballots import BallotStatus, Choice, Method
from meetings.queries.rounds import attendance, lines_of
from meetings.rules import rules_of
from meetings.tables import Ballot, Meeting, Seat, VotingRound


class ResultLine(BaseModel):
    """An applicant's count in a round; `attending` is the base of the majority, recused ones shown beside."""

    application_id: UUID
    sequence: int
    name: str
    employer_name: str
    title_name: str
    specialty: str
    group_number: int | None
    votes_for: int
    votes_against: int
    abstentions: int
    recused: int
    absent: int
    attending: int
    score: int | None
    passed: bool | None = Field(description="Null where scores eliminate nobody.")


class ExpertResult(BaseModel):
    """An expert's figures; only where the province's ballots are open, never about a single applicant."""

    seat_id: UUID
    name: str
    state: BallotStatus
    votes_for: int
    votes_against: int
    abstentions: int


class RoundResult(BaseModel):
    """A closed round."""

    round: int
    method: Method
    attending: int
    present: int
    absent: list[str]
    applicants: list[ResultLine]
    experts: list[ExpertResult] | None


async def results(db: AsyncSession, meeting: Meeting, passed: bool | None) -> list[RoundResult]:
    """Every closed round of a meeting, the first one first."""
    found = []
    for number in range(1, meeting.round + 1):
        round_ = await store.round_of(db, meeting.id, number)
        if round_ is not None and round_.closed_at is not None:
            found.append(await _result(db, meeting, round_, passed))
    return found


async def _result(
    db: AsyncSession, meeting: Meeting, round_: VotingRound, passed: bool | None
) -> RoundResult:
    seats = await store.seats_of(db, meeting.id)
    ballots = await store.ballots_of(db, round_.id)
    there = attendance(seats, ballots)
    lines = await lines_of(db, round_.id)
    rows = {row.id: row for row in await store.applicants_of(db, meeting.id)}
    shown = [line for line in lines if passed is None or line.passed is passed]
    # A ballot about one applicant would be told by its own figures, or by what the others leave of the totals.
    alone = any(len(one.lines) == 1 for one in ballots if one.state == BallotStatus.SUBMITTED)
    open_ballots = not rules_of(meeting.pack).secret and not alone
    return RoundResult(
        round=round_.number,
        method=Method(round_.method),
        attending=len(seats),
        present=there.present,
        absent=[seat.name for seat in seats if seat.id in there.absent],
        applicants=[
            ResultLine(
                **_person(rows[line.application_id]),
                **{name: getattr(line, name) for name in _COUNTED},
            )
            for line in shown
        ],
        experts=[_expert(seat, ballots) for seat in seats] if open_ballots else None,
    )


_COUNTED = (
    "application_id",
    "sequence",
    "group_number",
    "votes_for",
    "votes_against",
    "abstentions",
    "recused",
    "absent",
    "attending",
    "score",
    "passed",
)


def _person(row: object) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("name", "employer_name", "title_name", "specialty")}


def _expert(seat: Seat, ballots: list[Ballot]) -> ExpertResult:
    ballot = next((one for one in ballots if one.seat_id == seat.id), None)
    marks = list(ballot.lines.values()) if ballot and ballot.state == BallotStatus.SUBMITTED else []
    return ExpertResult(
        seat_id=seat.id,
        name=seat.name,
        state=BallotStatus(ballot.state) if ballot else BallotStatus.ABSENT,
        votes_for=marks.count(Choice.FOR),
        votes_against=marks.count(Choice.AGAINST),
        abstentions=marks.count(Choice.ABSTAIN),
    )
