"""Migrations: the chassis' tables, procrastinate's schema, then the service's own; as the owner role, on psycopg."""

import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlmodel import SQLModel

from chassis import audit, auth, files, idempotency, inbox, jobs, outbox, work
from chassis.settings import Settings

if TYPE_CHECKING:
    from chassis.service import Service

_CHASSIS = Path(__file__).parent / "migrations"
_MODULES = (audit, auth, files, idempotency, inbox, jobs, outbox, work)
CHASSIS_TABLES = frozenset(
    str(mapper.local_table.name)  # type: ignore[attr-defined]
    for mapper in SQLModel._sa_registry.mappers
    if mapper.class_.__module__.startswith("chassis.")
)


def migrate(directory: Path, owner_url: str, app_url: str) -> None:
    """Bring a database to this release by a service's alembic directory; safe to run again.

    Every migration must pass while the previous release is running.
    """
    engine = create_engine(_psycopg(owner_url))
    with engine.begin() as connection:
        # Two launchers at once wait for each other.
        connection.execute(text("SELECT pg_advisory_xact_lock(7)"))
        _upgrade(connection, _CHASSIS, "chassis_version")
        _procrastinate(connection)
        _recognise_life(connection)
        _upgrade(connection, directory, "alembic_version")
        _grant(connection, urlparse(app_url).username or "")
    engine.dispose()


def autogenerate(service: "Service", settings: Settings, message: str) -> Path:
    """Write the next migration of a service from the difference between its tables and the database."""
    import_module(f"{service.name}.tables")
    engine = create_engine(_psycopg(settings.owner_database_url))
    with engine.connect() as connection:
        path = write_migration(
            connection, service.migrations, message, ours=lambda name: name not in CHASSIS_TABLES
        )
    engine.dispose()
    return path


def write_migration(connection: Connection, directory: Path, message: str, *, ours: Any) -> Path:
    """Render what differs between the metadata's tables that are `ours` and the database into a new file."""

    def included(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        return not (kind == "table" and (not ours(name) or (reflected and compare_to is None)))

    context = MigrationContext.configure(connection, opts={"include_object": included, "compare_type": True})
    script = produce_migrations(context, SQLModel.metadata)
    assert script.upgrade_ops is not None
    body = render_python_code(script.upgrade_ops, migration_context=context)
    versions = sorted((directory / "versions").glob("[0-9]*.py")) if (directory / "versions").is_dir() else []
    number = f"{len(versions) + 1:04d}"
    previous = f'"{versions[-1].name[:4]}"' if versions else "None"
    path = directory / "versions" / f"{number}_{message.lower().replace(' ', '_')}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_TEMPLATE.format(message=message, number=number, previous=previous, body=body))
    return path


_TEMPLATE = '''"""{message}."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import chassis.outbox

revision = "{number}"
down_revision = {previous}


def upgrade() -> None:
    {body}
'''


def _upgrade(connection: Connection, directory: Path, version_table: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_CHASSIS))
    config.set_main_option("version_locations", str(directory / "versions"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = version_table
    command.upgrade(config, "head")


def _procrastinate(connection: Connection) -> None:
    if connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        # Several statements in one string: only the driver itself takes that, without parameters.
        connection.connection.cursor().execute(jobs.PROCRASTINATE_SCHEMA)


def _recognise_life(connection: Connection) -> None:
    """Count a life more when another cluster, or a recovered one, holds the database than last time.

    Its transaction ids may be smaller than those in the outbox; the feed orders events by life first. A life's number
    grows with real time: a second restore of one backup must not repeat the life that readers of the first one met.
    """
    cluster = connection.execute(text(_CLUSTER)).scalar_one()
    known = connection.execute(
        text("SELECT life, cluster FROM outbox_life ORDER BY life DESC LIMIT 1")
    ).first()
    if known is not None and known.cluster == cluster:
        return
    life = 0 if known is None else max(known.life + 1, int(time.time() // 60))
    connection.execute(
        text("INSERT INTO outbox_life VALUES (:life, :cluster)"), {"life": life, "cluster": cluster}
    )
    connection.execute(text(f"ALTER TABLE outbox ALTER COLUMN life SET DEFAULT {life}"))


_CLUSTER = "SELECT system_identifier || '/' || timeline_id FROM pg_control_system(), pg_control_checkpoint()"


def _grant(connection: Connection, role: str) -> None:
    if not role.replace("_", "").isalnum():
        raise ValueError("the app role's name must be letters, digits and underscores")
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}",
        # What was written once stays as it was.
        "REVOKE UPDATE, DELETE ON audit_entry, access_log FROM {role}",
    ):
        connection.execute(text(statement.format(role=role)))


def _psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
