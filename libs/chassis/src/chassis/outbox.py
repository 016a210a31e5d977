"""The outbox: an event is a row in the same transaction as the change it tells of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Envelope
from contracts.event import Event
from contracts.topics import TOPICS
from sqlalchemy import BigInteger, Column, FetchedValue, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from chassis import clock
from chassis.context import current_cause
from chassis.db import Instant
from chassis.telemetry import current_traceparent

MAX_BODY = 64 * 1024  # one oversize record makes the following ones of its partition fail


class EventTooLarge(ValueError):
    """A programming error: public state has grown past what a record may carry."""


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:
        return "xid8"


class OutboxRow(SQLModel, table=True):
    """An event to publish; kept after publication for audit, replay and the feed."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_unpublished", "seq", postgresql_where=text("published_at IS NULL")),
        Index("outbox_subject", "subject", "revision"),
    )

    seq: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    id: UUID = Field(unique=True)
    topic: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    subject: UUID
    revision: int
    headers: dict[str, str] = Field(sa_type=JSONB)
    body: str = Field(sa_type=Text)
    xid: int | None = Field(
        default=None,
        sa_column=Column(Xid8, FetchedValue(), server_default=text("pg_current_xact_id()"), nullable=False),
    )
    life: int | None = Field(
        default=None,
        sa_column=Column(Integer, FetchedValue(), server_default=text("0"), nullable=False),
    )
    occurred_at: datetime = Field(sa_type=Instant)
    published_at: datetime | None = Field(default=None, sa_type=Instant)


class OutboxLife(SQLModel, table=True):
    """A life of this database: restored or recovered it counts transactions anew (`migrate` notices)."""

    __tablename__ = "outbox_life"

    life: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    cluster: str = Field(sa_type=Text)  # the cluster's identifier and timeline


class RelayState(SQLModel, table=True):
    """Which Kafka cluster the rows were published to: another one gets them all again."""

    __tablename__ = "relay_state"

    id: int = Field(default=1, primary_key=True)
    cluster_id: str = Field(sa_type=Text)


_source = "//unset/unset"


def configure(province: str, service: str) -> None:
    """Name the source of this process's events."""
    global _source
    _source = f"//{province}/{service}"


def emit(db: AsyncSession, event: Event) -> UUID:
    """Write an event beside the change; it is published after the transaction commits, exactly in order per subject.

    Returns the event's id. Raises `EventTooLarge` for a body over 64 KB.
    """
    if event.topic not in TOPICS:
        raise LookupError(f"{event.topic} is not in the topic registry")
    body = event.model_dump_json()
    if len(body.encode()) > MAX_BODY:
        raise EventTooLarge(event.type)
    cause = current_cause()
    envelope = Envelope(
        id=uuid7(),
        type=event.type,
        source=_source,
        time=clock.now(),
        subject=event.subject,
        correlation_id=cause.correlation,
        causation_id=cause.event,
        traceparent=current_traceparent(),
    )
    db.add(
        OutboxRow(
            id=envelope.id,
            topic=event.topic,
            type=event.type,
            subject=event.subject,
            revision=event.revision,
            headers={name: value.decode() for name, value in envelope.headers()},
            body=body,
            occurred_at=envelope.time,
        )
    )
    db.info["emitted"] = True
    return envelope.id
