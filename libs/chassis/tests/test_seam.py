"""The seam every service stands on: transaction, outbox, inbox, idempotency, revisions."""

import asyncio
from uuid import uuid4

import pytest
from contracts.event import Actor
from contracts.units.v1 import UnitAuthorised, UnitCreated, UnitState, UnitStatus
from contracts.vocabulary import UnitKind
from notebook.tables import KnownUnit, Note
from sqlalchemy import select

PERMISSION = "units.unit.edit"


def a_unit(name: str, *, subject=None, revision=1, event=UnitCreated):
    state = UnitState(
        uscc="", name=name, kinds=(UnitKind.HR,), nature="", jurisdiction="", jurisdiction_path=(), superior_id=None,
        state=UnitStatus.AUTHORISED,
    )  # fmt: skip
    return event(subject=subject or uuid4(), revision=revision, actor=Actor(), state=state)


async def test_a_command_changes_the_row_and_tells_of_it_in_one_transaction(unit, emitted):
    answer = await unit.post("/notes", {"text": "第一条"})
    assert (answer.status_code, answer.json()["revision"], answer.headers["etag"]) == (201, 1, '"1"')
    events = await emitted()
    assert [(e.type, e.revision, e.state.name) for e in events] == [("units.unit.edited.v1", 1, "第一条")]


@pytest.mark.req("BEY-30")
async def test_a_commit_that_fails_is_not_answered_as_done(unit, emitted):
    # The unique constraint is deferred: it breaks only at the commit.
    await unit.post("/notes", {"text": "同名"})
    answer = await unit.post("/notes", {"text": "同名"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert len(await emitted()) == 1


async def test_a_response_that_breaks_its_model_rolls_back(unit, db):
    answer = await unit.post("/mistakes", {"text": "x"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert await db.scalar(select(Note)) is None


@pytest.mark.req("BEY-34")
async def test_a_retry_with_the_same_key_is_answered_again_and_done_once(unit, emitted):
    first = await unit.post("/notes", {"text": "一次"}, key="k")
    second = await unit.post("/notes", {"text": "一次"}, key="k")
    assert (second.status_code, second.json(), second.headers["etag"]) == (201, first.json(), '"1"')
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await emitted()) == 1


@pytest.mark.req("BEY-34")
async def test_a_replacement_under_a_key_is_answered_again_instead_of_being_stale(unit, emitted):
    note = (await unit.post("/notes", {"text": "一"})).json()
    path, body = f"/notes/{note['id']}", {"text": "二"}
    first = await unit.put(path, body, if_match=1, key="k")
    again = await unit.put(path, body, if_match=1, key="k")
    assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), '"2"')
    assert (await unit.put(path, body, if_match=1)).status_code == 412
    assert (await unit.put(path, {"text": "三"}, if_match=1, key="k")).json()[
        "code"
    ] == "idempotency-key-reused"
    assert len(await emitted()) == 2


async def test_a_key_with_another_content_is_refused(unit):
    await unit.post("/notes", {"text": "一"}, key="k")
    answer = await unit.post("/notes", {"text": "二"}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


async def test_another_caller_may_use_the_same_key(unit, api):
    assert (await unit.post("/notes", {"text": "一"}, key="k")).status_code == 201
    assert (await api.as_unit(uuid4(), PERMISSION).post("/notes", {"text": "二"}, key="k")).status_code == 201


@pytest.mark.req("BEY-34")
async def test_concurrent_retries_happen_once(unit, emitted):
    answers = await asyncio.gather(*(unit.post("/notes", {"text": "并发"}, key="k") for _ in range(8)))
    assert {a.status_code for a in answers} <= {201, 409}
    assert 201 in {a.status_code for a in answers}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"in-flight"}
    assert len(await emitted()) == 1


async def test_a_refusal_is_not_remembered(unit):
    assert (await unit.post("/notes", {"text": "长" * 21}, key="k")).status_code == 422
    assert (await unit.post("/notes", {"text": "短"}, key="k")).status_code == 201


@pytest.mark.req("BEY-34")
async def test_a_stale_change_is_refused(unit):
    note = (await unit.post("/notes", {"text": "甲"})).json()
    path = f"/notes/{note['id']}"
    assert (await unit.put(path, {"text": "乙"}, if_match=1)).status_code == 200
    stale = await unit.put(path, {"text": "丙"}, if_match=1)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    missing = await unit.put(path, {"text": "丙"})
    assert (missing.status_code, missing.json()["code"]) == (428, "revision-required")
    assert (await unit.get(path)).json()["text"] == "乙"


async def test_of_two_concurrent_changes_one_wins(unit):
    note = (await unit.post("/notes", {"text": "甲"})).json()
    answers = await asyncio.gather(
        *(unit.put(f"/notes/{note['id']}", {"text": f"改{n}"}, if_match=1) for n in range(5))
    )
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412, 412]


async def test_a_foreign_object_is_answered_like_an_absent_one(unit, api):
    note = (await unit.post("/notes", {"text": "甲"})).json()
    stranger = api.as_unit(uuid4(), PERMISSION)
    foreign, absent = await stranger.get(f"/notes/{note['id']}"), await stranger.get(f"/notes/{uuid4()}")
    assert foreign.status_code == absent.status_code == 404
    assert {**foreign.json(), "trace_id": ""} == {**absent.json(), "trace_id": ""}


async def test_nobody_and_the_unentitled_are_refused_before_anything_is_read(api):
    assert (await api.nobody.post("/notes", {"text": 1})).json()["code"] == "unauthenticated"
    assert (await api.as_unit(uuid4()).post("/notes", {"text": 1})).json()["code"] == "forbidden"
    assert (await api.nobody.get("/open")).json() == []


async def test_bad_input_gets_all_complaints_and_is_never_echoed(unit):
    answer = await unit.post("/notes", {"text": "秘密" * 20, "extra": "510104198001010011"})
    body = answer.json()
    assert (answer.status_code, body["code"], body["type"]) == (422, "invalid", "/problems/invalid")
    assert sorted(e["pointer"] for e in body["errors"]) == ["/extra", "/text"]
    assert "秘密" not in answer.text
    assert "510104198001010011" not in answer.text


async def test_text_that_postgresql_cannot_hold_is_refused(unit):
    answer = await unit.post("/notes", {"text": "a\x00b"})
    assert answer.status_code == 422


async def test_a_body_over_the_limit_is_a_problem(unit):
    answer = await unit.post("/notes", {"text": "x" * (1024 * 1024 + 1)})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.req("BEY-30")
async def test_an_event_delivered_again_and_late_changes_nothing(deliver, db):
    one = uuid4()
    await deliver(a_unit("旧名", subject=one, revision=1))
    await deliver(a_unit("新名", subject=one, revision=3, event=UnitAuthorised))
    await deliver.once(a_unit("中间名", subject=one, revision=2))
    assert [(u.name, u.revision) for u in await db.scalars(select(KnownUnit))] == [("新名", 3)]


async def test_a_poison_event_and_what_follows_of_its_key_are_parked_and_can_be_replayed(
    deliver, db, service, runtime, monkeypatch
):
    from chassis import intake, parked
    from chassis.inbox import ParkedRow

    sick, well = uuid4(), uuid4()
    await deliver.once(a_unit("毒", subject=sick))
    await deliver.once(a_unit("后来", subject=sick, revision=2))
    await deliver.once(a_unit("无关", subject=well))
    assert list(await db.scalars(select(KnownUnit.name))) == ["无关"]
    assert [row.error.split(":")[0] for row in await db.scalars(select(ParkedRow).order_by(ParkedRow.seq))] == [
        "ValueError", "an earlier event of this key is parked",
    ]  # fmt: skip
    assert await parked.replay(runtime.sessions, service.consumers) == (0, 2)

    async def healed(db, event, delivery):
        from chassis.known import keep

        await keep(db, KnownUnit, event, name=event.state.name)

    consumer = intake.Consumer("keep_unit", healed)
    monkeypatch.setitem(service.consumers.by_type, UnitCreated.type, consumer)
    assert await parked.replay(runtime.sessions, service.consumers) == (2, 0)
    assert sorted(await db.scalars(select(KnownUnit.name))) == ["后来", "无关"]


async def test_a_deposed_database_is_waited_for_not_parked(runtime, service, db):
    from chassis.intake import is_infrastructure
    from sqlalchemy.exc import DBAPIError, IntegrityError

    assert is_infrastructure(ConnectionRefusedError())
    assert is_infrastructure(DBAPIError("", {}, Exception(), connection_invalidated=True))
    assert not is_infrastructure(IntegrityError("", {}, Exception()))
    assert not is_infrastructure(ValueError())
