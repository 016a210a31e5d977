"""`zc backup` and `zc restore`: one moment of all databases, the files they name, and the keys to read them.

Broker data is not kept: the outboxes hold every event, and a relay that meets a new cluster publishes all of them
again; inboxes know what was taken in before. So restoring needs no agreement between databases and broker.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from chassis.testing.postgres import dsn_of
from chassis.testing.postgres_files import ADMIN, binaries_for, password_in

from zc.console import home, one_sentence, say
from zc.home import HOST, Home
from zc.stack import Stack
from zc.suite import Suite
from zc.table import SERVICES, Service
from zc.trouble import Trouble, said_plainly

_KEPT = ("secrets.json", "platform", "clock")
"""Beside databases and files: the keys without which nothing can be read, and the stand-in's accounts."""
_SERVERS = ("servers", "brokers")
"""Which servers the files and accounts belong to."""
Folder = Annotated[Path, typer.Argument(help="The folder of the backup.")]


def backup(folder: Folder) -> None:
    """Keep the running suite's databases at one moment, its files and its keys in a new folder."""
    with one_sentence(), said_plainly():
        suite = Suite.running(home())
        if folder.exists() and any(folder.iterdir()):
            raise Trouble(f"{folder} is not empty; a backup wants a folder of its own.")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        with paused(suite, *(row.name for row in SERVICES)):
            for row in SERVICES:
                if _exists(suite, row):
                    say(f"dumping {row.name}")
                    _dump(suite, row, folder)
            taken_at = datetime.now(UTC)
        # After the databases: files are named by their content and never change, so each hash in them is there.
        say("copying files and keys")
        with paused(suite, "platform"):  # Keycloak's accounts are a database of its own
            _copy(suite.home, folder)
        _write_list(folder, taken_at, suite.home)
        say(f"kept in {folder}; it holds the keys, so treat it as a secret")


def restore(folder: Folder) -> None:
    """Fill an empty state directory from a backup; `zc up` then publishes what the broker has lost."""
    with one_sentence(), said_plainly():
        where = home()
        if (where.root / "state.json").exists():
            raise Trouble(
                f"There is a stack in {where.root}: name an empty directory, or `zc reset` it first."
            )
        told = check(folder)
        where.root.mkdir(parents=True, exist_ok=True)
        for name in (*_KEPT, "s3"):
            _copy_one(folder / name, where.root / name)
        say("starting the servers")
        servers = {name: told[name] for name in _SERVERS if name in told}
        with Stack(where.root, **servers, free_ports=True, services=()) as stack:
            assert stack.postgres is not None
            for row in SERVICES:
                if (folder / f"{row.database}.dump").exists():
                    say(f"restoring {row.name}")
                    stack.postgres.create_database(row.database, row.owner, row.app)
                    _load(stack, row, folder)
        say(f"restored into {where.root}: `zc up` starts it, `zc doctor` examines it")


def check(folder: Path) -> dict[str, Any]:
    """What the backup says of itself; raises `Trouble` unless it is complete and unchanged."""
    listed = folder / "backup.json"
    if not listed.exists():
        raise Trouble(f"{folder} holds no finished backup.")
    told: dict[str, Any] = json.loads(listed.read_text())
    for name, expected in told["files"].items():
        if not (folder / name).is_file() or _sum(folder / name) != expected:
            raise Trouble(f"{name} of the backup in {folder} is missing or has changed.")
    return told


@contextmanager
def paused(suite: Suite, *names: str) -> Iterator[None]:
    """None of these writes while this lasts: seven dumps are one moment. Relays reconnect by themselves afterwards."""
    processes: dict[str, int] = suite.home.read_state().get("processes", {})
    stopped = [processes[name] for name in names if name in processes]
    try:
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in stopped:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def _exists(suite: Suite, row: Service) -> bool:
    with psycopg.connect(dsn_of(suite.home.postgres, suite.ports["postgres"])) as admin:
        found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (row.database,))
        return found.fetchone() is not None


def _dump(suite: Suite, row: Service, folder: Path) -> None:
    _run(suite, "pg_dump", "--format=custom", f"--file={folder / row.database}.dump", row.database)


def _load(suite: Suite, row: Service, folder: Path) -> None:
    options = ("--exit-on-error", "--single-transaction", "--clean", "--if-exists")
    _run(suite, "pg_restore", *options, f"--dbname={row.database}", str(folder / f"{row.database}.dump"))


def _run(suite: Suite, program: str, *words: str) -> None:
    told = {
        "PATH": "/usr/bin:/bin", "PGHOST": HOST, "PGPORT": str(suite.ports["postgres"]), "PGUSER": ADMIN,
        "PGPASSWORD": password_in(suite.home.postgres),  # which the process list must not show
    }  # fmt: skip
    command = [str(binaries_for(None) / program), *words]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[0]
        raise Trouble(f"{program} failed: {reason}")


def _copy(where: Home, folder: Path) -> None:
    for name in (*_KEPT, "s3"):
        _copy_one(where.root / name, folder / name)


def _copy_one(source: Path, target: Path) -> None:
    if source.is_dir():
        try:
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        except shutil.Error as error:
            # What the living store let go of meanwhile is named by no row.
            if left := [why for path, _, why in error.args[0] if Path(path).exists()]:
                raise OSError(left[0]) from error
    elif source.exists():
        shutil.copy2(source, target)


def _write_list(folder: Path, taken_at: datetime, where: Home) -> None:
    """Last of all, so that its presence says that the backup is whole."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    sums = {str(path.relative_to(folder)): _sum(path) for path in files}
    state = where.read_state()
    servers = {name: state[name] for name in _SERVERS}
    text = json.dumps({"taken_at": taken_at.isoformat(), **servers, "files": sums}, indent=1)
    (folder / "backup.json").write_text(text + "\n")


def _sum(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
