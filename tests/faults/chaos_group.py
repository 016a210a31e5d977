"""Consumer groups without rest: strangers join every service's group and leave it, real members too."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from zc.stack import Stack

from tests.faults.chaos_split import hands, start_worker


@asynccontextmanager
async def no_rest(
    stack: Stack, groups: Mapping[str, set[str]], told: list[str], every: float = 2.0
) -> AsyncIterator[None]:
    """Let a second member come into each group, or go, every so many seconds; `told` grows by each that came.

    The member gets its share of the partitions, takes nothing in and commits nothing.
    """
    client = stack.kafka_client()
    tasks = [
        asyncio.create_task(_come_and_go(name, topics, client, every, told), name=f"meddler-{name}")
        for name, topics in groups.items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


async def _come_and_go(
    group: str, topics: set[str], client: dict[str, Any], every: float, told: list[str]
) -> None:
    while True:
        member = AIOKafkaConsumer(
            *sorted(topics), group_id=group, enable_auto_commit=False, session_timeout_ms=10_000, **client
        )
        try:
            with suppress(KafkaError):
                await member.start()
                told.append(group)
            await asyncio.sleep(every)
        finally:
            await member.stop()  # it leaves the group, which is the next rebalance
        await asyncio.sleep(every)


@asynccontextmanager
async def second_workers(
    stack: Stack, names: list[str], chance: Random, told: list[str], every: float = 4.0
) -> AsyncIterator[None]:
    """Let real second workers come, work, and stop or be killed."""
    over = asyncio.Event()

    async def come_and_go() -> None:
        for name in itertools.cycle(names):
            child = await hands(partial(start_worker, stack, name, f"{name}-second"))
            told.append(child.name)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), every * chance.uniform(0.8, 1.5))
            await hands(child.kill if chance.random() < 0.5 else child.stop)
            if over.is_set():
                return

    task = asyncio.create_task(come_and_go(), name="second-workers")
    try:
        yield
    finally:
        over.set()
        await task
