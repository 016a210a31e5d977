"""Workbooks of a meeting: roster, summary, vote result in totals, expert information (MTG-14, 19)."""

import asyncio
from enum import StrEnum
from uuid import UUID

from chassis.audit import audit
from chassis.web import Caller, Db, Router
from fastapi import Response
from sheets import export
from sqlalchemy.ext.asyncio import AsyncSession

from meetings import store
from meetings.api.confirmation import LABELS
from meetings.api.downloads import DOWNLOAD, workbook
from meetings.api.meetings import OFFICE
from meetings.domain.candidacy import CandidacyStatus
from meetings.queries.results import results
from meetings.rules import rules_of
from meetings.tables import Meeting

router = Router(tags=["exports"])
DUTIES = {"CHAIR": "主任委员", "VICE_CHAIR": "副主任委员", "MEMBER": "委员"}
Cells = list[list[object]]


class Export(StrEnum):
    """What can be downloaded."""

    ROSTER = "roster"
    SUMMARY = "summary"
    VOTE_RESULT = "vote-result"
    EXPERTS = "experts"


@router.get("/meetings/{meeting_id}/exports/{kind}", access=OFFICE, **DOWNLOAD)
async def download_export(meeting_id: UUID, kind: Export, db: Db, caller: Caller) -> Response:
    """One of the meeting's workbooks; votes only as totals of closed rounds."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    title, labels, cells = await _EXPORTS[kind](db, meeting)
    audit(db, caller, "meetings.export.downloaded", meeting.id, kind)
    return workbook(await asyncio.to_thread(export, title, labels, cells), title)


async def _roster(db: AsyncSession, meeting: Meeting) -> tuple[str, list[str], Cells]:
    rows = await store.applicants_of(db, meeting.id)
    cells: Cells = [
        [row.sequence, row.name, row.sex, row.id_masked, row.employer_name, row.specialty, row.title_name]
        for row in rows
    ]
    for cell in cells:
        cell[2] = {"MALE": "男", "FEMALE": "女"}.get(str(cell[2]), "")
    return "参评人员花名册", ["序号", "姓名", "性别", "证件号码", "工作单位", "专业", "申报职称"], cells


async def _summary(db: AsyncSession, meeting: Meeting) -> tuple[str, list[str], Cells]:
    names = rules_of(meeting.pack).level_names
    cells: Cells = [
        [
            row.sequence,
            row.group_number or "",
            row.name,
            row.employer_name,
            row.series,
            names.get(row.level, row.level),
            row.specialty,
            row.title_name,
            LABELS[CandidacyStatus(row.state)],
        ]
        for row in await store.applicants_of(db, meeting.id)
    ]
    labels = ["序号", "专业组", "姓名", "工作单位", "系列", "级别", "专业", "申报职称", "状态"]
    return "参评人员汇总表", labels, cells


async def _vote_result(db: AsyncSession, meeting: Meeting) -> tuple[str, list[str], Cells]:
    cells: Cells = [
        [
            one.round,
            line.sequence,
            line.name,
            line.employer_name,
            line.votes_for,
            line.votes_against,
            line.abstentions,
            line.recused,
            line.absent,
            line.attending,
            "" if line.score is None else line.score,
            "" if line.passed is None else "通过" if line.passed else "未通过",
        ]
        for one in await results(db, meeting, None)
        for line in one.applicants
    ]
    labels = [
        "轮次",
        "序号",
        "姓名",
        "工作单位",
        "同意",
        "反对",
        "弃权",
        "回避",
        "缺席",
        "出席",
        "总分",
        "结果",
    ]
    return "投票结果", labels, cells


async def _experts(db: AsyncSession, meeting: Meeting) -> tuple[str, list[str], Cells]:
    cells: Cells = [
        [
            at,
            seat.name,
            DUTIES.get(seat.duty, seat.duty),
            seat.work_unit,
            seat.specialty,
            seat.title_name,
            seat.group_number or "",
            "主持人" if meeting.presiding == seat.id else "",
        ]
        for at, seat in enumerate(await store.seats_of(db, meeting.id), 1)
    ]
    labels = ["序号", "姓名", "评委会职务", "工作单位", "专业", "职称", "专业组", "备注"]
    return "参评专家信息", labels, cells


_EXPORTS = {
    Export.ROSTER: _roster,
    Export.SUMMARY: _summary,
    Export.VOTE_RESULT: _vote_result,
    Export.EXPERTS: _experts,
}
