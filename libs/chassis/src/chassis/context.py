"""What this request or event was set off by: carried to every event emitted meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7


@dataclass(frozen=True, slots=True)
class Cause:
    """`correlation` is shared by everything one request set off; `event` is the event being handled, if any."""

    correlation: UUID
    event: UUID | None = None


_cause: ContextVar[Cause | None] = ContextVar("cause", default=None)


def current_cause() -> Cause:
    """The cause in force, or a fresh one."""
    return _cause.get() or Cause(uuid7())


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Everything emitted inside carries this cause."""
    token = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)
