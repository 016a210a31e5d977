"""The AsyncAPI 3 document that another system builds on: made from the registry, never from handlers."""

import json
from functools import cache
from typing import Any

from contracts.event import Event
from contracts.publication import by_topic, first_line, sample, schema
from contracts.topics import TOPICS, Topic

_SCHEMAS = "#/components/schemas/"
_HEADERS = "CloudEventHeaders"

_DESCRIPTION = """\
Facts about provincial professional-title review. Every record is a CloudEvent 1.0 in Kafka's binary mode: its context
in `ce_*` headers, its body JSON, its key the id of the aggregate, which the body repeats as `subject`.

Order holds per key, not between channels. A record may come more than once: deduplicate by `ce_id`. Every body
carries the aggregate's whole public state after the change and its `revision`; whoever keeps the state takes the newer
revision. Records are kept for ever, so that a new reader begins with the first one. Inside a version only fields are
added: ignore what you do not know, and skip a `ce_type` that is not listed here.
"""


def document() -> dict[str, Any]:
    """The whole document: one channel per topic, one message per event type."""
    topics = by_topic()
    return {
        "asyncapi": "3.0.0",
        "id": "urn:title-review:events",
        "info": {
            "title": "职称评审事件",
            "version": "1",
            "description": _DESCRIPTION,
            "tags": [{"name": owner} for owner in dict.fromkeys(topic.owner for topic in TOPICS.values())],
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {name: _channel(topic, topics[name]) for name, topic in TOPICS.items()},
        "operations": {f"receive.{name}": _operation(topic) for name, topic in TOPICS.items()},
        "components": {
            "messages": {event.type: _message(event) for events in topics.values() for event in events},
            "schemas": {_HEADERS: _headers(), **_schemas(topics)},
            "securitySchemes": {"scramSha256": _scram()},
        },
    }


@cache
def text() -> str:
    """The document as it is published."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def _servers() -> dict[str, Any]:
    bootstrap = {"description": "host:port of any broker; whoever runs the suite names it with your user."}
    shared = {
        "host": "{bootstrap}",
        "variables": {"bootstrap": bootstrap},
        "security": [{"$ref": "#/components/securitySchemes/scramSha256"}],
    }
    return {
        "sasl-ssl": {
            **shared,
            "protocol": "kafka-secure",
            "description": "SASL_SSL, outside the suite's network.",
        },
        "sasl-plaintext": {
            **shared,
            "protocol": "kafka",
            "description": "SASL_PLAINTEXT, inside a network of trust.",
        },
    }


def _scram() -> dict[str, Any]:
    description = "A user of your own: it may read the topics it was given, in groups that bear its name."
    return {"type": "scramSha256", "description": description}


def _channel(topic: Topic, events: list[type[Event]]) -> dict[str, Any]:
    policy = "compact" if topic.compacted else "delete"
    return {
        "address": topic.name,
        "description": f"Written by {topic.owner} alone; kept for ever.",
        "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"} for event in events},
        "tags": [{"name": topic.owner}],
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": [policy], "retention.ms": -1},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operation(topic: Topic) -> dict[str, Any]:
    group = {
        "type": "string",
        "description": "The name of your Kafka user, or that name, a dot and anything.",
    }
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"Read {topic.name} from its beginning.",
        "tags": [{"name": topic.owner}],
        "bindings": {"kafka": {"groupId": group, "bindingVersion": "0.5.0"}},
    }


def _message(event: type[Event]) -> dict[str, Any]:
    named = {"type": "object", "properties": {"ce_type": {"type": "string", "const": event.type}}}
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": first_line(event),
        "contentType": "application/json",
        "headers": {"allOf": [{"$ref": f"{_SCHEMAS}{_HEADERS}"}, named]},
        "payload": {"$ref": f"{_SCHEMAS}{event.type}"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": "The aggregate's id."},
                "bindingVersion": "0.5.0",
            }
        },
        "examples": [{"name": "sample", "payload": sample(event)}],
    }


def _headers() -> dict[str, Any]:
    """What `Envelope.headers` writes; a test compares the two."""
    id_ = {"type": "string", "format": "uuid"}
    return {
        "type": "object",
        "description": "The context of a CloudEvent, as UTF-8 text.",
        "required": [
            "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject", "ce_correlationid",
            "content-type",
        ],
        "properties": {
            "ce_specversion": {"type": "string", "const": "1.0"},
            "ce_id": {**id_, "description": "The same whenever the event comes again: deduplicate by it."},
            "ce_type": {"type": "string"},
            "ce_source": {"type": "string", "format": "uri-reference", "description": "//<province>/<service>"},
            "ce_time": {"type": "string", "format": "date-time"},
            "ce_subject": {**id_, "description": "The aggregate's id; also the key."},
            "ce_correlationid": {**id_, "description": "Shared by everything that one request set off."},
            "ce_causationid": {**id_, "description": "The event that this one follows from."},
            "traceparent": {"type": "string", "description": "W3C trace context."},
            "content-type": {"type": "string", "const": "application/json"},
        },
    }  # fmt: skip


def _schemas(topics: dict[str, list[type[Event]]]) -> dict[str, Any]:
    """Every event's published schema, with the shapes that several share once under `<service>.<version>.<name>`."""
    found: dict[str, Any] = {}
    for event in (event for events in topics.values() for event in events):
        service, _, _, version = event.type.split(".")
        prefix = f"{service}.{version}."
        whole = schema(event)
        shapes = {f"{prefix}{name}": shape for name, shape in whole.pop("$defs", {}).items()}
        # An `$id` would move the place that every reference below it starts from.
        body = {name: value for name, value in whole.items() if name not in ("$id", "$schema")}
        for name, shape in {event.type: body, **shapes}.items():
            moved = _moved(shape, prefix)
            if found.setdefault(name, moved) != moved:
                raise ValueError(f"{name} means two things")
    return found


def _moved(shape: Any, prefix: str) -> Any:
    """The shape with its references pointing at the document's components."""
    if isinstance(shape, dict):
        return {
            key: value.replace("#/$defs/", f"{_SCHEMAS}{prefix}") if key == "$ref" else _moved(value, prefix)
            for key, value in shape.items()
        }
    return [_moved(item, prefix) for item in shape] if isinstance(shape, list) else shape
