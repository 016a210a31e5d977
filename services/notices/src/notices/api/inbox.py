"""Received messages of units (NTC-04) and persons (NTC-05): list, open, confirm reading."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.db import get, lock, save
from chassis.web import Caller, Db, IfMatch, Page, Paging, Router, View, expect
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from notices import queries
from notices.actions import tell_read
from notices.api.listing import paged, rows_of
from notices.domain.states import MESSAGE, MessageMove, MessageStatus
from notices.tables import Message

router = Router(tags=["messages"])
_UNIT = needs("notices.message.unit-inbox", Relation.OWN_UNIT)
_PERSON = needs("notices.message.own-inbox", Relation.OWN)


class MessageLine(View):
    """A message in a list."""

    kind: str = Field(examples=["CERTIFICATE_ISSUED"])
    title: str = Field(examples=["电子职称证书已发放"])
    from_unit_id: UUID | None
    from_unit_name: str | None = Field(description="None: the suite itself, or a unit not known yet.")
    sent_at: datetime
    read_at: datetime | None


class MessageView(MessageLine):
    """An opened message."""

    body: str
    about: UUID | None = Field(description="The application, certificate … that it tells of.")


class UnreadView(BaseModel):
    """How many messages wait to be read."""

    unread: int


def shown(message: Message, names: dict[UUID | None, str]) -> dict[str, Any]:
    """A message as its receiver sees it."""
    return {
        **message.model_dump(include={"id", "revision", "kind", "title", "body", "about", "read_at"}),
        "state": str(message.state),
        "allowed_actions": list(MESSAGE.allowed(message.state, "receiver")),
        "from_unit_id": message.from_unit,
        "from_unit_name": names.get(message.from_unit),
        "sent_at": message.created_at,
    }


async def lines(db: AsyncSession, statement: Select[tuple[Message]], paging: Any) -> Page[MessageLine]:
    """One page of an inbox."""
    rows, total = await rows_of(db, statement, paging)
    messages = [row[0] for row in rows]
    names = await queries.unit_names(db, (message.from_unit for message in messages))
    return paged([MessageLine(**shown(message, names)) for message in messages], total, paging)


async def _open(db: AsyncSession, message_id: UUID, mine: Any) -> MessageView:
    message = await get(db, Message, Message.id == message_id, mine)
    return MessageView(**shown(message, await queries.unit_names(db, [message.from_unit])))


async def _confirm(db: AsyncSession, message_id: UUID, mine: Any, seen: int, caller: Caller) -> MessageView:
    message = await lock(db, Message, Message.id == message_id, mine)
    expect(message, seen)
    message.state = MessageStatus(MESSAGE.next(message.state, MessageMove.READ))
    message.read_at, message.read_by = clock.now(), caller.person
    save(db, message)
    tell_read(db, message, caller.actor)
    return MessageView(**shown(message, await queries.unit_names(db, [message.from_unit])))


@router.get("/messages", access=_UNIT)
async def list_unit_messages(
    db: Db, caller: Caller, paging: Paging, state: MessageStatus | None = None
) -> Page[MessageLine]:
    """The acting unit's received messages, newest first."""
    return await lines(db, queries.inbox(queries.of_unit(caller.unit), state), paging)


@router.get("/messages/unread", access=_UNIT)
async def count_unit_messages(db: Db, caller: Caller) -> UnreadView:
    """How many messages the acting unit has not read."""
    return UnreadView(unread=await queries.unread(db, queries.of_unit(caller.unit)))


@router.get("/messages/{message_id}", access=_UNIT)
async def open_unit_message(message_id: UUID, db: Db, caller: Caller) -> MessageView:
    """A message to the acting unit, with its text and who sent it."""
    return await _open(db, message_id, queries.of_unit(caller.unit))


@router.post("/messages/{message_id}/read", access=_UNIT, refuses=[IllegalMove])
async def confirm_unit_message(message_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> MessageView:
    """Confirm for the acting unit that the message was read."""
    return await _confirm(db, message_id, queries.of_unit(caller.unit), if_match, caller)


@router.get("/my/messages", access=_PERSON)
async def list_my_messages(
    db: Db, caller: Caller, paging: Paging, state: MessageStatus | None = None
) -> Page[MessageLine]:
    """我的消息: from units, about one's applications, certificates and objections, newest first."""
    return await lines(db, queries.inbox(queries.of_person(caller.person), state), paging)


@router.get("/my/messages/unread", access=_PERSON)
async def count_my_messages(db: Db, caller: Caller) -> UnreadView:
    """How many messages the person has not read."""
    return UnreadView(unread=await queries.unread(db, queries.of_person(caller.person)))


@router.get("/my/messages/{message_id}", access=_PERSON)
async def open_my_message(message_id: UUID, db: Db, caller: Caller) -> MessageView:
    """One of the person's messages with its text."""
    return await _open(db, message_id, queries.of_person(caller.person))


@router.post("/my/messages/{message_id}/read", access=_PERSON, refuses=[IllegalMove])
async def confirm_my_message(message_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> MessageView:
    """Confirm that one has read the message."""
    return await _confirm(db, message_id, queries.of_person(caller.person), if_match, caller)
