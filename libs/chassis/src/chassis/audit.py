"""The trail of decisions and of looks into other people's dossiers: written once, never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field

from chassis import clock
from chassis.caller import Caller
from chassis.db import Instant, Row


class AuditEntry(Row, table=True):
    """A decision: who did what to which subject, when, with which note."""

    __tablename__ = "audit_entry"

    at: datetime = Field(sa_type=Instant)
    person: UUID | None = None
    unit: UUID | None = None
    action: str = Field(sa_type=Text)
    subject: UUID = Field(index=True)
    note: str = Field(default="", sa_type=Text)


class AccessLog(Row, table=True):
    """A look by somebody into another person's dossier, or at a full ID number."""

    __tablename__ = "access_log"

    at: datetime = Field(sa_type=Instant)
    person: UUID
    unit: UUID | None = None
    kind: str = Field(sa_type=Text)
    subject: UUID = Field(index=True)


def audit(db: AsyncSession, caller: Caller | None, action: str, subject: UUID, note: str = "") -> None:
    """Record a decision; `caller` is None where time decided."""
    db.add(
        AuditEntry(
            at=clock.now(),
            person=caller.person if caller else None,
            unit=caller.unit_id if caller else None,
            action=action,
            subject=subject,
            note=note,
        )
    )


def accessed(db: AsyncSession, caller: Caller, kind: str, subject: UUID) -> None:
    """Record that this caller read another person's `kind` (application, id-number …)."""
    db.add(AccessLog(at=clock.now(), person=caller.person, unit=caller.unit_id, kind=kind, subject=subject))
