"""One record written to a topic and read from it, by whoever a client says it is."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def write(client: dict[str, Any], topic: str) -> None:
    """Writes one record as the relay does."""
    producer = AIOKafkaProducer(**client, enable_idempotence=True, acks="all")
    try:
        await producer.start()
        await asyncio.wait_for(producer.send_and_wait(topic, b"{}", key=b"key"), 20)
    finally:
        await producer.stop()


async def read(client: dict[str, Any], topic: str, group: str) -> int:
    """Reads for some seconds as a member of the group and returns how many records there were."""
    consumer = AIOKafkaConsumer(topic, **client, group_id=group, auto_offset_reset="earliest")
    try:
        await consumer.start()
        got = await consumer.getmany(timeout_ms=8000)
        await consumer.commit()
        return sum(map(len, got.values()))
    finally:
        await consumer.stop()
