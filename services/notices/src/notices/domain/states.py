"""The two state machines: announcements and messages."""

from enum import StrEnum

from refusals.machine import Machine, Move


class AnnouncementStatus(StrEnum):
    """SM announcement."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    REVOKED = "REVOKED"
    GONE = "GONE"  # deleted: never stored


class AnnouncementMove(StrEnum):
    """What its unit may do with an announcement."""

    ADD = "add"
    EDIT = "edit"
    PUBLISH = "publish"
    REVOKE = "revoke"
    DELETE = "delete"


_S, _E, _UNIT = AnnouncementStatus, AnnouncementMove, "unit"

# What is on the portal is not changed under its readers: it is revoked, edited and published again.
ANNOUNCEMENT = Machine(
    "announcement",
    (
        Move(None, _E.ADD, _S.DRAFT, _UNIT),
        Move(_S.DRAFT, _E.EDIT, _S.DRAFT, _UNIT),
        Move(_S.DRAFT, _E.PUBLISH, _S.PUBLISHED, _UNIT),
        Move(_S.DRAFT, _E.DELETE, _S.GONE, _UNIT),
        Move(_S.PUBLISHED, _E.REVOKE, _S.REVOKED, _UNIT),
        Move(_S.PUBLISHED, _E.DELETE, _S.GONE, _UNIT),
        Move(_S.REVOKED, _E.EDIT, _S.REVOKED, _UNIT),
        Move(_S.REVOKED, _E.PUBLISH, _S.PUBLISHED, _UNIT),
        Move(_S.REVOKED, _E.DELETE, _S.GONE, _UNIT),
    ),
)


class MessageStatus(StrEnum):
    """SM message."""

    SENT = "SENT"
    READ = "READ"


class MessageMove(StrEnum):
    """What happens to a message."""

    SEND = "send"
    READ = "read"


MESSAGE = Machine(
    "message",
    (
        Move(None, MessageMove.SEND, MessageStatus.SENT, "sender"),
        Move(MessageStatus.SENT, MessageMove.READ, MessageStatus.READ, "receiver"),
    ),
)
