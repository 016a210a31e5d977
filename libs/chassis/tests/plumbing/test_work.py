"""Long work is shown to its owner, and streamed until it ends or the process does."""

import asyncio
import json
from uuid import UUID, uuid4

from chassis import work
from chassis.caller import Caller
from chassis.db import transaction
from chassis.jobs import Run
from chassis.problems import Invalid
from chassis.testing.clients import Api


async def begun(run: Run, person: UUID, unit: UUID | None = None) -> UUID:
    caller = Caller(person, person, "张三", "unit" if unit else "individual", frozenset(), unit)
    async with transaction(run.sessions) as db:
        return (await work.start_work(db, caller, "experts.import", total=57)).id


def of_stream(body: str) -> list[dict[str, object]]:
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]


async def test_progress_and_result_are_shown_to_the_owner(calls: Api, run: Run) -> None:
    person = uuid4()
    work_id = await begun(run, person)
    me = calls.as_person(person)
    assert (await me.get(f"work/{work_id}")).json()["count"] == 0
    await run.progress(work_id, 20)
    await run.progress(str(work_id), 57)
    await run.finish(work_id, {"imported": 57})
    await run.progress(work_id, 3)  # a second run of the task comes late
    body = (await me.get(f"work/{work_id}")).json()
    assert {
        key: body[key] for key in ("kind", "state", "count", "total", "result", "problem", "revision")
    } == {
        "kind": "experts.import",
        "state": "FINISHED",
        "count": 57,
        "total": 57,
        "result": {"imported": 57},
        "problem": None,
        "revision": 4,
    }


async def test_a_failure_says_what_to_do(calls: Api, run: Run) -> None:
    person = uuid4()
    work_id = await begun(run, person)
    await run.fail(work_id, Invalid("请重新下载模板。"))
    body = (await calls.as_person(person).get(f"work/{work_id}")).json()
    assert (body["state"], body["problem"]) == (
        "FAILED",
        {"code": "invalid", "title": "提交的内容有误。", "detail": "请重新下载模板。"},
    )


async def test_foreign_work_is_as_good_as_absent(calls: Api, run: Run) -> None:
    person, unit = uuid4(), uuid4()
    work_id = await begun(run, person, unit)
    for client in (calls.as_person(), calls.as_person(person), calls.as_unit(uuid4(), person=person)):
        for path in (f"work/{work_id}", f"work/{work_id}/events"):
            assert (await client.get(path)).status_code == 404
    assert (await calls.nobody.get(f"work/{work_id}/events")).status_code == 401
    assert (await calls.as_unit(unit, person=person).get(f"work/{work_id}")).status_code == 200


async def test_the_stream_tells_every_change_and_ends_with_the_work(calls: Api, run: Run) -> None:
    person = uuid4()
    work_id = await begun(run, person)

    async def do() -> None:
        await asyncio.sleep(0.2)
        await run.progress(work_id, 30)
        await asyncio.sleep(work.TICK * 2)
        await run.finish(work_id)

    async with asyncio.timeout(15):
        _, answer = await asyncio.gather(do(), calls.as_person(person).get(f"work/{work_id}/events"))
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = of_stream(answer.text)
    assert [(event["state"], event["count"]) for event in events] == [
        ("RUNNING", 0),
        ("RUNNING", 30),
        ("FINISHED", 30),
    ]


async def test_the_stream_ends_when_the_process_drains(calls: Api, run: Run) -> None:
    person = uuid4()
    work_id = await begun(run, person)
    stopping = calls.app.state.runtime.stopping
    asyncio.get_running_loop().call_later(0.3, stopping.set)
    try:
        async with asyncio.timeout(5):
            answer = await calls.as_person(person).get(f"work/{work_id}/events")
    finally:
        stopping.clear()
    assert [event["state"] for event in of_stream(answer.text)] == ["RUNNING"]


async def test_an_open_stream_holds_no_connection(calls: Api, run: Run) -> None:
    person = uuid4()
    work_id = await begun(run, person)
    me, runtime = calls.as_person(person), calls.app.state.runtime
    streams = [asyncio.create_task(me.get(f"work/{work_id}/events")) for _ in range(30)]
    await asyncio.sleep(1)
    async with asyncio.timeout(5):
        assert (await me.get(f"work/{work_id}")).status_code == 200
    busy = [runtime.engine.pool.checkedout()]
    for _ in range(20):
        await asyncio.sleep(0.02)
        busy.append(runtime.engine.pool.checkedout())
    assert min(busy) == 0
    await run.finish(work_id)
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*streams)
    assert {of_stream(answer.text)[-1]["state"] for answer in answers} == {"FINISHED"}
