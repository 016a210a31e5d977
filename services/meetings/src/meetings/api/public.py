"""Publicity for everybody: list, persons, document; objections without an account or signed in (LAW-09, 11)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis import clock, persons
from chassis.access import Relation, public, signed_in
from chassis.audit import audit
from chassis.db import get
from chassis.files import FileNotUploaded
from chassis.problems import Missing
from chassis.web import Caller, Db, Files, Model, Page, Paging, Router
from contracts.event import Actor
from contracts.meetings.v1 import ObjectionSubmitted
from fastapi import Query
from provinces.people import mask_id
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlmodel import col

from meetings import store
from meetings.api.objections import objectable, tell_objection
from meetings.api.uploads import EVIDENCE
from meetings.api.views import FileLink, link
from meetings.domain.publicity import (
    OBJECTION,
    ObjectionEvent,
    ObjectionStatus,
    ObjectorIncomplete,
    OutsidePeriod,
    PublicityStatus,
    check_before_end,
    check_objector,
)
from meetings.tables import Objection, Publicity

router = Router(tags=["public publicity"])
_SHOWN = (PublicityStatus.PUBLISHED, PublicityStatus.ENDED)


class RaiseObjection(Model):
    """我要反馈, without an account: named or not."""

    application_id: UUID
    unnamed: bool = False
    name: str = Field(default="", max_length=50, examples=["王某"])
    phone: str = Field(default="", max_length=30, examples=["13800000000"])
    id_type: str = Field(default="RESIDENT_ID", max_length=30)
    id_number: str | None = Field(default=None, max_length=30, description="Optional; kept sealed.")
    reason: str = Field(min_length=1, max_length=5000, examples=["反映业绩成果排名不实。"])


class RaiseOwnObjection(Model):
    """我要反馈, signed in: the answer comes to the caller's messages."""

    application_id: UUID
    phone: str = Field(default="", max_length=30)
    reason: str = Field(min_length=1, max_length=5000, examples=["反映业绩成果排名不实。"])
    evidence: list[UUID] = Field(default_factory=list, max_length=20)


class PublicityLine(BaseModel):
    """An announcement in the public list."""

    id: UUID
    title: str
    state: PublicityStatus
    starts_at: datetime
    ends_at: datetime = Field(description="Exclusive: 24:00 of the last day.")
    persons: int


class PublishedPerson(BaseModel):
    """A person in publicity."""

    application_id: UUID
    name: str
    employer_name: str
    title_name: str
    specialty: str
    level: str


class PublicityDetail(BaseModel):
    """An announcement with its persons."""

    id: UUID
    meeting_id: UUID
    campaign_id: UUID
    title: str
    state: PublicityStatus
    starts_at: datetime
    ends_at: datetime
    contact: str
    phone: str
    address: str
    persons: list[PublishedPerson]
    document_sha256: str


class ObjectionReceipt(BaseModel):
    """That an objection came in."""

    id: UUID
    state: ObjectionStatus


class OwnObjection(ObjectionReceipt):
    """An objection of the caller's and its answer."""

    publicity_id: UUID
    application_id: UUID
    reason: str
    upheld: bool | None
    answer: str | None
    answered_at: datetime | None


@router.get("/public/publicities", access=public())
async def list_published(
    db: Db, paging: Paging, running: Annotated[bool | None, Query()] = None
) -> Page[PublicityLine]:
    """Announcements, newest first; `running` for those whose period runs."""
    states = _SHOWN if running is None else _SHOWN[:1] if running else _SHOWN[1:]
    found = select(Publicity).where(col(Publicity.state).in_(states))
    return await Page.of(db, found.order_by(col(Publicity.starts_at).desc()), paging, _line)


@router.get("/public/publicities/{publicity_id}", access=public())
async def show_published(publicity_id: UUID, db: Db) -> PublicityDetail:
    """An announcement with its persons and contact."""
    row = await _published(db, publicity_id)
    assert row.document is not None
    shared = {name: getattr(row, name) for name in PublicityDetail.model_fields if hasattr(row, name)}
    return PublicityDetail(**shared, document_sha256=row.document["sha256"])


@router.get("/public/publicities/{publicity_id}/document", access=public())
async def download_published(publicity_id: UUID, db: Db, files: Files) -> FileLink:
    """Where the document can be downloaded."""
    row = await _published(db, publicity_id)
    assert row.document is not None
    return await link(files, row.document)


@router.post(
    "/public/publicities/{publicity_id}/objections",
    access=public(),
    refuses=[OutsidePeriod, ObjectorIncomplete, IllegalMove],
    status_code=201,
)
async def raise_objection(publicity_id: UUID, body: RaiseObjection, db: Db) -> ObjectionReceipt:
    """Object without an account, within the period (Q38, LAW-11)."""
    check_objector(body.unnamed, body.name, body.phone)
    number = None if body.unnamed else body.id_number
    row = await _raised(db, publicity_id, body.application_id, body.reason)
    row.unnamed = body.unnamed
    if not body.unnamed:
        row.objector_name, row.phone = body.name, body.phone
    if number:
        # Typed in by anybody: kept for the office, but no proof that the objector is this person.
        row.id_number, row.id_masked = persons.seal(number).model_dump(), mask_id(number)
    tell_objection(db, Actor(role="PUBLIC"), row, ObjectionSubmitted)
    audit(db, None, "meetings.objection.submitted", row.id)
    return ObjectionReceipt(id=row.id, state=row.state)


@router.post(
    "/publicities/{publicity_id}/own-objections",
    access=signed_in(Relation.NONE),
    refuses=[OutsidePeriod, IllegalMove, FileNotUploaded],
    status_code=201,
)
async def raise_own_objection(
    publicity_id: UUID, body: RaiseOwnObjection, db: Db, caller: Caller
) -> ObjectionReceipt:
    """我要反馈: object signed in, within the period (MTG-31)."""
    row = await _raised(db, publicity_id, body.application_id, body.reason)
    row.objector, row.objector_name, row.phone = caller.person, caller.name, body.phone
    row.evidence = [await store.used_file(db, one, caller, EVIDENCE) for one in body.evidence]
    tell_objection(db, caller.actor_as("OBJECTOR"), row, ObjectionSubmitted)
    audit(db, caller, "meetings.objection.submitted", row.id)
    return ObjectionReceipt(id=row.id, state=row.state)


@router.get("/own-objections", access=signed_in(Relation.OWN))
async def list_own_objections(db: Db, caller: Caller) -> list[OwnObjection]:
    """The caller's objections and what was answered (MTG-33)."""
    found = select(Objection).where(Objection.objector == caller.person)
    rows = await db.scalars(found.order_by(col(Objection.created_at).desc()))
    return [OwnObjection.model_validate(row, from_attributes=True) for row in rows]


async def _published(db: Db, publicity_id: UUID) -> Publicity:
    return await get(db, Publicity, Publicity.id == publicity_id, col(Publicity.state).in_(_SHOWN))


async def _raised(db: Db, publicity_id: UUID, application_id: UUID, reason: str) -> Objection:
    """An objection to be told of; the publicity is shared so that its end waits for it."""
    found = select(Publicity).where(Publicity.id == publicity_id, col(Publicity.state).in_(_SHOWN))
    publicity = await db.scalar(found.with_for_update(read=True))
    if publicity is None:
        raise Missing
    assert publicity.ends_at is not None  # whatever is shown was published
    check_before_end(clock.now(), publicity.ends_at)
    candidacy = await objectable(db, publicity, application_id)
    return Objection(
        publicity_id=publicity.id,
        application_id=candidacy.id,
        channel="ONLINE",
        state=ObjectionStatus(OBJECTION.next(None, ObjectionEvent.SUBMIT)),
        reason=reason,
        received_on=clock.local_date(clock.now()),
    )


def _line(row: Publicity) -> PublicityLine:
    shared = {name: getattr(row, name) for name in PublicityLine.model_fields if name != "persons"}
    return PublicityLine(**shared, persons=len(row.persons))
