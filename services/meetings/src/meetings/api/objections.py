"""Objections during publicity: recorded by the office, listed, answered once (MTG-04, MTG-32, LAW-10, LAW-11)."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from chassis import clock, persons
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get, lock, save
from chassis.files import FileNotUploaded
from chassis.outbox import emit
from chassis.problems import Missing
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, View, expect
from contracts.event import Actor
from contracts.meetings.v1 import ObjectionAnswered, ObjectionRecorded, ObjectionState
from fastapi import Query
from provinces.people import mask_id
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from meetings import store
from meetings.actions.publicity import go_on
from meetings.api.publicity import OFFICE, last_day
from meetings.api.uploads import EVIDENCE
from meetings.api.views import FileLink, link
from meetings.domain.candidacy import OBJECTABLE
from meetings.domain.publicity import (
    OBJECTION,
    ObjectionEvent,
    ObjectionStatus,
    ObjectorIncomplete,
    OutsidePeriod,
    PublicityStatus,
    check_objector,
    check_received,
)
from meetings.tables import Candidacy, KnownUnit, Objection, Publicity

router = Router(tags=["publicity"])


class RecordObjection(Model):
    """An objection that came by letter, telephone or visit, or a case the office opens by itself."""

    application_id: UUID
    channel: str = Field(default="OFFLINE", pattern="^(OFFLINE|OFFICE)$", examples=["OFFLINE"])
    unnamed: bool = False
    name: str = Field(default="", max_length=50, examples=["王某"])
    phone: str = Field(default="", max_length=30, examples=["13800000000"])
    id_type: str = Field(default="RESIDENT_ID", max_length=30)
    id_number: str | None = Field(default=None, max_length=30, description="Optional (LAW-11); kept sealed.")
    reason: str = Field(min_length=1, max_length=5000, examples=["反映业绩成果排名不实。"])
    received_on: date = Field(examples=["2026-11-24"])
    evidence: list[UUID] = Field(min_length=1, max_length=20, description="Checked uploads.")


class AnswerObjection(Model):
    """Answer once: upheld or not, and what the objector is told."""

    upheld: bool
    answer: str = Field(min_length=1, max_length=5000, examples=["经核实，情况不属实。"])


class ObjectionView(View):
    """An objection as the office sees it."""

    publicity_id: UUID
    application_id: UUID
    person: str
    channel: str
    unnamed: bool
    objector_name: str
    phone: str
    id_masked: str
    reason: str
    received_on: date
    evidence: list[FileLink]
    upheld: bool | None
    answer: str | None
    answered_at: datetime | None


class ObjectedPerson(BaseModel):
    """A person objected to, for the unit that manages establishing units."""

    meeting_id: UUID
    establishing_unit: str
    publicity: str
    application_id: UUID
    name: str
    employer_name: str
    objections: int
    open: int
    upheld: int
    state: str


@router.get("/publicities/{publicity_id}/objections", access=OFFICE)
async def list_objections(
    publicity_id: UUID,
    db: Db,
    caller: Caller,
    paging: Paging,
    files: Files,
    state: Annotated[ObjectionStatus | None, Query()] = None,
) -> Page[ObjectionView]:
    """Objections to persons of an announcement, oldest first."""
    await get(db, Publicity, Publicity.id == publicity_id, Publicity.establishing_unit_id == caller.unit)
    found = select(Objection).where(Objection.publicity_id == publicity_id)
    if state is not None:
        found = found.where(Objection.state == state)
    page = await Page.of(db, found.order_by(col(Objection.created_at)), paging, lambda row: row)
    items = [await objection_view(db, row, files) for row in page.items]
    return Page(items=items, total=page.total, page=page.page, size=page.size)


@router.post(
    "/publicities/{publicity_id}/objections",
    access=OFFICE,
    refuses=[OutsidePeriod, ObjectorIncomplete, FileNotUploaded, IllegalMove],
    status_code=201,
)
async def record_objection(
    publicity_id: UUID, body: RecordObjection, db: Db, caller: Caller, files: Files
) -> ObjectionView:
    """Record an offline objection with its evidence; it must have come in during the period (MTG-32)."""
    publicity = await store.publicity_of(db, publicity_id, caller.unit)
    candidacy = await objectable(db, publicity, body.application_id)
    if publicity.starts_at is None or publicity.ends_at is None:
        raise OutsidePeriod("公示公告尚未发布。")
    today = clock.local_date(clock.now())
    first, last = clock.local_date(publicity.starts_at), last_day(publicity)
    check_received(body.received_on, first, min(last, today))
    if body.channel == "OFFLINE":
        check_objector(body.unnamed, body.name, body.phone)
    evidence = [await store.used_file(db, one, caller, EVIDENCE) for one in body.evidence]
    number = body.id_number
    row = Objection(
        publicity_id=publicity.id,
        application_id=candidacy.id,
        channel=body.channel,
        state=ObjectionStatus(OBJECTION.next(None, ObjectionEvent.RECORD)),
        objector=persons.ref(body.id_type, number) if number else None,
        unnamed=body.unnamed,
        objector_name=body.name,
        phone=body.phone,
        id_number=persons.seal(number).model_dump() if number else None,
        id_masked=mask_id(number) if number else "",
        reason=body.reason,
        received_on=body.received_on,
        evidence=evidence,
    )
    tell_objection(db, caller.actor, row, ObjectionRecorded)
    audit(db, caller, "meetings.objection.recorded", row.id)
    return await objection_view(db, row, files)


@router.post("/objections/{objection_id}/answer", access=OFFICE, refuses=[IllegalMove])
async def answer_objection(
    objection_id: UUID, body: AnswerObjection, db: Db, caller: Caller, files: Files, if_match: IfMatch
) -> ObjectionView:
    """Answer an objection once; after the period the person then goes on, or ends as not confirmed (LAW-10)."""
    own = select(Publicity.id).where(Publicity.establishing_unit_id == caller.unit)
    found = await get(db, Objection, Objection.id == objection_id, col(Objection.publicity_id).in_(own))
    # The person first, then the objection: as confirmation and the end of the period take them.
    publicity = await store.publicity_of(db, found.publicity_id, caller.unit)
    candidacy = await store.lock_candidacy(db, found.application_id)
    row = await lock(db, Objection, Objection.id == objection_id)
    expect(row, if_match)
    row.state = ObjectionStatus(OBJECTION.next(ObjectionStatus(row.state), ObjectionEvent.ANSWER))
    row.upheld, row.answer, row.answered_at = body.upheld, body.answer, clock.now()
    tell_objection(db, caller.actor, row, ObjectionAnswered)
    audit(db, caller, "meetings.objection.answered", row.id, "成立" if body.upheld else "不成立")
    await db.flush()
    if publicity.state == PublicityStatus.ENDED and candidacy.state in OBJECTABLE:
        await go_on(db, caller, candidacy)
    return await objection_view(db, row, files)


@router.get("/objected-persons", access=needs("meetings.publicity.manage", Relation.SUPERIOR))
async def list_objected_persons(
    db: Db, caller: Caller, meeting_id: Annotated[UUID | None, Query()] = None
) -> list[ObjectedPerson]:
    """Persons objected to in meetings of the establishing units below the acting unit (MTG-04)."""
    found = (
        select(Objection, Publicity, Candidacy, KnownUnit)
        .join(Publicity, col(Publicity.id) == Objection.publicity_id)
        .join(Candidacy, col(Candidacy.id) == Objection.application_id)
        .join(KnownUnit, col(KnownUnit.id) == Publicity.establishing_unit_id)
        .where(KnownUnit.superior_id == caller.unit)
        .order_by(col(Publicity.created_at).desc(), col(Candidacy.sequence))
    )
    if meeting_id is not None:
        found = found.where(Publicity.meeting_id == meeting_id)
    persons_: dict[UUID, ObjectedPerson] = {}
    for objection, publicity, candidacy, unit in await db.execute(found):
        one = persons_.setdefault(
            candidacy.id,
            ObjectedPerson(
                meeting_id=publicity.meeting_id,
                establishing_unit=unit.name,
                publicity=publicity.title,
                application_id=candidacy.id,
                name=candidacy.name,
                employer_name=candidacy.employer_name,
                objections=0,
                open=0,
                upheld=0,
                state=candidacy.state,
            ),
        )
        one.objections += 1
        one.open += objection.state != ObjectionStatus.ANSWERED
        one.upheld += bool(objection.upheld)
    return list(persons_.values())


async def objectable(db: AsyncSession, publicity: Publicity, application_id: UUID) -> Candidacy:
    """A published person whom an objection can still concern, locked; raises Missing, IllegalMove."""
    if str(application_id) not in {one["application_id"] for one in publicity.persons}:
        raise Missing
    candidacy = await store.lock_candidacy(db, application_id)
    if candidacy.state not in OBJECTABLE:
        raise IllegalMove("该人员的评审结果已经确认或终止。")
    return candidacy


def tell_objection(db: AsyncSession, actor: Actor, row: Objection, told: Any) -> None:
    """Save an objection and tell of it; what was said stays here."""
    save(db, row)
    state = ObjectionState(
        publicity_id=row.publicity_id,
        application_id=row.application_id,
        objector=row.objector,
        channel=row.channel,
        state=row.state,
        upheld=row.upheld,
        answer=row.answer,
    )
    emit(db, told(subject=row.id, revision=row.revision, actor=actor, state=state))


async def objection_view(db: AsyncSession, row: Objection, files: Files) -> ObjectionView:
    """An objection's view."""
    shared = {name: getattr(row, name) for name in ObjectionView.model_fields if hasattr(row, name)}
    candidacy: Candidacy = await db.get_one(Candidacy, row.application_id)
    return ObjectionView(
        **{**shared, "evidence": [await link(files, one) for one in row.evidence]},
        person=candidacy.name,
        allowed_actions=list(OBJECTION.allowed(ObjectionStatus(row.state), "office")),
    )
