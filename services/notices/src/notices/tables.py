"""What notices keeps: announcements, messages, to-dos; and copies of what others tell."""

from datetime import date, datetime
from uuid import UUID

from chassis.db import Aggregate, Instant, Known, Row
from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from notices.domain.states import AnnouncementStatus, MessageStatus


class FileRecord(TypedDict):
    """A checked file that is attached to something."""

    id: str
    sha256: str
    name: str
    size: int
    media_type: str


class Announcement(Aggregate, table=True):
    """A public announcement of a unit (NTC-02)."""

    __table_args__ = (
        CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'REVOKED')", name="announcement_state"),
        CheckConstraint("state <> 'PUBLISHED' OR published_at IS NOT NULL", name="announcement_published"),
        Index("announcement_on_portal", "kind", "published_at", postgresql_where="state = 'PUBLISHED'"),
        Index("announcement_of_unit", "unit_id", "updated_at"),
    )

    unit_id: UUID
    kind: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    attachments: list[FileRecord] = Field(sa_type=JSONB)
    state: AnnouncementStatus = Field(sa_type=Text)
    published_at: datetime | None = Field(default=None, sa_type=Instant)


class Push(Row, table=True):
    """One writing that a unit sent to ticked units or persons (NTC-03)."""

    __table_args__ = (
        CheckConstraint("audience IN ('UNITS', 'PERSONS')", name="push_audience"),
        Index("push_of_unit", "unit_id", "sent_at"),
    )

    unit_id: UUID
    audience: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    receivers: int
    sent_by: UUID
    sent_at: datetime = Field(sa_type=Instant)


class Message(Aggregate, table=True):
    """A message in the inbox of one person or one unit; from a unit, or from the suite itself."""

    __table_args__ = (
        CheckConstraint("state IN ('SENT', 'READ')", name="message_state"),
        CheckConstraint("(state = 'READ') = (read_at IS NOT NULL)", name="message_read"),
        CheckConstraint("num_nonnulls(to_person, to_unit) = 1", name="message_one_receiver"),
        Index("message_of_person", "to_person", "created_at", postgresql_where="to_person IS NOT NULL"),
        Index("message_of_unit", "to_unit", "created_at", postgresql_where="to_unit IS NOT NULL"),
        Index("message_of_push", "push_id", postgresql_where="push_id IS NOT NULL"),
    )

    to_person: UUID | None = None
    to_unit: UUID | None = None
    from_unit: UUID | None = None
    push_id: UUID | None = Field(default=None, foreign_key="push.id")
    kind: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    about: UUID | None = None  # the application, certificate … it tells of
    state: MessageStatus = Field(sa_type=Text)
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    read_by: UUID | None = None


class Todo(Row, table=True):
    """Something that lies with a unit now; derived from events, gone when the state leaves."""

    __table_args__ = (
        UniqueConstraint("kind", "subject", name="todo_once"),
        CheckConstraint("role IN ('UNIT', 'ESTABLISHING', 'AUTHORISING')", name="todo_role"),
        Index("todo_at", "place_id", "role", "kind"),
    )

    role: str = Field(sa_type=Text)
    place_id: UUID  # a unit, or a committee, campaign or publicity whose unit must act
    kind: str = Field(sa_type=Text)
    subject: UUID = Field(index=True)
    title: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=Instant)


class Heard(SQLModel, table=True):
    """The latest revision heard of a subject on a topic, so that what comes late changes nothing."""

    topic: str = Field(sa_type=Text, primary_key=True)
    subject: UUID = Field(primary_key=True)
    revision: int


class KnownUnit(Known, table=True):
    """Units, for names, the tree and the unit's home."""

    __tablename__ = "known_unit"

    name: str = Field(sa_type=Text)
    uscc: str = Field(sa_type=Text)
    kinds: list[str] = Field(sa_type=ARRAY(Text))
    nature: str = Field(sa_type=Text)
    jurisdiction: str = Field(sa_type=Text)
    superior_id: UUID | None = Field(default=None, index=True)
    state: str = Field(sa_type=Text)


class KnownPerson(Known, table=True):
    """Names of persons, and under which reference they are known now."""

    __tablename__ = "known_person"

    name: str = Field(sa_type=Text)
    merged_into: UUID | None = Field(default=None, index=True)


class KnownStaff(Known, table=True):
    """Who acts for which unit."""

    __tablename__ = "known_staff"
    __table_args__ = (Index("known_staff_unit", "unit_id", "person"),)

    unit_id: UUID
    person: UUID
    name: str = Field(sa_type=Text)
    active: bool


class KnownApplicant(Known, table=True):
    """Who applied from which employer to which committee; the id is the application's."""

    __tablename__ = "known_applicant"

    person: UUID
    name: str = Field(sa_type=Text)
    employer_id: UUID = Field(index=True)
    committee_id: UUID | None = Field(default=None, index=True)
    accepted: bool


class KnownCommittee(Known, table=True):
    """Committees, for the supervision panel and to find who runs them."""

    __tablename__ = "known_committee"

    name: str = Field(sa_type=Text)
    area: str = Field(sa_type=Text)
    establishing_unit_id: UUID = Field(index=True)
    authorising_unit_id: UUID = Field(index=True)
    filing_unit_id: UUID = Field(index=True)
    state: str = Field(sa_type=Text)
    valid_from: date | None = None
    valid_until: date | None = None


class KnownCampaign(Known, table=True):
    """Campaigns, for the portal's cards and the supervision panel."""

    __tablename__ = "known_campaign"

    committee_id: UUID = Field(index=True)
    establishing_unit_id: UUID | None = None
    name: str = Field(sa_type=Text)
    year: int
    series: str = Field(sa_type=Text)
    eligible_scope: str = Field(sa_type=Text)
    document_number: str = Field(sa_type=Text)
    start: datetime = Field(sa_type=Instant)
    first_deadline: datetime = Field(sa_type=Instant)
    receipt_deadline: datetime = Field(sa_type=Instant)
    public: bool
    policy_file: bool
    arrangement_file: bool
    state: str = Field(sa_type=Text)
    published_at: datetime | None = Field(default=None, sa_type=Instant)


class KnownMeeting(Known, table=True):
    """Meetings, for the progress of a campaign."""

    __tablename__ = "known_meeting"

    campaign_id: UUID = Field(index=True)
    kind: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)


class KnownPublicity(Known, table=True):
    """Publicity announcements, for the portal."""

    __tablename__ = "known_publicity"

    campaign_id: UUID = Field(index=True)
    title: str = Field(sa_type=Text)
    contact: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    persons: int
    document_name: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)


class KnownBatch(Known, table=True):
    """Certificate batches, to know which issuing information has been processed."""

    __tablename__ = "known_batch"
    __table_args__ = (Index("known_batch_number", "issuing_unit_id", "document_number"),)

    campaign_id: UUID | None = None
    issuing_unit_id: UUID
    document_number: str = Field(sa_type=Text)
    told_at: datetime = Field(sa_type=Instant)
    state: str = Field(sa_type=Text)
