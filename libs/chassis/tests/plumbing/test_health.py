"""What an orchestrator asks."""

import asyncio

import httpx
import pytest
from chassis import health
from chassis.service import Runtime, Service
from fastapi import FastAPI


def a_client(checks: dict[str, health.Check]) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(health.routes(checks))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_alive_asks_nothing() -> None:
    async with a_client({"database": lambda: 1 / 0}) as client:
        assert (await client.get("/livez")).json() == {"status": "alive"}


async def test_ready_with_database_and_store(bed: Runtime) -> None:
    checks = {"database": lambda: health.database(bed.sessions), "store": bed.files.ready}
    async with a_client(checks) as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (200, {"database": "ok", "store": "ok"})


async def test_ready_names_each_failed_dependency_without_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.1)

    async def hangs() -> None:
        await asyncio.sleep(60)

    async def breaks() -> None:
        raise ConnectionError("postgresql://user:secret@host")

    checks = {
        "broker": hangs,
        "database": breaks,
        "store": lambda: None,
        "fonts": lambda: False,
        "keys": lambda: health.demand(False, "no signing key is known yet"),
    }
    async with a_client(checks) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "checks": {
            "broker": "no answer in time",
            "database": "ConnectionError",
            "store": "ok",
            "fonts": "not ready",
            "keys": "no signing key is known yet",
        },
    }


async def test_metrics_are_in_prometheus_format() -> None:
    async with a_client({}) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for name in ("outbox_unpublished", "parked", "deadlines_overdue", "jobs_failed", "events_handled"):
        assert f"# HELP {name}" in answer.text


async def test_a_background_task_that_ended_by_an_error_is_named(specimen: Service, bed: Runtime) -> None:
    async def fail() -> None:
        raise RuntimeError("secret words")

    async def succeed() -> None:
        pass

    bed.background = [
        asyncio.create_task(fail(), name="listen"),
        asyncio.create_task(succeed(), name="other"),
    ]
    await asyncio.wait(bed.background)
    checks = specimen._checks(bed)
    try:
        assert await health.inspected({"background": checks["background"]}) == {
            "background": "ended by an error: listen"
        }
    finally:
        bed.background = ()
