"""The pull feed: everything once, in one order that never changes, whatever commits when."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from chassis import feed
from chassis.feed import Place, portion, present
from chassis.migrate import migrate
from chassis.outbox import OutboxRow, emit
from contracts.units.v1 import UnitAuthorised, UnitEdited
from feed_events import TOPIC, an_event, written_to
from sqlalchemy import select, text


async def written(runtime: Any, *names: str, kind: Any = UnitEdited) -> None:
    await written_to(runtime.sessions, *names, kind=kind)


async def read(runtime: Any, after: Place = Place(), limit: int = 100) -> tuple[list[str], feed.Portion]:
    async with runtime.sessions() as db:
        found = await portion(db, TOPIC, after, limit=limit)
    return [orjson.loads(event)["data"]["state"]["name"] for event in found.events], found


@pytest.fixture
def system(api):
    return api.as_system("certificates.feed.read")


@pytest_asyncio.fixture(loop_scope="session")
async def former_life(runtime: Any) -> AsyncIterator[None]:
    """After the test this database is in its first life again."""
    yield
    await as_owner(runtime, "ALTER TABLE outbox ALTER COLUMN life SET DEFAULT 0")
    await as_owner(runtime, "DELETE FROM outbox_life WHERE life > 0")


async def as_owner(runtime: Any, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(runtime.settings.owner_database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_late_committer_is_not_skipped(runtime, empty):
    await written(runtime, "甲")
    _, first = await read(runtime)
    async with runtime.sessions() as slow, runtime.sessions() as quick:
        emit(slow, an_event("慢"))
        await slow.flush()  # has the smaller seq, and commits last
        emit(quick, an_event("快"))
        await quick.commit()
        while_it_runs, second = await read(runtime, first.next)
        await slow.commit()
    afterwards, third = await read(runtime, second.next)
    assert (while_it_runs, afterwards) == ([], ["慢", "快"])
    assert (await read(runtime, third.next))[0] == []


async def test_a_smaller_seq_of_a_later_transaction_is_not_skipped(runtime, empty):
    async with runtime.sessions() as early, runtime.sessions() as late:
        await early.execute(text("SELECT pg_current_xact_id()"))  # the smaller transaction id
        emit(late, an_event("小号"))  # the smaller seq
        await late.flush()
        emit(early, an_event("大号"))
        await early.commit()
        seen, found = await read(runtime)
        assert seen == ["大号"]
        await late.commit()
    assert (await read(runtime, found.next))[0] == ["小号"]


async def test_one_that_rolls_back_holds_up_nothing(runtime, empty):
    async with runtime.sessions() as lost:
        emit(lost, an_event("丢"))
        await lost.flush()
        await lost.rollback()
    await written(runtime, "留")
    assert (await read(runtime))[0] == ["留"]


async def test_pages_join_without_gap_or_repetition_and_survive_republishing(runtime, empty):
    names = [f"单位{n}" for n in range(7)]
    await written(runtime, *names)
    cursor, seen = "", []
    while True:
        page, found = await read(runtime, Place.at(cursor), limit=3)
        seen += page
        cursor = found.next.cursor
        async with runtime.sessions() as db:
            await db.execute(text("UPDATE outbox SET published_at = NULL"))
            await db.commit()
        if not found.more:
            break
    assert seen == names


async def test_what_was_present_comes_before_what_is_written_next(runtime, empty):
    await written(runtime, "旧")
    async with runtime.sessions() as db:
        place = await present(db)
    await written(runtime, "新")
    assert (await read(runtime, place))[0] == ["新"]


async def test_a_restored_database_counts_a_new_life(runtime, service, empty, former_life):
    await written(runtime, "备份前")
    async with runtime.sessions() as db:  # as the other cluster numbered it, which was far ahead
        await db.execute(text("UPDATE outbox SET xid = '9000000000'"))
        await db.commit()
    kept = Place(0, 9_500_000_000, 99)  # somebody had read what the backup no longer holds
    await as_owner(runtime, "UPDATE outbox_life SET cluster = 'another/1'")
    migrate(service.migrations, runtime.settings.owner_database_url, runtime.settings.database_url)
    await written(runtime, "恢复后")
    assert (await read(runtime))[0] == ["备份前", "恢复后"]
    assert (await read(runtime, kept))[0] == ["恢复后"]
    migrate(service.migrations, runtime.settings.owner_database_url, runtime.settings.database_url)
    async with runtime.sessions() as db:
        first, second = await db.scalars(text("SELECT life FROM outbox_life ORDER BY life"))
    assert (first, second > 20_000_000) == (
        0,
        True,
    )  # minutes: another restore of the same backup is another life


async def test_the_feed_shows_events_as_on_kafka(runtime, system):
    await written(runtime, "省厅")
    async with runtime.sessions() as db:
        row = (await db.scalars(select(OutboxRow))).one()
    answer = (await system.get("/feed")).json()
    (event,) = answer["events"]
    assert event["data"] == orjson.loads(row.body)
    assert {name: event[name] for name in ("specversion", "id", "type", "source", "subject")} == {
        "specversion": "1.0", "id": str(row.id), "type": UnitEdited.type, "source": "//sichuan/notebook",
        "subject": str(row.subject),
    }  # fmt: skip
    assert answer["more"] is False
    again = await system.get("/feed", params={"cursor": answer["next_cursor"]})
    assert again.json() == {"events": [], "next_cursor": answer["next_cursor"], "more": False}


async def test_types_leave_out_what_is_not_wanted_and_it_is_not_looked_at_again(runtime, system):
    await written(runtime, "甲", kind=UnitAuthorised)
    await written(runtime, "乙", "丙")
    found = (await system.get("/feed", params={"types": UnitAuthorised.type})).json()
    assert [event["type"] for event in found["events"]] == [UnitAuthorised.type]
    behind = (await system.get("/feed", params={"cursor": found["next_cursor"]})).json()
    assert behind["events"] == []
    strange = await system.get("/feed", params={"types": "units.unit.painted.v1"})
    assert (strange.status_code, strange.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    "cursor", ["nonsense", "é", "MS4wLjAuMA", base64.urlsafe_b64encode(b"2.0.1.1").decode(),
               base64.urlsafe_b64encode(b"1.0.-1.1").decode(), base64.urlsafe_b64encode(b"1.0.9e9.1").decode(),
               base64.urlsafe_b64encode(b"1.0.99999999999999999999.1").decode()]
)  # fmt: skip
async def test_only_a_cursor_of_ours_is_taken(system, cursor):
    answer = await system.get("/feed", params={"cursor": cursor})
    if cursor == "MS4wLjAuMA":  # the beginning, written out
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid")


@pytest.mark.parametrize(("asked", "status"), [(0, 422), (500, 200), (501, 422)])
async def test_a_page_has_at_most_five_hundred(system, asked, status):
    assert (await system.get("/feed", params={"limit": asked})).status_code == status


async def test_who_waits_gets_the_event_when_it_comes(runtime, system):
    waiting = asyncio.create_task(system.get("/feed", params={"wait": 10}))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await written(runtime, "终于")
    async with asyncio.timeout(5):
        answer = (await waiting).json()
    assert [event["data"]["state"]["name"] for event in answer["events"]] == ["终于"]
    assert (await system.get("/feed", params={"wait": 21})).status_code == 422


async def test_the_index_serves_a_page_and_the_end(runtime, empty):
    await as_owner(runtime, feed.index_for(TOPIC))
    try:
        await written(runtime, *(f"单位{n}" for n in range(30)))
        async with runtime.sessions() as db:
            for other in ("seqscan", "bitmapscan"):  # so few rows that these would seem cheaper
                await db.execute(text(f"SET LOCAL enable_{other} = off"))
            asked = {
                "types": None, "limit": 11, **Place(0, 5, 5).parameters, "end_life": 0,
                "end_xid": str(2**40), "end_seq": 2**40,
            }  # fmt: skip
            plans = [
                "\n".join(await db.scalars(text(f"EXPLAIN {statement}"), parameters))
                for statement, parameters in ((feed._rows(TOPIC), asked), (feed._end(TOPIC), {}))
            ]
        for plan in plans:
            assert "outbox_feed" in plan
            assert "Sort" not in plan
    finally:
        await as_owner(runtime, "DROP INDEX outbox_feed")
