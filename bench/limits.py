"""The limits that figures stand beside: the same rows by bare asyncpg, the same records by bare aiokafka.

Both write what a load has just left in a service's database, on the same servers, in the same run.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer
from chassis.topics import create_topics
from contracts.topics import Topic
from zc.stack import Stack

_SCHEMA, _TOPIC = "bench", Topic("bench.records", partitions=12)
_GENERATED = {"xid", "seq"}  # the server fills these in


@dataclass(frozen=True)
class Rows:
    """The rows that a load has left in one table, ready to be written again."""

    insert: str
    update: str  # of the row with the same id
    rows: list[tuple[Any, ...]]


async def row_counts(dsn: str) -> dict[str, int]:
    """Rows by table, exactly."""
    db = await asyncpg.connect(dsn)
    try:
        names = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {
            row["tablename"]: await db.fetchval(f'SELECT count(*) FROM public."{row["tablename"]}"')  # noqa: S608 - names of the catalogue
            for row in names
        }
    finally:
        await db.close()


async def rows_per_second(
    dsn: str, grown: dict[str, int], commands: int, aggregate: str, connections: int = 10
) -> float:
    """Transactions a second that write what one command wrote, row for row, with nothing in between.

    `grown` tells how many rows each table gained by `commands` commands; the newest rows are written into
    copies of the tables with all their indexes. Each transaction also replaces one whole row of the table
    `aggregate`, as a command does. `dsn` is the schema owner's.
    """
    db = await asyncpg.connect(dsn)
    try:
        await db.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
        await db.execute(f"CREATE SCHEMA {_SCHEMA}")
        held = [await _copied(db, table, count) for table, count in grown.items() if count > 0]
        changed = await _copied(db, aggregate, 1000)
        for row in changed.rows:
            await db.execute(changed.insert, *row)
    finally:
        await db.close()
    shares = [[each.rows[n::commands] for n in range(commands)] for each in held]
    work = asyncio.Queue[int]()
    for n in range(commands):
        work.put_nowait(n)

    async def writes() -> None:
        own = await asyncpg.connect(dsn)
        try:
            while not work.empty():
                n = work.get_nowait()
                async with own.transaction():
                    await own.execute(changed.update, *changed.rows[n % len(changed.rows)])
                    for each, share in zip(held, shares, strict=True):
                        for row in share[n]:
                            await own.execute(each.insert, *row)
        finally:
            await own.close()

    begun = time.monotonic()
    await asyncio.gather(*(writes() for _ in range(connections)))
    held_rate = commands / (time.monotonic() - begun)
    db = await asyncpg.connect(dsn)
    await db.execute(f"DROP SCHEMA {_SCHEMA} CASCADE")
    await db.close()
    return held_rate


async def _copied(db: "asyncpg.Connection[Any]", table: str, count: int) -> Rows:
    await db.execute(f'CREATE TABLE {_SCHEMA}."{table}" (LIKE public."{table}" INCLUDING ALL)')
    columns = [
        row["column_name"]
        for row in await db.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
            " AND is_identity = 'NO' AND is_generated = 'NEVER' ORDER BY ordinal_position",
            table,
        )
        if row["column_name"] not in _GENERATED
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    rows = await db.fetch(f'SELECT {names} FROM public."{table}" ORDER BY ctid DESC LIMIT {count}')  # noqa: S608
    places = ", ".join(f"${n + 1}" for n in range(len(columns)))
    changes = ", ".join(f'"{name}" = ${n + 1}' for n, name in enumerate(columns))
    own = f"${columns.index('id') + 1}" if "id" in columns else "NULL"
    return Rows(
        f'INSERT INTO {_SCHEMA}."{table}" ({names}) VALUES ({places})',  # noqa: S608 - names of the catalogue
        f'UPDATE {_SCHEMA}."{table}" SET {changes} WHERE id = {own}',  # noqa: S608
        [tuple(row) for row in rows],
    )


async def records_per_second(stack: Stack, dsn: str, most: int = 20_000) -> tuple[float, int]:
    """Records a second that a bare idempotent producer (`acks=all`) sends, and how many were sent.

    The records are the newest of the service's outbox, with their keys, headers and bodies.
    """
    db = await asyncpg.connect(dsn)
    rows = await db.fetch("SELECT subject, headers, body FROM outbox ORDER BY seq DESC LIMIT $1", most)
    await db.close()
    await asyncio.to_thread(create_topics, stack.kafka_client(), {_TOPIC.name: _TOPIC})
    records = [
        (
            str(row["subject"]).encode(),
            row["body"].encode(),
            [(name, value.encode()) for name, value in orjson.loads(row["headers"]).items()],
        )
        for row in rows
    ]
    producer = AIOKafkaProducer(**stack.kafka_client(), enable_idempotence=True, acks="all", linger_ms=5)
    await producer.start()
    try:
        begun = time.monotonic()
        sent = [
            await producer.send(_TOPIC.name, body, key=key, headers=headers) for key, body, headers in records
        ]
        await asyncio.gather(*sent)
        return len(sent) / (time.monotonic() - begun), len(sent)
    finally:
        await producer.stop()
