"""What certificates keeps: batches, certificates, counters; and copies of what is printed on them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Aggregate, Instant, Known, Row
from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from certificates.domain.batch import BatchStatus
from certificates.domain.certificate import CertificateStatus
from certificates.domain.webhook import DeliveryStatus, WebhookStatus


class FileRecord(TypedDict):
    """A checked file."""

    sha256: str
    name: str
    size: int
    media_type: str


class CertificateBatch(Aggregate, table=True):
    """Issuing information and what becomes of it; its id is the issuing information's."""

    __tablename__ = "certificate_batch"
    __table_args__ = (
        CheckConstraint(
            "state IN ('TO_PROCESS', 'RETURNED', 'TO_ISSUE', 'ISSUING', 'ISSUED')", name="batch_state"
        ),
        CheckConstraint(
            "state NOT IN ('ISSUING', 'ISSUED') OR"
            " (document_number <> '' AND approval_date IS NOT NULL AND stamped_summary IS NOT NULL)",
            name="batch_complete_when_issued",
        ),
        Index("batch_of_unit", "issuing_unit_id", "state"),
    )

    issuing_unit_id: UUID
    campaign_id: UUID = Field(index=True)
    committee_id: UUID
    document_number: str = Field(sa_type=Text)
    review_date: date | None = None
    confirmed_date: date | None = None
    qualification_document: FileRecord | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    source_revision: int  # of the issuing information, 0 for a supplement
    supplements: UUID | None = Field(default=None, foreign_key="certificate_batch.id")
    state: BatchStatus = Field(sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    approval_date: date | None = None
    stamped_summary: FileRecord | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    work_id: UUID | None = None
    issued_at: datetime | None = Field(default=None, sa_type=Instant)
    pack: str = Field(default="", sa_type=Text)


class BatchPerson(Row, table=True):
    """One person of a batch; withdrawn = 取消发证."""

    __tablename__ = "batch_person"
    __table_args__ = (UniqueConstraint("batch_id", "application_id", name="batch_person_once"),)

    batch_id: UUID = Field(foreign_key="certificate_batch.id", index=True)
    application_id: UUID = Field(index=True)
    position: int
    person: UUID
    name: str = Field(sa_type=Text)
    withdrawn: bool = False
    supplemented: bool = False  # taken into a further batch
    reason: str = Field(default="", sa_type=Text)


class Certificate(Aggregate, table=True):
    """An e-certificate; its number and content are fixed before it is printed."""

    __table_args__ = (
        CheckConstraint("state IN ('PRINTING', 'ISSUED', 'REVOKED')", name="certificate_state"),
        CheckConstraint("(state = 'PRINTING') = (sha256 IS NULL)", name="certificate_printed"),
        CheckConstraint("(state = 'PRINTING') = (issued_at IS NULL)", name="certificate_issued"),
        CheckConstraint("(state = 'REVOKED') = (revoked_at IS NOT NULL)", name="certificate_revoked"),
        Index(
            "certificate_in_force_once",
            "application_id",
            unique=True,
            postgresql_where="application_id IS NOT NULL AND state <> 'REVOKED'",
        ),
        Index("certificate_of_unit", "issuing_unit_id", "state"),
    )

    number: str = Field(sa_type=Text, unique=True)
    batch_id: UUID | None = Field(default=None, foreign_key="certificate_batch.id", index=True)
    application_id: UUID | None = None
    person: UUID = Field(index=True)
    name: str = Field(sa_type=Text)
    obtaining_method: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    title_name: str = Field(sa_type=Text)
    specialty: str = Field(sa_type=Text)
    campaign_id: UUID | None = None
    issuing_unit_id: UUID
    issuing_unit_name: str = Field(sa_type=Text)
    document_number: str = Field(sa_type=Text)
    approval_date: date
    content: dict[str, Any] = Field(sa_type=JSONB)  # what is printed; the ID number sealed
    photo: FileRecord | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )  # of the applications bucket
    ordered_at: datetime = Field(sa_type=Instant)
    state: CertificateStatus = Field(sa_type=Text)
    attempts: int = 0
    failure: str = Field(default="", sa_type=Text)
    sha256: str | None = Field(default=None, sa_type=Text, index=True)
    size: int | None = None
    issued_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revocation_reason: str = Field(default="", sa_type=Text)
    revocation_document: FileRecord | None = Field(default=None, sa_type=JSONB(none_as_null=True))


class NumberCounter(SQLModel, table=True):
    """The last serial given for a region and year; it only grows."""

    __tablename__ = "number_counter"

    region: str = Field(sa_type=Text, primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class WebhookSubscription(Aggregate, table=True):
    """Where another system wants to be told of certificates; its instants are real time, not business time."""

    __tablename__ = "webhook_subscription"
    __table_args__ = (
        CheckConstraint("state IN ('ACTIVE', 'DISABLED')", name="webhook_state"),
        CheckConstraint("(state = 'DISABLED') = (disabled_at IS NOT NULL)", name="webhook_disabled"),
        CheckConstraint("(state = 'DISABLED') = (resume_from IS NOT NULL)", name="webhook_resumable"),
    )

    owner: UUID = Field(index=True)  # the system, as identity registered it
    url: str = Field(sa_type=Text)
    types: list[str] = Field(sa_type=ARRAY(Text))  # none: all
    description: str = Field(default="", sa_type=Text)
    state: WebhookStatus = Field(sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)
    resume_from: str | None = Field(default=None, sa_type=Text)  # a cursor before everything missed
    failing_since: datetime | None = Field(default=None, sa_type=Instant)
    secret: dict[str, str] = Field(sa_type=JSONB)  # sealed
    former_secret: dict[str, str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    former_until: datetime | None = Field(default=None, sa_type=Instant)
    wake_at: datetime | None = Field(default=None, sa_type=Instant)  # a task starts then


class WebhookDelivery(Row, table=True):
    """One event for one subscription; a test event has no row in the outbox."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('PENDING', 'DELIVERED', 'EXHAUSTED')", name="delivery_state"),
        UniqueConstraint("subscription_id", "event_id", name="delivery_once"),
        Index("delivery_due", "subscription_id", "next_attempt_at", postgresql_where="state = 'PENDING'"),
        # Whether an earlier event of the same certificate is still on its way.
        Index(
            "delivery_order", "subscription_id", "subject", "event_seq", postgresql_where="state = 'PENDING'"
        ),
        Index("delivery_log", "subscription_id", "created_at", "event_seq"),
    )

    subscription_id: UUID = Field(
        sa_column=Column(ForeignKey("webhook_subscription.id", ondelete="CASCADE"), nullable=False)
    )
    event_seq: int | None = Field(default=None, sa_type=BigInteger)
    event_id: UUID
    type: str = Field(sa_type=Text)
    subject: UUID
    state: DeliveryStatus = Field(sa_type=Text)
    attempts: int = 0
    created_at: datetime = Field(sa_type=Instant)
    next_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    last_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    last_status: int | None = None
    last_error: str = Field(default="", sa_type=Text)
    last_body: str = Field(default="", sa_type=Text)
    duration_ms: int | None = None


class KnownUnit(Known, table=True):
    """Issuing units, as units tells."""

    __tablename__ = "known_unit"

    name: str = Field(sa_type=Text)
    jurisdiction: str = Field(sa_type=Text)


class KnownCommittee(Known, table=True):
    """Review bodies, as committees tells."""

    __tablename__ = "known_committee"

    name: str = Field(sa_type=Text)


class KnownCampaign(Known, table=True):
    """Campaigns, as committees tells."""

    __tablename__ = "known_campaign"

    name: str = Field(sa_type=Text)
    year: int


class KnownApplication(Known, table=True):
    """What a certificate must print, as applications tells from acceptance on."""

    __tablename__ = "known_application"

    person: UUID = Field(index=True)
    name: str = Field(sa_type=Text)
    sex: str = Field(sa_type=Text)
    birth_date: date | None = None
    id_number: dict[str, str] = Field(sa_type=JSONB)  # sealed
    masked: str = Field(sa_type=Text)
    employer_name: str = Field(sa_type=Text)
    photo: FileRecord | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    method: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    specialty: str = Field(sa_type=Text)
    title_name: str = Field(sa_type=Text)
    campaign_id: UUID | None = None


class KnownSystem(Known, table=True):
    """Other information systems, as identity tells: whether one may still have subscriptions."""

    __tablename__ = "known_system"

    client_id: str = Field(sa_type=Text)
    may_subscribe: bool
