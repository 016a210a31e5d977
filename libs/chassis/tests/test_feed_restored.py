"""The feed after a restore into another cluster, whose transaction ids begin anew: by pg_dump and pg_restore."""

import os
import subprocess

import asyncpg
import orjson
import pytest
from chassis.db import engine_for, sessions_for
from chassis.feed import Place, portion
from chassis.migrate import migrate
from chassis.testing.postgres import start_postgres
from chassis.testing.postgres_files import ADMIN, binaries_for, password_in
from feed_events import TOPIC, written_to

NAME, OWNER, APP = "restored", "restored_owner", "restored_app"


@pytest.fixture(scope="module")
def other_cluster(tmp_path_factory):
    """A PostgreSQL server that has seen next to nothing."""
    server = start_postgres(tmp_path_factory.mktemp("other"), durable=False)
    yield server
    server.stop()


async def read(sessions, after=Place()):
    async with sessions() as db:
        found = await portion(db, TOPIC, after, limit=100)
    return [orjson.loads(event)["data"]["state"]["name"] for event in found.events], found.next


def dumped_into(postgres, other, folder):
    """Copy the database as operators do."""
    file = folder / "kept.dump"
    for server, words in (
        (postgres, ["pg_dump", "--format=custom", f"--file={file}", NAME]),
        (other, ["pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={NAME}", str(file)]),
    ):
        told = {
            "PATH": os.environ["PATH"], "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": ADMIN,
            "PGPASSWORD": password_in(server.directory),
        }  # fmt: skip
        subprocess.run([str(binaries_for(None) / words[0]), *words[1:]], env=told, check=True)


async def test_cursors_outlive_the_cluster(service, postgres, other_cluster, tmp_path):
    for server in (postgres, other_cluster):
        server.create_database(NAME, OWNER, APP)
    migrate(service.migrations, postgres.dsn(NAME, OWNER), postgres.dsn(NAME, APP))
    first = engine_for(postgres.dsn(NAME, APP))
    sessions = sessions_for(first)
    await run_ahead(postgres.dsn(NAME, APP))
    await written_to(sessions, "备份前")
    _, cursor = await read(sessions)
    dumped_into(postgres, other_cluster, tmp_path)
    await written_to(sessions, "备份后")  # lost with the first cluster, but somebody had read it
    _, ahead = await read(sessions)
    await first.dispose()

    second = engine_for(other_cluster.dsn(NAME, APP))
    sessions = sessions_for(second)
    migrate(service.migrations, other_cluster.dsn(NAME, OWNER), other_cluster.dsn(NAME, APP))
    await written_to(sessions, "恢复后")
    assert (await read(sessions))[0] == ["备份前", "恢复后"]
    assert (await read(sessions, cursor))[0] == ["恢复后"]
    names, newest = await read(sessions, ahead)
    assert names == ["恢复后"]
    assert newest.life > cursor.life
    assert newest.xid < cursor.xid  # the ids did begin anew
    await second.dispose()


async def run_ahead(dsn):
    connection = await asyncpg.connect(dsn)
    for _ in range(3000):
        await connection.execute("SELECT pg_current_xact_id()")
    await connection.close()
