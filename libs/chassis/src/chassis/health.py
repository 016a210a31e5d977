"""Alive, ready, measured: what an orchestrator asks a process."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text

from chassis import metrics
from chassis.db import Sessions

PATIENCE = 3.0  # seconds for one check

Check = Callable[[], Awaitable[Any] | Any]


class NotReady(Exception):
    """Something this process needs is missing; says what in one sentence without personal data."""


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Readiness(BaseModel):
    """Whether requests may be sent here, and each dependency's state: `ok` or what is wrong."""

    status: str
    checks: dict[str, str]


async def database(sessions: Sessions) -> None:
    """Raise unless the database answers."""
    async with sessions() as db:
        await db.execute(text("SELECT 1"))


async def demand(condition: Awaitable[Any] | Any, otherwise: str) -> None:
    """Raise `NotReady` with this sentence unless the condition holds."""
    if not (await condition if inspect.isawaitable(condition) else condition):
        raise NotReady(otherwise)


async def inspected(checks: Mapping[str, Check]) -> dict[str, str]:
    """The state of every dependency, asked at the same time."""
    states = await asyncio.gather(*(_state(check) for check in checks.values()))
    return dict(zip(checks, states, strict=True))


async def _state(check: Check) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            answer = check()
            if inspect.isawaitable(answer):
                answer = await answer
    except NotReady as missing:
        return str(missing)
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # messages of drivers hold addresses and passwords
        return type(error).__name__
    return "ok" if answer is None or answer else "not ready"


def routes(checks: Mapping[str, Check]) -> APIRouter:
    """`/livez`, `/readyz` and `/metrics`; never mounted at the gateway."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def alive() -> Alive:
        """Say that the event loop turns; no input or output."""
        return Alive()

    @router.get("/readyz", response_model=Readiness)
    async def ready() -> JSONResponse:
        """Say whether everything this process needs can be reached, by name."""
        states = await inspected(checks)
        well = all(state == "ok" for state in states.values())
        body = Readiness(status="ready" if well else "not ready", checks=states)
        return JSONResponse(body.model_dump(), 200 if well else 503)

    @router.get("/metrics", response_class=Response)
    async def measured() -> Response:
        """All metrics of this process."""
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    return router
