"""What happens because time passed, or takes long: deferred tasks and deadlines."""

import json
from asyncio import Task as Running
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from procrastinate.schema import SchemaManager
from refusals import Refusal
from sqlalchemy import Index, Text, UniqueConstraint, delete, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field

from chassis import work
from chassis.db import Instant, Row, Sessions, transaction
from chassis.files import Files
from chassis.settings import Settings
from chassis.telemetry import current_traceparent

if TYPE_CHECKING:
    from chassis.service import Runtime

# The queue's tables and functions, of the version that is installed; applied once by `migrate`.
PROCRASTINATE_SCHEMA: str = SchemaManager.get_schema()

QUEUE = "default"
# Tells from which request a task comes; never an argument of the task itself.
TRACE = "_traceparent"


class Deadline(Row, table=True):
    """Something that happens to a subject when business time has reached `due_at`."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("kind", "subject", name="deadline_kind_subject"),
        Index("deadline_open", "due_at", postgresql_where=text("done_at IS NULL")),
    )

    kind: str = Field(sa_type=Text)
    subject: UUID
    due_at: datetime = Field(sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    retry_at: datetime | None = Field(default=None, sa_type=Instant)  # real time: back-off after a failure
    error: str | None = Field(default=None, sa_type=Text)


@dataclass(frozen=True, slots=True)
class Run:
    """What a task or deadline handler may use besides its arguments."""

    sessions: Sessions
    files: Files
    settings: Settings

    @classmethod
    def of(cls, runtime: "Runtime") -> "Run":
        """What a process of the service offers."""
        return cls(runtime.sessions, runtime.files, runtime.settings)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A transaction of its own, committed at the end."""
        async with transaction(self.sessions) as db:
            yield db

    async def progress(self, work_id: UUID | str, count: int, total: int | None = None) -> None:
        """Say how far long work has come."""
        async with self.session() as db:
            await work.progress(db, UUID(str(work_id)), count, total)

    async def finish(self, work_id: UUID | str, result: dict[str, Any] | None = None) -> None:
        """Say that long work has ended well."""
        async with self.session() as db:
            await work.finish(db, UUID(str(work_id)), result)

    async def fail(self, work_id: UUID | str, refusal: Refusal | str) -> None:
        """Say that long work has ended badly, and what to do about it."""
        async with self.session() as db:
            await work.fail(db, UUID(str(work_id)), refusal)


TaskFunction = Callable[..., Awaitable[None]]
DeadlineFunction = Callable[[AsyncSession, UUID, Run], Awaitable[None]]
WatchFunction = Callable[[AsyncSession], Awaitable[None]]
T = TypeVar("T", bound=TaskFunction)
W = TypeVar("W", bound=WatchFunction)
D = TypeVar("D", bound=DeadlineFunction)


@dataclass(frozen=True, slots=True)
class Task:
    """A deferred function; it is run again after a failure, `attempts` times in all."""

    name: str
    function: TaskFunction
    attempts: int
    queue: str = QUEUE


class Jobs:
    """A service's tasks and deadline handlers, by their permanent names."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.deadlines: dict[str, DeadlineFunction] = {}
        self.watches: list[WatchFunction] = []

    @property
    def queues(self) -> list[str]:
        """The queues of its tasks; each is worked on by itself, so that none waits for another's slow tasks."""
        return sorted({task.queue for task in self.tasks.values()})

    def task(self, name: str, *, attempts: int = 8, queue: str = QUEUE) -> Callable[[T], T]:
        """Register `async def function(run, **arguments)`; it re-reads the state, for it may run twice."""

        def register(function: T) -> T:
            if name in self.tasks:
                raise ValueError(f"task {name} is registered twice")
            self.tasks[name] = Task(name, function, attempts, queue)
            return function

        return register

    def watch(self, function: W) -> W:
        """Register `async def function(db)`: looks at the service's rows every ten seconds, to count and to mend."""
        self.watches.append(function)
        return function

    def start(self, runtime: "Runtime") -> list[Running[None]]:
        """Work on tasks and deadlines until these are cancelled; what runs then gets some seconds to end."""
        from chassis.job_worker import start  # the worker needs the registry, services need only this

        return start(self, Run.of(runtime))

    def deadline(self, kind: str) -> Callable[[D], D]:
        """Register `async def function(db, subject, run)`; it re-reads the state, for it may run late."""

        def register(function: D) -> D:
            if kind in self.deadlines:
                raise ValueError(f"deadline {kind} is registered twice")
            self.deadlines[kind] = function
            return function

        return register


_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW("
    "CAST(:queue AS varchar), CAST(:name AS varchar), 0, NULL, NULL, CAST(:arguments AS jsonb),"
    " CAST(:at AS timestamptz))::procrastinate_job_to_defer_v1])"
)


async def defer(db: AsyncSession, name: str, /, **arguments: Any) -> int:
    """Run a task after this transaction has committed, never if it rolls back; arguments are JSON.

    Returns the job's number.
    """
    return await defer_to(db, QUEUE, name, None, **arguments)


async def defer_to(db: AsyncSession, queue: str, name: str, at: datetime | None, /, **arguments: Any) -> int:
    """The same in the queue that the task was registered with, and not before an instant of real time."""
    if traceparent := current_traceparent():
        arguments[TRACE] = traceparent
    body = json.dumps(arguments, ensure_ascii=False)
    ids = await db.scalar(_DEFER, {"queue": queue, "name": name, "arguments": body, "at": at})
    return int(ids[0])


async def due(db: AsyncSession, kind: str, *, subject: UUID, at: datetime) -> None:
    """Let `kind` happen to `subject` at this instant of business time; moves or reopens an earlier one."""
    if at.tzinfo is None:
        raise ValueError("a deadline is an aware instant")
    row = Deadline(kind=kind, subject=subject, due_at=at)
    fresh = {"due_at": at, "done_at": None, "attempts": 0, "retry_at": None, "error": None}
    await db.execute(
        insert(Deadline)
        .values(id=row.id, kind=kind, subject=subject, **fresh)
        .on_conflict_do_update(constraint="deadline_kind_subject", set_=fresh)
    )


async def undue(db: AsyncSession, kind: str, subject: UUID) -> None:
    """It no longer happens; one that is absent is no error."""
    table = Deadline.__table__  # type: ignore[attr-defined]
    await db.execute(delete(Deadline).where(table.c.kind == kind, table.c.subject == subject))


async def deadline_of(db: AsyncSession, kind: str, subject: UUID) -> datetime | None:
    """When it is due, None when it is not or has happened."""
    table = Deadline.__table__  # type: ignore[attr-defined]
    return await db.scalar(  # type: ignore[no-any-return]
        func.max(table.c.due_at)
        .select()
        .where(table.c.kind == kind, table.c.subject == subject, table.c.done_at.is_(None))
    )


async def run_until_quiet(jobs: Jobs, runtime: "Runtime | Run") -> int:
    """Run waiting tasks and due deadlines until neither leaves anything to do; returns how many ran."""
    from chassis import job_worker

    return await job_worker.run_until_quiet(jobs, runtime if isinstance(runtime, Run) else Run.of(runtime))
