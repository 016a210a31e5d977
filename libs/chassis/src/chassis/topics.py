"""Creates the topics of the registry: the launcher calls it, a deploy job runs `python -m chassis.topics`."""

import asyncio
import logging
import os
from collections.abc import Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError
from contracts.topics import TOPICS, Topic

_KEPT = {"retention.ms": "-1", "cleanup.policy": "delete"}
_ALREADY_EXISTS = 36


class TopicsRefused(RuntimeError):
    """The broker does not answer or refuses a topic; the message is one sentence for an operator."""


def create_topics(bootstrap: str, topics: Mapping[str, Topic], *, replication: int = 1) -> None:
    """Creates the topics that are missing and adds partitions where the registry names more."""
    asyncio.run(_create_topics(bootstrap, topics, replication))


async def _create_topics(bootstrap: str, topics: Mapping[str, Topic], replication: int) -> None:
    admin = await _connect(bootstrap)
    try:
        present = {row["topic"]: len(row["partitions"]) for row in await admin.describe_topics()}
        missing = [
            NewTopic(
                topic.name, topic.partitions, replication,
                topic_configs=_KEPT | ({"cleanup.policy": "compact"} if topic.compacted else {}),
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


async def _connect(bootstrap: str, patience: float = 60) -> AIOKafkaAdminClient:
    deadline = asyncio.get_running_loop().time() + patience
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is still starting is no news
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        try:
            await admin.start()
        except (KafkaError, OSError) as error:
            await admin.close()
            if asyncio.get_running_loop().time() > deadline:
                raise TopicsRefused(
                    f"Apache Kafka did not answer at {bootstrap} ({patience:.0f} s)."
                ) from error
            await asyncio.sleep(0.2)
        else:
            return admin


def main() -> None:
    """Creates them on the brokers that the environment names."""
    replication = int(os.environ.get("KAFKA_REPLICATION", "1"))
    create_topics(os.environ["KAFKA_BOOTSTRAP_SERVERS"], TOPICS, replication=replication)


if __name__ == "__main__":
    main()
