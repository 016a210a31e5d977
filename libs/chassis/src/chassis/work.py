"""Long work that somebody waits for: a row with count and total, shown to its owner and streamed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Shown
from refusals import Refusal
from sqlalchemy import CheckConstraint, Index, Text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field

from chassis import clock
from chassis.access import Relation, signed_in
from chassis.caller import Caller
from chassis.db import Aggregate, Sessions, get

TICK = 0.5  # seconds between two looks at the row


class WorkState(StrEnum):
    """Where long work stands."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class Work(Aggregate, table=True):
    """Work that a job does for somebody."""

    __tablename__ = "work"
    __table_args__ = (
        CheckConstraint("state IN ('RUNNING', 'FINISHED', 'FAILED')", name="work_state"),
        CheckConstraint("count >= 0", name="work_count"),
        Index("work_owner", "owner_person", "created_at"),
    )

    kind: str = Field(sa_type=Text)
    owner_person: UUID
    owner_unit: UUID | None = None
    state: WorkState = Field(default=WorkState.RUNNING, sa_type=Text)
    count: int = 0
    total: int | None = None
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSONB)


class WorkView(BaseModel):
    """How far long work has come."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str = Shown(examples=["experts.import"])
    state: WorkState
    revision: int
    count: int = Shown(description="Done so far.")
    total: int | None = Shown(default=None, description="How many there are, where known.")
    result: dict[str, Any] | None = None
    problem: dict[str, Any] | None = Shown(
        default=None, description="`code`, `title` and `detail` of a failure."
    )
    created_at: datetime
    updated_at: datetime


async def start_work(db: AsyncSession, caller: Caller, kind: str, total: int | None = None) -> Work:
    """Open long work of the caller's; hand its id to the task that does it."""
    work = Work(kind=kind, owner_person=caller.person, owner_unit=caller.unit_id, total=total, revision=1)
    db.add(work)
    await db.flush()
    return work


async def progress(db: AsyncSession, work_id: UUID, count: int, total: int | None = None) -> None:
    """Say how far it has come; ignored when it has ended, for a task may run twice."""
    await _change(db, work_id, count=count, **({} if total is None else {"total": total}))


async def finish(db: AsyncSession, work_id: UUID, result: dict[str, Any] | None = None) -> None:
    """Say that it has ended well."""
    await _change(db, work_id, state=WorkState.FINISHED, result=result)


async def fail(db: AsyncSession, work_id: UUID, refusal: Refusal | str) -> None:
    """Say that it has ended badly, and what to do about it."""
    if isinstance(refusal, Refusal):
        problem = {"code": refusal.slug, "title": refusal.title, "detail": refusal.detail}
    else:
        problem = {"code": "failed", "title": "处理失败。", "detail": refusal}
    await _change(db, work_id, state=WorkState.FAILED, problem=problem)


async def _change(db: AsyncSession, work_id: UUID, **values: Any) -> None:
    table = Work.__table__  # type: ignore[attr-defined]
    await db.execute(
        update(table)
        .where(table.c.id == work_id, table.c.state == WorkState.RUNNING)
        .values(revision=table.c.revision + 1, updated_at=clock.now(), **values)
    )


async def own_work(db: AsyncSession, work_id: UUID, caller: Caller) -> Work:
    """Work of the caller's in the unit acted for; raises `Missing`."""
    return await get(
        db,
        Work,
        Work.id == work_id,
        Work.owner_person == caller.person,
        Work.owner_unit.is_not_distinct_from(caller.unit_id),  # type: ignore[union-attr]
    )


def work_routes() -> Any:
    """`GET /work/{id}` and `GET /work/{id}/events`, to be mounted once under the service's path."""
    from chassis import web  # the web needs the files, these the work

    router = web.Router(tags=["work"])

    @router.get("/work/{work_id}", access=signed_in(Relation.OWN))
    async def show_work(work_id: UUID, db: web.Db, caller: web.Caller) -> WorkView:
        """How far a piece of long work has come."""
        return WorkView.model_validate(await own_work(db, work_id, caller))

    async def owned(work_id: UUID, caller: web.Caller, request: Request) -> None:
        # Before the stream begins: later it could not be answered with 404 any more.
        async with request.app.state.runtime.sessions() as db:
            await own_work(db, work_id, caller)

    @router.get("/work/{work_id}/events", access=signed_in(Relation.OWN), response_class=EventSourceResponse)
    async def follow_work(
        work_id: UUID, caller: web.Caller, request: Request, _: Annotated[None, Depends(owned)]
    ) -> AsyncIterator[ServerSentEvent]:
        """The same as server-sent events `progress`, until the work has ended."""
        runtime = request.app.state.runtime
        async for event in followed(runtime.sessions, runtime.stopping, work_id, caller):
            yield event

    return router


async def followed(
    sessions: Sessions, closing: asyncio.Event, work_id: UUID, caller: Caller
) -> AsyncIterator[ServerSentEvent]:
    """An event for each change; ends with the work or the process, holding no connection between two looks."""
    shown = -1
    while not closing.is_set():
        async with sessions() as db:
            work = await own_work(db, work_id, caller)
        if work.revision != shown:
            shown = work.revision
            yield ServerSentEvent(event="progress", id=str(shown), data=WorkView.model_validate(work))
        if work.state != WorkState.RUNNING:
            return
        await _pause(closing)


async def _pause(closing: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(TICK):
            await closing.wait()
    except TimeoutError:
        return
