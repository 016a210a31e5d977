"""Files that every season brings anew: kept under their hash, they would be put into the store by the first alone."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

from minio import Minio
from zc.suite import Suite
from zc.table import SERVICES


class Shelf:
    """What the first season left in the services' buckets, taken away while others play and put back after them."""

    def __init__(self, suite: Suite) -> None:
        self._clients = {row.name: _client(suite, row.name, row.prefix) for row in SERVICES}
        self._held: dict[tuple[str, str], tuple[bytes, str]] = {}

    def fill(self) -> None:
        """Read everything that the buckets hold now."""
        for bucket, client in self._clients.items():
            for item in client.list_objects(bucket, recursive=True):
                key = str(item.object_name)
                with client.get_object(bucket, key) as answer:
                    kind = answer.headers.get("content-type", "application/octet-stream")
                    self._held[bucket, key] = (answer.read(), kind)

    def take_away(self) -> None:
        """Let the store forget them."""
        for bucket, key in self._held:
            self._clients[bucket].remove_object(bucket, key)

    def put_back(self) -> None:
        """Bring back what nobody brought meanwhile: the first season's rows still name it."""
        there = {
            (bucket, str(item.object_name))
            for bucket, client in self._clients.items()
            for item in client.list_objects(bucket, recursive=True)
        }
        for (bucket, key), (content, kind) in self._held.items():
            if (bucket, key) not in there:
                client = self._clients[bucket]
                client.put_object(bucket, key, io.BytesIO(content), len(content), content_type=kind)


def _client(suite: Suite, service: str, prefix: str) -> Minio:
    told = suite.environment_of(service)
    address = urlsplit(told["S3_ENDPOINT"])
    return Minio(
        address.netloc,
        access_key=told[f"{prefix}S3_ACCESS_KEY"],
        secret_key=told[f"{prefix}S3_SECRET_KEY"],
        secure=address.scheme == "https",
        region=told["S3_REGION"],
    )
