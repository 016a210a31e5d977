"""Writing a message: done for units that push one, and by the suite when something happened."""

from datetime import datetime
from uuid import UUID

from chassis.outbox import emit
from contracts.event import Actor
from contracts.notices.v1 import MessageRead, MessageSent, MessageState
from sqlalchemy.ext.asyncio import AsyncSession

from notices.domain.states import MESSAGE, MessageMove, MessageStatus
from notices.domain.texts import Text
from notices.tables import Message

SYSTEM = Actor(role="SYSTEM")


def write(
    db: AsyncSession,
    text: Text,
    at: datetime,
    *,
    to_person: UUID | None = None,
    to_unit: UUID | None = None,
    from_unit: UUID | None = None,
    about: UUID | None = None,
    push_id: UUID | None = None,
    actor: Actor = SYSTEM,
) -> Message:
    """Lay a message into one inbox; the event says only that it lies there."""
    message = Message(
        revision=1,
        created_at=at,
        updated_at=at,
        to_person=to_person,
        to_unit=to_unit,
        from_unit=from_unit,
        push_id=push_id,
        kind=text.kind,
        title=text.title,
        body=text.body,
        about=about,
        state=MessageStatus(MESSAGE.next(None, MessageMove.SEND)),
    )
    db.add(message)
    emit(
        db,
        MessageSent(subject=message.id, revision=message.revision, actor=actor, state=public_state(message)),
    )
    return message


def tell_read(db: AsyncSession, message: Message, actor: Actor) -> None:
    """Say that the receiver confirmed reading."""
    emit(
        db,
        MessageRead(subject=message.id, revision=message.revision, actor=actor, state=public_state(message)),
    )


def public_state(message: Message) -> MessageState:
    """What others may know of a message."""
    return MessageState(
        to_person=message.to_person,
        to_unit=message.to_unit,
        from_unit=message.from_unit,
        state=message.state,
    )
