"""The inbox: each event takes effect once per consumer; what cannot be handled is parked, never lost."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from chassis.db import Instant


class InboxRow(SQLModel, table=True):
    """An event that a consumer has taken in; lives as long as outbox rows."""

    __tablename__ = "inbox"

    consumer: str = Field(sa_type=Text, primary_key=True)
    event_id: UUID = Field(primary_key=True)
    received_at: datetime = Field(sa_type=Instant)


class ParkedRow(SQLModel, table=True):
    """A record that could not be decoded or handled, or that came behind one with the same key."""

    __tablename__ = "parked"
    __table_args__ = (
        Index("parked_position", "topic", "partition", "position", unique=True),
        Index("parked_open", "topic", "key", postgresql_where=text("resolved_at IS NULL")),
    )

    seq: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    topic: str = Field(sa_type=Text)
    partition: int
    position: int = Field(sa_type=BigInteger)
    key: bytes = Field(sa_type=LargeBinary)
    headers: list[Any] = Field(sa_type=JSONB)  # [[name, base64], …]
    body: bytes = Field(sa_type=LargeBinary)
    error: str = Field(sa_type=Text)
    parked_at: datetime = Field(sa_type=Instant)
    resolved_at: datetime | None = Field(default=None, sa_type=Instant)
