"""Announcement management (NTC-02): a unit adds, edits, publishes, revokes and deletes its own."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.caller import Caller as CallerClaims
from chassis.db import get, save
from chassis.files import FileNotUploaded, use_file
from chassis.outbox import emit
from chassis.problems import Invalid, Missing
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, View, expect
from contracts.notices.v1 import AnnouncementPublished, AnnouncementRevoked, AnnouncementState
from fastapi import Query
from pydantic import BaseModel, Field
from refusals import Complaint
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from notices import store
from notices.domain.states import ANNOUNCEMENT, AnnouncementMove, AnnouncementStatus
from notices.rules import ATTACHMENT, NoticeRules, Rules
from notices.tables import Announcement, FileRecord

router = Router(tags=["announcements"])
_MANAGE = needs("notices.announcement.manage", Relation.OWN_UNIT)
_MOVES = [IllegalMove]
_FILES = [Missing, FileNotUploaded]


class WriteAnnouncement(Model):
    """An announcement as its unit writes it; `attachments` are ids of uploaded files."""

    kind: str = Field(max_length=30, examples=["NOTICE"], description="Of the province's announcement types.")
    title: str = Field(min_length=1, max_length=200, examples=["关于开展2026年度农业系列职称评审工作的通知"])
    body: str = Field(min_length=1, max_length=20_000, examples=["各有关单位：现就有关事项通知如下。"])
    attachments: list[UUID] = Field(default=[], max_length=10)


class AttachmentView(BaseModel):
    """An attached file; its address works for fifteen minutes."""

    id: UUID
    name: str
    size: int
    media_type: str
    url: str


class AnnouncementLine(View):
    """An announcement in its unit's list."""

    kind: str
    kind_label: str
    title: str
    published_at: datetime | None
    updated_at: datetime


class AnnouncementView(AnnouncementLine):
    """An announcement in full."""

    body: str
    attachments: list[AttachmentView]


class Gone(BaseModel):
    """What was deleted."""

    id: UUID


@router.get("/announcement-types", access=_MANAGE)
async def list_announcement_types(rules: Rules) -> dict[str, str]:
    """The province's announcement types: code → label."""
    return dict(rules.announcement_types)


@router.get("/announcements", access=_MANAGE)
async def list_announcements(
    db: Db,
    caller: Caller,
    rules: Rules,
    paging: Paging,
    kind: Annotated[str | None, Query(max_length=30)] = None,
    state: AnnouncementStatus | None = None,
    title: Annotated[str, Query(max_length=100)] = "",
) -> Page[AnnouncementLine]:
    """The acting unit's announcements, latest change first."""
    found = select(Announcement).where(Announcement.unit_id == caller.unit)
    if kind is not None:
        found = found.where(Announcement.kind == kind)
    if state is not None:
        found = found.where(Announcement.state == state)
    if title:
        found = found.where(Announcement.title.contains(title, autoescape=True))
    found = found.order_by(Announcement.updated_at.desc(), Announcement.id.desc())
    return await Page.of(db, found, paging, lambda row: AnnouncementLine(**_shown(row, rules)))


@router.post("/announcements", access=_MANAGE, refuses=_FILES, status_code=201)
async def add_announcement(
    body: WriteAnnouncement, db: Db, caller: Caller, rules: Rules, files: Files
) -> AnnouncementView:
    """Add an announcement; nobody else sees it before it is published."""
    announcement = Announcement(
        unit_id=caller.unit,
        state=AnnouncementStatus(ANNOUNCEMENT.next(None, AnnouncementMove.ADD)),
        **await _written(db, caller, rules, body),
    )
    save(db, announcement)
    audit(db, caller, "notices.announcement.added", announcement.id)
    return await announcement_view(announcement, rules, files)


@router.get("/announcements/{announcement_id}", access=_MANAGE)
async def show_announcement(
    announcement_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files
) -> AnnouncementView:
    """One of the acting unit's announcements."""
    own = Announcement.unit_id == caller.unit
    return await announcement_view(
        await get(db, Announcement, Announcement.id == announcement_id, own), rules, files
    )


@router.put("/announcements/{announcement_id}", access=_MANAGE, refuses=[*_MOVES, *_FILES])
async def edit_announcement(
    announcement_id: UUID,
    body: WriteAnnouncement,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> AnnouncementView:
    """Edit an announcement that is not on the portal; a published one is revoked first."""
    announcement = await store.lock_announcement(db, announcement_id, unit=caller.unit)
    expect(announcement, if_match)
    _move(announcement, AnnouncementMove.EDIT)
    for name, value in (await _written(db, caller, rules, body)).items():
        setattr(announcement, name, value)
    save(db, announcement)
    audit(db, caller, "notices.announcement.edited", announcement.id)
    return await announcement_view(announcement, rules, files)


@router.post("/announcements/{announcement_id}/publish", access=_MANAGE, refuses=_MOVES)
async def publish_announcement(
    announcement_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> AnnouncementView:
    """Put an announcement on the portal."""
    announcement = await store.lock_announcement(db, announcement_id, unit=caller.unit)
    expect(announcement, if_match)
    _move(announcement, AnnouncementMove.PUBLISH)
    announcement.published_at = clock.now()
    save(db, announcement)
    emit(db, AnnouncementPublished(**_told(announcement, caller)))
    audit(db, caller, "notices.announcement.published", announcement.id)
    return await announcement_view(announcement, rules, files)


@router.post("/announcements/{announcement_id}/revoke", access=_MANAGE, refuses=_MOVES)
async def revoke_announcement(
    announcement_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> AnnouncementView:
    """Take an announcement off the portal."""
    announcement = await store.lock_announcement(db, announcement_id, unit=caller.unit)
    expect(announcement, if_match)
    _move(announcement, AnnouncementMove.REVOKE)
    save(db, announcement)
    emit(db, AnnouncementRevoked(**_told(announcement, caller)))
    audit(db, caller, "notices.announcement.revoked", announcement.id)
    return await announcement_view(announcement, rules, files)


@router.delete("/announcements/{announcement_id}", access=_MANAGE, refuses=_MOVES)
async def delete_announcement(announcement_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> Gone:
    """Delete an announcement for good; a published one leaves the portal by that."""
    announcement = await store.lock_announcement(db, announcement_id, unit=caller.unit)
    expect(announcement, if_match)
    ANNOUNCEMENT.next(announcement.state, AnnouncementMove.DELETE)
    if announcement.state == AnnouncementStatus.PUBLISHED:
        announcement.state = AnnouncementStatus.REVOKED
        announcement.revision += 1
        emit(db, AnnouncementRevoked(**_told(announcement, caller)))
    await db.delete(announcement)
    audit(db, caller, "notices.announcement.deleted", announcement.id, announcement.title)
    return Gone(id=announcement.id)


async def announcement_view(announcement: Announcement, rules: NoticeRules, files: Files) -> AnnouncementView:
    """An announcement in full, with addresses of its attachments."""
    return AnnouncementView(
        **_shown(announcement, rules),
        body=announcement.body,
        attachments=await attachments(announcement, files),
    )


async def attachments(announcement: Announcement, files: Files) -> list[AttachmentView]:
    """The attached files with addresses for downloading."""
    return [
        AttachmentView(
            id=UUID(file["id"]),
            name=file["name"],
            size=file["size"],
            media_type=file["media_type"],
            url=await files.url(file["sha256"], file["name"], file["media_type"]),
        )
        for file in announcement.attachments
    ]


def _shown(announcement: Announcement, rules: NoticeRules) -> dict[str, object]:
    shown = {"id", "revision", "kind", "title", "published_at", "updated_at"}
    return {
        **announcement.model_dump(include=shown),
        "state": str(announcement.state),
        "kind_label": rules.announcement_types.get(announcement.kind, announcement.kind),
        "allowed_actions": list(ANNOUNCEMENT.allowed(announcement.state, "unit")),
    }


async def _written(
    db: AsyncSession, caller: CallerClaims, rules: NoticeRules, body: WriteAnnouncement
) -> dict[str, object]:
    if body.kind not in rules.announcement_types:
        known = "、".join(rules.announcement_types)
        complaint = Complaint("/kind", "options", f"请从公告类型中选择：{known}。")
        raise Invalid("请按提示修改后重新提交。", complaints=(complaint,))
    files = [
        await use_file(db, file_id, caller, purpose=ATTACHMENT) for file_id in dict.fromkeys(body.attachments)
    ]
    records = [
        FileRecord(
            id=str(file.id),
            sha256=file.sha256 or "",
            name=file.name,
            size=file.size,
            media_type=file.media_type or "",
        )
        for file in files
    ]
    return {"kind": body.kind, "title": body.title, "body": body.body, "attachments": records}


def _move(announcement: Announcement, move: AnnouncementMove) -> None:
    announcement.state = AnnouncementStatus(ANNOUNCEMENT.next(announcement.state, move))


def _told(announcement: Announcement, caller: CallerClaims) -> dict[str, object]:
    return {
        "subject": announcement.id,
        "revision": announcement.revision,
        "actor": caller.actor,
        "state": AnnouncementState(
            kind=announcement.kind,
            title=announcement.title,
            unit_id=announcement.unit_id,
            published_at=announcement.published_at,
            state=announcement.state,
        ),
    }
