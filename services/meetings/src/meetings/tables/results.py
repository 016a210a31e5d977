"""Candidacies, and what follows the vote: publicity, objections, confirmation, issuing information."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Aggregate, Instant
from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from meetings.domain.candidacy import CandidacyStatus
from meetings.domain.publicity import ObjectionStatus, PublicityStatus
from meetings.tables.columns import Json, Nullable, among


class Candidacy(Aggregate, table=True):
    """An accepted application under review; the id is the application's."""

    __table_args__ = (
        CheckConstraint(among("state", CandidacyStatus), name="candidacy_state"),
        Index("candidacy_pool", "campaign_id", "state"),
        Index("candidacy_confirming", "confirming_unit_id", "state"),
        Index("candidacy_meeting", "meeting_id", "sequence"),
    )

    campaign_id: UUID
    committee_id: UUID
    meeting_id: UUID | None = Field(default=None, foreign_key="meeting.id")
    person: UUID
    name: str = Field(sa_type=Text)
    sex: str = Field(default="", sa_type=Text)
    id_masked: str = Field(default="", sa_type=Text)
    employer_id: UUID
    employer_name: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    specialty: str = Field(sa_type=Text)
    title_name: str = Field(sa_type=Text)
    application_type: str = Field(default="", sa_type=Text)
    confirming_unit_id: UUID
    state: CandidacyStatus = Field(sa_type=Text)
    sequence: int | None = None
    group_number: int | None = None
    totals: Json | None = Field(default=None, sa_type=Nullable)  # of the deciding round, once announced
    opinion: str = Field(default="", sa_type=Text)  # of the confirming unit
    supplement: Json | None = Field(default=None, sa_type=Nullable)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    document_number: str | None = Field(default=None, sa_type=Text)
    issuing_information_id: UUID | None = None


class Publicity(Aggregate, table=True):
    """A publicity announcement of a meeting's passed persons."""

    __table_args__ = (
        CheckConstraint(among("state", PublicityStatus), name="publicity_state"),
        CheckConstraint(
            "state = 'DRAFT' OR (starts_at IS NOT NULL AND ends_at > starts_at AND document IS NOT NULL)",
            name="publicity_published",
        ),
        UniqueConstraint("meeting_id", name="publicity_once"),
        Index("publicity_public", "state", "starts_at"),
    )

    meeting_id: UUID = Field(foreign_key="meeting.id")
    campaign_id: UUID
    establishing_unit_id: UUID = Field(index=True)
    title: str = Field(sa_type=Text)
    contact: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    address: str = Field(default="", sa_type=Text)
    days: int
    state: PublicityStatus = Field(default=PublicityStatus.DRAFT, sa_type=Text)
    starts_at: datetime | None = Field(default=None, sa_type=Instant)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    document: Json | None = Field(default=None, sa_type=Nullable)
    persons: list[Json] = Field(default_factory=list, sa_type=JSONB)  # as published


class Objection(Aggregate, table=True):
    """An objection to a person in publicity; what was said stays here, sealed where it names somebody."""

    __table_args__ = (
        CheckConstraint(among("state", ObjectionStatus), name="objection_state"),
        CheckConstraint("channel IN ('ONLINE', 'OFFLINE', 'OFFICE')", name="objection_channel"),
        CheckConstraint(
            "(state = 'ANSWERED') = (upheld IS NOT NULL AND answer IS NOT NULL)", name="objection_answered"
        ),
        Index("objection_person", "application_id", "state"),
    )

    publicity_id: UUID = Field(foreign_key="publicity.id", index=True)
    application_id: UUID
    channel: str = Field(sa_type=Text)
    state: ObjectionStatus = Field(sa_type=Text)
    objector: UUID | None = Field(default=None, index=True)
    unnamed: bool = False
    objector_name: str = Field(default="", sa_type=Text)
    phone: str = Field(default="", sa_type=Text)
    id_number: Json | None = Field(default=None, sa_type=Nullable)  # sealed
    id_masked: str = Field(default="", sa_type=Text)
    reason: str = Field(sa_type=Text)
    received_on: date
    evidence: list[Json] = Field(default_factory=list, sa_type=JSONB)
    upheld: bool | None = None
    answer: str | None = Field(default=None, sa_type=Text)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


class QualificationDocument(Aggregate, table=True):
    """The authorising unit's document that confirms a meeting's titles (MTG-42)."""

    __tablename__ = "qualification_document"
    __table_args__ = (UniqueConstraint("meeting_id", "unit_id", name="qualification_document_once"),)

    meeting_id: UUID = Field(foreign_key="meeting.id")
    unit_id: UUID
    number: str = Field(sa_type=Text)
    file: Json = Field(sa_type=JSONB)


class IssuingInformation(Aggregate, table=True):
    """What the committee sent for issuing under one document number (MTG-46)."""

    __tablename__ = "issuing_information"

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    issuing_unit_id: UUID
    document_number: str = Field(sa_type=Text)
    review_date: date
    confirmed_date: date
    applications: list[str] = Field(sa_type=JSONB)
    document: Json = Field(sa_type=JSONB)
    submitted_at: datetime = Field(sa_type=Instant)
    returned: bool = False  # by the issuing unit: submitted again under the same id
