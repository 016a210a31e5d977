"""One trace from the gateway on, and nothing personal in it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from chassis import health, telemetry
from fastapi import FastAPI

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
Spans = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def spans(tmp_path: Path) -> Iterator[Spans]:
    file = tmp_path / "spans" / "all.jsonl"
    telemetry.setup("specimen", SimpleNamespace(log_level="INFO", otlp_endpoint="", spans_file=str(file)))

    def read() -> list[dict[str, Any]]:
        telemetry.flush()
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    yield read
    telemetry.shutdown()


def an_app() -> FastAPI:
    app = FastAPI(telemetry=telemetry.config())
    app.include_router(health.routes({}))

    @app.get("/things/{thing}")
    async def show(thing: str) -> dict[str, str | None]:
        return {"traceparent": telemetry.current_traceparent(), "trace_id": telemetry.current_trace_id()}

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("张三 13812345678")

    return app


def a_client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(an_app(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_the_gateways_trace_is_continued(spans: Spans) -> None:
    async with a_client() as client:
        body = (await client.get("/things/7", headers={"traceparent": PARENT})).json()
    assert body["trace_id"] == TRACE
    [span] = spans()
    assert (span["trace_id"], span["parent_id"], span["name"]) == (
        TRACE,
        "b7ad6b7169203331",
        "GET /things/{thing}",
    )
    assert span["span_id"] == body["traceparent"].split("-")[2]


async def test_a_query_string_is_never_exported(spans: Spans) -> None:
    async with a_client() as client:
        await client.get("/things/7?name=张三&id=110101199003077758", headers={"user-agent": "li-si"})
    [span] = spans()
    assert span["attributes"]["url.query"] == ""
    assert span["attributes"]["http.response.status_code"] == 200
    assert set(span["attributes"]) <= telemetry.ALLOWED | telemetry.BLANKED
    for secret in ("张三", "%E5", "110101199003077758", "li-si"):
        assert secret not in json.dumps(span, ensure_ascii=False)


async def test_an_unknown_address_is_not_exported(spans: Spans) -> None:
    async with a_client() as client:
        await client.get("/people/张三")
        await client.get("/things/110101199003077758")
    first, second = spans()
    assert "url.path" not in first["attributes"]
    assert second["attributes"]["url.path"] == "/things/***"


async def test_an_error_is_exported_by_its_type_only(spans: Spans) -> None:
    async with a_client() as client:
        assert (await client.get("/broken")).status_code == 500
    with pytest.raises(ValueError, match="张三"), telemetry.span_from(None, "consume"):
        raise ValueError("张三 13812345678")
    exported = spans()
    assert [span["status"] for span in exported] == ["ERROR", "ERROR"]
    assert [span["attributes"]["error.type"] for span in exported] == ["RuntimeError", "ValueError"]
    assert "张三" not in json.dumps(exported, ensure_ascii=False)


async def test_health_is_not_traced(spans: Spans) -> None:
    async with a_client() as client:
        for path in ("/livez", "/readyz", "/metrics"):
            await client.get(path)
    assert spans() == []


def test_a_record_continues_its_own_trace_not_the_readers(spans: Spans) -> None:
    attributes = {"messaging.kafka.offset": 7, "phone": "13812345678"}
    with telemetry.span_from(None, "loop"):
        with telemetry.span_from(PARENT, "consume units.unit.created.v1", attributes):
            inner = telemetry.current_traceparent()
        with telemetry.span_from("nonsense", "consume"):
            assert telemetry.current_trace_id() != TRACE
    assert inner is not None
    assert inner.split("-")[1] == TRACE
    consumed = spans()[0]
    assert (consumed["trace_id"], consumed["parent_id"]) == (TRACE, PARENT.split("-")[2])
    assert consumed["attributes"] == {"messaging.kafka.offset": 7}


def test_outside_of_any_span_there_is_no_trace() -> None:
    assert telemetry.current_traceparent() is None
    assert telemetry.current_trace_id() is None


async def test_requests_are_measured_by_route(spans: Spans) -> None:
    async with a_client() as client:
        await client.get("/things/7?name=张三")
        text = (await client.get("/metrics")).text
    assert 'http_route="/things/{thing}"' in text
    assert "张三" not in text
