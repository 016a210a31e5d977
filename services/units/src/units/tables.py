"""What units keeps: units, drafts of units, plans of posts, supervision; and its copy of staff."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Aggregate, Instant, Known
from sqlalchemy import CheckConstraint, ColumnElement, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from units.domain.registration import OPEN, UnitStatus


class PersonRecord(TypedDict):
    """A person typed in by ID number: a handler or a legal person."""

    person: str  # the reference under which this person logs in
    name: str
    id_type: str
    number: dict[str, str]  # sealed
    masked: str
    phone: str


class LicenceRecord(TypedDict):
    """A checked business licence."""

    sha256: str
    name: str
    size: int
    media_type: str


class Unit(Aggregate, table=True):
    """A unit in the tree of title business (UNT-02)."""

    __table_args__ = (
        CheckConstraint(
            "state IN ('PENDING', 'RETURNED', 'AUTHORISED', 'SUPERIOR_CHANGE_PENDING')", name="unit_state"
        ),
        CheckConstraint(
            "(state = 'SUPERIOR_CHANGE_PENDING') = (wanted_superior_id IS NOT NULL)",
            name="unit_wanted_superior",
        ),
        CheckConstraint("superior_id <> id AND wanted_superior_id <> id", name="unit_not_its_own_superior"),
        CheckConstraint("cardinality(kinds) > 0", name="unit_kinds"),
        Index("unit_below", "superior_id", "state"),
        Index("unit_wants", "wanted_superior_id", postgresql_where="wanted_superior_id IS NOT NULL"),
    )

    uscc: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    kinds: list[str] = Field(sa_type=ARRAY(Text))
    nature: str = Field(sa_type=Text)
    jurisdiction: str = Field(sa_type=Text)
    jurisdiction_path: list[str] = Field(sa_type=ARRAY(Text))
    location: str = Field(sa_type=Text)
    contact_person: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    postal_address: str = Field(sa_type=Text)
    licence: LicenceRecord | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    legal_person: PersonRecord | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    handlers: list[PersonRecord] = Field(sa_type=JSONB)
    state: UnitStatus = Field(sa_type=Text)
    superior_id: UUID | None = Field(default=None, foreign_key="unit.id")
    wanted_superior_id: UUID | None = Field(default=None, foreign_key="unit.id")
    reason: str = Field(default="", sa_type=Text)
    requested_at: datetime | None = Field(default=None, sa_type=Instant)  # None: made by its superior
    pack: str = Field(sa_type=Text)  # the province pack under which the last decision fell

    @classmethod
    def is_open(cls) -> ColumnElement[bool]:
        """The condition on units whose functions are open."""
        return cls.state.in_([state.value for state in OPEN])


class UnitDraft(Aggregate, table=True):
    """A subordinate in the making; nobody but its superior knows of it, no event tells of it."""

    __tablename__ = "unit_draft"

    superior_id: UUID = Field(foreign_key="unit.id", index=True)
    basic: dict[str, Any] = Field(sa_type=JSONB)
    licence: LicenceRecord | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    legal_person: PersonRecord | None = Field(default=None, sa_type=JSONB(none_as_null=True))


class PostPlanRow(Aggregate, table=True):
    """The ordered posts of a unit for one matter (UNT-13)."""

    __tablename__ = "post_plan"
    __table_args__ = (
        UniqueConstraint("unit_id", "matter", name="post_plan_once"),
        CheckConstraint("matter IN ('COMMITTEE_FILING', 'CAMPAIGN', 'APPLICATION')", name="post_plan_matter"),
    )

    unit_id: UUID = Field(foreign_key="unit.id")
    matter: str = Field(sa_type=Text)
    posts: list[dict[str, Any]] = Field(sa_type=JSONB)  # [{name, persons}], lowest rank first


class Supervision(Aggregate, table=True):
    """For an area and a level, the department that submissions pass through (UNT-15); None = removed."""

    __table_args__ = (
        UniqueConstraint("unit_id", "area", "level", name="supervision_once"),
        CheckConstraint(
            "level IN ('JUNIOR', 'INTERMEDIATE', 'DEPUTY_SENIOR', 'FULL_SENIOR')", name="supervision_level"
        ),
    )

    unit_id: UUID = Field(foreign_key="unit.id")
    area: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    supervising_unit_id: UUID | None = Field(default=None, foreign_key="unit.id")


class KnownStaff(Known, table=True):
    """Who acts for which unit, as identity tells."""

    __tablename__ = "known_staff"
    __table_args__ = (Index("known_staff_unit", "unit_id", "person"),)

    unit_id: UUID
    person: UUID = Field(index=True)
    name: str = Field(sa_type=Text)
    active: bool
