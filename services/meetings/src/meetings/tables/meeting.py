"""A meeting, its draws, seats, reviewers and what experts read and write before the vote."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Aggregate, Instant, Row
from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from meetings.domain.attendance import Outcome
from meetings.domain.ballots import Method
from meetings.domain.meeting import UNFINISHED, MeetingStatus
from meetings.tables.columns import Json, Nullable, among


class Meeting(Aggregate, table=True):
    """A review meeting of a campaign's committee."""

    __table_args__ = (
        CheckConstraint(among("state", MeetingStatus), name="meeting_state"),
        CheckConstraint("kind IN ('ORDINARY', 'EXCEPTIONAL')", name="meeting_kind"),
        CheckConstraint("mod(prescribed_size, 2) = 1", name="meeting_size"),
        CheckConstraint("round BETWEEN 0 AND rounds", name="meeting_round"),
        CheckConstraint(
            f"{among('state', ('DRAWING', 'ATTENDANCE', 'GROUPING', 'ALLOCATING', 'READY'))}"
            " OR presiding IS NOT NULL",
            name="meeting_presiding",
        ),
        Index(
            "meeting_unfinished",
            "campaign_id",
            "kind",
            unique=True,
            postgresql_where=text(among("state", sorted(UNFINISHED))),
        ),
        Index("meeting_office", "establishing_unit_id", "created_at"),
    )

    campaign_id: UUID
    committee_id: UUID = Field(index=True)
    establishing_unit_id: UUID
    kind: str = Field(default="ORDINARY", sa_type=Text)
    state: MeetingStatus = Field(default=MeetingStatus.DRAWING, sa_type=Text)
    year: int
    prescribed_size: int
    grouped: bool
    group_method: Method | None = Field(default=None, sa_type=Text)
    attending: int = 0
    round: int = 0
    rounds: int = 1
    executive_chair: UUID | None = None  # a seat
    presiding: UUID | None = None  # a seat
    presiding_reason: str = Field(default="", sa_type=Text)
    draw_groups: list[Json] = Field(default_factory=list, sa_type=JSONB)
    draw_moves: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    multiplier: str | None = Field(default=None, sa_type=Text)
    groups: list[Json] = Field(default_factory=list, sa_type=JSONB)  # specialty groups, by seat ids
    plan: str = Field(default="", sa_type=Text)
    place: str = Field(default="", sa_type=Text)
    held_on: date | None = None
    supervising_body: str = Field(default="", sa_type=Text)
    scoring_standard: str = Field(default="", sa_type=Text)
    max_score: int = 100
    minutes_paragraphs: list[str] = Field(default_factory=list, sa_type=JSONB)
    minutes: Json | None = Field(default=None, sa_type=Nullable)  # the PDF to be signed
    signature: Json | None = Field(default=None, sa_type=Nullable)
    counted_at: datetime | None = Field(default=None, sa_type=Instant)
    work_report: Json | None = Field(default=None, sa_type=Nullable)
    pack: str = Field(sa_type=Text)


class Draw(Row, table=True):
    """One draw by lot: the committed seed, and once drawn the record that verifies it (LAW-04)."""

    __table_args__ = (
        UniqueConstraint("meeting_id", "serial", name="draw_serial"),
        CheckConstraint("(drawn_at IS NULL) = (record IS NULL)", name="draw_drawn"),
    )

    meeting_id: UUID = Field(foreign_key="meeting.id")
    serial: int
    sealed_seed: Json = Field(sa_type=JSONB)
    commitment: str = Field(sa_type=Text)
    committed_at: datetime = Field(sa_type=Instant)
    drawn_at: datetime | None = Field(default=None, sa_type=Instant)
    record: Json | None = Field(default=None, sa_type=Nullable)
    void_reason: str = Field(default="", sa_type=Text)


class DrawPlace(Row, table=True):
    """A drawn expert's place in the order of a group, and what came of asking."""

    __tablename__ = "draw_place"
    __table_args__ = (
        UniqueConstraint("draw_id", "group_number", "position", name="draw_place_once"),
        CheckConstraint(among("outcome", Outcome), name="draw_place_outcome"),
        CheckConstraint("outcome NOT IN ('SKIPPED', 'CANCELLED') OR reason <> ''", name="draw_place_reason"),
    )

    draw_id: UUID = Field(foreign_key="draw.id")
    group_number: int
    position: int
    expert_id: UUID
    outcome: Outcome = Field(default=Outcome.PENDING, sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    note: str = Field(default="", sa_type=Text)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)


class Seat(Aggregate, table=True):
    """An expert's seat in a meeting."""

    __table_args__ = (
        Index("seat_once", "meeting_id", "expert_id", unique=True, postgresql_where=text("active")),
        Index("seat_person", "person"),
    )

    meeting_id: UUID = Field(foreign_key="meeting.id")
    expert_id: UUID = Field(index=True)
    person: UUID
    name: str = Field(sa_type=Text)
    duty: str = Field(sa_type=Text)
    work_unit: str = Field(sa_type=Text)
    specialty: str = Field(sa_type=Text)
    title_name: str = Field(sa_type=Text)
    group_number: int | None = None
    active: bool = True


class Recusal(Row, table=True):
    """An expert who must not judge an applicant (BEY-05)."""

    __table_args__ = (
        UniqueConstraint("seat_id", "application_id", name="recusal_once"),
        CheckConstraint("cause IN ('SAME_UNIT', 'DECLARED', 'RECORDED')", name="recusal_cause"),
    )

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    seat_id: UUID = Field(foreign_key="seat.id")
    application_id: UUID
    cause: str = Field(sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=Instant)


class Reviewer(Row, table=True):
    """Who writes an opinion on an applicant: the lead or an assistant reviewer (MTG-13)."""

    __table_args__ = (UniqueConstraint("seat_id", "application_id", name="reviewer_once"),)

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    application_id: UUID
    seat_id: UUID = Field(foreign_key="seat.id")
    lead: bool


class Opinion(Row, table=True):
    """A written opinion on an applicant before the vote (LAW-07)."""

    __table_args__ = (
        UniqueConstraint("seat_id", "application_id", "kind", name="opinion_once"),
        CheckConstraint("kind IN ('REVIEWER', 'GROUP')", name="opinion_kind"),
        CheckConstraint("text <> ''", name="opinion_text"),
    )

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    application_id: UUID
    seat_id: UUID = Field(foreign_key="seat.id")
    kind: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=Instant)


class Material(Row, table=True):
    """A file that experts read while they deliberate (MTG-14)."""

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    file: Json = Field(sa_type=JSONB)
