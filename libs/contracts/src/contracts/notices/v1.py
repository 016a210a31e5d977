"""notices: announcements and messages."""

from datetime import datetime
from uuid import UUID

from contracts.event import Contract, Event


class AnnouncementState(Contract):
    """A public announcement."""

    kind: str
    title: str
    unit_id: UUID | None
    published_at: datetime | None
    state: str  # PUBLISHED | REVOKED


class _AnnouncementEvent(Event):
    state: AnnouncementState


class AnnouncementPublished(_AnnouncementEvent, type="notices.announcement.published.v1"):
    """An announcement is on the portal."""


class AnnouncementRevoked(_AnnouncementEvent, type="notices.announcement.revoked.v1"):
    """An announcement was taken off the portal."""


class MessageState(Contract):
    """That a message was sent or read; its text stays in notices."""

    to_person: UUID | None
    to_unit: UUID | None
    from_unit: UUID | None
    state: str  # SENT | READ


class _MessageEvent(Event):
    state: MessageState


class MessageSent(_MessageEvent, type="notices.message.sent.v1"):
    """A message lies in somebody's inbox."""


class MessageRead(_MessageEvent, type="notices.message.read.v1"):
    """The receiver confirmed reading it."""
