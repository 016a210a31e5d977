"""What applications keeps, and its copies of units, committees, campaigns, seats and candidacies."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Aggregate, Instant, Known
from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from applications.domain.standing import Desk, Status

_STATES = ", ".join(f"'{state}'" for state in Status)
_DESKS = ", ".join(f"'{desk}'" for desk in Desk)
_NULLABLE = JSONB(none_as_null=True)


class Applicant(SQLModel, table=True):
    """Who applies, as identity and the ID number say; `id` is the person's reference."""

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    id_type: str = Field(sa_type=Text)
    id_number: dict[str, str] = Field(sa_type=JSONB)  # sealed
    id_number_masked: str = Field(sa_type=Text)
    sex: str | None = Field(default=None, sa_type=Text)  # known from a resident's ID number
    birth_date: date | None = None


class Application(Aggregate, table=True):
    """A person's request for a title in one year."""

    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="application_state"),
        CheckConstraint(
            "level IN ('JUNIOR', 'INTERMEDIATE', 'DEPUTY_SENIOR', 'FULL_SENIOR')", name="application_level"
        ),
        CheckConstraint("(campaign_id IS NULL) = (committee_id IS NULL)", name="application_campaign"),
        CheckConstraint(
            "state = 'DRAFT' OR (vetting_case IS NOT NULL AND submitted_at IS NOT NULL)",
            name="application_submitted",
        ),
        CheckConstraint(
            "(state IN ('VETTING', 'RETURNED_TO_UNIT', 'COMMITTEE_PENDING')) = (node_unit_id IS NOT NULL)",
            name="application_node",
        ),
        CheckConstraint("state <> 'ACCEPTED' OR accepted IS NOT NULL", name="application_accepted"),
        Index("application_person", "person", "year"),
        Index("application_committee", "committee_id", "state"),
        Index("application_campaign_id", "campaign_id"),
    )

    person: UUID = Field(foreign_key="applicant.id")
    name: str = Field(sa_type=Text)
    year: int
    employer_id: UUID
    employer_name: str = Field(sa_type=Text)
    employer_nature: str = Field(sa_type=Text)
    method: str = Field(sa_type=Text)
    application_type: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    specialty: str = Field(sa_type=Text)
    title_name: str = Field(sa_type=Text)
    committee_id: UUID | None = None
    committee_name: str | None = Field(default=None, sa_type=Text)
    campaign_id: UUID | None = None
    campaign_revision: int | None = None  # under which the draft was begun
    pack: str = Field(sa_type=Text)
    state: Status = Field(default=Status.DRAFT, sa_type=Text)
    vetting_case: dict[str, Any] | None = Field(default=None, sa_type=_NULLABLE)
    node_unit_id: UUID | None = None
    node_index: int | None = None
    post_rank: int | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    correct_by: datetime | None = Field(default=None, sa_type=Instant)
    viewed_at: datetime | None = Field(default=None, sa_type=Instant)  # by the first unit, since submission
    notices: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    employer_files: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    letter: dict[str, Any] | None = Field(default=None, sa_type=_NULLABLE)
    letter_unit_id: UUID | None = None
    dossier_sha256: str | None = Field(default=None, max_length=64)
    accepted: dict[str, Any] | None = Field(default=None, sa_type=_NULLABLE)  # what a certificate must print


class FormModule(Aggregate, table=True):
    """One module of an application's form; never the ID number, which `applicant` holds sealed."""

    __tablename__ = "form_module"
    __table_args__ = (UniqueConstraint("application_id", "name", name="form_module_once"),)

    application_id: UUID = Field(foreign_key="application.id", ondelete="CASCADE")
    name: str = Field(sa_type=Text)
    schema_id: str = Field(sa_type=Text)
    data: dict[str, Any] = Field(sa_type=JSONB)


class Placement(SQLModel, table=True):
    """One node of a route as its unit's list shows it."""

    __table_args__ = (
        CheckConstraint(f"desk IN ({_DESKS})", name="placement_desk"),
        Index("placement_list", "unit_id", "desk", "tab"),
    )

    application_id: UUID = Field(foreign_key="application.id", ondelete="CASCADE", primary_key=True)
    node_index: int = Field(primary_key=True)
    unit_id: UUID
    desk: str = Field(sa_type=Text)
    tab: str | None = Field(default=None, sa_type=Text)


class StockOpinion(Aggregate, table=True):
    """A text that a vetter keeps for use in opinions (APP-53)."""

    __tablename__ = "stock_opinion"
    __table_args__ = (Index("stock_opinion_owner", "unit_id", "person"),)

    unit_id: UUID
    person: UUID
    text: str = Field(sa_type=Text)


class YearLock(SQLModel, table=True):
    """Rejected for a year: this person cannot apply again in it (Q11)."""

    __tablename__ = "year_lock"

    person: UUID = Field(primary_key=True)
    year: int = Field(primary_key=True)
    application_id: UUID
    reason: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)


class KnownUnit(Known, table=True):
    """A unit, as units tells."""

    __tablename__ = "known_unit"

    name: str = Field(sa_type=Text)
    kinds: list[str] = Field(sa_type=ARRAY(Text))
    nature: str = Field(sa_type=Text)
    jurisdiction: str = Field(sa_type=Text)
    path: list[str] = Field(sa_type=ARRAY(Text))
    superior_id: UUID | None = None
    state: str = Field(sa_type=Text)


class KnownPosts(Known, table=True):
    """The posts of a unit for applications."""

    __tablename__ = "known_posts"

    unit_id: UUID = Field(index=True)
    posts: list[dict[str, Any]] = Field(sa_type=JSONB)


class KnownSupervision(Known, table=True):
    """Through which department an area's submissions of a level pass."""

    __tablename__ = "known_supervision"
    __table_args__ = (Index("known_supervision_place", "level", "area"),)

    area: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    supervising_unit_id: UUID | None = None


class KnownCommittee(Known, table=True):
    """A committee, as committees tells; `content` is its public state."""

    __tablename__ = "known_committee"

    name: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text, index=True)
    area: str = Field(sa_type=Text)
    establishing_unit_id: UUID = Field(index=True)
    authorising_unit_id: UUID
    state: str = Field(sa_type=Text)
    content: dict[str, Any] = Field(sa_type=JSONB)


class KnownCampaign(Known, table=True):
    """A campaign, as committees tells; `content` is its public state."""

    __tablename__ = "known_campaign"
    __table_args__ = (Index("known_campaign_committee", "committee_id", "year"),)

    committee_id: UUID
    year: int
    name: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    start: datetime = Field(sa_type=Instant)
    first_deadline: datetime = Field(sa_type=Instant)
    modified_deadline: datetime = Field(sa_type=Instant)
    receipt_deadline: datetime = Field(sa_type=Instant)
    content: dict[str, Any] = Field(sa_type=JSONB)


class KnownSeat(Known, table=True):
    """An expert's seat: what gives reading access to dossiers."""

    __tablename__ = "known_seat"
    __table_args__ = (Index("known_seat_person", "person", "campaign_id"),)

    campaign_id: UUID
    person: UUID
    active: bool
    recused_from: list[str] = Field(sa_type=ARRAY(Text))


class KnownCandidacy(Known, table=True):
    """What became of an accepted application in review; `id` is the application's."""

    __tablename__ = "known_candidacy"

    state: str = Field(sa_type=Text)
    confirming_unit_id: UUID


class KnownCertificate(Known, table=True):
    """The certificate that an application ended in."""

    __tablename__ = "known_certificate"

    application_id: UUID = Field(index=True)
    number: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
