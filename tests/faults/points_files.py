"""Files that every season brings anew: kept under their hash, only the first would put them into the store."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
from minio import Minio
from zc.suite import Suite
from zc.table import SERVICES

_UPLOADED = "SELECT sha256 FROM stored_file WHERE state = 'CLEAN' AND purpose <> 'photo'"
"""Portraits are another cohort's own: nobody would bring those again."""

_TEXTS = """SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'
    AND table_name NOT IN ('outbox', 'idempotency') AND table_name NOT LIKE 'procrastinate%'"""


class Repeated:
    """What a season left in the services' buckets and the next one brings again."""

    def __init__(self, suite: Suite) -> None:
        self._found = [
            (client, row.name, key)
            for row in SERVICES
            for client in [_client(suite, row.name)]
            for key in _keys(suite, row.name, client)
        ]

    def forget(self) -> None:
        """Remove it from the store."""
        for client, bucket, key in self._found:
            client.remove_object(bucket, key)


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
