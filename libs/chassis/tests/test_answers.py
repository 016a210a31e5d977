"""What is answered, remembered and logged when input or surroundings are hostile."""

import io
import json

import asyncpg
import pytest
from chassis import logs, persons
from chassis.idempotency import IdempotencyRow
from chassis.outage import is_infrastructure
from sqlalchemy import select
from sqlalchemy.exc import TimeoutError as PoolTimeout


@pytest.fixture
def log():
    out = io.StringIO()
    logs.setup("notebook", "INFO", out)
    yield out
    logs.setup("notebook")


@pytest.mark.parametrize(
    "margin",
    [{"a": "x\x00"}, {"a\x00": 1}, [["\ud800"]], {"a": {"\udfff": 1}}],
    ids=["nul", "key", "surrogate", "deep"],
)
async def test_free_content_that_postgresql_cannot_hold_is_refused(unit, margin):
    answer = await unit.post("/marginalia", content=json.dumps({"margin": margin}),
                             headers={"Content-Type": "application/json"})  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_number_that_the_database_cannot_hold_is_refused(unit):
    answer = await unit.post("/numbers", {"number": 2**40})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_key_used_with_another_query_is_refused(unit):
    assert (await unit.post("/notes?dry_run=true", {"text": "一"}, key="k")).status_code == 201
    answer = await unit.post("/notes?dry_run=false", {"text": "一"}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


async def test_complaints_are_chinese(unit):
    answer = await unit.post("/numbers", {"number": [], "tags": 1, "low": 1, "name": "非"})
    said = {e["pointer"]: e["detail"] for e in answer.json()["errors"]}
    assert sorted(said) == ["/low", "/name", "/number", "/tags"]
    assert not [text for text in said.values() if any("a" <= letter.lower() <= "z" for letter in text)]
    assert said["/name"] == "不能叫此名。"


@pytest.mark.parametrize("content", ["[" * 9000, '{"text": ' + "9" * 5000 + "}"], ids=["deep", "huge number"])
async def test_content_that_cannot_be_read_is_refused_and_says_what_to_do(unit, content):
    answer = await unit.post("/notes", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["detail"] == "请检查请求内容的格式和编码后重新提交。"


async def test_a_method_that_is_not_offered_is_refused_and_says_what_to_do(unit):
    answer = await unit.request("PATCH", "/notes")
    assert (answer.status_code, answer.json()["detail"]) == (405, "请按接口文档所列的方法请求。")


async def test_an_address_with_a_slash_too_many_is_not_redirected_to_the_host_a_client_names(unit):
    answer = await unit.request("GET", "/notes/", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert "location" not in answer.headers


async def test_an_exhausted_pool_is_an_outage_and_not_a_mistake(unit, api, monkeypatch):
    def exhausted(*_, **__):
        raise PoolTimeout("QueuePool limit of size 8 overflow 2 reached")

    monkeypatch.setattr("chassis.db.AsyncSession.scalar", exhausted)
    answer = await unit.get("/notes")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_a_database_that_is_starting_is_an_outage():
    assert is_infrastructure(asyncpg.CannotConnectNowError("starting up"))
    assert is_infrastructure(asyncpg.TooManyConnectionsError("too many"))
    assert not is_infrastructure(asyncpg.UniqueViolationError("twice"))


async def test_an_answer_that_breaks_its_model_is_not_printed(unit, log):
    await unit.post("/mistakes", {"text": "王小明的秘密"})
    assert "request.failed" in log.getvalue()
    assert "王小明" not in log.getvalue()


async def test_an_answer_with_a_secret_is_repeated_but_lies_encrypted(unit, db):
    first = await unit.post("/secrets", {"text": "口令"}, key="once")
    again = await unit.post("/secrets", {"text": "口令"}, key="once")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json() == first.json()
    (row,) = await db.scalars(select(IdempotencyRow))
    assert (row.body, row.headers["x-sealed"]["key_id"]) == (b"", persons.newest_key())
    assert "秘密" not in str(row.headers)
