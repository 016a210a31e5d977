"""Old bytes stay readable, new bytes fit the published schemas, every topic has one owner."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from contracts.envelope import Envelope, Undecodable, decode
from contracts.event import Actor, Event, registry
from contracts.permissions import PERMISSIONS
from contracts.publication import SAMPLES, SCHEMAS, catalogue, schema
from contracts.topics import TOPICS
from contracts.units.v1 import UnitCreated

EVENTS = sorted(registry().items())
DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("name", "event"), EVENTS)
def test_the_committed_schema_is_the_code(name: str, event: type[Event]) -> None:
    assert json.loads((SCHEMAS / f"{name}.json").read_text()) == schema(event)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda p: p.stem)
def test_every_golden_sample_is_read_by_todays_code_and_loses_nothing(path: Path) -> None:
    content = json.loads(path.read_text())
    event = registry()[path.stem].model_validate(content)
    assert _is_part_of(content, json.loads(event.model_dump_json()))


def _is_part_of(old: object, new: object) -> bool:
    if isinstance(old, dict):
        return isinstance(new, dict) and all(k in new and _is_part_of(v, new[k]) for k, v in old.items())
    return old == new


def test_every_event_has_a_schema_a_sample_and_nothing_else_is_there() -> None:
    names = {name for name, _ in EVENTS}
    assert {p.stem for p in SCHEMAS.glob("*.json")} == names
    assert {p.stem for p in SAMPLES.glob("*.json")} == names


def test_every_topic_is_registered_and_used() -> None:
    assert {event.topic for _, event in EVENTS} == set(TOPICS)


def test_the_catalogue_of_events_is_the_code() -> None:
    assert (DOCS / "events.md").read_text() == catalogue()


@pytest.mark.req("BEY-30")
def test_an_envelope_survives_its_headers() -> None:
    envelope = Envelope(
        uuid4(),
        UnitCreated.type,
        "//sichuan/units",
        datetime.now(UTC),
        uuid4(),
        uuid4(),
        uuid4(),
        "00-a-b-01",
    )
    assert Envelope.of(envelope.headers()) == envelope


def test_a_type_of_the_future_is_not_an_error_but_a_broken_body_is() -> None:
    future = Envelope(uuid4(), "units.unit.abolished.v9", "//s/units", datetime.now(UTC), uuid4(), uuid4())
    assert decode(future, b"{}") is None
    with pytest.raises(Undecodable):
        decode(Envelope(uuid4(), UnitCreated.type, "//s/units", datetime.now(UTC), uuid4(), uuid4()), b"{}")
    with pytest.raises(Undecodable):
        Envelope.of([("ce_id", b"x")])


def test_an_event_class_names_its_type_well_and_once() -> None:
    with pytest.raises(TypeError):
        type("Twice", (Event,), {}, type="units.unit.created.v1")
    with pytest.raises(ValueError, match="unpack"):
        type("Odd", (Event,), {}, type="units.created")


def test_permissions_are_named_after_a_service_and_have_holders() -> None:
    services = {topic.owner for topic in TOPICS.values()}
    assert all(name.split(".")[0] in services and p.holders and p.label for name, p in PERMISSIONS.items())


def test_ballots_never_tell_how_anybody_voted() -> None:
    from contracts.meetings.v1 import BallotState

    assert set(BallotState.model_fields) == {"meeting_id", "seat_id", "round", "state"}
    assert Actor.model_fields.keys() == {"person", "unit", "role"}
