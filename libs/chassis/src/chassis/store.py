"""The S3 store: the only user of its client; everything blocks in threads, never in the event loop."""

import asyncio
import hashlib
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, ParamSpec, Protocol, TypeVar, cast
from urllib.parse import quote, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from chassis import sniff

QUARANTINE = "quarantine"
PUT_FOR = timedelta(minutes=10)
GET_FOR = timedelta(minutes=15)
_CHUNK = 1 << 16
_SAFE = frozenset({*sniff.LABELS, "application/zip", "application/json"})
_SUFFIXES = {media_type: "." + label.lower() for media_type, label in sniff.LABELS.items()}

P = ParamSpec("P")
T = TypeVar("T")


class StoreSettings(Protocol):
    """The settings that the store reads."""

    s3_endpoint: str
    s3_public_endpoint: str
    s3_region: str
    s3_access_key: str
    s3_secret_key: str


class StoreUnavailable(ConnectionError):
    """The store does not answer, or not as it should: nobody's input is to blame."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object that exists."""

    size: int
    modified: datetime | None


class Store:
    """Buckets and objects: connections in 3 s, answers in 10 s, one retry."""

    def __init__(self, settings: StoreSettings) -> None:
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=3, read=10),
            maxsize=10,
            retries=urllib3.Retry(total=1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
        )
        self._inside = self._client(settings, settings.s3_endpoint)
        # Addresses that clients get are signed for the host that clients use.
        self._public = self._client(settings, settings.s3_public_endpoint)

    def _client(self, settings: StoreSettings, endpoint: str) -> Minio:
        address = urlsplit(endpoint)
        return Minio(
            address.netloc,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
            secure=address.scheme == "https",
            region=settings.s3_region,  # without it, signing asks the network
            http_client=self._pool,
        )

    async def make_bucket(self, bucket: str) -> None:
        """Make a bucket unless it exists."""
        await _run(self._make_bucket, bucket)

    def _make_bucket(self, bucket: str) -> None:
        if self._inside.bucket_exists(bucket):
            return
        try:
            self._inside.make_bucket(bucket)
        except MinioException:  # another service may have made it meanwhile
            if not self._inside.bucket_exists(bucket):
                raise

    async def has_bucket(self, bucket: str) -> bool:
        """Whether a bucket exists and may be used."""
        return await _run(self._inside.bucket_exists, bucket)

    async def find(self, bucket: str, key: str) -> Found | None:
        """Size and age of an object, None when it does not exist."""
        return await _run(self._find, bucket, key)

    def _find(self, bucket: str, key: str) -> Found | None:
        try:
            found = self._inside.stat_object(bucket, key)
        except S3Error as error:
            if error.code in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise
        return Found(int(found.size or 0), found.last_modified)

    async def download(self, bucket: str, key: str, limit: int) -> BinaryIO | None:
        """An object's content, in memory when small, else in a temporary file; at most `limit` + 1 bytes.

        None when the object does not exist.
        """
        return await _run(self._download, bucket, key, limit)

    def _download(self, bucket: str, key: str, limit: int) -> BinaryIO | None:
        try:
            response = self._inside.get_object(bucket, key)
        except S3Error as error:
            if error.code in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise
        content = tempfile.SpooledTemporaryFile(max_size=4 << 20)  # noqa: SIM115 - the caller reads and closes it
        try:
            left = limit + 1
            for chunk in response.stream(_CHUNK):
                content.write(chunk[:left])
                left -= len(chunk)
                if left <= 0:
                    break
        finally:
            response.close()
            response.release_conn()
        content.seek(0)
        return cast(BinaryIO, content)

    async def upload(self, bucket: str, key: str, content: BinaryIO, size: int, media_type: str) -> None:
        """Write an object in one request."""
        await _run(self._upload, bucket, key, content, size, media_type)

    def _upload(self, bucket: str, key: str, content: BinaryIO, size: int, media_type: str) -> None:
        content.seek(0)
        self._inside.put_object(bucket, key, content, size, media_type, part_size=max(size, 5 << 20))

    async def remove(self, bucket: str, key: str) -> None:
        """Delete an object; an absent one is no error."""
        await _run(self._inside.remove_object, bucket, key)

    async def remove_older(self, bucket: str, prefix: str, age: timedelta) -> int:
        """Delete what lies under a prefix for longer than `age` of real time; returns how many."""
        return await _run(self._remove_older, bucket, prefix, age)

    def _remove_older(self, bucket: str, prefix: str, age: timedelta) -> int:
        from chassis.clock import real_now

        limit, removed = real_now() - age, 0
        for item in self._inside.list_objects(bucket, prefix=prefix, recursive=True):
            modified = item.last_modified
            if item.object_name and modified and modified.astimezone(UTC) < limit:
                self._inside.remove_object(bucket, item.object_name)
                removed += 1
        return removed

    def put_url(self, bucket: str, key: str) -> str:
        """An address that accepts one object by PUT for ten minutes; signing asks nobody."""
        return self._public.presigned_put_object(bucket, key, expires=PUT_FOR)

    def get_url(self, bucket: str, key: str, name: str, media_type: str) -> str:
        """An address that gives an object for fifteen minutes, always as an attachment of a safe type."""
        safe = media_type if media_type in _SAFE else "application/octet-stream"
        headers: dict[str, Any] = {
            "response-content-disposition": disposition(name, safe),
            "response-content-type": safe,
        }
        return self._public.presigned_get_object(bucket, key, expires=GET_FOR, response_headers=headers)


def disposition(name: str, media_type: str) -> str:
    """An attachment with a name in any script (RFC 5987), and a plain one for old clients."""
    fallback = "download" + _SUFFIXES.get(media_type, "")
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(name, safe='')}"


def digest(content: BinaryIO) -> tuple[str, int]:
    """SHA-256 (hex) and length of a file."""
    content.seek(0)
    sha256, size = hashlib.sha256(), 0
    while chunk := content.read(_CHUNK):
        sha256.update(chunk)
        size += len(chunk)
    content.seek(0)
    return sha256.hexdigest(), size


def in_memory(content: bytes) -> BinaryIO:
    """Bytes as a file."""
    return io.BytesIO(content)


async def _run(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        # The text of the client's errors holds addresses and keys.
        raise StoreUnavailable(f"the store refused or did not answer: {type(error).__name__}") from error
