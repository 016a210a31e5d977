"""Services at brokers that know their users: they work, and come back by themselves when they may work again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from chassis.lag import measure
from chassis.testing.postgres import destroy_postgres
from zc.kafka_access import access, grants_of
from zc.kafka_users import allow
from zc.stack import Stack

TOPIC, SERVICE = "identity.person", "units"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(
        tmp_path_factory.mktemp("zc"), servers="secured", free_ports=True, services=["identity", SERVICE]
    )
    with running:
        yield running
    destroy_postgres(running.home.postgres)


def send(stack: Stack, count: int = 5) -> None:
    """Writes records that will be parked, and so are read."""

    async def write() -> None:
        producer = AIOKafkaProducer(**stack.kafka_client())
        await producer.start()
        try:
            for _ in range(count):
                await producer.send_and_wait(TOPIC, b"{}", key=str(uuid4()).encode())
        finally:
            await producer.stop()

    asyncio.run(write())


def lag(stack: Stack) -> int:
    return asyncio.run(measure(stack.kafka_client(), SERVICE, (TOPIC,)))[TOPIC]


def eventually(holds: Callable[[], bool], patience: float = 60) -> bool:
    deadline = time.monotonic() + patience
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.3)
    return holds()


def test_they_are_ready_and_read(stack: Stack) -> None:
    assert stack.is_ready(SERVICE)
    send(stack)
    assert eventually(lambda: lag(stack) == 0)


def test_who_started_before_the_brokers_reads_when_they_are_there(stack: Stack) -> None:
    stack.kill("kafka-1")
    stack.restart(SERVICE, wait=False)
    assert eventually(lambda: "listen.waiting" in (stack.home.logs / f"{SERVICE}.log").read_text())
    stack.restart("kafka-1")
    stack.servers.await_brokers()
    send(stack)
    assert eventually(lambda: lag(stack) == 0)


@pytest.mark.parametrize("kind", ["GROUP", "TOPIC"])
def test_who_was_refused_by_mistake_says_so_and_reads_again_by_itself(stack: Stack, kind: str) -> None:
    log = stack.home.logs / f"{SERVICE}.log"
    seen, due = log.stat().st_size, set(grants_of(SERVICE, access()[SERVICE]))
    refused = "Group" if kind == "GROUP" else "Topic"
    taken = {grant for grant in due if grant.kind == kind and grant.operation == "READ"}
    allow(stack.kafka_client(), [SERVICE], due - taken)
    words = f'"error": "{refused}AuthorizationFailedError", "event": "consume.refused"'
    assert eventually(lambda: words in log.read_text()[seen:])
    send(stack)
    assert lag(stack) > 0
    allow(stack.kafka_client(), [SERVICE], due)
    assert eventually(lambda: lag(stack) == 0)


def test_an_offset_that_was_refused_for_a_moment_is_committed_after_it(stack: Stack) -> None:
    due = set(grants_of(SERVICE, access()[SERVICE]))
    allow(stack.kafka_client(), [SERVICE], {grant for grant in due if grant.kind != "GROUP"})
    send(stack)
    allow(stack.kafka_client(), [SERVICE], due)
    assert eventually(lambda: lag(stack) == 0)
