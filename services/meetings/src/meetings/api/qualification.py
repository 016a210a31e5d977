"""The qualification document that confirms results: uploaded by the confirming unit (MTG-42)."""

from uuid import UUID

from chassis import clock
from chassis.audit import audit
from chassis.db import save
from chassis.files import FileNotUploaded
from chassis.problems import Missing
from chassis.web import Caller, Db, Files, Model, Router
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlmodel import col

from meetings import store
from meetings.api.confirmation import DECIDE, awaiting, document_of, meeting_to_confirm
from meetings.api.uploads import QUALIFICATION
from meetings.api.views import FileLink, RulesNow, link
from meetings.domain.documents import NumberInvalid, check_number
from meetings.tables import Candidacy, QualificationDocument

router = Router(tags=["confirmation"])


class UploadDocument(Model):
    """The qualification document and its number."""

    file_id: UUID
    number: str = Field(min_length=1, max_length=100, examples=["成人社职〔2026〕60号"])


class DocumentView(BaseModel):
    """The uploaded qualification document."""

    meeting_id: UUID
    number: str
    revision: int
    file: FileLink


@router.put(
    "/confirmations/meetings/{meeting_id}/document",
    access=DECIDE,
    refuses=[NumberInvalid, FileNotUploaded, IllegalMove],
)
async def upload_document(
    meeting_id: UUID, body: UploadDocument, db: Db, caller: Caller, files: Files, rules: RulesNow
) -> DocumentView:
    """Upload the qualification document with its number; until the committee has set that number (MTG-42)."""
    meeting = await meeting_to_confirm(db, meeting_id, caller.unit)
    this_year = clock.local_date(clock.now()).year
    check_number(body.number, rules.document_number, meeting.year, this_year)
    numbered = awaiting(caller.unit, None, meeting.id).where(col(Candidacy.document_number).is_not(None))
    row = await document_of(db, meeting.id, caller.unit)
    if row is None:
        row = QualificationDocument(meeting_id=meeting.id, unit_id=caller.unit, number="", file={})
    elif await db.scalar(numbered.limit(1)) is not None and body.number != row.number:
        raise IllegalMove("评委会已设置文号，不能更换。")
    row.number, row.file = body.number, await store.used_file(db, body.file_id, caller, QUALIFICATION)
    save(db, row)
    audit(db, caller, "meetings.qualification-document.uploaded", meeting.id, body.number)
    return await _document_view(row, files)


@router.get("/confirmations/meetings/{meeting_id}/document", access=DECIDE)
async def show_document(meeting_id: UUID, db: Db, caller: Caller, files: Files) -> DocumentView:
    """The uploaded qualification document."""
    row = await document_of(db, (await meeting_to_confirm(db, meeting_id, caller.unit)).id, caller.unit)
    if row is None:
        raise Missing
    return await _document_view(row, files)


async def _document_view(row: QualificationDocument, files: Files) -> DocumentView:
    return DocumentView(
        meeting_id=row.meeting_id,
        number=row.number,
        revision=row.revision,
        file=await link(files, row.file),
    )
