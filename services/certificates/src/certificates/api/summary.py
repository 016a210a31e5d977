"""The summary sheet: printed, signed and stamped, scanned back; or as a workbook."""

from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

import sheets
from anyio import to_thread
from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import accessed
from chassis.db import get
from chassis.problems import Missing, NotYetKnown
from chassis.web import Caller, Config, Db, Router
from fastapi import Response

from certificates import printing, store
from certificates.api.preparing import ISSUE
from certificates.rules import Rules
from certificates.tables import CertificateBatch, KnownCommittee, KnownUnit

router = Router(tags=["batches"])
_TITLE = "职称证书发证汇总表"
_COLUMNS = {
    "name": "姓名",
    "sex": "性别",
    "id_number": "身份证号",
    "work_unit": "工作单位",
    "series": "系列",
    "level": "级别",
    "specialty": "专业",
    "title_name": "职称名称",
    "certificate_number": "证书编号",
}


class Format(StrEnum):
    """What the sheet is exported as."""

    PDF = "pdf"
    XLSX = "xlsx"


_TYPES = {
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get(
    "/batches/{batch_id}/summary",
    access=needs(ISSUE, Relation.OWN_UNIT),
    refuses=[NotYetKnown],
    response_class=Response,
    responses={200: {"content": {media: {} for media in _TYPES.values()}, "description": "The sheet."}},
)
async def export_summary(
    batch_id: UUID, db: Db, caller: Caller, rules: Rules, settings: Config, format: Format = Format.PDF
) -> Response:
    """Export the summary sheet of who is to be issued a certificate, with full ID numbers."""
    batch = await store.batch_of(db, batch_id, caller.unit)
    persons = await store.members(db, batch_id)
    known = await store.applications(db, [one.application_id for one in persons])
    rows = printing.summary_rows(persons, known, rules)
    numbers = await store.numbers_of(db, batch_id)
    inside = [one for one in persons if not one.withdrawn]
    for one, row in zip(inside, rows, strict=True):
        row["certificate_number"] = numbers.get(one.application_id, "")
        accessed(db, caller, "id-number", one.application_id)
    if format is Format.XLSX:
        content = await to_thread.run_sync(sheets.export, _TITLE, list(_COLUMNS.values()), _cells(rows))
    else:
        context = {
            "title": _TITLE,
            "document_number": batch.document_number,
            "approval_date": batch.approval_date,
            "persons": rows,
            "prepared_by": caller.name,
            "prepared_on": clock.local_date(clock.now()),
            **await _bodies(db, batch),
        }
        content = await printing.printer(settings).arender("issuing_summary.html", context)
    return _attachment(content, f"{_TITLE}.{format.value}", _TYPES[format])


def _cells(rows: list[dict[str, str]]) -> list[list[str]]:
    return [[row.get(key, "") for key in _COLUMNS] for row in rows]


async def _bodies(db: Db, batch: CertificateBatch) -> dict[str, str]:
    """The names of review body and issuing unit."""
    try:
        committee = await get(db, KnownCommittee, KnownCommittee.id == batch.committee_id)
        unit = await get(db, KnownUnit, KnownUnit.id == batch.issuing_unit_id)
    except Missing as late:
        raise store.not_yet("评审机构或发证单位的信息尚未到达。") from late
    return {"review_body": committee.name, "issuing_unit": unit.name}


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)
