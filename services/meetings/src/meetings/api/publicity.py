"""The office's side of publicity: publish, see objections, answer them (MTG-30 to 33, MTG-04)."""

from datetime import date, datetime, timedelta
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get, save
from chassis.jobs import defer
from chassis.problems import Missing
from chassis.web import Caller, Db, Files, Model, Router, View
from provinces.working_days import YearNotLoaded
from pydantic import Field
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlmodel import col

from meetings import store
from meetings.api.views import FileLink, OwnSettings, link
from meetings.domain.candidacy import CandidacyStatus
from meetings.domain.meeting import MeetingStatus
from meetings.domain.publicity import (
    PUBLICITY,
    NobodyPassed,
    PeriodTooShort,
    PublicityEvent,
    PublicityStatus,
    check_days,
)
from meetings.rules import rules_of, working_days
from meetings.tables import Publicity

router = Router(tags=["publicity"])
OFFICE = needs("meetings.publicity.manage", Relation.ESTABLISHING)


class PublishPublicity(Model):
    """Publish the persons who passed; the day of publication does not count."""

    meeting_id: UUID
    title: str = Field(min_length=1, max_length=200, examples=["2026年度农艺师评审通过人员公示"])
    contact: str = Field(min_length=1, max_length=50, examples=["张科长"])
    phone: str = Field(min_length=5, max_length=30, examples=["028-86740101"])
    address: str = Field(default="", max_length=200)
    working_days: int = Field(default=5, ge=1, le=60)


class PublicityView(View):
    """An announcement as the office sees it."""

    meeting_id: UUID
    title: str
    contact: str
    phone: str
    address: str
    days: int
    starts_at: datetime | None
    ends_at: datetime | None
    document: FileLink | None
    persons: int


@router.post(
    "/publicities",
    access=OFFICE,
    refuses=[Missing, IllegalMove, NobodyPassed, PeriodTooShort, YearNotLoaded],
    status_code=201,
)
async def publish_publicity(
    body: PublishPublicity, db: Db, caller: Caller, files: Files, settings: OwnSettings
) -> PublicityView:
    """发布公示公告: the document is printed, then the announcement is public."""
    meeting = await store.lock_meeting(db, body.meeting_id, caller.unit)
    if meeting.state != MeetingStatus.ANNOUNCED:
        raise IllegalMove("评审结果由主持人签署后才能公示，且只公示一次。")
    if await db.scalar(select(Publicity.id).where(Publicity.meeting_id == meeting.id)):
        raise IllegalMove("公示公告正在生成。")
    check_days(body.working_days, rules_of(meeting.pack).publicity_days)
    passed = [
        row for row in await store.applicants_of(db, meeting.id) if row.state == CandidacyStatus.VOTE_PASSED
    ]
    if not passed:
        raise NobodyPassed
    # Said now rather than by the job: a year without published holidays cannot be counted in.
    days = working_days(settings.working_days_file)
    days.period_end(clock.local_date(clock.now()), body.working_days)
    row = Publicity(
        meeting_id=meeting.id,
        campaign_id=meeting.campaign_id,
        establishing_unit_id=caller.unit,
        title=body.title,
        contact=body.contact,
        phone=body.phone,
        address=body.address,
        days=body.working_days,
        state=PublicityStatus(PUBLICITY.next(None, PublicityEvent.WRITE)),
    )
    save(db, row)
    await defer(db, "meetings.publicity", publicity_id=str(row.id))
    audit(db, caller, "meetings.publicity.written", row.id)
    return await publicity_view(row, files)


@router.get("/publicities", access=OFFICE)
async def list_publicities(db: Db, caller: Caller, files: Files) -> list[PublicityView]:
    """The acting unit's announcements, newest first."""
    found = select(Publicity).where(Publicity.establishing_unit_id == caller.unit)
    rows = await db.scalars(found.order_by(col(Publicity.created_at).desc()))
    return [await publicity_view(row, files) for row in rows]


@router.get("/publicities/{publicity_id}", access=OFFICE)
async def show_publicity(publicity_id: UUID, db: Db, caller: Caller, files: Files) -> PublicityView:
    """One announcement; published once its document is printed."""
    return await publicity_view(
        await get(db, Publicity, Publicity.id == publicity_id, Publicity.establishing_unit_id == caller.unit),
        files,
    )


async def publicity_view(row: Publicity, files: Files) -> PublicityView:
    """An announcement's view."""
    shared = {name: getattr(row, name) for name in PublicityView.model_fields if hasattr(row, name)}
    return PublicityView(
        **{
            **shared,
            "persons": len(row.persons),
            "document": await link(files, row.document) if row.document else None,
        },
        allowed_actions=list(PUBLICITY.allowed(PublicityStatus(row.state), "office")),
    )


def last_day(publicity: Publicity) -> date:

    assert publicity.ends_at is not None
    return clock.local_date(publicity.ends_at - timedelta(seconds=1))
