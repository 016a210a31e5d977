"""Files that every season brings anew: kept under their hash, only the first would put them into the store."""

from __future__ import annotations

import io
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
from minio import Minio
from zc.stack import Stack
from zc.suite import Suite
from zc.table import SERVICES

from tests.faults.perils import Peril

_UPLOADED = "SELECT sha256 FROM stored_file WHERE state = 'CLEAN'"
_UPLOADED_IDS = "SELECT id, sha256 FROM stored_file WHERE state = 'CLEAN'"
_TEXTS = """SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'
    AND table_name NOT IN ('outbox', 'idempotency') AND table_name NOT LIKE 'procrastinate%'"""


class Shelf:
    """What a season left in the services' buckets and the next one brings again, but for what has numbers in it."""

    def __init__(self, suite: Suite) -> None:
        self._suite, self._earlier = suite, set[str]()
        self.lost: list[str] = []
        """What a season brought, was told to be kept, and is not in the store; never what an earlier one brought."""
        self._clients = {row.name: _client(suite, row.name) for row in SERVICES}
        self._held = {
            (name, key): _read(client, name, key)
            for name, client in self._clients.items()
            for key in _keys(suite, name, client)
        }

    def take_away(self) -> None:
        """Let the store forget it."""
        self.lost, self._earlier = [], set(_accepted(self._suite))
        for bucket, key in self._held:
            self._clients[bucket].remove_object(bucket, key)

    def put_back(self) -> None:
        """Bring what nobody brought again: rows of earlier seasons name it."""
        brought = {place for one, place in _accepted(self._suite).items() if one not in self._earlier}
        for bucket, client in self._clients.items():
            there = {str(found.object_name) for found in client.list_objects(bucket, recursive=True)}
            for (of, key), (content, kind) in self._held.items():
                if of == bucket and key not in there:
                    if (of, key.rpartition("/")[2]) in brought:
                        self.lost.append(f"{of}: a file was accepted, and {key} is not in the store")
                    client.put_object(bucket, key, io.BytesIO(content), len(content), content_type=kind)


@dataclass(frozen=True)
class PutBack(Peril):
    """Puts back what is missing when the season ends, before the invariants are asked."""

    shelf: Shelf
    phase: str = "ending"
    after: float = 0.0

    def __str__(self) -> str:
        return "what nobody brought again is put back"

    def befall(self, stack: Stack) -> None:
        """Put it back."""
        self.shelf.put_back()


def _accepted(suite: Suite) -> dict[str, tuple[str, str]]:
    """Every upload that was accepted: its id → service and hash."""
    found: dict[str, tuple[str, str]] = {}
    for row in SERVICES:
        with psycopg.connect(suite.dsn(row.name)) as db:
            db.read_only = True
            if db.execute("SELECT to_regclass('stored_file')").fetchone() != (None,):
                found |= {str(one): (row.name, sha256) for one, sha256 in db.execute(_UPLOADED_IDS)}
    return found


def _read(client: Minio, bucket: str, key: str) -> tuple[bytes, str]:
    with client.get_object(bucket, key) as answer:
        return answer.read(), answer.headers.get("content-type", "application/octet-stream")


def _keys(suite: Suite, name: str, client: Minio) -> list[str]:
    """What was uploaded, and what no row names: a service makes that anew when it misses it."""
    with psycopg.connect(suite.dsn(name)) as db:
        db.read_only = True
        uploaded = {sha256 for (sha256,) in db.execute(_UPLOADED)}
        told = "".join(
            str(text)
            for (table,) in db.execute(_TEXTS).fetchall()
            for (text,) in db.execute(f"SELECT to_jsonb(t)::text FROM {table} t")  # noqa: S608 - a table's own name
        )
    keys = [str(found.object_name) for found in client.list_objects(name, recursive=True)]
    return [key for key in keys if (sha256 := key.rpartition("/")[2]) in uploaded or sha256 not in told]


def _client(suite: Suite, service: str) -> Minio:
    told = suite.environment_of(service)
    address = urlsplit(told["S3_ENDPOINT"])
    access, secret = (told[f"{service.upper()}_S3_{part}_KEY"] for part in ("ACCESS", "SECRET"))
    return Minio(address.netloc, access, secret, secure=address.scheme == "https", region=told["S3_REGION"])
