"""Parked records: taken in again in order, or dropped for a reason that is kept."""

import asyncio
from uuid import uuid4

import pytest
from chassis import parked
from chassis.audit import AuditEntry
from chassis.inbox import ParkedRow
from chassis.intake import Intake
from contracts.units.v1 import UnitAuthorised
from notebook.tables import KnownUnit
from sqlalchemy import select
from test_intake import a_record
from test_seam import a_unit


@pytest.fixture
def take(service, runtime, empty):
    return Intake(runtime.sessions, service.consumers).take


def after(poison, name: str, revision: int, offset: int):
    return a_record(a_unit(name, subject=poison.subject, revision=revision, event=UnitAuthorised), offset)


async def test_what_waited_behind_a_dropped_record_is_taken_in(take, db, runtime, service):
    poison = a_unit("毒")
    await take([a_record(poison, 1), after(poison, "二", 2, 2)])
    [first, _] = await parked.waiting(runtime.sessions)
    assert await parked.replay(runtime.sessions, service.consumers) == (0, 2)
    await parked.drop(runtime.sessions, first.seq, "来自陌生人")
    assert await parked.replay(runtime.sessions, service.consumers) == (1, 0)
    assert list(await db.scalars(select(KnownUnit.name))) == ["二"]
    await take([after(poison, "三", 3, 3)])
    assert [
        u.name for u in await db.scalars(select(KnownUnit).execution_options(populate_existing=True))
    ] == ["三"]


async def test_why_a_record_was_dropped_is_kept(take, db, runtime):
    poison = a_unit("毒")
    await take([a_record(poison, 1)])
    [row] = await parked.waiting(runtime.sessions)
    await parked.drop(runtime.sessions, row.seq, "来自陌生人")
    [entry] = await db.scalars(select(AuditEntry))
    assert (entry.action, entry.subject) == ("parked.dropped", poison.subject)
    assert entry.note == "units.unit[0]@1: 来自陌生人 (ValueError: poison)"


async def test_a_record_whose_key_is_no_id_can_be_dropped(take, db, runtime):
    from dataclasses import replace

    await take([replace(a_record(a_unit("毒"), 1), key=b"\xff", body=b"{")])
    [row] = await parked.waiting(runtime.sessions)
    await parked.drop(runtime.sessions, row.seq, "乱码")
    assert await parked.waiting(runtime.sessions) == []


async def test_what_is_not_parked_cannot_be_dropped(take, runtime):
    await take([a_record(a_unit("毒"), 1)])
    [row] = await parked.waiting(runtime.sessions)
    await parked.drop(runtime.sessions, row.seq, "一次")
    for number in (row.seq, row.seq + 1):
        with pytest.raises(parked.NotParked):
            await parked.drop(runtime.sessions, number, "再次")


async def test_a_replay_takes_in_what_was_parked_while_it_ran(take, db, runtime, service, monkeypatch):
    poison = a_unit("毒")
    await take([a_record(poison, 1), after(poison, "二", 2, 2)])
    [first, _] = await parked.waiting(runtime.sessions)
    await parked.drop(runtime.sessions, first.seq, "x")
    honest = Intake.take_one

    async def slow(self, record):
        if record.offset == 2:  # the next one arrives while its forerunner is still parked
            monkeypatch.setattr(Intake, "take_one", honest)
            await take([after(poison, "三", 3, 3)])
        return await honest(self, record)

    monkeypatch.setattr(Intake, "take_one", slow)
    assert await parked.replay(runtime.sessions, service.consumers) == (2, 0)
    assert list(await db.scalars(select(KnownUnit.name))) == ["三"]


async def test_nothing_is_resolved_while_a_record_goes_to_stand_behind_it(
    take, db, runtime, service, monkeypatch
):
    """Else the replay has ended, and who came to stand behind its last record waits for ever."""
    poison = a_unit("毒")
    await take([a_record(poison, 1), after(poison, "二", 2, 2)])
    [first, _] = await parked.waiting(runtime.sessions)
    await parked.drop(runtime.sessions, first.seq, "x")
    honest, seen, go = Intake._park, asyncio.Event(), asyncio.Event()

    async def slow(self, db, record, error):
        seen.set()
        await go.wait()
        await honest(self, db, record, error)

    monkeypatch.setattr(Intake, "_park", slow)
    arriving = asyncio.create_task(take([after(poison, "三", 3, 3)]))
    await seen.wait()
    replaying = asyncio.create_task(parked.replay(runtime.sessions, service.consumers))
    await asyncio.wait({replaying}, timeout=0.5)
    go.set()
    await arriving
    assert await replaying == (2, 0)
    assert list(await db.scalars(select(ParkedRow.seq).where(ParkedRow.resolved_at.is_(None)))) == []


async def test_two_replays_at_once_resolve_everything_once(take, db, runtime, service):
    poison = a_unit("毒")
    await take([a_record(poison, 1)] + [after(poison, f"第{n}", n, n) for n in range(2, 12)])
    [first, *_] = await parked.waiting(runtime.sessions)
    await parked.drop(runtime.sessions, first.seq, "x")
    sessions, consumers = runtime.sessions, service.consumers
    await asyncio.gather(parked.replay(sessions, consumers), parked.replay(sessions, consumers))
    assert await parked.waiting(sessions) == []
    assert list(await db.scalars(select(KnownUnit.revision))) == [11]


async def test_the_command_line_demands_a_reason_and_names_the_number(service):
    from chassis.cli import commands
    from typer.testing import CliRunner

    answer = await asyncio.to_thread(
        CliRunner().invoke, commands(service), ["parked", "drop", str(uuid4().int % 99)]
    )
    assert answer.exit_code == 2
    assert "--why" in answer.output
