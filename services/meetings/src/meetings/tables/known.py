"""Copies of what other services know; written only by consumers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Instant, Known
from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


class KnownUnit(Known, table=True):
    """A unit's name and place in the tree."""

    __tablename__ = "known_unit"

    name: str = Field(sa_type=Text)
    superior_id: UUID | None = Field(default=None, index=True)


class KnownCommittee(Known, table=True):
    """A committee: who runs it, who confirms its results, how large it is and until when it is filed."""

    __tablename__ = "known_committee"

    name: str = Field(sa_type=Text)
    establishing_unit_id: UUID
    authorising_unit_id: UUID
    composition: str = Field(sa_type=Text)
    prescribed_size: int
    contact: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    valid_from: date | None = None
    valid_until: date | None = None


class KnownCampaign(Known, table=True):
    """A campaign: its committee, year, deadline of receipt, and whether it reviews in groups."""

    __tablename__ = "known_campaign"

    committee_id: UUID
    name: str = Field(sa_type=Text)
    year: int
    receipt_deadline: datetime = Field(sa_type=Instant)
    specialty_groups: bool
    group_method: str | None = Field(default=None, sa_type=Text)
    state: str = Field(sa_type=Text)


class KnownExpert(Known, table=True):
    """An expert of a committee's library; those IN_LIBRARY can be drawn."""

    __tablename__ = "known_expert"
    __table_args__ = (Index("known_expert_library", "committee_id", "state"),)

    committee_id: UUID
    person: UUID = Field(index=True)
    name: str = Field(sa_type=Text)
    sex: str = Field(sa_type=Text)
    work_unit: str = Field(sa_type=Text)
    duty: str = Field(sa_type=Text)
    title_series: str = Field(sa_type=Text)
    title_name: str = Field(sa_type=Text)
    title_level: str = Field(sa_type=Text)
    specialty: str = Field(sa_type=Text)
    term_until: date | None = None
    state: str = Field(sa_type=Text)


class KnownApplication(Known, table=True):
    """An accepted application that waits for its committee to be known."""

    __tablename__ = "known_application"

    committee_id: UUID = Field(index=True)
    accepted: dict[str, Any] = Field(sa_type=JSONB)


class KnownCertificate(Known, table=True):
    """Which certificate an application led to, for the committee's view."""

    __tablename__ = "known_certificate"

    application_id: UUID | None = Field(default=None, index=True)
    number: str = Field(sa_type=Text)
    issued_at: datetime = Field(sa_type=Instant)
    state: str = Field(sa_type=Text)
