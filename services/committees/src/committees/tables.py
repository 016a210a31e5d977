"""Rows of committees, and the copies of what other services know."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.db import Aggregate, Instant, Known, Row
from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, and_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col

from committees.domain.campaign import CampaignStatus
from committees.domain.experts import ExpertStatus
from committees.domain.filing import FilingStatus

Json = dict[str, Any]
Nullable = JSONB(none_as_null=True)


def _among(column: str, values: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class KnownUnit(Known, table=True):
    """A copy of the unit tree."""

    __tablename__ = "known_unit"

    name: str = Field(sa_type=Text)
    kinds: list[str] = Field(sa_type=JSONB)
    jurisdiction: str = Field(sa_type=Text)
    superior_id: UUID | None = None
    authorised: bool


class KnownPostPlan(Known, table=True):
    """A copy of the posts of a unit for one matter (UNT-13)."""

    __tablename__ = "known_post_plan"
    __table_args__ = (UniqueConstraint("unit_id", "matter", name="known_post_plan_unit_matter"),)

    unit_id: UUID
    matter: str = Field(sa_type=Text)
    posts: list[Json] = Field(sa_type=JSONB)


class KnownCandidacy(Known, table=True):
    """A copy of who is under review, for closing a campaign; the id is the application's."""

    __tablename__ = "known_candidacy"

    campaign_id: UUID = Field(index=True)
    state: str = Field(sa_type=Text)


class KnownCertificate(Known, table=True):
    """A copy of which certificates exist, for closing a campaign."""

    __tablename__ = "known_certificate"

    application_id: UUID | None = Field(default=None, index=True)
    campaign_id: UUID | None = Field(default=None, index=True)
    state: str = Field(sa_type=Text)


class Committee(Aggregate, table=True):
    """A review committee and its filing."""

    __tablename__ = "committee"
    __table_args__ = (
        CheckConstraint(_among("state", FilingStatus), name="committee_state"),
        CheckConstraint("composition IN ('BY_SERIES', 'BY_SPECIALTY')", name="committee_composition"),
        CheckConstraint("state <> 'FILED' OR valid_until IS NOT NULL", name="committee_filed"),
        CheckConstraint("prescribed_size > 0", name="committee_size"),
        Index("committee_inbox", "node_unit_id", postgresql_where=text("node_unit_id IS NOT NULL")),
        Index("committee_state_series", "state", "series"),
    )

    establishing_unit_id: UUID = Field(index=True)
    name: str = Field(sa_type=Text)
    office_body: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    review_type: str = Field(sa_type=Text)
    levels: list[str] = Field(sa_type=JSONB)
    authorising_unit_id: UUID = Field(index=True)
    filing_unit_id: UUID = Field(index=True)
    contact: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    funded: bool = False
    autonomous: bool = False
    unit_natures: list[str] = Field(default_factory=list, sa_type=JSONB)
    composition: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    specialties: list[str] = Field(default_factory=list, sa_type=JSONB)
    related_series: list[str] = Field(default_factory=list, sa_type=JSONB)
    area: str = Field(sa_type=Text)
    prescribed_size: int
    consent_number: str = Field(default="", sa_type=Text)
    letter: Json | None = Field(default=None, sa_type=Nullable)
    requirements: list[Json] = Field(default_factory=list, sa_type=JSONB)  # default of new campaigns, COM-39
    state: FilingStatus = Field(default=FilingStatus.NOT_FILED, sa_type=Text)
    case: Json | None = Field(default=None, sa_type=Nullable)
    past_cases: list[Json] = Field(default_factory=list, sa_type=JSONB)  # of earlier filings, COM-10
    node_unit_id: UUID | None = None
    filed_at: datetime | None = Field(default=None, sa_type=Instant)
    valid_from: date | None = None
    valid_until: date | None = None
    pack: str = Field(sa_type=Text)


class Expert(Aggregate, table=True):
    """An expert of one committee's library."""

    __tablename__ = "expert"
    __table_args__ = (
        CheckConstraint(_among("state", ExpertStatus), name="expert_state"),
        CheckConstraint("duty IN ('CHAIR', 'VICE_CHAIR', 'MEMBER')", name="expert_duty"),
        UniqueConstraint("committee_id", "person", name="expert_once"),
        Index("expert_committee_state", "committee_id", "state"),
    )

    committee_id: UUID = Field(foreign_key="committee.id")
    person: UUID
    id_type: str = Field(default="RESIDENT_ID", sa_type=Text)
    id_number: Json = Field(sa_type=JSONB)  # sealed
    id_masked: str = Field(sa_type=Text)
    nationality: str = Field(default="CHN", sa_type=Text)
    name: str = Field(sa_type=Text)
    sex: str = Field(sa_type=Text)
    birth: str = Field(sa_type=Text)  # yyyy-MM
    retired: bool = False
    work_unit: str = Field(default="", sa_type=Text)
    supervising_unit: str = Field(default="", sa_type=Text)
    administrative_post: str = Field(default="", sa_type=Text)
    post_grade: str = Field(default="", sa_type=Text)
    phone: str = Field(default="", sa_type=Text)
    phone2: str = Field(default="", sa_type=Text)
    honours: str = Field(default="", sa_type=Text)
    title_series: str = Field(default="", sa_type=Text)
    title_name: str = Field(default="", sa_type=Text)
    title_level: str = Field(default="", sa_type=Text)
    specialty: str = Field(default="", sa_type=Text)
    duty: str = Field(sa_type=Text)
    term_from: date
    term_until: date | None = None
    recommended_by: UUID | None = None
    vetting_unit_id: UUID
    opinion: str = Field(default="", sa_type=Text)
    state: ExpertStatus = Field(default=ExpertStatus.TO_SUBMIT, sa_type=Text)


class ExpertImport(Row, table=True):
    """One uploaded sheet of experts: its rows lie sealed until they are imported."""

    __tablename__ = "expert_import"
    __table_args__ = (
        CheckConstraint(
            "state IN ('CHECKING', 'CHECKED', 'REFUSED', 'IMPORTING', 'IMPORTED')", name="expert_import_state"
        ),
    )

    committee_id: UUID = Field(index=True, foreign_key="committee.id")
    unit_id: UUID
    file_sha256: str = Field(sa_type=Text)
    state: str = Field(default="CHECKING", sa_type=Text)
    sealed: Json | None = Field(default=None, sa_type=Nullable)  # the good rows, until they are imported
    good_rows: list[Json] = Field(default_factory=list, sa_type=JSONB)  # as shown: numbers masked
    bad_rows: list[Json] = Field(default_factory=list, sa_type=JSONB)
    good_count: int = 0
    bad_count: int = 0
    imported_count: int = 0
    failures: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(default_factory=clock.now, sa_type=Instant)


class Campaign(Aggregate, table=True):
    """One committee's round in a year."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint(_among("state", CampaignStatus), name="campaign_state"),
        CheckConstraint("category IN ('ANNUAL', 'SPECIAL')", name="campaign_category"),
        CheckConstraint("saved BETWEEN 0 AND 5", name="campaign_saved"),
        CheckConstraint(
            "start_at < first_deadline AND first_deadline <= modified_deadline"
            " AND modified_deadline <= receipt_deadline",
            name="campaign_deadlines",
        ),
        Index(
            "campaign_annual_once",
            "committee_id",
            "year",
            unique=True,
            postgresql_where=text("category = 'ANNUAL'"),
        ),
        Index("campaign_inbox", "node_unit_id", postgresql_where=text("node_unit_id IS NOT NULL")),
    )

    committee_id: UUID = Field(index=True, foreign_key="committee.id")
    establishing_unit_id: UUID = Field(index=True)
    authorising_unit_id: UUID = Field(index=True)
    name: str = Field(sa_type=Text)
    year: int
    category: str = Field(sa_type=Text)
    start_at: datetime | None = Field(default=None, sa_type=Instant)
    first_deadline: datetime | None = Field(default=None, sa_type=Instant)
    modified_deadline: datetime | None = Field(default=None, sa_type=Instant)
    receipt_deadline: datetime | None = Field(default=None, sa_type=Instant)
    basic: Json = Field(default_factory=dict, sa_type=JSONB)
    policy_file: Json | None = Field(default=None, sa_type=Nullable)
    arrangement_file: Json | None = Field(default=None, sa_type=Nullable)
    plan_file: Json | None = Field(default=None, sa_type=Nullable)  # internal, never public (Q17)
    opened: list[Json] = Field(default_factory=list, sa_type=JSONB)
    requirements: list[Json] = Field(default_factory=list, sa_type=JSONB)
    conditions: list[Json] = Field(default_factory=list, sa_type=JSONB)
    materials: list[Json] = Field(default_factory=list, sa_type=JSONB)
    saved: int = 0
    series: str = Field(sa_type=Text)
    state: CampaignStatus = Field(default=CampaignStatus.EDITING, sa_type=Text)
    case: Json | None = Field(default=None, sa_type=Nullable)
    node_unit_id: UUID | None = None
    published_at: datetime | None = Field(default=None, sa_type=Instant)
    pack: str = Field(sa_type=Text)


def on_route(table: type[Committee] | type[Campaign], unit: UUID) -> Any:
    """The condition that a case lies with this unit, or is or was on its way there."""
    route = {"route": [{"unit": str(unit)}]}
    return and_(col(table.case).is_not(None), col(table.case).contains(route))  # type: ignore[attr-defined]
