"""The seam over a real broker: what was committed is published, what was published is taken in once, deaths or not."""

import asyncio
import json
import os
import signal
import time
from collections import Counter
from contextlib import suppress
from uuid import UUID, uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition
from chassis import clock
from chassis.auth import token_of
from chassis.testing.clients import KEY, KID
from contracts.envelope import Envelope
from contracts.event import Actor
from contracts.topics import TOPICS
from contracts.units.v1 import UnitCreated, UnitState, UnitStatus
from contracts.vocabulary import UnitKind
from processes import Notebook, Process, wait_until

TOPIC = "units.unit"
ISSUER = "http://127.0.0.1:8080/api/v1/identity"


def client(process: Process, *, person: str = "", unit: str | None = "", **kw) -> httpx.Client:
    person = person or str(uuid4())
    claims = {"sub": person, "person": person, "name": "经办", "kind": "unit", "perms": ["units.unit.edit"]}
    if unit is not None:
        claims["unit"] = unit or str(uuid4())
    token = token_of(claims, KEY, kid=KID, issuer=ISSUER, lives=600, now=clock.real_now())
    return httpx.Client(
        base_url=f"{process.url}/api/v1/notebook/", headers={"Authorization": f"Bearer {token}"}, **kw
    )


def write(http: httpx.Client, text: str, key: str | None = None) -> httpx.Response:
    return http.post("notes", json={"text": text}, headers={"Idempotency-Key": key or str(uuid4())})


async def published(kafka: dict) -> list[tuple[UUID, dict[str, str], dict]]:
    """Everything on the topic: key, headers, body, in order per key."""
    consumer = AIOKafkaConsumer(**kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(TOPIC, n) for n in range(TOPICS[TOPIC].partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found = []
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [
                    (UUID(r.key.decode()), {n: v.decode() for n, v in r.headers}, json.loads(r.value))
                    for r in records
                ]
        return found
    finally:
        await consumer.stop()


def read(kafka: dict, *subjects: str):
    wanted = {UUID(s) for s in subjects}
    return [entry for entry in asyncio.run(published(kafka)) if entry[0] in wanted]


def a_unit(name: str, subject: UUID | None = None, revision: int = 1) -> UnitCreated:
    state = UnitState(
        uscc="", name=name, kinds=(UnitKind.HR,), nature="", jurisdiction="", jurisdiction_path=(), superior_id=None,
        state=UnitStatus.AUTHORISED,
    )  # fmt: skip
    return UnitCreated(subject=subject or uuid4(), revision=revision, actor=Actor(), state=state)


def produce(
    kafka: dict,
    *events: UnitCreated,
    body: bytes | None = None,
    header: tuple[str, bytes | None] | None = None,
) -> None:
    async def send() -> None:
        producer = AIOKafkaProducer(**kafka, enable_idempotence=True)
        await producer.start()
        try:
            for event in events:
                headers = Envelope(
                    uuid4(), event.type, "//test/units", clock.now(), event.subject, uuid4()
                ).headers()
                headers += [header] if header else []
                content = body if body is not None else event.model_dump_json().encode()
                await producer.send_and_wait(TOPIC, content, key=str(event.subject).encode(), headers=headers)
        finally:
            await producer.stop()

    asyncio.run(send())


def known(notebook: Notebook, *events: UnitCreated) -> list[str]:
    found = notebook.sql("SELECT name FROM known_unit WHERE id = ANY(%s)", [e.subject for e in events])
    return sorted(name for (name,) in found)


@pytest.mark.req("BEY-30")
def test_a_committed_change_reaches_the_broker_as_a_cloud_event_with_its_trace(notebook, kafka):
    process = notebook.start().wait_ready()
    with client(process) as http:
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        note = http.post(
            "notes",
            json={"text": str(uuid4())[:20]},
            headers={"Idempotency-Key": "t" + trace, "traceparent": trace},
        ).json()
    wait_until(lambda: notebook.unpublished() == 0)
    [(_, headers, body)] = read(kafka, note["id"])
    assert (headers["ce_type"], headers["ce_specversion"], body["revision"]) == (
        "units.unit.edited.v1",
        "1.0",
        1,
    )
    assert headers["ce_source"] == "//sichuan/notebook"
    assert headers["traceparent"].split("-")[1] == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.req("BEY-30")
@pytest.mark.parametrize(
    ("command", "failpoint", "copies"),
    [
        ("api", "transaction.after-commit", 1),  # without a worker, whose sweeps are transactions too
        ("serve", "relay.before-publish", 1),
        ("serve", "relay.before-mark", 2),
    ],
)
def test_killed_after_the_commit_nothing_is_lost(notebook, kafka, command, failpoint, copies):
    doomed = notebook.start(command, FAILPOINTS=f"{failpoint}=kill").wait_ready()
    text = str(uuid4())[:20]
    with client(doomed) as http, suppress(httpx.HTTPError):  # it died before it could answer
        write(http, text)
    wait_until(doomed.died)
    [(note, revision)] = notebook.sql("SELECT id, revision FROM note WHERE text = %s", text)
    assert (notebook.unpublished(), revision) == (1, 1)
    notebook.start().wait_ready()
    wait_until(lambda: notebook.unpublished() == 0)
    events = read(kafka, str(note))
    assert len(events) == copies
    assert len({headers["ce_id"] for _, headers, _ in events}) == 1


def test_killed_before_the_commit_nothing_happened_and_the_retry_happens_once(notebook, kafka):
    doomed = notebook.start("api", FAILPOINTS="transaction.before-commit@2=kill").wait_ready()
    text, key = str(uuid4())[:20], str(uuid4())
    with client(doomed, timeout=5) as http, suppress(httpx.HTTPError):
        write(http, "先" + text[:10])
        write(http, text, key)
    wait_until(doomed.died)
    assert notebook.sql("SELECT 1 FROM note WHERE text = %s", text) == []
    with client(notebook.start().wait_ready()) as http:
        assert write(http, text, key).status_code == 201


def test_two_relays_publish_each_event_once_and_in_order(notebook, kafka):
    one, two = notebook.start(), notebook.start()
    notes = []
    with client(one.wait_ready()) as a, client(two.wait_ready()) as b:
        for _ in range(15):
            note = write(a, str(uuid4())[:20]).json()
            notes.append(note["id"])
            for revision, http in ((1, a), (2, a)):
                changed = http.put(
                    f"notes/{note['id']}",
                    json={"text": str(uuid4())[:20]},
                    headers={"If-Match": f'"{revision}"'},
                )
                assert changed.status_code == 200
            notes.append(write(b, str(uuid4())[:20]).json()["id"])
    wait_until(lambda: notebook.unpublished() == 0)
    events = read(kafka, *notes)
    assert set(Counter(headers["ce_id"] for _, headers, _ in events).values()) == {1}
    revisions: dict[UUID, list[int]] = {}
    for subject, _, body in events:
        revisions.setdefault(subject, []).append(body["revision"])
    assert sorted(map(tuple, revisions.values())) == [(1,)] * 15 + [(1, 2, 3)] * 15


def test_a_paused_relay_loses_its_lock_to_another(notebook, kafka):
    first = notebook.start().wait_ready()
    with client(first) as http:
        write(http, str(uuid4())[:20])
    wait_until(lambda: notebook.unpublished() == 0)
    os.kill(first.process.pid, signal.SIGSTOP)
    try:
        second = notebook.start().wait_ready()
        with client(second) as http:
            note = write(http, str(uuid4())[:20]).json()
        wait_until(lambda: notebook.unpublished() == 0, 30)
        assert len(read(kafka, note["id"])) == 1
    finally:
        os.kill(first.process.pid, signal.SIGCONT)


def test_another_cluster_gets_every_event_again(notebook, kafka):
    first = notebook.start().wait_ready()
    with client(first) as http:
        note = write(http, str(uuid4())[:20]).json()
    wait_until(lambda: notebook.unpublished() == 0)
    first.kill()
    notebook.sql("UPDATE relay_state SET cluster_id = 'the cluster that was lost'")
    notebook.start().wait_ready()
    wait_until(lambda: len(read(kafka, note["id"])) == 2)


@pytest.mark.req("BEY-30")
@pytest.mark.parametrize("failpoint", ["inbox.before-commit", "inbox.after-commit", "consume.before-offset"])
def test_killed_while_taking_in_an_event_takes_effect_once(notebook, kafka, failpoint):
    doomed = notebook.start("worker", FAILPOINTS=f"{failpoint}=kill").wait_ready()
    event = a_unit("死而复生")
    produce(kafka, event)
    wait_until(doomed.died, 40)
    notebook.start("worker").wait_ready()
    wait_until(lambda: known(notebook, event) == ["死而复生"], 40)
    later = a_unit("其后")
    produce(kafka, later)
    wait_until(lambda: known(notebook, later) == ["其后"])
    seen = notebook.sql("SELECT count(*), count(DISTINCT event_id) FROM inbox WHERE consumer = 'keep_unit'")
    assert seen[0][0] == seen[0][1]


def test_a_record_that_cannot_be_read_is_parked_and_the_rest_goes_on(notebook, kafka):
    notebook.start("worker").wait_ready()
    broken, sick, well = a_unit("坏"), a_unit("毒"), a_unit("好")
    produce(kafka, broken, body=b"{not json")
    produce(kafka, sick, well)
    wait_until(lambda: known(notebook, well) == ["好"], 40)

    def parked() -> set[str]:
        rows = notebook.sql("SELECT key FROM parked WHERE resolved_at IS NULL")
        return {bytes(key).decode() for (key,) in rows}

    # Each lies in a partition of its own, and nobody says which is read first.
    wait_until(lambda: len(parked()) == 2, 40)
    assert parked() == {str(broken.subject), str(sick.subject)}
    notebook.sql("UPDATE parked SET resolved_at = parked_at")


@pytest.mark.parametrize("value", [b"\xff", None], ids=["not-utf-8", "null"])
def test_a_header_that_cannot_be_read_costs_no_other_record(notebook, kafka, value):
    strange, well = a_unit("怪"), a_unit("好")
    produce(kafka, strange, header=("ce_traceparent", value))
    produce(kafka, well)
    notebook.start("worker").wait_ready()
    wait_until(lambda: known(notebook, well) == ["好"], 40)
    rows = notebook.sql("SELECT 1 FROM parked WHERE key = %s", str(strange.subject).encode())
    assert rows == [(1,)]
    notebook.sql("UPDATE parked SET resolved_at = parked_at")


def test_who_joins_for_the_first_time_hears_everything_from_the_beginning(notebook, kafka):
    event = a_unit("早先")
    produce(kafka, event)
    notebook.start("worker", NOTEBOOK_NAME="latecomer").wait_ready()
    wait_until(lambda: known(notebook, event) == ["早先"], 40)


def test_requests_whose_caller_went_away_happened_wholly_or_not_at_all(notebook, kafka):
    process = notebook.start().wait_ready()
    wanted = {str(uuid4()): str(uuid4())[:20] for _ in range(40)}
    with client(process) as patient:
        for n, (key, text) in enumerate(wanted.items()):
            with suppress(httpx.HTTPError):
                patient.post(
                    "notes", json={"text": text}, headers={"Idempotency-Key": key}, timeout=0.002 + n * 0.0004
                )
        time.sleep(0.5)
        for key, text in wanted.items():
            assert write(patient, text, key).status_code == 201
    rows = notebook.sql("SELECT id FROM note WHERE text = ANY(%s)", list(wanted.values()))
    events = notebook.sql("SELECT count(*) FROM outbox WHERE subject = ANY(%s)", [r for (r,) in rows])
    assert (len(rows), events) == (40, [(40,)])


def test_an_open_stream_does_not_keep_a_draining_process_alive(notebook):
    process = notebook.start("api").wait_ready()
    person, work = str(uuid4()), str(uuid4())
    notebook.sql(
        "INSERT INTO work (id, revision, created_at, updated_at, kind, owner_person, state, count)"
        " VALUES (%s, 1, now(), now(), 'test', %s, 'RUNNING', 0)", work, person,
    )  # fmt: skip
    with (
        client(process, person=person, unit=None) as http,
        http.stream("GET", f"work/{work}/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "event: progress"
        told = time.monotonic()
        process.process.send_signal(signal.SIGTERM)
        list(lines)
        process.process.wait(20)
    assert time.monotonic() - told < 5
    assert process.process.returncode in (0, -signal.SIGTERM)
