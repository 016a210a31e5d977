"""The import wizard of experts: template, upload, check, success and failure lists, import (COM-21, XCT-06)."""

import asyncio
from datetime import datetime
from uuid import UUID

import sheets
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get, lock
from chassis.files import FileNotUploaded, use_file
from chassis.jobs import defer
from chassis.problems import Missing
from chassis.sniff import XLSX
from chassis.web import Caller, Config, Db, Files, Router
from chassis.work import start_work
from pydantic import BaseModel, Field

from committees import queries, store
from committees.api.experts import MANAGE
from committees.api.filing import BindFile, LinkView
from committees.api.uploads import EXPERT_SHEET
from committees.domain.refusals import NotChecked
from committees.rules import rules_of
from committees.rules.experts import sheet
from committees.tables import ExpertImport

router = Router(tags=["expert imports"])


class GoodRow(BaseModel):
    """A row that may be imported."""

    row: int
    name: str
    id_masked: str
    work_unit: str
    title_name: str


class FailedRow(BaseModel):
    """A row that may not, and why."""

    row: int
    name: str
    reasons: list[str]


class ImportView(BaseModel):
    """One uploaded sheet: CHECKING, CHECKED, REFUSED, IMPORTING, IMPORTED."""

    id: UUID
    committee_id: UUID
    state: str
    work_id: UUID | None = Field(default=None, description="Progress: `/work/{id}`.")
    good_count: int
    bad_count: int
    imported_count: int
    created_at: datetime
    good: list[GoodRow]
    bad: list[FailedRow]


@router.get("/expert-template", access=needs(MANAGE))
async def download_template(db: Db, files: Files, config: Config) -> LinkView:
    """Where the empty sheet can be downloaded."""
    content = await asyncio.to_thread(sheets.template, sheet(rules_of(config.province), queries.today()))
    sha256 = await files.put(content, XLSX)
    return LinkView(url=await files.url(sha256, "专家导入模板.xlsx", XLSX), name="专家导入模板.xlsx")


@router.post(
    "/committees/{committee_id}/experts/imports",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[FileNotUploaded],
    status_code=201,
)
async def start_import(committee_id: UUID, body: BindFile, db: Db, caller: Caller) -> ImportView:
    """Check a sheet uploaded for the purpose `expert-sheet`; a workbook refused as a whole fails the work."""
    committee = await store.get_committee(db, committee_id, establishing=caller.unit)
    file = await use_file(db, body.file_id, caller, purpose=EXPERT_SHEET)
    assert file.sha256 is not None
    row = ExpertImport(committee_id=committee.id, unit_id=caller.unit, file_sha256=file.sha256)
    db.add(row)
    work = await start_work(db, caller, "experts.check")
    await defer(db, "committees.experts.check", import_id=str(row.id), work_id=str(work.id))
    return _view(row, work.id)


def _view(row: ExpertImport, work_id: UUID | None = None) -> ImportView:
    return ImportView(
        id=row.id,
        committee_id=row.committee_id,
        state=row.state,
        work_id=work_id,
        good_count=row.good_count,
        bad_count=row.bad_count,
        imported_count=row.imported_count,
        created_at=row.created_at,
        good=[GoodRow(**one) for one in row.good_rows],
        bad=[FailedRow(**one) for one in row.bad_rows],
    )


@router.get("/expert-imports/{import_id}", access=needs(MANAGE, Relation.OWN_UNIT))
async def read_import(import_id: UUID, db: Db, caller: Caller) -> ImportView:
    """The success and failure lists of an upload."""
    return _view(
        await get(db, ExpertImport, ExpertImport.id == import_id, ExpertImport.unit_id == caller.unit)
    )


@router.get("/expert-imports/{import_id}/failures", access=needs(MANAGE, Relation.OWN_UNIT))
async def download_failures(import_id: UUID, db: Db, caller: Caller, files: Files) -> LinkView:
    """Where the failed rows can be downloaded as the same sheet with reasons, to be corrected and uploaded again."""
    row = await get(db, ExpertImport, ExpertImport.id == import_id, ExpertImport.unit_id == caller.unit)
    if row.failures is None:
        raise Missing
    return LinkView(
        url=await files.url(row.failures, "未通过检查的专家.xlsx", XLSX), name="未通过检查的专家.xlsx"
    )


@router.post(
    "/expert-imports/{import_id}/import", access=needs(MANAGE, Relation.OWN_UNIT), refuses=[NotChecked]
)
async def import_experts(import_id: UUID, db: Db, caller: Caller) -> ImportView:
    """Import the good rows of a checked sheet as experts to submit."""
    row = await lock(db, ExpertImport, ExpertImport.id == import_id, ExpertImport.unit_id == caller.unit)
    if row.state != "CHECKED" or not row.good_count:
        raise NotChecked("请等待检查完成；没有通过检查的数据时请修改后重新上传。")
    row.state = "IMPORTING"
    work = await start_work(db, caller, "experts.import", total=row.good_count)
    await defer(db, "committees.experts.import", import_id=str(row.id), work_id=str(work.id))
    audit(db, caller, "committees.expert.imported", row.committee_id, f"{row.good_count} 人")
    return _view(row, work.id)
