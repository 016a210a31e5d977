"""Rounds as they were: lines, who was there, what was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from meetings.domain.ballots import BallotStatus, Tally
from meetings.tables import Ballot, RoundLine, Seat, VotingRound


async def lines_of(db: AsyncSession, round_id: UUID) -> list[RoundLine]:
    """A round's applicants in order."""
    found = select(RoundLine).where(RoundLine.round_id == round_id)
    return list(await db.scalars(found.order_by(col(RoundLine.sequence))))


def entitled_lines(
    round_: VotingRound, lines: Sequence[RoundLine], seat: Seat, recused: Mapping[UUID, set[UUID]]
) -> list[RoundLine]:
    """The lines of a seat's ballot: its own group's only, and nobody that it is recused from."""
    return [
        line
        for line in lines
        if (not round_.by_group or line.group_number == seat.group_number)
        and seat.id not in recused.get(line.application_id, set())
    ]


def entitled_seats(round_: VotingRound, line: RoundLine, seats: Sequence[Seat]) -> set[UUID]:
    """The seats that judge an applicant in a round, recused and absent ones included."""
    return {seat.id for seat in seats if not round_.by_group or seat.group_number == line.group_number}


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who is there in a round."""

    seats: Sequence[Seat]
    absent: frozenset[UUID]

    @property
    def present(self) -> int:
        """Seats not absent."""
        return len(self.seats) - len(self.absent)


def attendance(seats: Sequence[Seat], ballots: Sequence[Ballot]) -> Attendance:
    """Who is there, by the ballots."""
    return Attendance(seats, frozenset(one.seat_id for one in ballots if one.state == BallotStatus.ABSENT))


def tally_of(line: RoundLine) -> Tally:
    """A counted line as the domain sees it."""
    return Tally(
        for_=line.votes_for or 0,
        against=line.votes_against or 0,
        abstain=line.abstentions or 0,
        recused=line.recused or 0,
        absent=line.absent or 0,
        attending=line.attending or 0,
        score=line.score,
    )


async def deciding_lines(db: AsyncSession, meeting_id: UUID) -> dict[UUID, RoundLine]:
    """Application → the line of the last round it was in, of closed rounds."""
    found = (
        select(RoundLine)
        .join(VotingRound, col(VotingRound.id) == RoundLine.round_id)
        .where(VotingRound.meeting_id == meeting_id, col(VotingRound.closed_at).is_not(None))
        .order_by(col(VotingRound.number))
    )
    return {line.application_id: line for line in await db.scalars(found)}
