"""A service: its name, settings, routers, consumers and jobs, put together into one application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from contracts.identity.v1 import KeyPublished, KeyRetired
from contracts.topics import TOPICS
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from faststream.kafka import KafkaBroker
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import clock, failpoint, health, job_worker, outbox, persons, problems, telemetry, work
from chassis.auth import Keys, keep_key
from chassis.bodylimit import limit_bodies
from chassis.broker import broker_for
from chassis.consume import Consumers
from chassis.db import Sessions, engine_for, sessions_for
from chassis.files import Files
from chassis.housekeeping import keep_house
from chassis.intake import Intake
from chassis.jobs import Jobs, Run
from chassis.kafka import client_arguments
from chassis.lag import watch_lag
from chassis.outage import outlasted
from chassis.relay import Relay, Waker
from chassis.settings import Settings
from chassis.web import MAX_BODY

log = structlog.get_logger()

_PATIENCE = 60.0
"""Seconds that a start may wait for what it needs."""

_REFUSED = 2.0
"""Seconds until somebody who was refused asks again."""

Check = Callable[["Runtime"], Any]


@dataclass
class Runtime:
    """What one process of a service holds while it runs; `app.state.runtime` in requests."""

    settings: Settings
    engine: AsyncEngine
    sessions: Sessions
    waker: Waker
    files: Files
    keys: Keys
    stopping: asyncio.Event = field(default_factory=asyncio.Event)  # set when the process begins to drain
    background: Sequence[asyncio.Task[None]] = ()  # what runs beside requests, and must not end by an error


class Service:
    """One deployable: `app.py` makes one of these and nothing else wires anything."""

    def __init__(
        self,
        name: str,
        *,
        title: str,
        settings: Callable[[], Settings],
        routers: Sequence[APIRouter],
        consumers: Consumers | None = None,
        jobs: Jobs | None = None,
        ready: dict[str, Check] | None = None,
        on_start: Callable[[Runtime], Any] | None = None,
        pages: Sequence[APIRouter] = (),
    ) -> None:
        self.name = name
        self.title = title
        self.settings_class = settings
        self.routers = routers
        self.consumers = consumers or Consumers()
        self.consumers.on(KeyPublished, KeyRetired)(keep_key)
        self.jobs = jobs or Jobs()
        self.ready = ready or {}
        self.on_start = on_start
        self.pages = pages  # what the gateway finds beside `/api/v1/<name>/`, under its own full path

    @property
    def migrations(self) -> Path:
        """The service's alembic directory: beside `src` in a checkout, inside the package when installed."""
        package = Path(str(import_module(self.name).__file__)).parent
        beside = package.parent.parent / "migrations"
        return beside if beside.is_dir() else package / "migrations"

    @property
    def topics(self) -> dict[str, list[str]]:
        """All that it does on the brokers: what it writes, what it reads, and in which group."""
        return {
            "writes": sorted(name for name, topic in TOPICS.items() if topic.owner == self.name),
            "reads": sorted(self.consumers.topics),
            "groups": [self.name],
        }

    def runtime(self, settings: Settings) -> Runtime:
        """Configure the process and connect lazily to database and store."""
        clock.configure(settings.clock_shift_file)
        failpoint.configure(settings.failpoints, settings.failpoints_dir, self.name)
        persons.configure(settings)
        outbox.configure(settings.province, self.name)
        engine = engine_for(settings.database_url)
        waker = Waker(settings.database_url)
        sessions = sessions_for(engine, waker)
        return Runtime(
            settings, engine, sessions, waker, Files(settings, self.name), Keys(sessions, settings.issuer)
        )

    def app(self, settings: Settings, *, api: bool = True, worker: bool = True) -> FastAPI:
        """The application: HTTP when `api`, relay, consumers and jobs when `worker`."""
        if worker:
            client_arguments(settings)  # what is missing is said now and not by everybody who tries
        telemetry.setup(self.name, settings)
        runtime = self.runtime(settings)

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            tasks = [asyncio.create_task(runtime.waker.run(), name="waker")]
            broker = None
            if worker:
                broker = await self._start_worker(runtime, tasks)
            runtime.background = tasks
            if self.on_start:
                with failpoint.doing("start"):
                    # A database that is being restarted is no reason to be restarted oneself.
                    await outlasted(partial(self.on_start, runtime), _PATIENCE)
            try:
                yield
            finally:
                runtime.stopping.set()
                await _stop(tasks, broker)
                await runtime.engine.dispose()
                telemetry.shutdown()

        app = self.bare_app(lifespan=lifespan, api=api)
        app.state.runtime = runtime
        app.include_router(health.routes(self._checks(runtime)))
        return app

    def bare_app(self, *, lifespan: Any = None, api: bool = True) -> FastAPI:
        """The routes alone, for the OpenAPI document and for tests."""
        app = FastAPI(
            title=self.title,
            version="1",
            lifespan=lifespan,
            openapi_url=f"/api/v1/{self.name}/openapi.json" if api else None,
            docs_url=None,
            redoc_url=None,
            # A redirect would name the host that the client claimed, and take the token there.
            redirect_slashes=False,
            telemetry=telemetry.config(),
            generate_unique_id_function=lambda route: f"{self.name}.{route.name}",
        )
        problems.install(app)
        limit_bodies(app, MAX_BODY)
        if api:
            for router in (*self.routers, work.work_routes()):
                app.include_router(router, prefix=f"/api/v1/{self.name}")
            for router in self.pages:
                app.include_router(router)
            app.openapi = lambda: self._openapi(app)  # type: ignore[method-assign]
        return app

    def _openapi(self, app: FastAPI) -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=self.title, version="1", routes=app.routes)
            components = document.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
            components["securitySchemes"] = {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}
            }
            document["security"] = [{"token": []}]
            app.openapi_schema = document
        return app.openapi_schema

    async def _start_worker(self, runtime: Runtime, tasks: list[asyncio.Task[None]]) -> KafkaBroker:
        tasks.append(asyncio.create_task(Relay(runtime.settings).run(), name="relay"))
        tasks.append(asyncio.create_task(keep_house(runtime.sessions, runtime.files), name="housekeeping"))
        tasks.extend(job_worker.start(self.jobs, Run.of(runtime)))
        intake = Intake(runtime.sessions, self.consumers)
        outcast = asyncio.Event()
        broker = broker_for(runtime.settings, self.name, self.consumers.topics, intake, outcast.set)
        tasks.append(asyncio.create_task(_listen(broker, outcast), name="listen"))
        watched = watch_lag(client_arguments(runtime.settings), self.name, self.consumers.topics)
        tasks.append(asyncio.create_task(watched, name="lag"))
        return broker

    def _checks(self, runtime: Runtime) -> dict[str, Callable[[], Any]]:
        checks: dict[str, Callable[[], Any]] = {
            "database": lambda: health.database(runtime.sessions),
            "keys": lambda: health.demand(runtime.keys.known(), "no signing key of identity is known yet"),
            "store": runtime.files.ready,
            "background": lambda: _running(runtime.background),
        }
        for name, check in self.ready.items():
            checks[name] = partial(check, runtime)
        return checks


PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what to do"},
        "code": {"type": "string"},
        "trace_id": {"type": ["string", "null"]},
        "retry_at": {"type": "string", "format": "date-time"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "rule", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the request"},
                    "rule": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


async def _listen(broker: KafkaBroker, outcast: asyncio.Event) -> None:
    """Listen until cancelled; a broker that is away is waited for, and a group that refuses us is asked again."""
    while True:
        outcast.clear()
        try:
            await broker.start()
            await outcast.wait()
            await asyncio.sleep(_REFUSED)
            await broker.stop()
        except (KafkaError, OSError) as error:
            log.warning("listen.waiting", error=type(error).__name__)
            with suppress(Exception):
                await broker.stop()  # else every attempt leaves a consumer behind
            await asyncio.sleep(1)
        except Exception as error:  # a mistake of ours: no waiting helps, and nobody must miss it
            log.error("listen.failed", exc_info=error)
            raise


def _running(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Raise `NotReady` naming what has ended by an error: nobody else would notice."""
    failed = [
        task.get_name()
        for task in tasks
        if task.done() and not task.cancelled() and task.exception() is not None
    ]
    if failed:
        raise health.NotReady(f"ended by an error: {', '.join(failed)}")


async def _stop(tasks: list[asyncio.Task[None]], broker: KafkaBroker | None) -> None:
    if broker is not None:
        with suppress(Exception):
            await asyncio.wait_for(broker.stop(), 8)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
