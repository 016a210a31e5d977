"""Queues of their own, tasks at an instant, and looking at rows now and then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from chassis import clock
from chassis.db import transaction
from chassis.job_worker import count, start
from chassis.jobs import Jobs, Run, defer, defer_to
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@asynccontextmanager
async def working(jobs: Jobs, run: Run) -> AsyncIterator[None]:
    tasks = start(jobs, run)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        async with asyncio.timeout(15):
            await asyncio.gather(*tasks, return_exceptions=True)


async def waiting(run: Run) -> int:
    async with run.session() as db:
        return await db.scalar(text("SELECT count(*) FROM procrastinate_jobs")) or 0


async def test_slow_tasks_of_one_queue_hold_up_no_other(run: Run) -> None:
    jobs, gate, done = Jobs(), asyncio.Event(), asyncio.Event()

    @jobs.task("specimen.send", queue="outside")
    async def send(run: Run) -> None:
        await gate.wait()

    @jobs.task("specimen.print")
    async def printed(run: Run) -> None:
        done.set()

    assert jobs.queues == ["default", "outside"]
    async with working(jobs, run):
        async with transaction(run.sessions) as db:
            for _ in range(20):
                await defer_to(db, "outside", "specimen.send", None)
            await defer(db, "specimen.print")
        async with asyncio.timeout(10):
            await done.wait()
        gate.set()

        async with asyncio.timeout(10):
            while await waiting(run):  # noqa: ASYNC110 - the other side is a database
                await asyncio.sleep(0.02)


async def test_a_task_waits_for_its_instant(run: Run) -> None:
    jobs, seen = Jobs(), []

    @jobs.task("specimen.send", queue="outside")
    async def send(run: Run, n: int) -> None:
        seen.append(n)

    async with transaction(run.sessions) as db:
        await defer_to(db, "outside", "specimen.send", clock.real_now() + timedelta(seconds=1.5), n=2)
        await defer_to(db, "outside", "specimen.send", None, n=1)
    async with working(jobs, run):
        async with asyncio.timeout(10):
            while await waiting(run):  # noqa: ASYNC110 - the other side is a database
                await asyncio.sleep(0.02)
    assert seen == [1, 2]


async def test_rows_are_watched_in_a_transaction(run: Run) -> None:
    jobs = Jobs()

    @jobs.watch
    async def mend(db: AsyncSession) -> None:
        await defer(db, "specimen.mend")

    await count(jobs, run)
    async with run.session() as db:
        assert await db.scalar(text("SELECT task_name FROM procrastinate_jobs")) == "specimen.mend"
