"""The runbook's own commands bring the databases back to a moment; outboxes and a new broker do the rest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from chassis.testing.postgres import destroy_postgres, start_postgres
from chassis.testing.postgres_files import Account, binaries_for, data_directory
from zc.deployables import ROOT
from zc.home import HOST
from zc.stack import Stack

CHOSEN = ("identity", "units")
PAGE = (ROOT / "docs" / "operations" / "backup.md").read_text()
SECTION = PAGE[PAGE.index("## To a point in time") : PAGE.index("## Afterwards, always")]
SET_UP, AFTERWARDS = re.findall(r"```sql\n(.*?)```", SECTION, re.S)
NIGHTLY, RESTORE = re.findall(r"```sh\n(.*?)```", SECTION, re.S)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Where the stack lies, where it is brought back to, and what PostgreSQL's account keeps in between."""
    kept = Path(tempfile.mkdtemp(prefix="title-review-kept-", dir="/var/tmp"))
    kept.chmod(0o777)
    archive = kept / "archive"
    archive.mkdir(mode=0o777)
    archive.chmod(0o777)
    yield {"before": tmp_path / "before", "after": tmp_path / "after", "KEPT": kept, "ARCHIVE": archive}
    for name in ("before", "after"):
        destroy_postgres(tmp_path / name / "postgres")
    shutil.rmtree(kept)


def shell(commands: str, told: dict[str, str]) -> None:
    """Runs a block of the page."""
    path = f"{binaries_for(None)}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], env={"PATH": path} | told,
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def statements(directory: Path, text: str, folders: dict[str, Path]) -> list[Any]:
    """Starts the server alone and executes a block of the page, one statement after the other."""
    answers = []
    with (
        start_postgres(directory / "postgres") as server,
        psycopg.connect(server.dsn(), autocommit=True) as admin,
    ):
        for statement in text.replace("$ARCHIVE", str(folders["ARCHIVE"])).split(";\n"):
            if statement.strip():
                cursor = admin.execute(statement)  # type: ignore[call-overload]
                answers.append(cursor.fetchone() if cursor.description else None)
    return answers


def ask(stack: Stack, service: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a question to a service's database."""
    with psycopg.connect(stack.dsn(service, owner=True), autocommit=True) as db:
        cursor = db.execute(statement)  # type: ignore[call-overload]
        return list(cursor.fetchall()) if cursor.description else []


def new_key(stack: Stack) -> str:
    """Identity publishes another signing key, which is an event that everybody hears."""
    done = subprocess.run(
        [sys.executable, "-m", "identity", "rotate-keys"], env=stack.environment_of("identity"),
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    (kid,) = {row[0] for row in ask(stack, "identity", "SELECT kid FROM signing_key")} & set(
        re.findall(r"[\w-]+", done.stdout)
    )
    return str(kid)


def keys_known(stack: Stack) -> set[str]:
    """Identity's keys that units knows."""
    return {str(row[0]) for row in ask(stack, "units", "SELECT kid FROM known_key")}


def test_a_moment_comes_back_and_the_rest_is_heard_again(
    folders: dict[str, Path], until: Callable[..., Any]
) -> None:
    before, after = folders["before"], folders["after"]
    statements(before, SET_UP, folders)
    with Stack(before, free_ports=True, services=CHOSEN) as stack:
        assert stack.postgres is not None
        told = {name: str(folders[name]) for name in ("KEPT", "ARCHIVE")}
        told |= {"PGHOST": HOST, "PGPORT": str(stack.postgres.port), "PGUSER": "postgres"}
        shell(NIGHTLY, told | {"PGPASSWORD": stack.postgres.password})
        earlier = new_key(stack)
        until(lambda: earlier in keys_known(stack))
        # As if units had been late by every event at the moment that will be asked for.
        ask(stack, "units", "DELETE FROM inbox")
        ask(stack, "units", "DELETE FROM known_key")
        time.sleep(0.5)
        ((moment,),) = ask(stack, "units", "SELECT now()::text")
        time.sleep(0.5)
        later = new_key(stack)
        until(lambda: keys_known(stack) == {later})
        until_archived(stack, until)
        secret_numbers = stack.home.secrets

    bring_back(folders, told | {"MOMENT": moment})
    assert statements(after, AFTERWARDS, folders)[0] == (False,)
    with Stack(after, free_ports=True, services=CHOSEN) as stack:
        assert stack.home.secrets == secret_numbers
        until(lambda: earlier in keys_known(stack))
        assert later not in keys_known(stack)
        assert (later,) not in ask(stack, "identity", "SELECT kid FROM signing_key")
        unpublished = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        until(lambda: all(ask(stack, name, unpublished) == [(0,)] for name in CHOSEN))
        assert "relay.new-cluster" in (stack.home.logs / "identity.log").read_text()
        for name in CHOSEN:  # the runbook's last step: no findings
            subprocess.run([sys.executable, "-m", name, "doctor"], env=stack.environment_of(name), check=True)


def until_archived(stack: Stack, until: Callable[..., Any]) -> None:
    """Waits until the log as it is now lies in the archive."""
    assert stack.postgres is not None
    with psycopg.connect(stack.postgres.dsn(), autocommit=True) as admin:
        (last,) = admin.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ("",)
        archived = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
        until(lambda: admin.execute(archived, (last,)).fetchone() == (True,))


def bring_back(folders: dict[str, Path], told: dict[str, str]) -> None:
    """A state directory with the keys of the first, and the databases as the page brings them back."""
    before, after = folders["before"], folders["after"]
    after.mkdir()
    for name in ("secrets.json", "clock"):
        if (before / name).exists():
            shutil.copy2(before / name, after / name)
    shutil.copytree(before / "s3", after / "s3")
    shutil.copytree(before / "platform", after / "platform")
    (after / "postgres").mkdir()
    shutil.copy2(before / "postgres" / "password", after / "postgres" / "password")
    user = Account.unprivileged() if os.geteuid() == 0 else None
    data = data_directory(after / "postgres", user, durable=True)
    shell(RESTORE, told | {"PGDATA": str(data)})
    if user is not None:
        for path in (data, *data.rglob("*")):
            os.chown(path, user.uid, user.gid, follow_symlinks=False)
    data.chmod(0o700)
    (after / "postgres" / "initialised").touch()
