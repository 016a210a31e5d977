"""The applicants' order as a workbook: template, check, import (MTG-12, XCT-06)."""

import asyncio
from uuid import UUID

from chassis.db import save
from chassis.files import FileNotUploaded, Files, use_file
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from chassis.web import Files as FileStore
from fastapi import Response
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sheets import BadRow, Column, Reading, Sheet, export, failures, read
from sqlalchemy import select
from sqlmodel import col

from meetings import store
from meetings.api.arranging import ArrangementView, arrangement, place
from meetings.api.downloads import DOWNLOAD, XLSX, workbook
from meetings.api.meetings import OFFICE
from meetings.api.views import FileLink, link
from meetings.domain.grouping import OrderInvalid
from meetings.tables import Candidacy, Meeting

router = Router(tags=["arrangement"])
ORDER_SHEET = "applicant-order"
COLUMNS = (
    Column("sequence", "序号", "number", required=True),
    Column("application", "申报编号", required=True, max=36),
    Column("name", "姓名", max=50),
    Column("employer", "工作单位", max=200),
)


class ImportOrder(Model):
    """Check an uploaded order, and set it unless `dry_run`."""

    file_id: UUID
    dry_run: bool = False


class FailedRow(BaseModel):
    """A row that cannot be taken."""

    row: int
    problems: list[str]


class ImportedOrder(BaseModel):
    """What the workbook says: rows that can be taken, rows that cannot, and the order if it was set."""

    good: int
    bad: list[FailedRow]
    failures: FileLink | None = Field(
        description="The bad rows with their reasons, to correct and upload again."
    )
    imported: bool
    order: ArrangementView | None


@router.get("/meetings/{meeting_id}/order/template", access=OFFICE, **DOWNLOAD)
async def download_order_template(meeting_id: UUID, db: Db, caller: Caller) -> Response:
    """The pool as a workbook: number the rows in the order wanted and upload it."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    rows = [
        [row.sequence or at, str(row.id), row.name, row.employer_name]
        for at, row in enumerate(await _pool(db, meeting), 1)
    ]
    labels = [f"{'*' if column.required else ''}{column.label}" for column in COLUMNS]
    content = await asyncio.to_thread(export, "参评人员顺序", labels, rows)
    return workbook(content, "参评人员顺序")


@router.post(
    "/meetings/{meeting_id}/order/import", access=OFFICE, refuses=[IllegalMove, OrderInvalid, FileNotUploaded]
)
async def import_order(
    meeting_id: UUID, body: ImportOrder, db: Db, caller: Caller, files: FileStore, if_match: IfMatch
) -> ImportedOrder:
    """Check the workbook; a faultless one sets the order unless this is a dry run."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    stored = await use_file(db, body.file_id, caller, purpose=ORDER_SHEET)
    pool = {str(row.id) for row in await _pool(db, meeting)}
    sheet = _sheet(pool)
    reading = await asyncio.to_thread(read, sheet, await files.read(stored.sha256 or ""))
    bad = [_failed(row) for row in reading.bad]
    if bad:
        kept = await _failures(files, sheet, reading)
        return ImportedOrder(good=len(reading.good), bad=bad, failures=kept, imported=False, order=None)
    ordered = sorted(reading.good, key=lambda row: (float(row.values["sequence"]), row.number))
    if body.dry_run:
        return ImportedOrder(good=len(ordered), bad=[], failures=None, imported=False, order=None)
    await place(db, caller, meeting, [UUID(row.values["application"]) for row in ordered])
    save(db, meeting)
    return ImportedOrder(
        good=len(ordered), bad=[], failures=None, imported=True, order=await arrangement(db, meeting)
    )


def _sheet(pool: set[str]) -> Sheet:
    def known(application: str) -> str | None:
        return None if application in pool else "不在待分配名单中。"

    sequence, application, *others = COLUMNS
    checked = Column(application.key, application.label, required=True, max=application.max, check=known)
    return Sheet(
        name="order",
        title="参评人员顺序",
        columns=(sequence, checked, *others),
        instructions=("按评审顺序填写序号，不要改动申报编号。",),
        unique=("sequence", "application"),
    )


async def _pool(db: Db, meeting: Meeting) -> list[Candidacy]:
    found = select(Candidacy).where(
        Candidacy.campaign_id == meeting.campaign_id,
        (Candidacy.meeting_id == meeting.id)
        | (col(Candidacy.meeting_id).is_(None) & (Candidacy.state == "READY")),
    )
    return list(await db.scalars(found.order_by(col(Candidacy.sequence), col(Candidacy.id))))


def _failed(row: BadRow) -> FailedRow:
    return FailedRow(row=row.number, problems=[complaint.detail for complaint in row.complaints])


async def _failures(files: Files, sheet: Sheet, reading: Reading) -> FileLink:
    content = await asyncio.to_thread(failures, sheet, reading)
    ref = {
        "sha256": await files.put(content, XLSX),
        "name": "导入失败.xlsx",
        "size": len(content),
        "media_type": XLSX,
    }
    return await link(files, ref)
