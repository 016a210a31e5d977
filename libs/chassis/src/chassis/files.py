"""Files: uploaded into quarantine, checked by content, kept under their hash, handed out as attachments."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from refusals import Kind, Refusal
from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field

from chassis import clock, metrics, sniff
from chassis.caller import Caller
from chassis.db import Instant, Row, get
from chassis.failpoint import failpoint
from chassis.problems import Missing
from chassis.sniff import FileBroken, FileTooLarge, FileTypeRefused
from chassis.store import PUT_FOR, QUARANTINE, Store, StoreSettings, StoreUnavailable, digest, in_memory

if TYPE_CHECKING:
    from chassis.web import Router

__all__ = [
    "PUT_FOR", "Accepted", "FileBroken", "FileEmpty", "FileNotUploaded", "FilePurposeUnknown", "FileRule",
    "FileRules", "FileState", "FileTooLarge", "FileTypeRefused", "Files", "StoreUnavailable", "StoredFile",
    "file_routes", "use_file",
]  # fmt: skip

MEGABYTE = 1024 * 1024


class FileEmpty(Refusal):
    """文件是空的。"""

    slug, kind = "file-empty", Kind.INVALID


class FileNotUploaded(Refusal):
    """文件尚未上传完成。"""

    slug, kind = "file-not-uploaded", Kind.INVALID


class FilePurposeUnknown(Refusal):
    """此处不能上传文件。"""

    slug, kind = "file-purpose-unknown", Kind.INVALID


@dataclass(frozen=True, slots=True)
class FileRule:
    """What may be uploaded for a purpose: media types by content, and the largest size in bytes."""

    types: frozenset[str]
    max_bytes: int

    def check_size(self, size: int) -> None:
        """Raise `FileTooLarge` or `FileEmpty`."""
        if size > self.max_bytes:
            raise FileTooLarge(f"不能超过 {_sized(self.max_bytes)}，请压缩后重新上传。")
        if size == 0:
            raise FileEmpty("请重新选择文件上传。")

    def check_type(self, media_type: str | None) -> str:
        """The type if it may be uploaded; raises `FileTypeRefused`."""
        if media_type is None or media_type not in self.types:
            labels = "、".join(sorted(sniff.LABELS.get(kind, kind) for kind in self.types))
            raise FileTypeRefused(f"只接受 {labels} 格式，请转换后重新上传。")
        return media_type


FileRules = (
    dict[str, FileRule] | Callable[[AsyncSession, Caller, str, UUID | None], Awaitable[FileRule | None]]
)


class FileState(StrEnum):
    """Where an upload stands."""

    QUARANTINED = "QUARANTINED"
    CLEAN = "CLEAN"
    REFUSED = "REFUSED"


class StoredFile(Row, table=True):
    """An upload and what became of it; the content lies in the store under `sha256`."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("state IN ('QUARANTINED', 'CLEAN', 'REFUSED')", name="stored_file_state"),
        CheckConstraint(
            "state <> 'CLEAN' OR (sha256 IS NOT NULL AND media_type IS NOT NULL)", name="stored_file_clean"
        ),
        Index("stored_file_owner", "owner_person", "owner_unit"),
    )

    purpose: str = Field(max_length=80)
    subject: UUID | None = None
    name: str = Field(max_length=200)
    owner_person: UUID | None = None
    owner_unit: UUID | None = None
    state: FileState = Field(default=FileState.QUARANTINED, sa_type=Text)
    quarantine_key: str = Field(max_length=120)
    reason: str | None = Field(default=None, max_length=40)
    sha256: str | None = Field(default=None, max_length=64)
    size: int
    media_type: str | None = Field(default=None, max_length=100)
    created_at: datetime = Field(default_factory=clock.now, sa_type=Instant)
    completed_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file that passed its checks and lies in the clean bucket."""

    sha256: str
    size: int
    media_type: str


class Files:
    """A service's files: its clean bucket bears its name, the quarantine is shared with a prefix for each."""

    def __init__(self, settings: StoreSettings, service: str) -> None:
        self.bucket = service
        self._store = Store(settings)

    async def ensure_buckets(self) -> None:
        """Make the clean bucket and the quarantine unless they exist."""
        await self._store.make_bucket(self.bucket)
        await self._store.make_bucket(QUARANTINE)

    async def ready(self) -> None:
        """Raise `StoreUnavailable` unless both buckets can be reached."""
        for bucket in (self.bucket, QUARANTINE):
            if not await self._store.has_bucket(bucket):
                raise StoreUnavailable(f"bucket {bucket} does not exist")

    def quarantine_key(self) -> str:
        """A key nobody can guess."""
        return f"{self.bucket}/{secrets.token_hex(24)}"

    def put_url(self, key: str) -> str:
        """Where a client may PUT the file of this quarantine key for ten minutes."""
        return self._store.put_url(QUARANTINE, key)

    async def accept(self, key: str, rule: FileRule) -> Accepted:
        """Check what was uploaded and keep it in the clean bucket under its hash.

        What is read once is what is checked and kept: a later PUT to the same address changes nothing.
        The upload itself stays until `discard`. Raises `FileNotUploaded`, or another refusal.
        """
        found = await self._store.find(QUARANTINE, key)
        content = await self._store.download(QUARANTINE, key, rule.max_bytes) if found else None
        if found is None or content is None:
            raise FileNotUploaded("请先把文件上传到所给的地址。")
        try:
            with content:
                rule.check_size(found.size)
                media_type, clean = await asyncio.to_thread(_examined, content, rule)
                with clean:
                    return await self._keep(clean, media_type)
        except Refusal as refusal:
            metrics.files_refused.labels(refusal.slug).inc()
            raise

    async def discard(self, key: str) -> None:
        """Delete an upload that was accepted or refused."""
        await self._store.remove(QUARANTINE, key)

    async def put(self, content: bytes, media_type: str) -> str:
        """Keep what the service made itself; returns its SHA-256, which is also its name."""
        return (await self._keep(in_memory(content), media_type)).sha256

    async def _keep(self, content: BinaryIO, media_type: str) -> Accepted:
        sha256, size = await asyncio.to_thread(digest, content)
        if await self.stat(sha256) != size:
            await failpoint("object.before-put")
            await self._store.upload(self.bucket, _key(sha256), content, size, media_type)
            await failpoint("object.after-put")
        return Accepted(sha256, size, media_type)

    async def stat(self, sha256: str, bucket: str | None = None) -> int | None:
        """The size of a kept file, None when it is not there."""
        found = await self._store.find(bucket or self.bucket, _key(sha256))
        return found.size if found else None

    async def exists(self, sha256: str, bucket: str | None = None) -> bool:
        """Whether a file is kept under this hash."""
        return await self.stat(sha256, bucket) is not None

    async def read(self, sha256: str, bucket: str | None = None) -> bytes:
        """The content under this hash, from another service's bucket if named; raises `Missing`."""
        size = await self.stat(sha256, bucket)
        if size is None:
            raise Missing
        content = await self._store.download(bucket or self.bucket, _key(sha256), size)
        if content is None:
            raise Missing
        with content:
            if (await asyncio.to_thread(digest, content))[0] != sha256:
                raise StoreUnavailable("the store returned something else than was kept")
            return content.read()

    async def url(self, sha256: str, name: str, media_type: str, bucket: str | None = None) -> str:
        """Where the file can be downloaded for fifteen minutes; ask for it only after checking who may."""
        return self._store.get_url(bucket or self.bucket, _key(sha256), name, media_type)

    async def purge_quarantine(self, age: timedelta = timedelta(days=1)) -> int:
        """Delete uploads that nobody completed; returns how many."""
        return await self._store.remove_older(QUARANTINE, f"{self.bucket}/", age)


async def use_file(
    db: AsyncSession, file_id: UUID, caller: Caller, *, purpose: str | None = None
) -> StoredFile:
    """The caller's checked file, of this purpose if one is named.

    Raises `Missing` for an absent, refused or foreign one and `FileNotUploaded` for one not completed yet.
    """
    file = await own_file(db, file_id, caller)
    if file.state == FileState.REFUSED or (purpose is not None and file.purpose != purpose):
        raise Missing
    if file.state != FileState.CLEAN:
        raise FileNotUploaded("请等待文件检查完成后再提交。")
    return file


async def own_file(db: AsyncSession, file_id: UUID, caller: Caller) -> StoredFile:
    """An upload of the caller's, in whatever state; raises `Missing`."""
    person, unit = owner(caller)
    # A unit's file belongs to the unit, whoever of its handlers uploaded it; else to the person alone.
    if unit is not None:
        return await get(db, StoredFile, StoredFile.id == file_id, StoredFile.owner_unit == unit)
    if person is None:
        raise Missing
    return await get(
        db,
        StoredFile,
        StoredFile.id == file_id,
        StoredFile.owner_person == person,
        StoredFile.owner_unit.is_(None),  # type: ignore[union-attr]
    )


def owner(caller: Caller) -> tuple[UUID | None, UUID | None]:
    """The person and the acting unit of a caller."""
    return caller.person, caller.unit_id


def file_routes(rules: FileRules) -> "Router":
    """`POST /files` and `POST /files/{id}/complete` for uploads under these rules by purpose."""
    from chassis.file_routes import routes  # the web needs the files, so the files cannot need the web

    return routes(rules)


def _examined(content: BinaryIO, rule: FileRule) -> tuple[str, BinaryIO]:
    media_type = rule.check_type(sniff.sniff(content))
    return media_type, sniff.cleaned(content, media_type)


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _sized(size: int) -> str:
    return f"{size / MEGABYTE:g} MB" if size >= MEGABYTE else f"{size / 1024:g} KB"
