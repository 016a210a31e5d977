"""What every event is: a fact about one aggregate, with its public state after the change."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Contract(BaseModel):
    """A shape on the wire: frozen, and deaf to fields it does not know yet."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Actor(Contract):
    """Who did it: a person's reference, the unit acted for, and in which role."""

    person: UUID | None = None
    unit: UUID | None = None
    role: str = "SYSTEM"


_REGISTRY: dict[str, "type[Event]"] = {}


class Event(Contract):
    """A fact: `type` names it for ever; `revision` is the aggregate's number after the change."""

    type: ClassVar[str]
    topic: ClassVar[str]

    subject: UUID = Field(description="id of the aggregate; also the record's key")
    revision: int = Field(ge=1, description="the aggregate's revision after this change")
    actor: Actor
    reason: str = ""

    def __init_subclass__(cls, *, type: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not type:
            return  # an abstract parent that carries one aggregate's state
        service, subject, verb, version = type.split(".")
        if not (verb and version.startswith("v")):
            raise TypeError(f"{type} is not <service>.<subject>.<past-verb>.v<N>")
        if type in _REGISTRY:
            raise TypeError(f"{type} is declared twice")
        cls.type = type
        cls.topic = f"{service}.{subject}"
        _REGISTRY[type] = cls


def registry() -> Mapping[str, type[Event]]:
    """Every declared event class by its type; importing `contracts.all` fills it."""
    return MappingProxyType(_REGISTRY)
