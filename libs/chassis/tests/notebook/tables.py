"""A note, and the copy of units."""

from uuid import UUID

from chassis.db import Aggregate, Known
from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field


class Note(Aggregate, table=True):
    __table_args__ = (CheckConstraint("state IN ('OPEN', 'CLOSED')", name="note_state"),)

    owner_unit: UUID
    text: str = Field(sa_type=Text, unique=True)
    state: str = Field(default="OPEN", sa_type=Text)


class KnownUnit(Known, table=True):
    __tablename__ = "known_unit"

    name: str = Field(sa_type=Text)
