"""Another system: it knows the published contracts and the topic, and nothing else of the suite.

It reads `certificates.certificate` from its beginning with a Kafka client of its own and keeps the ids of
`certificates.certificate.issued.v1`; an event that comes twice has the same `ce_id` and counts once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from contracts.certificates.v1 import CertificateIssued, CertificateState
from contracts.envelope import Envelope, decode


class Outside:
    """What another system has learnt so far of issued certificates."""

    def __init__(self) -> None:
        self.issued: dict[UUID, CertificateState] = {}  # by the event's id
        self._heard = asyncio.Event()

    def of_campaign(self, campaign: UUID) -> dict[UUID, CertificateState]:
        """What it learnt of one campaign, by event id."""
        return {event: state for event, state in self.issued.items() if state.campaign_id == campaign}

    async def learns(self, campaign: UUID, count: int, patience: float = 60) -> dict[UUID, CertificateState]:
        """Wait until it has heard of so many certificates, then a moment longer in case there are more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while len(self.of_campaign(campaign)) < count:
                    self._heard.clear()
                    await self._heard.wait()
        await asyncio.sleep(1)
        return self.of_campaign(campaign)

    async def listen(self, client: dict[str, Any]) -> None:
        """Read until cancelled; a broker that is away is asked again, from the beginning."""
        while True:
            consumer = AIOKafkaConsumer(
                CertificateIssued.topic,
                **client,
                group_id=None,
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                metadata_max_age_ms=5_000,  # an emptied cluster's topics are new ones
            )
            try:
                await consumer.start()
                async for record in consumer:
                    self._take(record.headers, record.value)
            except (KafkaError, OSError):
                await asyncio.sleep(1)
            finally:
                with suppress(KafkaError, OSError):
                    await consumer.stop()

    def _take(self, headers: tuple[tuple[str, bytes], ...], body: bytes) -> None:
        envelope = Envelope.of(headers)
        event = decode(envelope, body)
        if isinstance(event, CertificateIssued):
            self.issued[envelope.id] = event.state
            self._heard.set()


@asynccontextmanager
async def listening(client: dict[str, Any]) -> AsyncIterator[Outside]:
    """Another system that listens for as long as this lasts, with a user of its own where there are users."""
    outside = Outside()
    task = asyncio.create_task(outside.listen(client), name="outside")
    try:
        yield outside
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
