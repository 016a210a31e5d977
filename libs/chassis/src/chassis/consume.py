"""Consumers: one function per listened event, run once per event in a transaction of its own or its batch's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from contracts.envelope import Envelope
from contracts.event import Event
from sqlalchemy.ext.asyncio import AsyncSession

E = TypeVar("E", bound=Event)
Handler = Callable[[AsyncSession, Any, "Delivery"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as it came."""

    topic: str
    partition: int
    offset: int
    key: bytes
    headers: tuple[tuple[str, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way in: its context and where it lay."""

    envelope: Envelope
    record: Record


@dataclass(frozen=True, slots=True)
class Consumer:
    """A handler under its permanent name, which is its identity in the inbox."""

    name: str
    handle: Handler


class Consumers:
    """A service's listening functions by event type."""

    def __init__(self) -> None:
        self.by_type: dict[str, Consumer] = {}
        self.events: dict[str, type[Event]] = {}

    def on(self, *events: type[Event]) -> Callable[[Handler], Handler]:
        """Register a function for these events; one function per event and service."""

        def register(handler: Handler) -> Handler:
            for event in events:
                if event.type in self.by_type:
                    raise TypeError(f"{event.type} already has a consumer in this service")
                self.by_type[event.type] = Consumer(handler.__name__, handler)
                self.events[event.type] = event
            return handler

        return register

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics to subscribe to, sorted."""
        return tuple(sorted({event.topic for event in self.events.values()}))
