"""Five troubles provoked on the running suite: each number crosses its line, and a real Prometheus fires the alert."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
import yaml
from aiokafka import AIOKafkaProducer
from contracts.envelope import Envelope
from contracts.event import Actor
from contracts.identity.v1 import StaffAssigned, StaffState
from zc.dashboards import metrics_in, rendered
from zc.deployables import ROOT
from zc.stack import Stack
from zc.table import SERVICES

TOPIC = "identity.staff"
"""What several services listen to."""
Until = Callable[..., Any]
RUNBOOKS = ROOT / "docs" / "operations"


def records(number: int) -> list[tuple[UUID, list[tuple[str, bytes]], bytes]]:
    """So many people become staff of a unit that nobody knows yet."""
    made = []
    for _ in range(number):
        state = StaffState(
            unit_id=uuid4(), person=uuid4(), name="张三", role_ids=(), super_admin=False, active=True
        )
        subject = uuid4()
        event = StaffAssigned(subject=subject, revision=1, actor=Actor(), state=state)
        envelope = Envelope(
            uuid4(), "identity.staff.assigned.v1", "/services/identity", datetime.now(UTC), subject, uuid4()
        )
        made.append((subject, envelope.headers(), event.model_dump_json().encode()))
    return made


async def send(suite: Stack, rows: Sequence[tuple[UUID, list[tuple[str, bytes]], bytes]]) -> None:
    """Writes them to the topic."""
    producer = AIOKafkaProducer(**suite.kafka_client())
    await producer.start()
    try:
        for subject, headers, body in rows:
            await producer.send(TOPIC, body, key=str(subject).encode(), headers=headers)
    finally:
        await producer.stop()


def run(suite: Stack, name: str, *words: str) -> str:
    """Runs a command of a service as its container would."""
    done = subprocess.run(
        [sys.executable, "-m", name, *words], env=suite.environment_of(name),
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


async def test_a_service_that_cannot_take_events_in(suite: Stack, watch: Any, until: Until) -> None:
    waiting = f'max(consumer_lag{{service="units",topic="{TOPIC}"}})'
    until(lambda: watch.value(waiting) == 0)
    # Somebody holds a table for long, as a careless migration does.
    with psycopg.connect(suite.dsn("units", owner=True)) as careless:
        careless.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        await send(suite, records(1100))
        until(lambda: watch.value(waiting) > 1000)
        until(lambda: watch.firing("ConsumerLag", service="units", topic=TOPIC))
        assert not watch.firing("ConsumerLag", service="committees", topic=TOPIC)
    until(lambda: watch.value(waiting) == 0)
    until(lambda: not watch.firing("ConsumerLag", service="units"))


async def test_a_record_that_nobody_can_read(suite: Stack, watch: Any, until: Until) -> None:
    assert watch.value('max(parked{service="units"})') == 0
    ((subject, headers, _),) = records(1)
    await send(suite, [(subject, headers, b"no json")])
    until(lambda: watch.value('max(parked{service="units"})') == 1)
    until(lambda: watch.firing("ParkedMessages", service="units"))
    # The runbook: look at it, and set aside for ever what must not be taken in.
    text = (RUNBOOKS / "parked.md").read_text()
    drop = re.search(r"`python -m NAME (parked drop NUMBER --why \"…\")`", text)
    assert drop is not None
    for row in SERVICES:  # everybody who listens to the topic has set it aside
        for line in run(suite, row.name, "parked", "list").splitlines():
            words = drop[1].replace("NUMBER", line.split()[0]).replace('"…"', "外人").split()
            assert run(suite, row.name, *words).startswith("dropped")
    until(lambda: not watch.firing("ParkedMessages"))


def test_an_event_that_does_not_leave(suite: Stack, watch: Any, until: Until) -> None:
    oldest = 'max(outbox_oldest_seconds{service="meetings"})'
    assert watch.value(oldest) < 60
    with psycopg.connect(suite.dsn("meetings"), autocommit=True) as db:
        number = db.execute(
            "INSERT INTO outbox (id, topic, type, subject, revision, headers, body, occurred_at)"
            " VALUES (%s, 'meetings.nowhere', 'meetings.nothing.v1', %s, 1, '{}', '{}',"
            " now() - interval '40 s') RETURNING seq",
            (uuid4(), uuid4()),
        ).fetchone()
        until(lambda: 30 < watch.value(oldest) < 60)
        assert not watch.firing("OutboxOld")
        until(lambda: watch.value(oldest) > 60)
        until(lambda: watch.firing("OutboxOld", service="meetings"))
        db.execute("DELETE FROM outbox WHERE seq = %s", number)
    until(lambda: watch.value(oldest) == 0)
    until(lambda: not watch.firing("OutboxOld"))


def test_a_deadline_that_nobody_deals_with(suite: Stack, watch: Any, until: Until) -> None:
    oldest = 'max(deadlines_oldest_seconds{service="committees"})'
    with psycopg.connect(suite.dsn("committees"), autocommit=True) as db:
        db.execute(
            "INSERT INTO deadline (id, kind, subject, due_at, attempts, retry_at) VALUES"
            " (%s, 'committees.nothing', %s, now() - interval '95 s', 1, now() + interval '1 hour')",
            (uuid4(), uuid4()),
        )
        until(lambda: 90 < watch.value(oldest) < 120)
        assert not watch.firing("DeadlineSweepBehind")
        until(lambda: watch.firing("DeadlineSweepBehind", service="committees"))
        assert watch.value(oldest) > 120
        db.execute("DELETE FROM deadline WHERE kind = 'committees.nothing'")
    until(lambda: not watch.firing("DeadlineSweepBehind"))


def test_a_disk_that_fills(watch: Any, small_disk: Path, until: Until) -> None:
    if not os.path.ismount(small_disk):
        pytest.skip("this account may not mount a disk of its own")
    left = (
        f'node_filesystem_avail_bytes{{mountpoint="{small_disk}"}} /'
        f' node_filesystem_size_bytes{{mountpoint="{small_disk}"}}'
    )
    until(lambda: watch.value(left) > 0.8)
    assert not watch.firing("DiskFilling", mountpoint=str(small_disk))
    size = os.statvfs(small_disk)
    (small_disk / "filling").write_bytes(bytes(int(size.f_bavail * size.f_frsize * 0.9)))
    until(lambda: watch.value(left) < 0.15)
    until(lambda: watch.firing("DiskFilling", mountpoint=str(small_disk)))
    (small_disk / "filling").unlink()
    until(lambda: not watch.firing("DiskFilling", mountpoint=str(small_disk)))


def test_every_panel_and_alert_asks_for_what_the_running_suite_says(
    suite: Stack, watch: Any, until: Until
) -> None:
    httpx.get(
        f"{suite.gateway_url}/api/openapi.json"
    ).raise_for_status()  # a gateway counts from its first request
    boards = [json.loads(text) for text in rendered().values()]
    asked = [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    alerts = yaml.safe_load((ROOT / "deploy" / "observability" / "alerts.yml").read_text())
    asked += [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    for expression in asked:
        watch.ask(expression.replace("$__rate_interval", "1m"))
    wanted = {name for expression in asked for name in metrics_in(expression)} - {"up"}
    until(lambda: wanted <= watch.metrics())
