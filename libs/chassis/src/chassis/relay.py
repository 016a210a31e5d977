"""The relay: publishes the outbox in order, one active per service, marks a row only when the broker has it."""

import asyncio
import random
import time
from contextlib import suppress
from typing import Any

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis import clock
from chassis.failpoint import failpoint
from chassis.kafka import client_arguments
from chassis.settings import Settings
from chassis.telemetry import metrics

log = structlog.get_logger()

ROUND = 500
_LOCK = 0x7E1A  # one advisory lock per database, hence per service
_POLL = 1.0
_HEARTBEAT = 3.0  # seconds; well within the session's idle timeout
_SILENCE = 5.0  # seconds without an answer in which a broker may have been replaced by an empty one
_IDLE = 15.0  # seconds after which a relay that has nothing to send asks whether its cluster is still there
CHANNEL = "outbox"

_UNPUBLISHED = f"""SELECT seq, topic, type, subject, headers, body FROM outbox
    WHERE published_at IS NULL ORDER BY seq LIMIT {ROUND}"""  # noqa: S608 - a constant, not input
_MARK = "UPDATE outbox SET published_at = $1 WHERE seq = ANY($2::bigint[])"


class Waker:
    """Tells the relay, wherever it runs, that there is something to publish: one NOTIFY for many commits.

    On its own connection and after the commit: inside the writing transaction NOTIFY serialises all writers.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._wanted = asyncio.Event()

    def __call__(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        """Send notifications until cancelled; a lost one costs at most the relay's poll of a second."""
        connection: asyncpg.Connection[Any] | None = None
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                try:
                    if connection is None or connection.is_closed():
                        connection = await asyncpg.connect(self._dsn)
                    await connection.execute(f"NOTIFY {CHANNEL}")
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    log.warning("waker.failed", error=type(error).__name__)
                    await asyncio.sleep(_POLL)
        finally:
            if connection is not None:
                connection.terminate()


class Relay:
    """Publishes one service's outbox while it holds the lock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._woken = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self._heard_at = -_SILENCE

    async def run(self) -> None:
        """Publish until cancelled, surviving the deaths of database and broker."""
        try:
            while True:
                try:
                    await self._lead()
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError) as error:
                    log.warning("relay.interrupted", error=type(error).__name__)
                except Exception as error:  # a mistake of ours: nobody would notice a relay that has ended
                    log.error("relay.failed", error=type(error).__name__, exc_info=error)
                await self._discard_producer()
                await asyncio.sleep(_POLL * (0.5 + random.random()))
        finally:
            await self._discard_producer()

    async def _lead(self) -> None:
        # The server ends this session when the relay falls silent (a paused process), and with it the lock.
        connection = await asyncpg.connect(
            self._settings.database_url, server_settings={"idle_session_timeout": "10000"}
        )
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110 - held elsewhere
                await asyncio.sleep(_POLL)
            await connection.add_listener(CHANNEL, lambda *_: self._woken.set())
            await self._recognise_cluster(connection)
            while True:
                self._woken.clear()
                while await self.publish_round(connection) == ROUND:
                    pass
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _POLL)
        finally:
            connection.terminate()

    async def publish_round(self, connection: "asyncpg.Connection[Any]") -> int:
        """Send the oldest unpublished rows together; returns how many were marked.

        After an error nothing behind it with the same key is marked, so order per key survives: it is sent again.
        """
        rows = await connection.fetch(_UNPUBLISHED)
        metrics.outbox_unpublished.set(len(rows))
        if time.monotonic() - self._heard_at > (_SILENCE if rows else _IDLE):
            # Asked even when there is nothing to send: the others wait for what an empty cluster lacks.
            await self._stay_with_cluster(connection)
        if not rows:
            return 0
        producer = await self._started_producer()
        await failpoint("relay.before-publish", (row["type"] for row in rows))
        results = await self._sent(producer, rows, connection)
        await failpoint("relay.before-mark", (row["type"] for row in rows))
        blocked: set[tuple[str, Any]] = set()
        published: list[int] = []
        for row, result in zip(rows, results, strict=True):
            key = (row["topic"], row["subject"])
            if isinstance(result, BaseException):
                blocked.add(key)
            elif key not in blocked:
                published.append(row["seq"])
        await connection.execute(_MARK, clock.real_now(), published)
        metrics.outbox_published.inc(len(published))
        await failpoint("relay.after-mark", (row["type"] for row in rows))
        if blocked:
            raise KafkaError(f"{len(blocked)} keys could not be published")
        return len(published)

    async def _sent(
        self, producer: AIOKafkaProducer, rows: list[Any], connection: "asyncpg.Connection[Any]"
    ) -> list[Any]:
        """What became of each row; meanwhile the session is kept from idling, for the lock hangs on it."""
        sending = asyncio.ensure_future(_send(producer, rows))
        waited = False
        try:
            while not (await asyncio.wait({sending}, timeout=_HEARTBEAT))[0]:
                waited = True
                await connection.execute("SELECT 1")
            results = await sending
        finally:
            sending.cancel()
        if waited:
            await self._stay_with_cluster(connection)
        self._heard_at = time.monotonic()
        return results

    async def _stay_with_cluster(self, connection: "asyncpg.Connection[Any]") -> None:
        """Raise `KafkaError` when the broker was replaced: everything is unpublished again, oldest first."""
        if await self._recognise_cluster(connection):
            raise KafkaError("another cluster answers")

    async def _started_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                **client_arguments(self._settings),
                enable_idempotence=True,
                acks="all",
                linger_ms=5,
            )
            await self._producer.start()  # when it fails, it is discarded as any other
        return self._producer

    async def _discard_producer(self) -> None:
        # After a send error its sequence numbers are useless; a new one starts clean.
        producer, self._producer = self._producer, None
        if producer is None:
            return
        with suppress(Exception):
            await asyncio.wait_for(producer.stop(), 5)
            return
        # It still tries to send what nobody waits for; a closed client ends that.
        with suppress(Exception):
            await producer._sender.close()
            await producer.client.close()

    async def _cluster_id(self) -> str:
        admin = AIOKafkaAdminClient(**client_arguments(self._settings))
        try:
            await admin.start()
            return str((await admin.describe_cluster())["cluster_id"])
        finally:
            await admin.close()

    async def _recognise_cluster(self, connection: "asyncpg.Connection[Any]") -> bool:
        """Whether another cluster than last time answers; every row is unpublished again then."""
        cluster_id = await self._cluster_id()
        self._heard_at = time.monotonic()
        known = await connection.fetchval("SELECT cluster_id FROM relay_state WHERE id = 1")
        if known == cluster_id:
            return False
        async with connection.transaction():
            if known is not None:
                log.warning("relay.new-cluster", cluster=cluster_id)
                await connection.execute("UPDATE outbox SET published_at = NULL")
            await connection.execute(
                "INSERT INTO relay_state VALUES (1, $1)"
                " ON CONFLICT (id) DO UPDATE SET cluster_id = excluded.cluster_id",
                cluster_id,
            )
        return known is not None


async def _send(producer: AIOKafkaProducer, rows: list[Any]) -> list[Any]:
    """Send rows in order; a result or an error for each. A topic that refuses is asked once a round."""
    sent: list[Any] = []
    refusing: dict[str, BaseException] = {}
    for row in rows:
        topic = row["topic"]
        if topic in refusing:
            sent.append(refusing[topic])
            continue
        try:
            sent.append(
                await producer.send(
                    topic,
                    row["body"].encode(),
                    key=str(row["subject"]).encode(),
                    headers=[(name, value.encode()) for name, value in orjson.loads(row["headers"]).items()],
                )
            )
        except KafkaError as error:
            refusing[topic] = error
            sent.append(error)
    answers = iter(
        await asyncio.gather(
            *(each for each in sent if not isinstance(each, BaseException)), return_exceptions=True
        )
    )
    return [each if isinstance(each, BaseException) else next(answers) for each in sent]
