"""Brokers that lose everything: data gone, another cluster under the same addresses."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import dataclass

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis.topics import create_topics
from zc.stack import Stack
from zc.table import SERVICES, TOPICS

from tests.faults.outsiders import TOPIC
from tests.faults.perils import Peril


def wipe(stack: Stack, late: float = 0.0) -> None:
    """Kill every broker, empty their disks, and do what an operator does on a new cluster: topics and rights.

    The operator may be `late`: then everybody has found the new cluster before its topics are there.
    """
    servers = stack.servers
    for name in servers.broker_names:
        stack.kill(name)
    data = [meta.parent for meta in (stack.home.root / "kafka").rglob("meta.properties")]
    assert len(data) == len(servers.broker_names), "not every broker's disk was found"
    for folder in data:
        shutil.rmtree(folder)
    for name, command in servers.broker_commands().items():
        stack.children[name].command = tuple(command)
        stack.restart(name)
    servers.await_brokers()
    time.sleep(late)
    create_topics(servers.kafka_client(), TOPICS, replication=servers.replication)
    servers.admit_services()


@dataclass(frozen=True)
class Wiped(Peril):
    """A peril: the brokers are wiped when a phase begins, and other systems get their rights there again."""

    phase: str
    after: float = 0.2
    late: float = 12.0

    def __str__(self) -> str:
        return f"brokers wiped {self.after:.1f} s into {self.phase}, topics made {self.late:.0f} s late"

    def befall(self, stack: Stack) -> None:
        """Let it happen, and be over."""
        wipe(stack, self.late)
        for system in ("copy", "season"):  # the outsiders' Kafka copy, and the season's own listener
            stack.admit(system, TOPIC)


def ids_in_outboxes(stack: Stack) -> set[str]:
    """Every event that was ever told, by its id."""
    told: set[str] = set()
    for row in SERVICES:
        with psycopg.connect(stack.dsn(row.name), autocommit=True) as db:
            told |= {str(found[0]) for found in db.execute("SELECT id FROM outbox")}
    return told


def ids_on_brokers(stack: Stack) -> set[str]:
    """Every event that lies on the brokers, by its id."""
    return asyncio.run(_ids(stack))


async def _ids(stack: Stack) -> set[str]:
    consumer = AIOKafkaConsumer(enable_auto_commit=False, **stack.kafka_client())
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, n) for topic in TOPICS.values() for n in range(topic.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends, found = await consumer.end_offsets(places), set[str]()
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found |= {
                    value.decode() for record in records for name, value in record.headers if name == "ce_id"
                }
        return found
    finally:
        await consumer.stop()
