"""The one registry that all listening functions of notices enter themselves in."""

from chassis.consume import Consumers
from contracts.event import Event, registry

consumers = Consumers()


def every(topic: str) -> tuple[type[Event], ...]:
    """Every event of a topic: all carry the state, so one that is added later is heard as well."""
    return tuple(event for event in registry().values() if event.topic == topic)
