"""Pushing messages to ticked subordinates, or to ticked persons of the unit's own list (NTC-03)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get
from chassis.paging import PagingParams
from chassis.web import Caller, Db, Model, Page, Paging, Router
from fastapi import Query
from pydantic import BaseModel, Field
from refusals import Complaint, Kind, Refusal
from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from notices import queries
from notices.actions import write
from notices.api.listing import paged, rows_of
from notices.domain.states import MessageStatus
from notices.domain.texts import Text
from notices.tables import KnownUnit, Message, Push

router = Router(tags=["pushes"])
_SEND = needs("notices.message.send", Relation.OWN_UNIT)


class NotAReceiver(Refusal):
    """所选对象不在可推送范围内。"""

    slug, kind = "not-a-receiver", Kind.INVALID


class PushKind(StrEnum):
    """What is pushed."""

    NOTICE = "NOTICE"  # 通知
    DEFENCE_NOTICE = "DEFENCE_NOTICE"  # 答辩通知


class _Writing(Model):
    kind: PushKind = PushKind.NOTICE
    title: str = Field(min_length=1, max_length=100, examples=["关于按时报送申报材料的通知"])
    body: str = Field(min_length=1, max_length=5000, examples=["请于9月20日前完成本单位申报材料审核。"])


class PushToUnits(_Writing):
    """Send one writing to direct subordinates."""

    unit_ids: list[UUID] = Field(min_length=1, max_length=500)


class PushToPersons(_Writing):
    """Send one writing to persons of the unit's own list."""

    persons: list[UUID] = Field(min_length=1, max_length=500)


class SearchPersons(Model):
    """Look persons of the unit's own list up."""

    name: str = Field(default="", max_length=50, examples=["王"])
    page: int = Field(default=1, ge=1, le=100_000)
    size: int = Field(default=20, ge=1, le=100)


class UnitReceiver(BaseModel):
    """A unit that can be ticked."""

    id: UUID
    name: str


class PersonReceiver(BaseModel):
    """A person that can be ticked, and how they belong to the unit."""

    person: UUID
    name: str
    relations: list[str] = Field(
        description="STAFF of the unit, APPLICANT employed by it, CANDIDATE accepted by a committee it runs"
    )


class PushLine(BaseModel):
    """A writing that the unit sent, and how many have read it."""

    id: UUID
    audience: str
    kind: str
    title: str
    receivers: int
    read: int
    sent_at: datetime


class PushReceiver(BaseModel):
    """One receiver of a writing."""

    unit_id: UUID | None
    person: UUID | None
    name: str | None
    read_at: datetime | None


@router.get("/receivers/units", access=_SEND)
async def list_unit_receivers(
    db: Db, caller: Caller, paging: Paging, name: Annotated[str, Query(max_length=100)] = ""
) -> Page[UnitReceiver]:
    """Direct subordinates that can be ticked, by name."""
    found = queries.subordinates(caller.unit, name)
    return await Page.of(db, found, paging, lambda unit: UnitReceiver(id=unit.id, name=unit.name))


@router.post("/receivers/persons/search", access=_SEND, idempotent=False)
async def search_person_receivers(body: SearchPersons, db: Db, caller: Caller) -> Page[PersonReceiver]:
    """The unit's own person list: staff, applicants, and candidates of committees it runs."""
    paging = PagingParams(page=body.page, size=body.size)
    rows, total = await rows_of(db, queries.persons_of(caller.unit, body.name), paging)
    found = [PersonReceiver(person=person, name=name, relations=list(how)) for person, name, how in rows]
    return paged(found, total, paging)


@router.post("/pushes/to-units", access=_SEND, refuses=[NotAReceiver], status_code=201)
async def push_to_units(body: PushToUnits, db: Db, caller: Caller) -> PushLine:
    """Send a message to ticked subordinates; all of them, or nobody."""
    wanted = list(dict.fromkeys(body.unit_ids))
    known = set(await db.scalars(queries.subordinates(caller.unit).with_only_columns(KnownUnit.id)))
    _check(wanted, known, "unit_ids", "不是本单位已授权的下级单位。")
    push = await _push(db, caller, body, "UNITS", len(wanted))
    for unit_id in wanted:
        _send(db, caller, body, push, to_unit=unit_id)
    return _line(push, 0)


@router.post("/pushes/to-persons", access=_SEND, refuses=[NotAReceiver], status_code=201)
async def push_to_persons(body: PushToPersons, db: Db, caller: Caller) -> PushLine:
    """Send a message to ticked persons of the unit's own list; all of them, or nobody."""
    wanted = list(dict.fromkeys(body.persons))
    listed = queries.persons_of(caller.unit).order_by(None).subquery()
    known = set(await db.scalars(select(listed.c.person).where(listed.c.person.in_(wanted))))
    _check(wanted, known, "persons", "不在本单位人员名单内。")
    push = await _push(db, caller, body, "PERSONS", len(wanted))
    for person in wanted:
        _send(db, caller, body, push, to_person=person)
    return _line(push, 0)


@router.get("/pushes", access=_SEND)
async def list_pushes(db: Db, caller: Caller, paging: Paging) -> Page[PushLine]:
    """What the acting unit has sent, newest first, with how many have read it."""
    read = (
        select(func.count(case((Message.state == MessageStatus.READ, 1))))
        .where(Message.push_id == Push.id)
        .scalar_subquery()
    )
    found = (
        select(Push, read).where(Push.unit_id == caller.unit).order_by(Push.sent_at.desc(), Push.id.desc())
    )
    rows, total = await rows_of(db, found, paging)
    return paged([_line(push, count) for push, count in rows], total, paging)


@router.get("/pushes/{push_id}/receivers", access=_SEND)
async def list_receivers(push_id: UUID, db: Db, caller: Caller, paging: Paging) -> Page[PushReceiver]:
    """Who got a writing of the acting unit, and when they confirmed reading it."""
    push = await get(db, Push, Push.id == push_id, Push.unit_id == caller.unit)
    found = select(Message).where(Message.push_id == push.id).order_by(Message.id)
    rows, total = await rows_of(db, found, paging)
    messages: list[Message] = [row[0] for row in rows]
    names = await _names(db, caller, messages)
    receivers = [
        PushReceiver(
            unit_id=message.to_unit,
            person=message.to_person,
            name=names.get(message.to_unit or message.to_person),
            read_at=message.read_at,
        )
        for message in messages
    ]
    return paged(receivers, total, paging)


async def _names(db: AsyncSession, caller: Caller, messages: Sequence[Message]) -> dict[UUID | None, str]:
    if any(message.to_unit for message in messages):
        return await queries.unit_names(db, (message.to_unit for message in messages))
    listed = queries.persons_of(caller.unit).order_by(None).subquery()
    wanted = [message.to_person for message in messages]
    rows = await db.execute(select(listed.c.person, listed.c.name).where(listed.c.person.in_(wanted)))
    return dict(rows.all())


def _check(wanted: Sequence[UUID], known: set[UUID], field: str, saying: str) -> None:
    complaints = tuple(
        Complaint(f"/{field}/{place}", "receiver", saying)
        for place, receiver in enumerate(wanted)
        if receiver not in known
    )
    if complaints:
        raise NotAReceiver("请从名单中重新勾选。", complaints=complaints)


async def _push(db: AsyncSession, caller: Caller, body: _Writing, audience: str, receivers: int) -> Push:
    push = Push(
        unit_id=caller.unit,
        audience=audience,
        kind=body.kind.value,
        title=body.title,
        receivers=receivers,
        sent_by=caller.person,
        sent_at=clock.now(),
    )
    db.add(push)
    await db.flush()  # messages refer to it
    audit(db, caller, "notices.message.pushed", push.id, f"{audience} {receivers}")
    return push


def _send(
    db: AsyncSession,
    caller: Caller,
    body: _Writing,
    push: Push,
    *,
    to_unit: UUID | None = None,
    to_person: UUID | None = None,
) -> None:
    write(
        db,
        Text(body.kind.value, body.title, body.body),
        push.sent_at,
        to_unit=to_unit,
        to_person=to_person,
        from_unit=caller.unit,
        push_id=push.id,
        actor=caller.actor,
    )


def _line(push: Push, read: int) -> PushLine:
    return PushLine(**push.model_dump(exclude={"unit_id", "sent_by"}), read=read)
