"""What operators watch is what processes say: each number is provoked on running servers and seen to move."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import psycopg
import pytest
import yaml
from aiokafka import AIOKafkaProducer
from chassis.lag import measure
from chassis.testing.postgres import destroy_postgres
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from zc.dashboards import metrics_in, rendered
from zc.deployables import ROOT
from zc.home import HOST
from zc.stack import Stack

SERVICE, TOPIC = "units", "identity.staff"
"""A service, and a topic that it listens to."""
SURVEY = 10
WATCHING = ROOT / "deploy" / "observability"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("zc"), free_ports=True, services=[SERVICE])
    with running:
        yield running
    destroy_postgres(running.home.postgres)


def samples(url: str) -> list[Sample]:
    """Everything that a process says at `/metrics`."""
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics").text)
    return [sample for family in families for sample in family.samples]


def number(stack: Stack, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels."""
    found = samples(stack.service_url(SERVICE))
    return sum(s.value for s in found if s.name == name and labels.items() <= s.labels.items())


def wait_until(condition: Callable[[], bool], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def send(stack: Stack, *bodies: bytes, headers: list[tuple[str, bytes]] | None = None) -> None:
    """Writes records to the topic."""

    async def write() -> None:
        producer = AIOKafkaProducer(**stack.kafka_client())
        await producer.start()
        try:
            for body in bodies:
                await producer.send_and_wait(TOPIC, body, key=str(uuid4()).encode(), headers=headers or [])
        finally:
            await producer.stop()

    asyncio.run(write())


def lag(stack: Stack) -> int:
    return asyncio.run(measure(stack.kafka_client(), SERVICE, (TOPIC,)))[TOPIC]


def test_what_a_silent_service_leaves_waiting_is_its_lag(stack: Stack) -> None:
    wait_until(lambda: lag(stack) == 0)
    stack.kill(SERVICE)
    send(stack, *([b"{}"] * 25))  # without a type they are parked, and are read all the same
    assert lag(stack) == 25
    stack.restart(SERVICE, wait=False)
    wait_until(lambda: stack.is_alive(SERVICE) and number(stack, "consumer_lag", topic=TOPIC) == 0)
    wait_until(lambda: lag(stack) == 0)


def test_a_record_that_nobody_can_read_is_parked_and_counted(stack: Stack) -> None:
    before = parked(stack)
    envelope = {"ce_specversion": "1.0", "ce_id": str(uuid4()), "ce_type": "identity.staff.assigned.v1"}
    send(stack, b"no json", headers=[(name, value.encode()) for name, value in envelope.items()])
    wait_until(lambda: parked(stack) == before + 1, SURVEY * 4)
    wait_until(lambda: number(stack, "parked") == before + 1, SURVEY * 4)


def parked(stack: Stack) -> int:
    """How many records lie aside, by the table: the metric is counted from it every few seconds."""
    with psycopg.connect(stack.dsn(SERVICE)) as db:
        found = db.execute("SELECT count(*) FROM parked WHERE resolved_at IS NULL").fetchone()
    return int(found[0]) if found else 0


def test_an_event_that_the_broker_does_not_get_grows_old(stack: Stack) -> None:
    stack.children["kafka"].stop()
    try:
        with psycopg.connect(stack.dsn(SERVICE), autocommit=True) as db:
            db.execute(
                "INSERT INTO outbox (id, topic, type, subject, revision, headers, body, occurred_at)"
                " VALUES (%s, 'units.unit', 'units.unit.created.v1', %s, 1, '{}', '{}', now() - interval '5 min')",
                (uuid4(), uuid4()),
            )
        wait_until(lambda: number(stack, "outbox_oldest_seconds") > 300, SURVEY * 4)
    finally:
        stack.children["kafka"].start()
    wait_until(lambda: number(stack, "outbox_oldest_seconds") == 0, 90)


def test_a_deadline_that_the_sweep_does_not_deal_with_grows_old(stack: Stack) -> None:
    with psycopg.connect(stack.dsn(SERVICE), autocommit=True) as db:
        db.execute(
            "INSERT INTO deadline (id, kind, subject, due_at, attempts, retry_at) VALUES"
            " (%s, 'units.nothing', %s, now() - interval '10 min', 1, now() + interval '1 hour')",
            (uuid4(), uuid4()),
        )
        wait_until(lambda: number(stack, "deadlines_oldest_seconds") > 600, SURVEY * 4)
        assert number(stack, "deadlines_overdue") >= 1
        db.execute("DELETE FROM deadline")
    wait_until(lambda: number(stack, "deadlines_oldest_seconds") == 0, SURVEY * 4)


def test_every_number_of_dashboards_and_alerts_is_said_by_a_process(stack: Stack) -> None:
    httpx.get(f"{stack.service_url(SERVICE)}/api/v1/units/units")  # so that requests were measured
    text = httpx.get(f"{stack.service_url(SERVICE)}/metrics").text
    httpx.get(f"{stack.gateway_url}/api/v1/units/units")
    text += httpx.get(f"http://{HOST}:{stack.ports['gateway-ping']}/metrics").text
    said = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    said |= {f"{name}_{part}" for name in set(said) for part in ("bucket", "count", "sum")}
    alerts = yaml.safe_load((WATCHING / "alerts.yml").read_text())
    expressions = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    for board in rendered().values():
        expressions += [
            target["expr"] for panel in json.loads(board)["panels"] for target in panel["targets"]
        ]
    named = {name for expression in expressions for name in metrics_in(expression)}
    # Prometheus itself and the node exporter say the rest.
    assert {name for name in named - said if not name.startswith("node_")} == {"up"}


def test_the_labels_that_expressions_choose_by_are_the_ones_that_processes_say(stack: Stack) -> None:
    httpx.get(f"{stack.service_url(SERVICE)}/api/v1/units/units")
    found = [
        s
        for s in samples(stack.service_url(SERVICE))
        if s.name == "http_server_request_duration_seconds_count"
    ]
    assert {"http_route", "http_response_status_code"} <= set(found[0].labels)


def test_a_task_that_was_given_up_is_counted_and_can_be_tried_again(stack: Stack) -> None:
    text = (ROOT / "docs" / "operations" / "jobs.md").read_text()
    again = next(block for block in re.findall(r"```sql\n(.*?)```", text, re.S) if "UPDATE" in block)
    with psycopg.connect(stack.dsn(SERVICE), autocommit=True) as db:
        (task,) = db.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)"
            " VALUES ('elsewhere', 'units.nothing', '{}', 'failed', 5) RETURNING id"
        ).fetchone() or (None,)
        wait_until(lambda: number(stack, "jobs_failed") == 1, SURVEY * 4)
        db.execute(again.replace(":id", str(task)))
        wait_until(lambda: number(stack, "jobs_failed") == 0, SURVEY * 4)
        db.execute("DELETE FROM procrastinate_jobs WHERE id = %s", (task,))
