"""Uploads: ask for an address, PUT the file there, say that it is complete."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from refusals import Refusal
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock, files
from chassis.access import Relation, signed_in
from chassis.db import lock
from chassis.failpoint import doing, failpoint
from chassis.files import (
    Accepted,
    FileBroken,
    FileEmpty,
    FileNotUploaded,
    FilePurposeUnknown,
    FileRule,
    FileRules,
    FileState,
    FileTooLarge,
    FileTypeRefused,
    StoredFile,
    StoreUnavailable,
    own_file,
    owner,
)
from chassis.problems import Missing
from chassis.web import Caller, Db, Files, Model, Router

MAX_NAME = 200
_REFUSALS: dict[str, type[Refusal]] = {
    refusal.slug: refusal for refusal in (FileBroken, FileEmpty, FileTooLarge, FileTypeRefused)
}


def _plain_name(name: str) -> str:
    """The last part of a path, without characters that do not print."""
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(character for character in name if character.isprintable()).strip()
    if not name or name in (".", ".."):
        raise ValueError("请给文件命名。")
    return name


class StartUpload(Model):
    """Ask for an address to which one file may be PUT."""

    purpose: str = Field(min_length=1, max_length=80, examples=["business-licence"])
    name: Annotated[str, AfterValidator(_plain_name)] = Field(
        min_length=1, max_length=MAX_NAME, examples=["营业执照.pdf"]
    )
    size: int = Field(ge=0, examples=[120_417], description="Bytes.")
    subject: UUID | None = Field(
        default=None, description="What the file is for, where the purpose needs it."
    )


class UploadView(BaseModel):
    """Where to PUT the file, and until when (real time)."""

    id: UUID
    put_url: str = Field(examples=["https://zc.example.gov.cn/quarantine/units/4c1f…?X-Amz-Signature=…"])
    expires_at: datetime


class FileView(BaseModel):
    """A checked file."""

    id: UUID
    sha256: str = Field(examples=["2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"])
    name: str
    size: int = Field(description="Bytes; an image's after it was made anew.")
    media_type: str = Field(examples=["application/pdf"])


def routes(rules: FileRules) -> Router:
    """The two routes; `rules` says for a purpose (and caller and subject) what may be uploaded."""
    router = Router(tags=["files"])

    @router.post(
        "/files", access=signed_in(Relation.OWN), refuses=[FilePurposeUnknown, FileEmpty, FileTooLarge]
    )
    async def start_upload(body: StartUpload, db: Db, caller: Caller, store: Files) -> UploadView:
        """Open an upload: the file is PUT to the address given, within ten minutes."""
        rule = await _rule(rules, db, caller, body.purpose, body.subject)
        rule.check_size(body.size)
        person, unit = owner(caller)
        file = StoredFile(
            purpose=body.purpose,
            subject=body.subject,
            name=body.name,
            owner_person=person,
            owner_unit=unit,
            quarantine_key=store.quarantine_key(),
            size=body.size,
        )
        db.add(file)
        url = store.put_url(file.quarantine_key)
        return UploadView(id=file.id, put_url=url, expires_at=clock.real_now() + files.PUT_FOR)

    # Idempotent by nature: a file that was completed before is shown again.
    @router.post(
        "/files/{file_id}/complete",
        access=signed_in(Relation.OWN),
        idempotent=False,
        refuses=[FilePurposeUnknown, FileNotUploaded, *_REFUSALS.values()],
    )
    async def complete_upload(file_id: UUID, db: Db, caller: Caller, store: Files) -> FileView:
        """Check what was uploaded by its content and keep it under its hash."""
        file = await own_file(db, file_id, caller)
        if file.state == FileState.QUARANTINED:
            rule = await _rule(rules, db, caller, file.purpose, file.subject)
            file = await _complete(db, file, rule, store)
        return _view(file)

    return router


async def _rule(
    rules: FileRules, db: AsyncSession, caller: Caller, purpose: str, subject: UUID | None
) -> FileRule:
    found = rules.get(purpose) if isinstance(rules, dict) else await rules(db, caller, purpose, subject)
    if found is None:
        raise FilePurposeUnknown("请刷新页面后重试。")
    return found


async def _complete(db: AsyncSession, file: StoredFile, rule: FileRule, store: Files) -> StoredFile:
    # Reading and checking may take seconds: no connection is held meanwhile.
    await db.commit()
    accepted: Accepted | None = None
    refusal: Refusal | StoreUnavailable | None = None
    try:
        with doing(file.purpose):
            accepted = await store.accept(file.quarantine_key, rule)
    except (Refusal, StoreUnavailable) as refused:
        refusal = refused
    file = await lock(db, StoredFile, StoredFile.id == file.id)
    if file.state != FileState.QUARANTINED:
        return file  # somebody completed it at the same time
    if isinstance(refusal, FileNotUploaded | StoreUnavailable):
        raise refusal
    _settle(file, accepted, refusal)
    # The outcome first: whoever died in between could never complete an upload that is gone already,
    # whereas one that stays is swept out, and who comes second sees the outcome.
    await db.commit()
    await failpoint("file.before-discard", file.purpose)
    await store.discard(file.quarantine_key)
    await failpoint("file.after-discard", file.purpose)
    if refusal is not None:
        raise refusal
    return file


def _settle(file: StoredFile, accepted: Accepted | None, refusal: Refusal | None) -> None:
    file.completed_at = clock.now()
    if refusal is not None:
        file.state, file.reason = FileState.REFUSED, refusal.slug
    if accepted is not None:
        file.state = FileState.CLEAN
        file.sha256, file.size, file.media_type = accepted.sha256, accepted.size, accepted.media_type


def _view(file: StoredFile) -> FileView:
    if file.state == FileState.REFUSED:
        raise _REFUSALS.get(file.reason or "", FileBroken)("请重新上传。")
    if file.sha256 is None or file.media_type is None:
        raise Missing
    return FileView(
        id=file.id, sha256=file.sha256, name=file.name, size=file.size, media_type=file.media_type
    )
