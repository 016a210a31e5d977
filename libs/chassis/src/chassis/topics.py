"""Creates the topics of the registry: the launcher calls it, a deploy job runs `python -m chassis.topics`."""

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError
from contracts.topics import TOPICS, Topic

from chassis.kafka import KafkaMisconfigured, arguments_from

_KEPT = {"retention.ms": "-1", "cleanup.policy": "delete"}
_ALREADY_EXISTS = 36


class TopicsRefused(RuntimeError):
    """The broker does not answer or refuses a topic; the message is one sentence for an operator."""


def create_topics(client: Mapping[str, Any], topics: Mapping[str, Topic], *, replication: int = 1) -> None:
    """Creates the topics that are missing and adds partitions where the registry names more.

    `client` is what aiokafka is told.
    """
    asyncio.run(_create_topics(client, topics, replication))


async def _create_topics(client: Mapping[str, Any], topics: Mapping[str, Topic], replication: int) -> None:
    admin = await _connect(client)
    # One copy may be away without anybody waiting for it, and none that was acknowledged is the only one.
    kept = _KEPT | ({"min.insync.replicas": "2"} if replication > 2 else {})
    try:
        present = {row["topic"]: len(row["partitions"]) for row in await admin.describe_topics()}
        missing = [
            NewTopic(
                topic.name, topic.partitions, replication,
                topic_configs=kept | ({"cleanup.policy": "compact"} if topic.compacted else {}),
            )
            for topic in topics.values()
            if topic.name not in present
        ]  # fmt: skip
        if missing:
            answer = await admin.create_topics(missing)
            for name, code, *reason in answer.topic_errors:
                if code not in (0, _ALREADY_EXISTS):  # somebody else was faster
                    raise TopicsRefused(f"Apache Kafka refused to create the topic {name}: {reason or code}")
        wider = {
            topic.name: NewPartitions(topic.partitions)
            for topic in topics.values()
            if present.get(topic.name, topic.partitions) < topic.partitions
        }
        if wider:
            await admin.create_partitions(wider)
    finally:
        await admin.close()


async def _connect(client: Mapping[str, Any], patience: float = 60) -> AIOKafkaAdminClient:
    deadline = asyncio.get_running_loop().time() + patience
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is still starting is no news
    while True:
        admin = AIOKafkaAdminClient(**client)
        try:
            await admin.start()
        except (KafkaError, OSError) as error:
            await admin.close()
            if asyncio.get_running_loop().time() > deadline:
                raise TopicsRefused(
                    f"Apache Kafka did not answer at {client['bootstrap_servers']} ({patience:.0f} s):"
                    f" {type(error).__name__}."
                ) from error
            await asyncio.sleep(0.2)
        else:
            return admin


def main() -> None:
    """Creates them on the brokers that the environment names, as the user that it names."""
    replication = int(os.environ.get("KAFKA_REPLICATION", "1"))
    try:
        create_topics(arguments_from(os.environ, "TOPICS_"), TOPICS, replication=replication)
    except (KafkaMisconfigured, TopicsRefused) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
