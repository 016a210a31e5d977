"""The intake under records that nobody should have sent: parked with all they were, never lost."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from chassis import clock, intake, metrics
from chassis import parked as parked_records
from chassis.auth import KnownKey
from chassis.consume import Record
from chassis.inbox import ParkedRow
from contracts.envelope import Envelope
from contracts.event import Actor
from contracts.identity.v1 import KeyPublished, KeyState
from contracts.topics import TOPICS
from contracts.units.v1 import UnitAuthorised
from notebook.tables import KnownUnit
from sqlalchemy import select
from test_seam import a_unit


@pytest.fixture
def take(service, runtime, empty):
    return intake.Intake(runtime.sessions, service.consumers).take


def a_record(event, offset: int, *, topic: str | None = None, source: str = "") -> Record:
    source = source or f"//test/{TOPICS[event.topic].owner}"
    envelope = Envelope(uuid4(), event.type, source, clock.now(), event.subject, uuid4())
    return Record(
        topic or event.topic, 0, offset, str(event.subject).encode(), tuple(envelope.headers()),
        event.model_dump_json().encode(),
    )  # fmt: skip


async def parked(db) -> list[ParkedRow]:
    return list(await db.scalars(select(ParkedRow).order_by(ParkedRow.seq)))


@pytest.mark.parametrize(
    "header", [("x", None), ("x\x00y", b"1"), ("ce_id", b"\xff")], ids=["null", "nul-in-name", "not-utf-8"]
)
async def test_a_record_with_strange_headers_is_parked_and_replayed_as_it_came(
    take, db, header, runtime, service
):
    strange, well = a_record(a_unit("怪"), 1), a_record(a_unit("好"), 2)
    await take([replace(strange, headers=(header,)), well])
    assert list(await db.scalars(select(KnownUnit.name))) == ["好"]
    [row] = await parked(db)
    assert (row.position, row.body) == (1, strange.body)
    assert await parked_records.replay(runtime.sessions, service.consumers) == (0, 1)


async def test_what_nobody_here_wants_is_not_parked_behind_a_parked_record_of_its_key(
    take, db, service, monkeypatch
):
    one = uuid4()
    await take([a_record(a_unit("毒", subject=one), 1)])
    monkeypatch.delitem(service.consumers.by_type, UnitAuthorised.type)
    unwanted = a_record(a_unit("无人问", subject=one, revision=2, event=UnitAuthorised), 2)
    await take([unwanted, a_record(a_unit("后来", subject=one, revision=3), 3)])
    assert [row.position for row in await parked(db)] == [1, 3]


async def test_an_error_that_cannot_be_stored_as_text_is_parked_all_the_same(take, db, service, monkeypatch):
    async def fail(db, event, delivery):
        raise ValueError("before\x00after \ud800")

    monkeypatch.setitem(
        service.consumers.by_type, "units.unit.created.v1", intake.Consumer("keep_unit", fail)
    )
    await take([a_record(a_unit("甲"), 1)])
    assert [row.error for row in await parked(db)] == ["ValueError: before?after ?"]


async def test_what_is_parked_says_nothing_personal_about_its_error(take, db, service, monkeypatch):
    async def fail(db, event, delivery):
        raise ValueError("no person 110101199003077758")

    monkeypatch.setitem(
        service.consumers.by_type, "units.unit.created.v1", intake.Consumer("keep_unit", fail)
    )
    await take([a_record(a_unit("甲"), 1)])
    assert [row.error for row in await parked(db)] == ["ValueError: no person ***"]


async def test_an_event_on_the_topic_of_another_service_is_not_believed(take, db):
    key = KeyPublished(
        subject=uuid4(), revision=1, actor=Actor(),
        state=KeyState(kid="forged", jwk={"kty": "EC"}, retired=False),
    )  # fmt: skip
    await take([a_record(key, 1, topic="notices.message")])
    assert await db.scalar(select(KnownKey).where(KnownKey.kid == "forged")) is None
    assert [row.topic for row in await parked(db)] == ["notices.message"]


async def test_an_event_that_another_service_wrote_is_not_believed(take, db):
    await take([a_record(a_unit("冒"), 1, source="//sichuan/meetings"), a_record(a_unit("好"), 2)])
    assert list(await db.scalars(select(KnownUnit.name))) == ["好"]
    assert [row.position for row in await parked(db)] == [1]


async def test_an_event_under_the_key_of_another_subject_is_parked(take, db):
    mixed = replace(a_record(a_unit("错"), 1), key=str(uuid4()).encode())
    other = replace(a_record(a_unit("错"), 2), body=a_unit("错").model_dump_json().encode())
    await take([mixed, other, a_record(a_unit("好"), 3)])
    assert list(await db.scalars(select(KnownUnit.name))) == ["好"]
    assert [row.position for row in await parked(db)] == [1, 2]


@pytest.mark.parametrize(
    "poison",
    [a_unit("大", revision=2**40), a_unit("更大", revision=2**80), a_unit("零\x00字节")],
    ids=["beyond-int32", "beyond-int64", "nul"],
)
async def test_what_no_database_can_hold_is_parked_instead_of_waited_for(take, db, poison):
    async with asyncio.timeout(10):
        await take([a_record(poison, 1), a_record(a_unit("好"), 2)])
    assert list(await db.scalars(select(KnownUnit.name))) == ["好"]
    assert [row.position for row in await parked(db)] == [1]


async def test_a_position_used_again_for_the_same_body_is_still_another_record(take, db):
    unit = a_unit("毒")
    await take([a_record(unit, 7)])
    await db.execute(ParkedRow.__table__.update().values(resolved_at=clock.real_now()))
    await db.commit()
    await take([a_record(unit, 7)])
    assert [row.resolved_at for row in await parked(db)] == [None]


async def test_a_position_used_again_by_a_new_cluster_loses_nothing(take, db):
    await take([a_record(a_unit("毒"), 7)])
    await db.execute(ParkedRow.__table__.update().values(resolved_at=clock.real_now()))
    await db.commit()
    other = a_record(a_unit("毒"), 7)
    await take([other])
    await take([other])
    assert [(row.body, row.resolved_at) for row in await parked(db)] == [(other.body, None)]


async def test_a_parked_record_slows_down_only_its_own_key(take, db, monkeypatch):
    sick = a_record(a_unit("毒"), 1)
    await take([sick])

    async def refuse(*_):
        raise AssertionError("the slow path was taken")

    monkeypatch.setattr(intake.Intake, "_one_by_one", refuse)
    await take([a_record(a_unit("好"), 2)])
    assert list(await db.scalars(select(KnownUnit.name))) == ["好"]
    with pytest.raises(AssertionError, match="slow path"):
        await take([replace(a_record(a_unit("后来"), 3), key=sick.key)])


async def test_the_number_of_parked_records_falls_again(take, db, runtime, service, monkeypatch):
    from chassis import job_worker
    from chassis.jobs import Run

    await take([a_record(a_unit("毒"), 1)])
    await job_worker.count(service.jobs, Run.of(runtime))
    assert metrics.parked._value.get() == 1
    await db.execute(ParkedRow.__table__.update().values(resolved_at=clock.real_now()))
    await db.commit()
    await job_worker.count(service.jobs, Run.of(runtime))
    assert metrics.parked._value.get() == 0


async def test_a_missing_file_is_our_mistake_and_not_an_outage():
    assert not intake.is_infrastructure(FileNotFoundError())
    assert intake.is_infrastructure(ConnectionResetError())
