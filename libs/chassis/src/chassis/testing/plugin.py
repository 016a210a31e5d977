"""The pytest plugin: a throw-away database and store per session, empty tables per test, twice-delivered events."""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import pytest_asyncio

from chassis import clock as clocks

if TYPE_CHECKING:
    from contracts.event import Event
    from sqlalchemy.ext.asyncio import AsyncSession

    from chassis.service import Runtime, Service
    from chassis.testing.clients import Api
    from chassis.testing.postgres import Postgres
    from chassis.testing.s3 import S3

# What stays when tables are emptied.
_KEPT = {"known_key", "alembic_version", "chassis_version", "procrastinate_version", "outbox_life"}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Postgres"]:
    """A PostgreSQL server that lives as long as the session."""
    from chassis.testing.postgres import start_postgres

    server = start_postgres(tmp_path_factory.mktemp("postgres"), durable=False)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator["S3"]:
    """A real S3 server that lives as long as the session."""
    from chassis.testing.s3 import start_s3

    server = start_s3(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shift_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests' time travel is written."""
    return tmp_path_factory.mktemp("clock") / "shift"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def runtime(
    service: "Service", postgres: "Postgres", store: "S3", shift_file: Path
) -> AsyncIterator["Runtime"]:
    """The service under test, connected to a migrated database and a store."""
    from chassis import telemetry
    from chassis.auth import KnownKey
    from chassis.migrate import migrate
    from chassis.testing.clients import KEY, KID

    name, prefix = service.name, service.name.upper()
    postgres.create_database(name, f"{name}_owner", f"{name}_app")
    environment = {
        f"{prefix}_DATABASE_URL": postgres.dsn(name, f"{name}_app"),
        f"{prefix}_OWNER_DATABASE_URL": postgres.dsn(name, f"{name}_owner"),
        f"{prefix}_S3_ACCESS_KEY": store.access_key,
        f"{prefix}_S3_SECRET_KEY": store.secret_key,
        "S3_ENDPOINT": store.endpoint,
        "S3_PUBLIC_ENDPOINT": store.endpoint,
        "PERSON_REF_KEY": "test-person-ref-key-test-person-ref-key",
        "SEAL_KEY": "ab" * 32,
        "CLOCK_SHIFT_FILE": str(shift_file),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    }
    os.environ.update(environment)
    settings = service.settings_class()
    migrate(service.migrations, settings.owner_database_url, settings.database_url)
    telemetry.setup(name, settings)
    runtime = service.runtime(settings)
    await runtime.files.ensure_buckets()
    async with runtime.sessions() as db:
        db.add(KnownKey(id=uuid4(), revision=1, kid=KID, jwk=KEY.as_dict(private=False)))
        await db.commit()
    yield runtime
    await runtime.engine.dispose()
    for variable in environment:
        os.environ.pop(variable, None)


@pytest_asyncio.fixture(loop_scope="session")
async def empty(runtime: "Runtime", shift_file: Path) -> AsyncIterator[None]:
    """Empty tables and real time, before every test that touches the database."""
    from sqlalchemy import text

    Clock(shift_file).reset()
    async with runtime.sessions() as db:
        names = await db.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        wanted = ", ".join(f'"{name}"' for name in names if name not in _KEPT)
    await _as_owner(runtime, f"TRUNCATE {wanted} RESTART IDENTITY CASCADE")
    yield


async def _as_owner(runtime: "Runtime", statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(runtime.settings.owner_database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def db(runtime: "Runtime", empty: None) -> AsyncIterator["AsyncSession"]:
    """A session to arrange rows with and to look at them; tests may commit."""
    async with runtime.sessions() as session:
        yield session


@pytest.fixture
def api(service: "Service", runtime: "Runtime", empty: None) -> "Api":
    """Clients of the service in process."""
    from chassis.testing.clients import Api

    app = service.bare_app()
    app.state.runtime = runtime
    return Api(app, service.name, runtime.settings.issuer)


@pytest.fixture
def emitted(runtime: "Runtime", empty: None) -> Callable[[], Awaitable[list["Event"]]]:
    """The events emitted in this test so far, in order, each checked against its schema."""

    async def read() -> list["Event"]:
        import contracts.all  # noqa: F401 - fills the registry
        from contracts.envelope import Envelope, decode
        from sqlalchemy import select

        from chassis.outbox import OutboxRow

        async with runtime.sessions() as session:
            rows = list(await session.scalars(select(OutboxRow).order_by(OutboxRow.seq)))  # type: ignore[arg-type]
        events = []
        for row in rows:
            envelope = Envelope.of([(name, value.encode()) for name, value in row.headers.items()])
            event = decode(envelope, row.body.encode())
            assert event is not None, f"{row.type} is not declared"
            assert event.topic == row.topic
            events.append(event)
        return events

    return read


class Deliver:
    """Hands events to the service's consumers, as Kafka would: more than once."""

    def __init__(self, service: "Service", runtime: "Runtime") -> None:
        from chassis.intake import Intake

        self._intake = Intake(runtime.sessions, service.consumers)
        self._offset = 0

    async def __call__(self, *events: "Event") -> None:
        """Deliver each event twice in one batch and once more later, under one id."""
        records = [self._record(event) for event in events]
        for record in records:
            await self._intake.take([record, record])
        await self._intake.take(records)

    async def once(self, event: "Event") -> None:
        """Deliver an event a single time; an old one delivered after a newer one is late."""
        await self._intake.take([self._record(event)])

    def _record(self, event: "Event") -> Any:
        from contracts.envelope import Envelope
        from contracts.topics import TOPICS

        from chassis.consume import Record

        self._offset += 1
        source = f"//test/{TOPICS[event.topic].owner}"
        envelope = Envelope(uuid4(), event.type, source, clocks.now(), event.subject, uuid4())
        return Record(
            event.topic, 0, self._offset, str(event.subject).encode(), tuple(envelope.headers()),
            event.model_dump_json().encode(),
        )  # fmt: skip


@pytest.fixture
def deliver(service: "Service", runtime: "Runtime", empty: None) -> Deliver:
    """Deliver events to the service's consumers."""
    return Deliver(service, runtime)


class Clock:
    """Time travel for business time."""

    _changes = 1

    def __init__(self, shift_file: Path) -> None:
        self._file = shift_file

    def reset(self) -> None:
        """Real time."""
        self._shift(timedelta())

    def set(self, instant: datetime) -> None:
        """Make it this instant."""
        self._shift(instant - clocks.real_now())

    def advance(self, **delta: float) -> None:
        """Go forward, e.g. `days=5`."""
        self._shift(clocks.shift() + timedelta(**delta))

    def _shift(self, shift: timedelta) -> None:
        self._file.write_text(str(shift.total_seconds()))
        # Two changes within one tick of the file system's clock must both be seen.
        Clock._changes += 1
        os.utime(self._file, ns=(Clock._changes, Clock._changes))


@pytest.fixture
def clock(runtime: "Runtime", empty: None, shift_file: Path) -> Clock:
    """Time travel for business time."""
    return Clock(shift_file)


@pytest.fixture
def run_jobs(service: "Service", runtime: "Runtime", empty: None) -> Callable[[], Awaitable[None]]:
    """Run deferred tasks and due deadlines until there are none left."""

    async def run() -> None:
        from chassis.jobs import run_until_quiet

        await run_until_quiet(service.jobs, runtime)

    return run


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker wherever tests are run."""
    config.addinivalue_line("markers", "req(*ids): the requirement rows that this test proves")
    with suppress(ImportError):
        import contracts.all  # noqa: F401


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell `tests/run.py` how each test ended and which requirements it proves."""
    report = yield
    destination = os.environ.get("TEST_REPORT")
    if destination and (report.when == "call" or report.outcome != "passed"):
        reqs = [name for marker in item.iter_markers("req") for name in marker.args]
        line = json.dumps({"test": item.nodeid, "outcome": report.outcome, "when": report.when, "reqs": reqs})
        with open(destination, "a") as file:
            file.write(line + "\n")
    return report
