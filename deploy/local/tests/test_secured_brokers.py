"""Brokers that know their users: each service may do what it says it must, another system what it was admitted to."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from chassis.kafka import arguments_from
from chassis.lag import measure
from chassis.testing.postgres import destroy_postgres
from chassis.topics import create_topics
from kafka_records import read, write
from zc import kafka_users
from zc.kafka_access import Grant, access, grants_of
from zc.servers import choose
from zc.stack import Stack
from zc.table import SERVICES, TOPICS
from zc.trouble import Trouble

TOPIC = "certificates.certificate"
REFUSED = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError, GroupAuthorizationFailedError)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    where = tmp_path_factory.mktemp("zc")
    with Stack(where, servers="secured", free_ports=True, services=[]) as running:
        yield running
    destroy_postgres(running.home.postgres)


def client_of(stack: Stack, name: str) -> dict[str, Any]:
    """How a service comes in, out of nothing but what its process is told."""
    return arguments_from(stack.environment_of(name), f"{name.upper()}_")


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
async def test_a_service_writes_what_it_owns_and_nothing_else(stack: Stack, row: Any) -> None:
    own, foreign = access()[row.name]["writes"], sorted(set(TOPICS) - set(access()[row.name]["writes"]))
    for topic in own:
        await write(client_of(stack, row.name), topic)
    for topic in foreign:
        with pytest.raises(REFUSED):
            await write(client_of(stack, row.name), topic)


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
async def test_a_service_reads_what_it_listens_to_and_measures_its_lag(stack: Stack, row: Any) -> None:
    client, topics = client_of(stack, row.name), tuple(access()[row.name]["reads"])
    await write(stack.kafka_client(), topics[0])
    assert await read(client, topics[0], row.name) > 0
    assert set(await measure(client, row.name, topics)) == set(topics)
    deaf = next(topic for topic in TOPICS if topic not in topics)
    with pytest.raises(TopicAuthorizationFailedError):
        await read(client, deaf, row.name)
    with pytest.raises(GroupAuthorizationFailedError):
        await read(client, topics[0], "somebody-else")


async def test_a_service_makes_no_topic(stack: Stack) -> None:
    admin = AIOKafkaAdminClient(**client_of(stack, "units"))
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic("units.secret", 1, 1)])
    finally:
        await admin.close()
    assert [code for _, code, *_ in answer.topic_errors] == [TopicAuthorizationFailedError.errno]


@pytest.mark.parametrize("change", [{"sasl_plain_password": "guessed"}, {"sasl_plain_username": "nobody"}])
async def test_who_cannot_say_who_it_is_is_not_heard(stack: Stack, change: dict[str, str]) -> None:
    with pytest.raises((AuthenticationFailedError, KafkaConnectionError)):
        await write(client_of(stack, "units") | change, "units.unit")
    with pytest.raises(KafkaConnectionError):
        await write({"bootstrap_servers": stack.kafka}, "units.unit")


async def test_another_system_reads_what_it_was_admitted_to_and_writes_nothing(stack: Stack) -> None:
    await write(stack.kafka_client(), TOPIC)
    client = await asyncio.to_thread(stack.admit, "registry", TOPIC)
    assert client == stack.kafka_client("registry")
    assert await read(client, TOPIC, "outside-registry") > 0
    assert await read(client, TOPIC, "outside-registry.second-reader") > 0
    for topic, group in (
        ("units.unit", "outside-registry"),
        (TOPIC, "notices"),
        (TOPIC, "outside-registry2"),
    ):
        with pytest.raises((TopicAuthorizationFailedError, GroupAuthorizationFailedError)):
            await read(client, topic, group)
    for topic in (TOPIC, "units.unit"):
        with pytest.raises(REFUSED):
            await write(client, topic)


async def test_what_another_system_is_no_longer_admitted_to_is_taken_back(stack: Stack) -> None:
    client = await asyncio.to_thread(stack.admit, "paper", TOPIC, "notices.announcement")
    assert await asyncio.to_thread(stack.admit, "paper", "notices.announcement") == client
    with pytest.raises(TopicAuthorizationFailedError):
        await read(client, TOPIC, "outside-paper")


def test_nobody_may_more_than_a_start_allows(stack: Stack) -> None:
    admin, name = stack.kafka_client(), "notices"
    due = set(grants_of(name, access()[name]))
    kafka_users.allow(admin, [name], due | {Grant(name, "WRITE", "TOPIC", TOPIC)})
    asyncio.run(write(client_of(stack, name), TOPIC))
    stack.servers.admit_services()
    with pytest.raises(REFUSED):
        asyncio.run(write(client_of(stack, name), TOPIC))


@pytest.mark.parametrize("name", ["", "a b", "-a", "A", "outside-", "ümlaut", "a--b"])
def test_a_name_that_could_mean_somebody_else_is_refused(stack: Stack, name: str) -> None:
    with pytest.raises(Trouble, match="no name for another system"):
        stack.admit(name, TOPIC)


def test_a_topic_that_is_none_and_a_user_that_is_none_are_named(stack: Stack) -> None:
    with pytest.raises(Trouble, match=r"no topic units\.secret"):
        stack.admit("registry", "units.secret")
    with pytest.raises(Trouble, match="outside-stranger is no user"):
        stack.kafka_client("stranger")


def zc(where: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zc", "--dir", str(where), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


async def test_the_command_prints_what_any_client_understands(stack: Stack) -> None:
    stack.home.write_state(ready=True)
    done = await asyncio.to_thread(zc, stack.home.root, "kafka-user", "audit-office", "--read", TOPIC)
    assert (done.returncode, done.stderr) == (0, "")
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    from confluent_kafka import Consumer

    def listen() -> str:
        consumer = Consumer(told | {"auto.offset.reset": "earliest"})
        try:
            consumer.subscribe([TOPIC])
            message = consumer.poll(20)
            return str(message.topic()) if message is not None and message.error() is None else repr(message)
        finally:
            consumer.close()

    await write(stack.kafka_client(), TOPIC)
    assert await asyncio.to_thread(listen) == TOPIC


def test_the_tool_that_makes_topics_comes_in_as_the_user_it_is_told(stack: Stack) -> None:
    told = stack.environment_of("units") | {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "chassis.topics"]
    nobody = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert (nobody.returncode, "TOPICS_KAFKA_USERNAME" in nobody.stderr) == (1, True)
    admin = stack.kafka_client()
    told |= {
        "TOPICS_KAFKA_USERNAME": admin["sasl_plain_username"],
        "TOPICS_KAFKA_PASSWORD": admin["sasl_plain_password"],
    }
    assert subprocess.run(command, env=told, capture_output=True, check=False).returncode == 0


def test_passwords_lie_where_only_their_owner_reads_them(stack: Stack) -> None:
    file = stack.home.root / "kafka" / "kafka-1" / "server.properties"
    assert stack.home.secrets["kafka-broker"] in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_directory_keeps_the_servers_it_began_with(stack: Stack) -> None:
    for name, brokers in (("small", 1), ("secured", 3), ("real", 1)):
        with pytest.raises(Trouble, match="belong to the secured servers with 1 brokers"):
            choose(stack.home, name, brokers)
    with pytest.raises(Trouble, match="There is no set of servers tiny"):
        choose(stack.home, "tiny")


def test_a_broker_that_was_killed_comes_back_with_users_topics_and_records(stack: Stack) -> None:
    client = client_of(stack, "certificates")
    asyncio.run(write(client, TOPIC))
    stack.kill("kafka-1")
    stack.restart("kafka-1")
    create_topics(stack.kafka_client(), TOPICS)  # waits for it
    asyncio.run(write(client, TOPIC))
    assert asyncio.run(read(client_of(stack, "notices"), TOPIC, "notices")) > 0
