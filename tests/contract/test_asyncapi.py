"""The AsyncAPI document is what the registry says, fits the official schema, and is enough to read records by."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema_rs
import pytest
from contracts import asyncapi
from contracts.envelope import Envelope
from contracts.event import registry
from contracts.publication import SAMPLES, SCHEMAS
from contracts.topics import TOPICS

ROOT = Path(__file__).parents[2]
OFFICIAL = Path(__file__).parent / "asyncapi" / "asyncapi-3.0.0.json"
EVENTS = sorted(registry().items())
DOCUMENT = json.loads((ROOT / "docs" / "asyncapi.json").read_text())


@cache
def official() -> jsonschema_rs.Draft7Validator:
    """The validator of AsyncAPI documents."""
    return jsonschema_rs.Draft7Validator(json.loads(OFFICIAL.read_text()))


def validator(place: dict[str, Any]) -> Any:
    """A validator as an outsider makes one: of a part of the document, with its components beside it."""
    whole = {**place, "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def references(place: Any) -> Iterator[str]:
    """Every reference at any depth."""
    if isinstance(place, dict):
        if isinstance(place.get("$ref"), str):
            yield place["$ref"]
        for value in place.values():
            yield from references(value)
    elif isinstance(place, list):
        for value in place:
            yield from references(value)


def resolved(reference: str) -> Any:
    """What a reference names."""
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_committed_document_is_the_registry() -> None:
    assert (ROOT / "docs" / "asyncapi.json").read_text() == asyncapi.text()


def test_it_is_an_asyncapi_document() -> None:
    assert [str(error) for error in official().iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("operations", "receive.units.unit", "action"), "hear"),
        (("channels", "units.unit", "bindings", "kafka", "partitions"), 0),
        (("components", "securitySchemes", "scramSha256", "type"), "password"),
        (("components", "messages", "units.unit.created.v1", "examples"), {}),
        (("channls",), {}),
    ],
)
def test_the_official_schema_notices_a_mistake(path: tuple[str, ...], value: Any) -> None:
    broken = copy.deepcopy(DOCUMENT)
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not official().is_valid(broken)


def test_every_topic_is_a_channel_that_is_received_and_every_event_its_message() -> None:
    channels = DOCUMENT["channels"]
    assert {name: channel["address"] for name, channel in channels.items()} == {name: name for name in TOPICS}
    received = {operation["channel"]["$ref"] for operation in DOCUMENT["operations"].values()}
    assert received == {f"#/channels/{name}" for name in TOPICS}
    assert {operation["action"] for operation in DOCUMENT["operations"].values()} == {"receive"}
    found = {message: name for name, channel in channels.items() for message in channel["messages"]}
    assert found == {name: event.topic for name, event in EVENTS}
    for name, topic in TOPICS.items():
        assert channels[name]["bindings"]["kafka"]["partitions"] == topic.partitions


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 100
    for reference in found:
        assert resolved(reference), reference


def test_it_names_no_host() -> None:
    assert {server["host"] for server in DOCUMENT["servers"].values()} == {"{bootstrap}"}
    assert {server["protocol"] for server in DOCUMENT["servers"].values()} == {"kafka", "kafka-secure"}
    assert "http://" not in asyncapi.text()


def inlined(shape: Any, prefix: str) -> Any:
    """A bundled schema with its references as the schema by itself has them."""
    if isinstance(shape, dict):
        return {
            key: value.replace(f"#/components/schemas/{prefix}", "#/$defs/")
            if key == "$ref"
            else inlined(value, prefix)
            for key, value in shape.items()
        }
    return [inlined(item, prefix) for item in shape] if isinstance(shape, list) else shape


@pytest.mark.parametrize("name", [name for name, _ in EVENTS])
def test_the_bundle_says_what_the_published_schema_says(name: str) -> None:
    service, _, _, version = name.split(".")
    prefix = f"{service}.{version}."
    published = json.loads((SCHEMAS / f"{name}.json").read_text())
    schemas = DOCUMENT["components"]["schemas"]
    bundled = inlined(schemas[name], prefix)
    shapes = {shape: inlined(schemas[f"{prefix}{shape}"], prefix) for shape in published.get("$defs", {})}
    identity = {"$id": published["$id"], "$schema": published["$schema"]}
    assert {**bundled, **identity, "$defs": shapes} == {"$defs": {}, **published}


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_an_outsider_can_tell_a_good_body_from_a_bad_one(path: Path) -> None:
    message = DOCUMENT["components"]["messages"][path.stem]
    payload = validator(message["payload"])
    body = json.loads(path.read_text())
    assert [str(error) for error in payload.iter_errors(body)] == []
    assert message["examples"][0]["payload"].keys() >= body.keys()
    for broken in ({**body, "revision": 0}, {**body, "subject": "nobody"}, {**body, "state": None}, []):
        assert not payload.is_valid(broken)


@pytest.mark.req("BEY-30")
def test_the_headers_are_those_that_are_written() -> None:
    name = EVENTS[0][0]
    envelope = Envelope(
        id=uuid4(), type=name, source="//sichuan/x", time=datetime.now(UTC), subject=uuid4(), correlation_id=uuid4()
    )  # fmt: skip
    full = Envelope(**{**vars_of(envelope), "causation_id": uuid4(), "traceparent": "00-a-b-01"})
    headers = validator(DOCUMENT["components"]["messages"][name]["headers"])
    described = DOCUMENT["components"]["schemas"]["CloudEventHeaders"]
    for one in (envelope, full):
        written = {key: value.decode() for key, value in one.headers()}
        assert [str(error) for error in headers.iter_errors(written)] == []
        assert written.keys() <= described["properties"].keys()
        for required in described["required"]:
            assert not headers.is_valid({key: value for key, value in written.items() if key != required})
        assert not headers.is_valid({**written, "ce_type": "another.one.happened.v1"})
    assert {key for key, _ in full.headers()} == described["properties"].keys()
    assert {key for key, _ in envelope.headers()} == set(described["required"])


def vars_of(envelope: Envelope) -> dict[str, Any]:
    return {name: getattr(envelope, name) for name in Envelope.__slots__}
