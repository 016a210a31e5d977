"""Tasks whose worker died are given back: at once when its connection ended, after a while when it fell silent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from procrastinate import App
from sqlalchemy import text

from chassis.db import transaction
from chassis.jobs import Run

STALLED_AFTER = 30  # seconds without a heartbeat: the worker is stopped, or cut off

_ALIVE = 0x11FE  # the class of advisory locks that workers hold on their numbers while they live
_NUMBERS = 1 << 31

_RESCUE = text(
    f"""UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, attempts = attempts + 1,
        -- One that kills whoever touches it must not kill everybody all the time.
        scheduled_at = now() + make_interval(secs => power(2, least(attempts, 8)) - 1)
    WHERE status = 'doing' AND (
        worker_id IS NULL
        OR worker_id IN (SELECT id FROM procrastinate_workers
                         WHERE last_heartbeat < now() - make_interval(secs => :seconds))
        OR NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
                       AND classid = {_ALIVE} AND objid = worker_id % {_NUMBERS}
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))"""  # noqa: S608 - constants
)


async def rescue(run: Run) -> None:
    """Let tasks of workers that were killed, stopped or cut off wait again; each may so run twice."""
    async with transaction(run.sessions) as db:
        await db.execute(_RESCUE, {"seconds": STALLED_AFTER})


@asynccontextmanager
async def seen_alive(app: App, dsn: str) -> AsyncIterator[None]:
    """Every worker that registers meanwhile holds a lock on its number: the kernel ends it with the process."""
    connection = await asyncpg.connect(dsn)
    register = app.job_manager.register_worker

    async def registered() -> int:
        number = await register()
        await connection.execute("SELECT pg_advisory_lock($1, $2)", _ALIVE, number % _NUMBERS)
        return number

    app.job_manager.register_worker = registered  # type: ignore[method-assign]
    try:
        yield
    finally:
        connection.terminate()
