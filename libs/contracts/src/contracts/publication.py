"""What outsiders read: a JSON Schema and a golden sample per event type, and the catalogue of events."""

import json
import types
import typing
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Union
from uuid import UUID

from pydantic import BaseModel

import contracts.all  # noqa: F401 - fills the registry
from contracts.event import Event, registry
from contracts.topics import TOPICS

SCHEMAS = Path(__file__).parents[2] / "schemas"
SAMPLES = Path(__file__).parents[2] / "samples"

_ID = UUID("01990000-0000-7000-8000-000000000001")
_INSTANT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's body."""
    described = event.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{event.type}.json",
        **described,
    }


def sample(event: type[Event]) -> dict[str, Any]:
    """An example of an event's body with every field filled."""
    return example(event).model_dump(mode="json")


def example(model: type[BaseModel]) -> BaseModel:
    """An instance with every field filled by its type, the same at every call."""
    return model(**{name: _value(info.annotation, name) for name, info in model.model_fields.items()})


def _value(annotation: Any, name: str) -> Any:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return _value(next(a for a in arguments if a is not types.NoneType), name)
    if origin is tuple:
        return (_value(arguments[0], name),)
    if origin in (list, dict):
        return origin()
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return example(annotation)
        if issubclass(annotation, Enum):
            return next(iter(annotation))
        for kind, value in _EXAMPLES:
            if issubclass(annotation, kind):
                return value(name) if callable(value) else value
    raise TypeError(f"no example for {annotation} of {name}")


# bool before int and datetime before date: each is a kind of the other.
_EXAMPLES: tuple[tuple[type, Any], ...] = (
    (bool, True), (int, 1), (str, lambda name: f"{name}-样例"), (UUID, _ID), (datetime, _INSTANT),
    (date, date(2026, 3, 2)),
)  # fmt: skip


def write() -> None:
    """Write schemas anew; samples only where there is none, for they are kept for ever."""
    SCHEMAS.mkdir(exist_ok=True)
    SAMPLES.mkdir(exist_ok=True)
    for name, event in registry().items():
        (SCHEMAS / f"{name}.json").write_text(_json(schema(event)))
        if not (SAMPLES / f"{name}.json").exists():
            (SAMPLES / f"{name}.json").write_text(_json(sample(event)))


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def by_topic() -> dict[str, list[type[Event]]]:
    """The event classes of each topic, in the order in which they are declared."""
    found: dict[str, list[type[Event]]] = {}
    for event in registry().values():
        found.setdefault(event.topic, []).append(event)
    return found


def catalogue() -> str:
    """`docs/events.md`: every topic with its events and their fields."""
    lines = [
        "# Events",
        "",
        "Generated from `libs/contracts`. CloudEvents 1.0 in Kafka's binary mode: context in `ce_*` headers, JSON",
        "body, key = subject; order holds per subject, deliveries may repeat: deduplicate by `ce_id`. Every body",
        "carries `subject`, `revision`, `actor`, `reason` and `state`, the aggregate's public state after the change.",
        "Inside a version only fields are added. `asyncapi.json` says the same to machines.",
    ]
    topics = by_topic()
    for name, topic in TOPICS.items():
        lines += ["", f"## {name}", "", f"{topic.partitions} partitions, written by {topic.owner}.", ""]
        lines += ["| type | what happened |", "|---|---|"]
        lines += [f"| `{e.type}` | {first_line(e)} |" for e in topics[name]]
        state = topics[name][0].model_fields["state"].annotation
        if isinstance(state, type) and issubclass(state, BaseModel):
            fields = ", ".join(f"`{field}`" for field in state.model_fields)
            lines += ["", f"State: {first_line(state)} {fields}."]
    return "\n".join(lines) + "\n"


def first_line(model: type) -> str:
    """What a class says of itself in one sentence."""
    return (model.__doc__ or "").strip().splitlines()[0]
