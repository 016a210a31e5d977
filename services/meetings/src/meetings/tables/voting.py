"""Rounds of voting and the ballots in them."""

from datetime import datetime
from uuid import UUID

from chassis.db import Aggregate, Instant, Row
from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from meetings.domain.ballots import BallotStatus, Method
from meetings.tables.columns import Json, among


class VotingRound(Row, table=True):
    """A round of voting; its row is what casting shares and closing takes alone."""

    __tablename__ = "voting_round"
    __table_args__ = (
        UniqueConstraint("meeting_id", "number", name="voting_round_once"),
        CheckConstraint("method IN ('VOTE', 'SCORE')", name="voting_round_method"),
    )

    meeting_id: UUID = Field(foreign_key="meeting.id")
    number: int
    method: Method = Field(sa_type=Text)
    by_group: bool  # experts judge their own group's applicants only
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)


class RoundLine(Row, table=True):
    """An applicant in a round; the totals are there once it is closed."""

    __tablename__ = "round_line"
    __table_args__ = (UniqueConstraint("round_id", "application_id", name="round_line_once"),)

    round_id: UUID = Field(foreign_key="voting_round.id")
    application_id: UUID
    sequence: int
    group_number: int | None = None
    votes_for: int | None = None
    votes_against: int | None = None
    abstentions: int | None = None
    recused: int | None = None
    absent: int | None = None
    attending: int | None = None
    score: int | None = None
    passed: bool | None = None


class Ballot(Aggregate, table=True):
    """One seat's ballot in one round; the only place where choices are kept."""

    __table_args__ = (
        UniqueConstraint("round_id", "seat_id", name="ballot_once"),
        CheckConstraint(among("state", BallotStatus), name="ballot_state"),
        CheckConstraint("(state = 'SUBMITTED') = (submitted_at IS NOT NULL)", name="ballot_submitted"),
    )

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    round_id: UUID = Field(foreign_key="voting_round.id")
    seat_id: UUID = Field(foreign_key="seat.id")
    state: BallotStatus = Field(default=BallotStatus.OPEN, sa_type=Text)
    lines: Json = Field(default_factory=dict, sa_type=JSONB)  # application id → choice or score
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    reopen_requested_at: datetime | None = Field(default=None, sa_type=Instant)
    absent_reason: str = Field(default="", sa_type=Text)
