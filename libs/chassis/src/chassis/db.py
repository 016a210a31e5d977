"""PostgreSQL: one request or event = one transaction; rows, aggregates and known copies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, DateTime, Select, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from chassis import clock
from chassis.failpoint import failpoint
from chassis.problems import Missing

Sessions = async_sessionmaker[AsyncSession]
Instant = DateTime(timezone=True)


class Row(SQLModel):
    """A table row with an id made in the application (UUIDv7: ordered by time)."""

    id: UUID = Field(default_factory=uuid7, primary_key=True)


class Aggregate(Row):
    """The root of something that changes as a whole: `revision` counts its changes, starting at 1."""

    revision: int = Field(default=0, ge=0)
    created_at: datetime = Field(default_factory=clock.now, sa_type=Instant)
    updated_at: datetime = Field(default_factory=clock.now, sa_type=Instant)


class Known(SQLModel):
    """A copy of another service's aggregate: written only by consumers, never the truth."""

    id: UUID = Field(primary_key=True)
    revision: int


R = TypeVar("R", bound=SQLModel)
A = TypeVar("A", bound=Aggregate)


def engine_for(url: str, *, size: int = 8, overflow: int = 2) -> AsyncEngine:
    """An engine on asyncpg; `url` is `postgresql://…`."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=size,
        max_overflow=overflow,
        pool_pre_ping=True,
        hide_parameters=True,  # values of a failed statement may be personal
        json_serializer=_json,
        json_deserializer=orjson.loads,
        connect_args={"server_settings": {"statement_timeout": "15000", "timezone": "UTC"}},
    )


def sessions_for(engine: AsyncEngine, wake: Callable[[], None] | None = None) -> Sessions:
    """Sessions whose objects stay readable after the commit; `wake` is called after one that emitted events."""
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=True, info={"wake": wake})


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A transaction: commits at the end, rolls back on any error, wakes the relay when events were emitted.

    A commit that has begun is awaited even when the request is cancelled, so that nobody is left in doubt.
    """
    async with sessions() as db:
        yield db
        await failpoint("transaction.before-commit")
        await _finish(asyncio.ensure_future(db.commit()))
        await failpoint("transaction.after-commit")
        if db.info.pop("emitted", False) and (wake := db.info.get("wake")):
            wake()


async def _finish(commit: "asyncio.Future[None]") -> None:
    """Await a commit that has begun; whoever was cancelled meanwhile stays cancelled, however it ended."""
    try:
        await asyncio.shield(commit)
    except asyncio.CancelledError:
        await asyncio.wait([commit])
        commit.exception()  # looked at: the cancellation is what counts
        raise


async def get(db: AsyncSession, table: type[R], *where: ColumnElement[bool] | bool) -> R:
    """The one row that matches; raises `Missing` for an absent or foreign one alike."""
    return _present(await db.scalar(_one(table, where)))


async def lock(db: AsyncSession, table: type[R], *where: ColumnElement[bool] | bool) -> R:
    """The one row that matches, locked until the transaction ends and read afresh; raises `Missing`."""
    statement = _one(table, where).with_for_update().execution_options(populate_existing=True)
    return _present(await db.scalar(statement))


def _one(table: type[R], where: tuple[Any, ...]) -> Select[R]:
    return select(table).where(*where)


def _present(row: R | None) -> R:
    if row is None:
        raise Missing
    return row


def save(db: AsyncSession, row: A) -> A:
    """Count the change: revision + 1, `updated_at` = now; the row is written when the transaction flushes."""
    row.revision += 1
    row.updated_at = clock.now()
    db.add(row)
    return row
