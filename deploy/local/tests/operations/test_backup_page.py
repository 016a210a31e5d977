"""The backup page's commands for compose, run as they stand there: what is dumped comes back in every table."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from chassis.testing.postgres import HOST, start_postgres
from chassis.testing.postgres_files import ADMIN, binaries_for
from psycopg import sql
from zc.deployables import ROOT
from zc.stack import Stack
from zc.table import SERVICES

PAGE = (ROOT / "docs" / "operations" / "backup.md").read_text()
SECTION = PAGE[PAGE.index("## By dumps") : PAGE.index("## To a point in time")]
DUMP, RESTORE = re.findall(r"```sh\n(.*?)```", SECTION, re.S)
COMPOSE = ROOT / "deploy" / "compose"
Docker = Callable[[dict[str, dict[str, str]]], dict[str, str]]


def run(commands: str, told: dict[str, str]) -> None:
    """Runs a block of the page."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], env=told, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def contents(dsn: str) -> dict[str, int]:
    """How many rows each table of a database has."""
    with psycopg.connect(dsn) as db:
        tables = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = [row for row in tables if not row[0].startswith("procrastinate_")]  # these live on
        counted = {}
        for (name,) in tables:
            rows = db.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
            counted[name] = rows[0] if rows else -1
        return counted


def test_dumps_come_back(suite: Stack, docker: Docker, tmp_path: Path, until: Callable[..., Any]) -> None:
    assert suite.postgres is not None
    path = f"{binaries_for(None)}:/usr/bin:/bin"

    def container(port: int, password: str) -> dict[str, dict[str, str]]:
        return {"postgres": {"PATH": path, "PGHOST": HOST, "PGPORT": str(port), "PGPASSWORD": password}}

    before = {row.name: contents(suite.dsn(row.name, owner=True)) for row in SERVICES}
    assert before["identity"]["outbox"] > 0
    told = docker(container(suite.postgres.port, suite.postgres.password))
    told |= {"DIR": str(tmp_path / "kept")}
    run(DUMP, told)
    asked = (tmp_path / "told.asked").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["pause", *["exec"] * len(SERVICES), "unpause"]
    until(lambda: all(suite.is_ready(row.name) for row in SERVICES))  # everybody goes on
    secrets = tmp_path / "secrets"
    subprocess.run([COMPOSE / "secrets.sh", secrets], check=True, stdout=subprocess.DEVNULL)
    with start_postgres(tmp_path / "other", durable=False) as other:
        made = container(other.port, other.password)["postgres"] | {
            "SECRETS": str(secrets), "SERVICES": " ".join(row.name for row in SERVICES),
        }  # fmt: skip
        subprocess.run([COMPOSE / "databases.sh"], env=made, check=True, stdout=subprocess.DEVNULL)
        (tmp_path / "programs" / "docker").unlink()
        os.rmdir(tmp_path / "programs")
        run(RESTORE, told | docker(container(other.port, other.password)))
        for row in SERVICES:
            assert contents(other.dsn(row.database, ADMIN)) == before[row.name]
            address = (secrets / f"{row.prefix}DATABASE_URL").read_text()
            with psycopg.connect(address.replace("postgres:5432", f"{HOST}:{other.port}")) as serving:
                serving.execute("SELECT count(*) FROM outbox")
