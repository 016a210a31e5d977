"""The survey says how old the oldest thing is that should have happened."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from chassis import clock, metrics
from chassis.job_worker import count
from chassis.jobs import Deadline, Jobs, Run
from chassis.outbox import OutboxRow
from sqlalchemy import delete


def value(gauge: object) -> float:
    return gauge._value.get()  # type: ignore[attr-defined]


async def test_with_nothing_open_nothing_is_old(run: Run) -> None:
    async with run.session() as db:
        await db.execute(delete(OutboxRow))
    await count(Jobs(), run)
    assert (value(metrics.outbox_oldest_seconds), value(metrics.deadlines_oldest_seconds)) == (0, 0)


async def test_the_oldest_unpublished_event_and_open_deadline_count(run: Run) -> None:
    now = clock.now()
    async with run.session() as db:
        await db.execute(delete(OutboxRow))
        for minutes, published in ((9, True), (5, False), (1, False)):
            row = OutboxRow(
                id=uuid4(), topic="units.unit", type="units.unit.created.v1", subject=uuid4(), revision=1,
                headers={}, body="{}", occurred_at=now - timedelta(minutes=minutes),
                published_at=now if published else None,
            )  # fmt: skip
            db.add(row)
        for minutes, done in ((9, True), (3, False), (-5, False)):
            due = now - timedelta(minutes=minutes)
            db.add(
                Deadline(id=uuid4(), kind="round", subject=uuid4(), due_at=due, done_at=now if done else None)
            )
    await count(Jobs(), run)
    assert 300 <= value(metrics.outbox_oldest_seconds) < 330
    assert 180 <= value(metrics.deadlines_oldest_seconds) < 210
    assert value(metrics.deadlines_overdue) == 1
    async with run.session() as db:
        await db.execute(delete(OutboxRow))


async def test_business_time_decides(run: Run, shifted: Callable[[float], None]) -> None:
    async with run.session() as db:
        db.add(Deadline(id=uuid4(), kind="round", subject=uuid4(), due_at=clock.now() + timedelta(hours=1)))
    await count(Jobs(), run)
    assert value(metrics.deadlines_oldest_seconds) == 0
    shifted(3600 + 120)
    await count(Jobs(), run)
    assert 120 <= value(metrics.deadlines_oldest_seconds) < 150
