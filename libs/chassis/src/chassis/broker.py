"""The one Kafka subscriber of a service: raw batches in, offsets committed after their transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import CommitFailedError, GroupAuthorizationFailedError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.message import KafkaMessage as RawMessage

from chassis.consume import Record
from chassis.failpoint import failpoint
from chassis.intake import Intake
from chassis.kafka import security_of
from chassis.settings import Settings

log = structlog.get_logger()

Raw: TypeAlias = "ConsumerRecord[bytes, bytes]"
_AFTER_A_MISTAKE = 10.0
_COMMITS = 5  # attempts, a second apart; a longer refusal shows in the heartbeat
_TOPICS_LOOKED_AT = 10_000  # milliseconds; five minutes by default


def broker_for(
    settings: Settings,
    service: str,
    topics: tuple[str, ...],
    intake: Intake,
    on_outcast: Callable[[], None] = lambda: None,
) -> KafkaBroker:
    """A broker whose subscriber hands every batch to the intake; start it to listen, close it to stop.

    `logger=None`, as FastStream's own prints inputs that fail validation; topics are never created by accident.
    `on_outcast` is called when the group refuses us: the client never asks again, so somebody must start it anew.
    """
    # It only listens: the producer and the admin client that a broker opens besides would serve nobody.
    broker = KafkaBroker(
        settings.kafka_bootstrap_servers.split(","),  # it takes a text for one address, whatever is in it
        security=security_of(settings),
        consumer_only=True,
        # A group that came back before its topics did, on an emptied cluster, is deaf until it looks again.
        metadata_max_age_ms=_TOPICS_LOOKED_AT,
        allow_auto_create_topics=False,
        logger=None,
    )

    async def bare(records: tuple[Raw, ...], parse: Callable[..., Awaitable[RawMessage]]) -> RawMessage:
        # The framework decodes headers, and drops the whole batch over one that is not UTF-8.
        message = await parse(tuple(replace(record, headers=()) for record in records))
        message.raw_message = records
        return message

    async def raw(message: RawMessage) -> object:
        return message.body  # bytes stay bytes: decoding is the intake's business

    subscriber = broker.subscriber(
        *topics,
        batch=True,
        max_records=500,
        group_id=service,
        group_instance_id=settings.kafka_group_instance_id,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        parser=bare,
        decoder=raw,
        session_timeout_ms=10_000,
        batch_timeout_ms=200,
    )

    @subscriber
    async def take(body: object, message: KafkaMessage) -> None:
        raws: tuple[Raw, ...] = message.raw_message
        await _taken(intake, [_record(r) for r in raws])
        await failpoint("consume.before-offset", (_type(r) for r in raws))
        await _committed(message)

    asked = subscriber.get_msg

    async def ask(consumer: AIOKafkaConsumer) -> tuple[Raw, ...]:
        try:
            return await asked(consumer)
        except KafkaError as error:  # which the framework keeps to itself
            log.warning("consume.refused", error=type(error).__name__)
            if isinstance(error, GroupAuthorizationFailedError):
                on_outcast()
            raise

    subscriber.get_msg = ask  # type: ignore[method-assign]
    return broker


async def _taken(intake: Intake, records: list[Record]) -> None:
    """Take the batch in, however long it takes: whoever returned without would lose it with the next offset."""
    while True:
        try:
            await intake.take(records)
            return
        except Exception as error:  # a mistake of ours, which the framework would swallow
            log.error("consume.stuck", error=type(error).__name__, exc_info=error)
            await asyncio.sleep(_AFTER_A_MISTAKE)


def _type(raw: Raw) -> str:
    return next((value.decode(errors="replace") for name, value in raw.headers if name == "ce_type"), "")


async def _committed(message: KafkaMessage) -> None:
    """Say how far we have read, some times if need be: after the last record of a day nobody would say it again."""
    for _ in range(_COMMITS):
        try:
            await message.ack()
            return
        except KafkaError as error:
            log.warning("consume.offset-not-committed", error=type(error).__name__)
            if isinstance(error, CommitFailedError):
                # A rebalance took the partition away: whoever has it gets the records again, and the inbox knows them.
                return
            await asyncio.sleep(1)


def _record(raw: Raw) -> Record:
    return Record(raw.topic, raw.partition, raw.offset, raw.key or b"", tuple(raw.headers), raw.value or b"")
