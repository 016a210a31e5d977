"""The relay's decisions, with the broker played by the test: what is sent, marked, kept in order, survived."""

import asyncio

import asyncpg
import pytest
from aiokafka.errors import MessageSizeTooLargeError, UnknownTopicOrPartitionError
from chassis import relay as relays
from chassis.outbox import OutboxRow, emit
from chassis.relay import Relay
from sqlalchemy import select, text
from test_seam import a_unit


class Broker:
    """A producer whose topics may be missing or slow."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.missing: set[str] = set()
        self.sent: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()

    async def send(self, topic, value, *, key, headers):
        if topic in self.missing:
            raise UnknownTopicOrPartitionError
        self.sent.append(key.decode())
        return asyncio.ensure_future(self._answer(key.decode()))

    async def _answer(self, key):
        await self.answers.wait()
        if key in self.refused:
            raise MessageSizeTooLargeError

    async def stop(self):
        pass


@pytest.fixture
async def connection(runtime, empty):
    made = await asyncpg.connect(
        runtime.settings.database_url, server_settings={"idle_session_timeout": "1000"}
    )
    yield made
    made.terminate()


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def relay(runtime, broker, monkeypatch):
    made = Relay(runtime.settings)
    made._producer = broker
    clusters = ["one"]

    async def asked(self):
        return clusters[0]

    monkeypatch.setattr(Relay, "_cluster_id", asked, raising=False)
    made.clusters = clusters
    return made


async def emitted(db, *names, topic=None):
    events = [a_unit(name) for name in names]
    for event in events:
        emit(db, event)
    await db.flush()
    if topic:
        ids = [event.subject for event in events]
        await db.execute(
            text("UPDATE outbox SET topic = :t WHERE subject = ANY(:ids)"), {"t": topic, "ids": ids}
        )
    await db.commit()
    return [event.subject for event in events]


async def unpublished(db):
    return list(
        await db.scalars(
            select(OutboxRow.subject).where(OutboxRow.published_at.is_(None)).order_by(OutboxRow.seq)
        )
    )


async def test_a_topic_that_is_missing_holds_up_no_other(relay, broker, connection, db):
    broker.missing = {"units.gone"}
    stuck = await emitted(db, "甲", "乙", topic="units.gone")
    await emitted(db, "丙")
    with pytest.raises(relays.KafkaError):
        await relay.publish_round(connection)
    assert await unpublished(db) == stuck


async def test_what_follows_a_refused_event_of_the_same_subject_waits_behind_it(
    relay, broker, connection, db
):
    first = a_unit("甲")
    for event in (first, a_unit("乙", subject=first.subject, revision=2)):
        emit(db, event)
    other = a_unit("丙")
    emit(db, other)
    await db.commit()
    broker.refused = {str(first.subject)}
    with pytest.raises(relays.KafkaError):
        await relay.publish_round(connection)
    assert await unpublished(db) == [first.subject, first.subject]


async def test_a_slow_broker_does_not_cost_the_lock(relay, broker, connection, db, monkeypatch):
    monkeypatch.setattr(relays, "_HEARTBEAT", 0.2, raising=False)
    await emitted(db, "甲")
    await relay._recognise_cluster(connection)
    broker.answers.clear()
    asyncio.get_running_loop().call_later(2.5, broker.answers.set)  # longer than the session may idle
    assert await relay.publish_round(connection) == 1
    assert await unpublished(db) == []


async def test_what_was_sent_to_a_cluster_that_was_replaced_meanwhile_is_not_marked(
    relay, broker, connection, db, monkeypatch
):
    monkeypatch.setattr(relays, "_HEARTBEAT", 0.05, raising=False)
    await relay._recognise_cluster(connection)
    [old] = await emitted(db, "旧")
    assert await relay.publish_round(connection) == 1
    [new] = await emitted(db, "新")
    broker.answers.clear()
    loop = asyncio.get_running_loop()
    loop.call_later(0.2, lambda: (relay.clusters.__setitem__(0, "two"), broker.answers.set()))
    with pytest.raises(relays.KafkaError):
        await relay.publish_round(connection)
    assert await unpublished(db) == [old, new]


async def test_after_a_silence_the_relay_asks_which_cluster_it_is(relay, broker, connection, db, monkeypatch):
    await relay._recognise_cluster(connection)
    [old] = await emitted(db, "旧")
    assert await relay.publish_round(connection) == 1
    relay.clusters[0] = "two"
    monkeypatch.setattr(relays, "_SILENCE", 0.0, raising=False)
    await emitted(db, "新")
    broker.sent.clear()
    with pytest.raises(relays.KafkaError):
        await relay.publish_round(connection)
    assert (broker.sent, (await unpublished(db))[0]) == ([], old)


async def test_a_mistake_of_ours_does_not_end_the_relay(relay, monkeypatch):
    tries = []

    async def lead(self):
        tries.append(1)
        raise RuntimeError("ours")

    monkeypatch.setattr(Relay, "_lead", lead)
    monkeypatch.setattr(relays, "_POLL", 0.01)
    task = asyncio.create_task(relay.run())
    await asyncio.sleep(0.3)
    assert not task.done()
    assert len(tries) > 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_relay_that_has_nothing_to_send_notices_that_the_broker_was_replaced(
    relay, connection, db, monkeypatch
):
    told = await emitted(db, "甲")
    await relay._recognise_cluster(connection)
    assert await relay.publish_round(connection) == 1
    relay.clusters[0] = "two"
    assert await relay.publish_round(connection) == 0
    monkeypatch.setattr(relays, "_IDLE", -1.0)
    with pytest.raises(relays.KafkaError):
        await relay.publish_round(connection)
    assert await unpublished(db) == told
