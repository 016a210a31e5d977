"""Tasks and deadlines on a real queue: nothing lost, nothing stuck, one failure stops no other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from chassis import clock, metrics
from chassis.db import transaction
from chassis.files import StoreUnavailable
from chassis.job_worker import run_due, start, survey
from chassis.jobs import Deadline, Jobs, Run, deadline_of, defer, due, run_until_quiet, undue
from chassis.rescue import rescue
from chassis.telemetry import current_traceparent, span_from
from chassis.testing.postgres import Postgres
from chassis.work import Work, start_work
from sqlalchemy import select, text
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


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the other side is a database
            await asyncio.sleep(0.02)


async def statuses(run: Run) -> list[str]:
    async with run.session() as db:
        return list(await db.scalars(text("SELECT status::text FROM procrastinate_jobs ORDER BY id")))


async def test_a_task_starts_when_its_transaction_commits(run: Run) -> None:
    jobs, seen = Jobs(), asyncio.Queue[str]()

    @jobs.task("specimen.render")
    async def render(run: Run, certificate_id: str) -> None:
        await seen.put(certificate_id)

    async with working(jobs, run):
        async with transaction(run.sessions) as db:
            await defer(db, "specimen.render", certificate_id="一")
            assert seen.empty()
        async with asyncio.timeout(10):
            assert await seen.get() == "一"
        await until(lambda: is_empty(run))


async def is_empty(run: Run) -> bool:
    return await statuses(run) == []


async def test_a_rolled_back_task_never_starts(run: Run) -> None:
    with suppress(ZeroDivisionError):
        async with transaction(run.sessions) as db:
            await defer(db, "specimen.render", certificate_id="x")
            raise ZeroDivisionError
    assert await statuses(run) == []


async def test_a_failing_task_is_tried_again_then_given_up_visibly(run: Run) -> None:
    jobs, tries = Jobs(), 0

    @jobs.task("specimen.break", attempts=2)
    async def broken(run: Run, work_id: str) -> None:
        nonlocal tries
        tries += 1
        raise RuntimeError("no")

    async with transaction(run.sessions) as db:
        work = await start_work(db, a_caller(), "specimen.break")
        await defer(db, "specimen.break", work_id=str(work.id))

    async def given_up() -> bool:
        return await statuses(run) == ["failed"]

    async with working(jobs, run):
        await until(given_up)
    assert tries == 2
    surveying = asyncio.create_task(survey(jobs, run))
    await asyncio.sleep(0.3)
    surveying.cancel()
    assert metrics.jobs_failed._value.get() == 1
    async with run.session() as db:
        left = await db.get(Work, work.id)
        assert left is not None
        assert left.state == "FAILED"


@pytest.mark.parametrize("silent", [timedelta(minutes=1), timedelta()], ids=["stopped", "killed"])
async def test_a_task_of_a_dead_worker_is_given_back(run: Run, silent: timedelta) -> None:
    jobs, seen = Jobs(), asyncio.Queue[int]()

    @jobs.task("specimen.render")
    async def render(run: Run, n: int) -> None:
        await seen.put(n)

    async with transaction(run.sessions) as db:
        await defer(db, "specimen.render", n=7)
        # What a worker leaves that was killed in the middle of the task: its number, which nobody holds.
        left = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - CAST(:silent AS interval))"
        worker = await db.scalar(text(f"{left} RETURNING id"), {"silent": silent})
        await db.execute(text("SELECT procrastinate_fetch_job_v2(NULL, :worker)"), {"worker": worker})
    assert await statuses(run) == ["doing"]
    async with working(jobs, run), asyncio.timeout(10):
        assert await seen.get() == 7


async def test_a_task_of_a_living_worker_stays_with_it(run: Run) -> None:
    jobs, begun, ended = Jobs(), 0, asyncio.Event()

    @jobs.task("specimen.slow")
    async def slow(run: Run) -> None:
        nonlocal begun
        begun += 1
        for _ in range(10):
            await rescue(run)
        ended.set()

    async with transaction(run.sessions) as db:
        await defer(db, "specimen.slow")
    async with working(jobs, run), asyncio.timeout(10):
        await ended.wait()
        await until(lambda: is_empty(run))
    assert begun == 1


async def test_a_task_that_kills_its_workers_waits_longer_each_time(run: Run) -> None:
    waits = []
    async with transaction(run.sessions) as db:
        await defer(db, "specimen.bomb")
    for _ in range(3):
        async with run.session() as db:
            doing = "UPDATE procrastinate_jobs SET status = 'doing' RETURNING id"
            await db.execute(text(doing))
        await rescue(run)
        async with run.session() as db:
            wait = await db.scalar(
                text("SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs")
            )
            waits.append(round(float(wait)))
    assert waits == [0, 1, 3]


async def test_an_outage_does_not_exhaust_a_task(run: Run) -> None:
    jobs, seen, tries = Jobs(), asyncio.Event(), 0

    @jobs.task("specimen.put", attempts=1)
    async def put(run: Run) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StoreUnavailable("away")
        seen.set()

    async with working(jobs, run):
        async with transaction(run.sessions) as db:
            await defer(db, "specimen.put")
        async with asyncio.timeout(15):
            await seen.wait()


async def test_work_goes_on_after_the_database_was_away(run: Run, postgres: Postgres) -> None:
    jobs, seen = Jobs(), set[str]()

    @jobs.task("specimen.render")
    async def render(run: Run, subject: str) -> None:
        seen.add(f"task {subject}")

    @jobs.deadline("over")
    async def over(db: AsyncSession, subject: UUID, run: Run) -> None:
        seen.add(f"deadline {subject}")

    async with working(jobs, run):
        for _ in range(2):
            subject = uuid4()

            async def both(subject: UUID = subject) -> bool:
                return {f"task {subject}", f"deadline {subject}"} <= seen

            async with transaction(run.sessions) as db:
                await defer(db, "specimen.render", subject=str(subject))
                await due(db, "over", subject=subject, at=clock.now())
            await until(both)
            with psycopg.connect(postgres.dsn("specimen"), autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE usename = 'specimen_app' AND datname = 'specimen'"
                )


async def test_a_draining_process_lets_a_running_task_end(run: Run) -> None:
    jobs, begun, ended = Jobs(), asyncio.Event(), asyncio.Event()

    @jobs.task("specimen.slow")
    async def slow(run: Run) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        ended.set()

    async with working(jobs, run):
        async with transaction(run.sessions) as db:
            await defer(db, "specimen.slow")
        async with asyncio.timeout(10):
            await begun.wait()
    assert ended.is_set()
    assert await statuses(run) == []


async def test_a_task_continues_the_trace_of_its_request(run: Run) -> None:
    from types import SimpleNamespace

    from chassis import telemetry

    telemetry.setup("specimen", SimpleNamespace(log_level="INFO", otlp_endpoint="", spans_file=""))
    jobs, seen = Jobs(), []

    @jobs.task("specimen.trace")
    async def trace(run: Run) -> None:
        seen.append(current_traceparent())

    with span_from(None, "request"):
        here = current_traceparent()
        async with transaction(run.sessions) as db:
            await defer(db, "specimen.trace")
    assert await run_until_quiet(jobs, run) == 1
    assert here is not None
    assert seen[0].split("-")[1] == here.split("-")[1]


async def test_a_deadline_happens_when_business_time_reaches_it(
    run: Run, shifted: Callable[[float], None]
) -> None:
    jobs, subject, seen = Jobs(), uuid4(), []

    @jobs.deadline("publicity-over")
    async def over(db: AsyncSession, subject: UUID, run: Run) -> None:
        seen.append(subject)

    async with transaction(run.sessions) as db:
        await due(db, "publicity-over", subject=subject, at=clock.now() + timedelta(days=7))
    shifted(timedelta(days=7, seconds=-5).total_seconds())
    assert await run_due(jobs, run) == 0
    shifted(timedelta(days=7, seconds=1).total_seconds())
    assert await run_due(jobs, run) == 1
    assert await run_due(jobs, run) == 0
    assert seen == [subject]


async def test_the_sweep_finds_a_due_deadline_within_seconds(run: Run) -> None:
    jobs, seen = Jobs(), asyncio.Event()

    @jobs.deadline("over")
    async def over(db: AsyncSession, subject: UUID, run: Run) -> None:
        seen.set()

    async with working(jobs, run):
        async with transaction(run.sessions) as db:
            await due(db, "over", subject=uuid4(), at=clock.now())
        async with asyncio.timeout(5):
            await seen.wait()


async def test_a_deadline_can_be_moved_and_removed(run: Run) -> None:
    jobs, subject, seen = Jobs(), uuid4(), []

    @jobs.deadline("over")
    async def over(db: AsyncSession, subject: UUID, run: Run) -> None:
        seen.append(subject)

    at = clock.now()
    async with transaction(run.sessions) as db:
        await due(db, "over", subject=subject, at=at - timedelta(hours=1))
        await due(db, "over", subject=subject, at=at + timedelta(hours=1))
        assert await deadline_of(db, "over", subject) == at + timedelta(hours=1)
    assert await run_due(jobs, run) == 0
    async with transaction(run.sessions) as db:
        await due(db, "over", subject=subject, at=at - timedelta(hours=1))
        await undue(db, "over", subject)
        await undue(db, "over", subject)
        assert await deadline_of(db, "over", subject) is None
    assert await run_due(jobs, run) == 0
    assert seen == []


async def test_a_failing_deadline_leaves_nothing_and_stops_no_other(run: Run) -> None:
    jobs, bad, good, seen = Jobs(), uuid4(), uuid4(), []

    @jobs.deadline("over")
    async def over(db: AsyncSession, subject: UUID, run: Run) -> None:
        await due(db, "trace", subject=subject, at=clock.now() + timedelta(days=1))
        if subject == bad:
            raise RuntimeError("no")
        seen.append(subject)

    async with transaction(run.sessions) as db:
        await due(db, "over", subject=bad, at=clock.now() - timedelta(hours=2))
        await due(db, "over", subject=good, at=clock.now() - timedelta(hours=1))
    assert await run_due(jobs, run) == 1
    assert seen == [good]
    async with run.session() as db:
        row = await db.scalar(select(Deadline).where(Deadline.kind == "over", Deadline.subject == bad))
        assert row is not None
        assert (row.attempts, row.error, row.done_at) == (1, "RuntimeError", None)
        assert row.retry_at is not None
        assert row.retry_at > clock.real_now()
        assert await deadline_of(db, "trace", bad) is None
        assert await deadline_of(db, "trace", good) is not None


async def test_a_deadline_may_make_itself_due_again(run: Run) -> None:
    jobs, later = Jobs(), clock.now() + timedelta(days=1)

    @jobs.deadline("daily")
    async def daily(db: AsyncSession, subject: UUID, run: Run) -> None:
        await due(db, "daily", subject=subject, at=later)

    subject = uuid4()
    async with transaction(run.sessions) as db:
        await due(db, "daily", subject=subject, at=clock.now())
    assert await run_until_quiet(jobs, run) == 1
    async with run.session() as db:
        assert await deadline_of(db, "daily", subject) == later


async def test_two_sweeps_at_once_do_not_share_a_deadline(run: Run) -> None:
    jobs, seen = Jobs(), []

    @jobs.deadline("over")
    async def over(db: AsyncSession, subject: UUID, run: Run) -> None:
        seen.append(subject)
        await asyncio.sleep(0.01)

    async with transaction(run.sessions) as db:
        for _ in range(12):
            await due(db, "over", subject=uuid4(), at=clock.now())
    assert sum(await asyncio.gather(*(run_due(jobs, run) for _ in range(4)))) == 12
    assert len(seen) == len(set(seen)) == 12


async def test_tasks_and_deadlines_set_off_each_other_until_quiet(run: Run) -> None:
    jobs, seen = Jobs(), []

    @jobs.task("specimen.first")
    async def first(run: Run, subject: str) -> None:
        async with run.session() as db:
            await due(db, "second", subject=UUID(subject), at=clock.now())
        seen.append("first")

    @jobs.deadline("second")
    async def second(db: AsyncSession, subject: UUID, run: Run) -> None:
        await defer(db, "specimen.third")
        seen.append("second")

    @jobs.task("specimen.third")
    async def third(run: Run) -> None:
        seen.append("third")

    async with transaction(run.sessions) as db:
        await defer(db, "specimen.first", subject=str(uuid4()))
    assert await run_until_quiet(jobs, run) == 3
    assert seen == ["first", "second", "third"]


async def test_a_test_sees_what_a_job_raises(run: Run) -> None:
    jobs = Jobs()

    @jobs.task("specimen.break")
    async def broken(run: Run) -> None:
        raise LookupError("no")

    async with transaction(run.sessions) as db:
        await defer(db, "specimen.break")
    with pytest.raises(LookupError):
        await run_until_quiet(jobs, run)


def test_a_name_is_registered_once() -> None:
    jobs = Jobs()
    jobs.task("a")(lambda run: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(ValueError, match="twice"):
        jobs.task("a")(lambda run: None)  # type: ignore[arg-type, return-value]


def a_caller() -> "Caller":  # noqa: F821
    from chassis.caller import Caller

    person = uuid4()
    return Caller(person, person, "张三", "individual", frozenset())
