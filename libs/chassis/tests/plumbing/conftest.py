"""A service of no trade on a real database and a real store."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from chassis import logs, sniff
from chassis.auth import KnownKey
from chassis.db import transaction
from chassis.files import FileRule, file_routes
from chassis.jobs import Jobs, Run
from chassis.migrate import migrate
from chassis.service import Runtime, Service
from chassis.settings import Settings, settings_for
from chassis.testing.clients import KEY, KID, Api
from chassis.testing.postgres import Postgres
from chassis.testing.s3 import S3
from chassis.web import Router
from sqlalchemy import text

RULES = {
    "proof": FileRule(frozenset({sniff.PDF, sniff.JPEG, sniff.PNG}), 200 * 1024),
    "roster": FileRule(frozenset({sniff.XLSX}), 1024 * 1024),
}


class SpecimenSettings(Settings):
    """Nothing of its own."""

    model_config = settings_for("SPECIMEN_")


@pytest.fixture(scope="session")
def specimen() -> Service:
    """A service with uploads and nothing else."""
    router = Router()
    router.include_router(file_routes(RULES))
    return Service("specimen", title="样本", settings=SpecimenSettings, routers=[router], jobs=Jobs())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bed(
    specimen: Service,
    postgres: Postgres,
    store: S3,
    shift_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Runtime]:
    """The running parts of the specimen."""
    postgres.create_database("specimen", "specimen_owner", "specimen_app")
    settings = SpecimenSettings(
        database_url=postgres.dsn("specimen", "specimen_app"),
        owner_database_url=postgres.dsn("specimen", "specimen_owner"),
        person_ref_key="test-person-ref-key-test-person-ref-key",
        seal_key="ab" * 32,
        clock_shift_file=shift_file,
        **store.settings(),
    )
    logs.setup("specimen")
    empty = tmp_path_factory.mktemp("migrations")
    (empty / "versions").mkdir()
    migrate(empty, settings.owner_database_url, settings.database_url)
    runtime = specimen.runtime(settings)
    await runtime.files.ensure_buckets()
    async with transaction(runtime.sessions) as db:
        db.add(KnownKey(id=uuid4(), revision=1, kid=KID, jwk=KEY.as_dict(private=False)))
    yield runtime
    await runtime.engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def run(bed: Runtime) -> Run:
    """What jobs get, with nothing waiting."""
    async with transaction(bed.sessions) as db:
        for table in ("deadline", "work", "stored_file", "procrastinate_jobs"):
            await db.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names from this list
    return Run.of(bed)


@pytest.fixture
def calls(specimen: Service, bed: Runtime, run: Run) -> Api:
    """Clients of the specimen."""
    app = specimen.bare_app()
    app.state.runtime = bed
    return Api(app, "specimen", bed.settings.issuer)


@pytest.fixture
def shifted(shift_file: Path) -> Iterator[Callable[[float], None]]:
    """Move business time by seconds."""
    import os

    changes = 10

    def shift(seconds: float) -> None:
        nonlocal changes
        changes += 1
        shift_file.write_text(str(seconds))
        os.utime(shift_file, ns=(changes, changes))

    with _restored(shift):
        yield shift


@contextmanager
def _restored(shift: Callable[[float], None]) -> Iterator[None]:
    try:
        yield
    finally:
        shift(0)
