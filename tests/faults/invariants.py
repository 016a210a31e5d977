"""What must hold on a stack at rest, whatever befell it: what `zc doctor` says, and that every file hash resolves."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
from minio import Minio
from psycopg.rows import dict_row
from zc import doctor
from zc.suite import Suite
from zc.table import SERVICES

_HASH = re.compile(r'"(?:file_)?sha256": "([0-9a-f]{64})"')
_WAITING = """SELECT task_name, status::text, count(*) AS n FROM procrastinate_jobs
    WHERE scheduled_at IS NULL OR scheduled_at < now() + interval '1 minute' GROUP BY task_name, status"""


def broken(suite: Suite, patience: float = 120) -> list[str]:
    """Every broken invariant as one line, once what was under way had its time to arrive.

    Who dies twice while delivering a webhook leaves it twice under a lease of half a minute.
    """
    deadline = time.monotonic() + patience
    while (waiting := list(_jobs_left(suite))) and time.monotonic() < deadline:
        time.sleep(0.5)
    return waiting + doctor.check(suite, patience=max(1.0, deadline - time.monotonic())) + list(_files(suite))


def asked_themselves(suite: Suite) -> list[str]:
    """What every service's own doctor says."""
    asked = [
        subprocess.Popen(
            [sys.executable, "-m", row.name, "doctor"], env=suite.environment_of(row.name), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for row in SERVICES
    ]  # fmt: skip
    return [line for process in asked for line in process.communicate()[0].splitlines()]


def _jobs_left(suite: Suite) -> Iterator[str]:
    """Done tasks leave no row; after a season none is left but what is meant for later."""
    for name, db in _databases(suite):
        for row in db.execute(_WAITING):
            yield f"{name}: {row['n']} tasks {row['task_name']} are {row['status']}"


def _files(suite: Suite) -> Iterator[str]:
    """Every hash that stands in any row, and is not a draft's, is the name of a file in the store."""
    kept: set[str] = set()
    named: dict[str, str] = {}
    for name, db in _databases(suite):
        kept |= set(_objects(suite, name))
        for place, text in _texts(db):
            named |= dict.fromkeys(_HASH.findall(text), f"{name}.{place}")
    for missing in sorted(named.keys() - kept):
        yield f"{named[missing]}: no file {missing} in the store"


def _texts(db: psycopg.Connection[Any]) -> Iterator[tuple[str, str]]:
    for table in db.execute(
        """SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'
        AND table_name NOT IN ('outbox', 'idempotency', 'parked') AND table_name NOT LIKE 'procrastinate%'
        AND (data_type = 'jsonb' OR column_name LIKE '%sha256')"""
    ).fetchall():
        name = table["table_name"]
        for row in db.execute(f"SELECT to_jsonb(t)::text AS text FROM {name} t"):  # noqa: S608 - a table's own name
            yield name, row["text"]


def _objects(suite: Suite, name: str) -> Iterator[str]:
    told = suite.environment_of(name)
    address = urlsplit(told["S3_ENDPOINT"])
    access, secret = (told[f"{name.upper()}_S3_{part}_KEY"] for part in ("ACCESS", "SECRET"))
    store = Minio(address.netloc, access, secret, secure=address.scheme == "https", region=told["S3_REGION"])
    for found in store.list_objects(name, recursive=True):
        yield str(found.object_name).rpartition("/")[2]


def _databases(suite: Suite) -> Iterator[tuple[str, psycopg.Connection[Any]]]:
    for row in SERVICES:
        with psycopg.connect(suite.dsn(row.name), row_factory=dict_row, connect_timeout=10) as db:
            db.read_only = True
            yield row.name, db
