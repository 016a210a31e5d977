"""Works on what `jobs` has registered: tasks by the queue, deadlines by a sweep every second."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock, metrics
from chassis.db import transaction
from chassis.failpoint import doing, failpoint
from chassis.jobs import QUEUE, TRACE, Deadline, Jobs, Run, Task
from chassis.outage import is_infrastructure
from chassis.rescue import STALLED_AFTER, rescue, seen_alive
from chassis.telemetry import span_from

log = structlog.get_logger()

CONCURRENCY = 4
GRACE = 8.0  # seconds for running tasks to end when the process drains
SWEEP = 1.0
SURVEY = 10.0
RESCUE = 1.0
MAX_WAIT = 300
OUTAGE_ATTEMPTS = 100

_deadline = Deadline.__table__  # type: ignore[attr-defined]


def start(jobs: Jobs, run: Run) -> list[asyncio.Task[None]]:
    """Start working; cancel the tasks to stop."""
    loops: dict[str, Callable[[], Awaitable[None]]] = {
        **{_loop_of(queue): partial(work_on_tasks, jobs, run, queue) for queue in jobs.queues or [QUEUE]},
        "deadlines": lambda: sweep(jobs, run),
        "survey": lambda: survey(jobs, run),
        "rescue": lambda: keep_rescuing(jobs, run),
    }
    return [
        asyncio.create_task(_kept_going(f"jobs.{name}", loop), name=f"jobs.{name}")
        for name, loop in loops.items()
    ]


def _loop_of(queue: str) -> str:
    return "tasks" if queue == QUEUE else f"tasks.{queue}"


async def _kept_going(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run a loop again when the database was away, waiting longer each time."""
    failures = 0
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await loop()
        except Exception as error:
            log.warning(f"{name}.interrupted", error=type(error).__name__)
            if _told_to_stop():
                return
        if asyncio.get_running_loop().time() - started > 60:
            failures = 0
        failures += 1
        await asyncio.sleep(min(30.0, 0.5 * 2**failures) * random.uniform(0.5, 1.0))


def _told_to_stop() -> bool:
    """Whether this was cancelled, although a broken connection's error came out instead."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class _BackOff(BaseRetryStrategy):
    """2, 4, 8 … 300 seconds, then given up: the job stays as failed, where the metric sees it."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again, None to give up."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})  # the process drains: not the job's fault
        if _is_last(self.attempts, job, exception):
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** min(job.attempts + 1, 10), MAX_WAIT)})


def _is_last(attempts: int, job: Job, error: BaseException) -> bool:
    """Whether a job is given up; one that met an outage of database, store or broker waits it out for hours."""
    return job.attempts + 1 >= (max(attempts, OUTAGE_ATTEMPTS) if is_infrastructure(error) else attempts)


def _app(jobs: Jobs, run: Run) -> App:
    app = App(
        connector=PsycopgConnector(conninfo=run.settings.database_url, min_size=1, max_size=3, timeout=5)
    )
    for task in jobs.tasks.values():
        app.task(name=task.name, retry=_BackOff(task.attempts), pass_context=True)(_call(task, run))
    return app


def _call(task: Task, run: Run) -> Callable[..., Awaitable[None]]:
    async def call(context: JobContext, **arguments: Any) -> None:
        try:
            await perform(task, run, arguments)
        except Exception as error:
            if _is_last(task.attempts, context.job, error) and (work_id := arguments.get("work_id")):
                # Nobody should watch a bar for ever that will not move again.
                await run.fail(work_id, "请重新提交；如仍失败，请联系运维人员。")
            raise

    return call


async def perform(task: Task, run: Run, arguments: dict[str, Any]) -> None:
    """Run a task once, within the trace of the request that deferred it."""
    arguments = dict(arguments)
    with span_from(arguments.pop(TRACE, None), f"task {task.name}", {"job.task": task.name}):
        try:
            with doing(f"task {task.name}"):
                await failpoint("task.before-run")
                await task.function(run, **arguments)
                await failpoint("task.after-run")
        except Exception as error:
            metrics.jobs_done.labels(task.name, "failed").inc()
            log.error("task.failed", task=task.name, error=type(error).__name__, exc_info=error)
            raise
    metrics.jobs_done.labels(task.name, "done").inc()


async def work_on_tasks(jobs: Jobs, run: Run, queue: str = QUEUE) -> None:
    """Run a queue's tasks as they are deferred, several at a time; returns only when its connection is lost."""
    if not jobs.tasks:
        await asyncio.Event().wait()
    app = _app(jobs, run)
    async with app.open_async(), seen_alive(app, run.settings.database_url):
        await app.run_worker_async(
            queues=[queue],
            concurrency=CONCURRENCY,
            install_signal_handlers=False,  # the server decides when to drain
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=GRACE,
            delete_jobs="successful",
            stalled_worker_timeout=STALLED_AFTER,
        )


async def keep_rescuing(jobs: Jobs, run: Run) -> None:
    """Give back the tasks of dead workers within some seconds of their death."""
    while jobs.tasks:
        with doing("rescue"):
            await rescue(run)
        await asyncio.sleep(RESCUE)
    await asyncio.Event().wait()


async def sweep(jobs: Jobs, run: Run) -> None:
    """Let deadlines happen within a second of their time."""
    while True:
        await run_due(jobs, run)
        await asyncio.sleep(SWEEP)


async def run_due(jobs: Jobs, run: Run, *, strict: bool = False) -> int:
    """Let everything happen that is due by now; returns how many did.

    One that fails waits for its next try and holds up no other; `strict` raises instead, for tests.
    """
    if not jobs.deadlines:
        return 0
    done = 0
    while (outcome := await _next_deadline(jobs, run, strict)) is not None:
        done += outcome
    return done


async def _next_deadline(jobs: Jobs, run: Run, strict: bool) -> int | None:
    """Deal with the earliest open one: 1 when it happened, 0 when it failed, None when there is none."""
    row: Deadline | None = None
    try:
        with doing("sweep"):
            async with transaction(run.sessions) as db:
                row = await _earliest(db, jobs)
                if row is None:
                    return None
                await _happen(db, jobs, run, row)
            await failpoint("deadline.after-commit", f"deadline {row.kind}")
    except Exception as error:
        if row is None or strict or _told_to_stop():
            raise
        metrics.deadlines_done.labels(row.kind, "failed").inc()
        log.error("deadline.failed", kind=row.kind, subject=str(row.subject), exc_info=error)
        await _put_off(run, row, error)
        return 0
    metrics.deadlines_done.labels(row.kind, "done").inc()
    return 1


async def _earliest(db: AsyncSession, jobs: Jobs) -> Deadline | None:
    found = await db.execute(
        select(_deadline)
        .where(
            _deadline.c.done_at.is_(None),
            _deadline.c.due_at <= clock.now(),
            _deadline.c.kind.in_(list(jobs.deadlines)),
            (_deadline.c.retry_at.is_(None)) | (_deadline.c.retry_at <= clock.real_now()),
        )
        .order_by(_deadline.c.due_at, _deadline.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = found.mappings().first()
    # A plain copy: the handler may move or remove the row itself.
    return Deadline(**row) if row else None


async def _happen(db: AsyncSession, jobs: Jobs, run: Run, row: Deadline) -> None:
    with span_from(
        None, f"deadline {row.kind}", {"deadline.kind": row.kind, "deadline.subject": str(row.subject)}
    ):
        # First, so that a handler may make its own deadline due anew.
        await db.execute(update(_deadline).where(_deadline.c.id == row.id).values(done_at=clock.now()))
        with doing(f"deadline {row.kind}"):
            await jobs.deadlines[row.kind](db, row.subject, run)
            await failpoint("deadline.before-commit")


async def _put_off(run: Run, row: Deadline, error: Exception) -> None:
    wait = min(2 ** min(row.attempts + 1, 10), MAX_WAIT)
    async with transaction(run.sessions) as db:
        await db.execute(
            update(_deadline)
            .where(_deadline.c.id == row.id, _deadline.c.done_at.is_(None))
            .values(
                attempts=_deadline.c.attempts + 1,
                retry_at=text("now() + make_interval(secs => :wait)").bindparams(wait=wait),
                error=type(error).__name__,
            )
        )


_TAKE = text("SELECT id, task_name, args FROM procrastinate_fetch_job_v2(NULL, NULL) WHERE id IS NOT NULL")
_END = text("SELECT procrastinate_finish_job_v1(:id, CAST(:status AS procrastinate_job_status), :delete)")


async def run_tasks_once(jobs: Jobs, run: Run) -> int:
    """Run every deferred task that is waiting, one after the other; raises what a task raises."""
    done = 0
    while True:
        async with transaction(run.sessions) as db:
            job = (await db.execute(_TAKE)).first()
        if job is None:
            return done
        arguments = json.loads(job.args) if isinstance(job.args, str) else job.args
        ended = {"id": job.id, "status": "failed", "delete": False}
        try:
            await perform(jobs.tasks[job.task_name], run, arguments)
            ended |= {"status": "succeeded", "delete": True}
        finally:
            async with transaction(run.sessions) as db:
                await db.execute(_END, ended)
        done += 1


async def run_until_quiet(jobs: Jobs, run: Run, *, rounds: int = 50) -> int:
    """Run waiting tasks and due deadlines until neither leaves anything to do; returns how many ran."""
    total = 0
    for _ in range(rounds):
        done = await run_tasks_once(jobs, run) + await run_due(jobs, run, strict=True)
        if done == 0:
            return total
        total += done
    raise RuntimeError(f"jobs still set off new jobs after {rounds} rounds")


_SURVEY = text(
    "SELECT count(*) FILTER (WHERE status IN ('todo', 'doing')) AS waiting,"
    " count(*) FILTER (WHERE status IN ('failed', 'aborted')) AS failed,"
    " (SELECT count(*) FROM deadline WHERE done_at IS NULL AND due_at < :now) AS overdue,"
    " (SELECT min(due_at) FROM deadline WHERE done_at IS NULL AND due_at < :now) AS oldest_deadline,"
    " (SELECT min(occurred_at) FROM outbox WHERE published_at IS NULL) AS oldest_event,"
    " (SELECT count(*) FROM parked WHERE resolved_at IS NULL) AS parked FROM procrastinate_jobs"
)


async def survey(jobs: Jobs, run: Run) -> None:
    """Count again and again."""
    while True:
        with doing("survey"):
            await count(jobs, run)
        await asyncio.sleep(SURVEY)


async def count(jobs: Jobs, run: Run) -> None:
    """Count what waits, what failed and what is parked."""
    async with transaction(run.sessions) as db:
        now = clock.now()
        counts = (await db.execute(_SURVEY, {"now": now})).one()
    metrics.jobs_waiting.set(counts.waiting)
    metrics.jobs_failed.set(counts.failed)
    metrics.deadlines_overdue.set(counts.overdue)
    metrics.parked.set(counts.parked)
    metrics.deadlines_oldest_seconds.set(_seconds(counts.oldest_deadline, now))
    metrics.outbox_oldest_seconds.set(_seconds(counts.oldest_event, now))
    for watch in jobs.watches:
        async with transaction(run.sessions) as db:
            await watch(db)


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
