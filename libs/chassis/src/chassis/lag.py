"""Who waits for an event: how many records each topic holds that a service has not taken in yet."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition

from chassis import metrics

log = structlog.get_logger()

SURVEY = 10.0


async def watch_lag(client: dict[str, Any], group: str, topics: tuple[str, ...]) -> None:
    """Measure again and again until cancelled; a broker that is away leaves the last number standing."""
    while topics:
        try:
            await _keep_measuring(client, group, topics)
        except Exception as error:  # numbers are missed, but nobody stops working for want of them
            log.warning("lag.interrupted", error=type(error).__name__)
        await asyncio.sleep(SURVEY)


async def measure(client: dict[str, Any], group: str, topics: tuple[str, ...]) -> dict[str, int]:
    """Records per topic that the group has not committed; what it never read counts from the beginning."""
    async with AsyncExitStack() as stack:
        return await _measure(*await _connect(stack, client), group, topics)


async def _keep_measuring(client: dict[str, Any], group: str, topics: tuple[str, ...]) -> None:
    async with AsyncExitStack() as stack:
        clients = await _connect(stack, client)
        while True:
            for topic, waiting in (await _measure(*clients, group, topics)).items():
                metrics.consumer_lag.labels(topic).set(waiting)
            await asyncio.sleep(SURVEY)


async def _connect(
    stack: AsyncExitStack, client: dict[str, Any]
) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
    admin = AIOKafkaAdminClient(**client)
    stack.push_async_callback(admin.close)
    await admin.start()
    reader = AIOKafkaConsumer(**client)  # of no group: it only asks where topics end
    stack.push_async_callback(reader.stop)
    await reader.start()
    return admin, reader


async def _measure(
    admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer, group: str, topics: tuple[str, ...]
) -> dict[str, int]:
    described = await admin.describe_topics(list(topics))
    partitions = [
        TopicPartition(row["topic"], partition["partition"])
        for row in described
        for partition in row["partitions"]
    ]
    begin, end = await reader.beginning_offsets(partitions), await reader.end_offsets(partitions)
    committed = await admin.list_consumer_group_offsets(group)
    waiting = dict.fromkeys(topics, 0)
    for place in partitions:
        read_to = committed[place].offset if place in committed else -1
        waiting[place.topic] += end[place] - (read_to if read_to >= 0 else begin[place])
    return waiting
