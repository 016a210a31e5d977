"""The intake: takes record batches in, once each; waits out infrastructure, parks what is broken."""

import asyncio
import base64
import random
from collections.abc import Sequence
from uuid import UUID

import structlog
from contracts.envelope import Envelope, Undecodable, decode
from contracts.event import Event
from contracts.topics import TOPICS
from sqlalchemy import cast, delete, or_, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis import clock, telemetry
from chassis.consume import Consumer, Consumers, Delivery, Record
from chassis.context import Cause, caused_by
from chassis.db import Sessions, transaction
from chassis.failpoint import failpoint
from chassis.inbox import InboxRow, ParkedRow
from chassis.logs import redact
from chassis.outage import is_infrastructure
from chassis.telemetry import metrics

__all__ = ["Intake", "is_infrastructure"]

log = structlog.get_logger()

_IDS_A_STATEMENT = 10_000  # asyncpg takes at most 32,767 parameters


class Intake:
    """Takes records into one service."""

    def __init__(self, sessions: Sessions, consumers: Consumers) -> None:
        self._sessions = sessions
        self._consumers = consumers

    async def take(self, records: Sequence[Record]) -> None:
        """Take a batch in; returns only when every record took effect, was seen before, or is parked."""
        attempt = 0
        while True:
            try:
                await self._take(records)
                return
            except Exception as error:
                if not is_infrastructure(error):
                    raise
                attempt += 1
                log.warning("intake.waiting", error=type(error).__name__, attempt=attempt)
                await asyncio.sleep(min(30.0, 0.1 * 2 ** min(attempt, 9)) * (0.5 + random.random()))

    async def _take(self, records: Sequence[Record]) -> None:
        try:
            wanted = [(r, *found) for r in records if (found := self._open(r)) is not None]
            await self._together(wanted)
        except Exception as error:
            if is_infrastructure(error):
                raise
            await self._one_by_one(records)

    def _open(self, record: Record) -> tuple[Envelope, Event, Consumer] | None:
        """The event in a record and who wants it; None for nobody; raises `Undecodable`."""
        envelope = Envelope.of(record.headers)
        consumer = self._consumers.by_type.get(envelope.type)
        if consumer is None:
            return None
        if record.topic != self._consumers.events[envelope.type].topic:
            # Only the owner may write a topic: elsewhere anybody could claim this.
            raise Undecodable(f"{envelope.type} does not belong on {record.topic}")
        if envelope.source.rpartition("/")[2] != TOPICS[record.topic].owner:
            raise Undecodable(f"{envelope.type} does not come from the owner of {record.topic}")
        event = decode(envelope, record.body)
        if event is None:
            return None
        if not (record.key == str(envelope.subject).encode() and event.subject == envelope.subject):
            # Order is kept per key: under another's key it could overtake what it follows.
            raise Undecodable(f"{envelope.type} names different subjects in key, header and body")
        return envelope, event, consumer

    def _concerns(self, record: Record) -> bool:
        """Whether anybody here would take it in, or nobody can tell, whatever is wrong with it."""
        try:
            return self._open(record) is not None
        except Exception:
            return True

    async def _together(self, wanted: list[tuple[Record, Envelope, Event, Consumer]]) -> None:
        if not wanted:
            return
        async with transaction(self._sessions) as db:
            if await self._parked_keys(db, {record.key for record, *_ in wanted}):
                raise _Parked
            fresh = await self._admit(
                db, [(consumer.name, envelope.id) for _, envelope, _, consumer in wanted]
            )
            for record, envelope, event, consumer in wanted:
                if (consumer.name, envelope.id) in fresh:
                    fresh.discard((consumer.name, envelope.id))  # the same event twice in one batch
                    await self._handle(db, record, envelope, event, consumer)
            await failpoint("inbox.before-commit", (envelope.type for _, envelope, *_ in wanted))
        await failpoint("inbox.after-commit", (envelope.type for _, envelope, *_ in wanted))

    async def _admit(self, db: AsyncSession, ids: list[tuple[str, UUID]]) -> set[tuple[str, UUID]]:
        """Enter events into the inbox; returns those not seen before."""
        fresh: set[tuple[str, UUID]] = set()
        now = clock.real_now()
        for start in range(0, len(ids), _IDS_A_STATEMENT):
            rows = [
                {"consumer": name, "event_id": event_id, "received_at": now}
                for name, event_id in ids[start : start + _IDS_A_STATEMENT]
            ]
            entered = insert(InboxRow).values(rows).on_conflict_do_nothing()
            result = await db.execute(entered.returning(col(InboxRow.consumer), col(InboxRow.event_id)))
            fresh |= {(name, event_id) for name, event_id in result}
        return fresh

    async def _handle(
        self, db: AsyncSession, record: Record, envelope: Envelope, event: Event, consumer: Consumer
    ) -> None:
        attributes = {"messaging.destination.name": record.topic, "event.type": envelope.type}
        with (
            telemetry.span_from(envelope.traceparent, f"consume {envelope.type}", attributes),
            caused_by(Cause(envelope.correlation_id, envelope.id)),
        ):
            await failpoint("inbox.before-handle", envelope.type)
            await consumer.handle(db, event, Delivery(envelope, record))
            await db.flush()
        metrics.events_handled.labels(consumer.name, "done").inc()

    async def _one_by_one(self, records: Sequence[Record]) -> None:
        for record in records:
            async with transaction(self._sessions) as db:
                if record.topic in await self._parked_keys(db, {record.key}, held=True):
                    if self._concerns(record):
                        await self._park(db, record, "an earlier event of this key is parked")
                    continue
            if (error := await self.take_one(record)) is not None:
                async with transaction(self._sessions) as db:
                    await self._park(db, record, error)

    async def take_one(self, record: Record) -> str | None:
        """Take one record in, in its own transaction; returns what is wrong with it, None when nothing is."""
        try:
            found = self._open(record)
            if found is None:
                return None
            envelope, event, consumer = found
            async with transaction(self._sessions) as db:
                if await self._admit(db, [(consumer.name, envelope.id)]):
                    await self._handle(db, record, envelope, event, consumer)
                await failpoint("inbox.before-commit", envelope.type)
            await failpoint("inbox.after-commit", envelope.type)
        except Undecodable as error:
            return str(error)
        except Exception as error:
            if is_infrastructure(error):
                raise
            log.error("intake.parked", topic=record.topic, error=type(error).__name__, exc_info=error)
            return f"{type(error).__name__}: {error}"[:2000]
        return None

    async def _parked_keys(self, db: AsyncSession, keys: set[bytes], *, held: bool = False) -> set[str]:
        """The topics in which one of these keys has a parked record; `held` lets none be resolved meanwhile.

        Else a replay could end while the next record goes to stand behind the last it resolved.
        """
        found = select(col(ParkedRow.topic)).where(
            col(ParkedRow.key).in_(keys), col(ParkedRow.resolved_at).is_(None)
        )
        return set(await db.scalars(found.with_for_update(read=True) if held else found))

    async def _park(self, db: AsyncSession, record: Record, error: str) -> None:
        same_place = (
            col(ParkedRow.topic) == record.topic,
            col(ParkedRow.partition) == record.partition,
            col(ParkedRow.position) == record.offset,
        )
        headers = [
            [_storable(name), base64.b64encode(value or b"").decode()] for name, value in record.headers
        ]
        # After a loss of the cluster positions are counted from zero again: another record may lie there now.
        another = or_(
            col(ParkedRow.body) != record.body,
            col(ParkedRow.key) != record.key,
            col(ParkedRow.headers) != cast(headers, JSONB),
        )
        await db.execute(delete(ParkedRow).where(*same_place, another))
        row = insert(ParkedRow).values(
            topic=record.topic,
            partition=record.partition,
            position=record.offset,
            key=record.key,
            headers=headers,
            body=record.body,
            error=told(error),
            parked_at=clock.real_now(),
        )
        await db.execute(row.on_conflict_do_nothing(index_elements=["topic", "partition", "position"]))


def _storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold."""
    return text.encode(errors="replace").decode().replace("\x00", "?")


def told(error: str) -> str:
    """An error as it may be stored: nothing personal in it."""
    return _storable(redact(error))


class _Parked(Exception):
    """A record of this batch comes behind a parked one, so every record's key must be looked at."""
