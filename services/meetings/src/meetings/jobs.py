"""Printing minutes and publicity, and the end of a publicity's period."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.db import lock, save
from chassis.jobs import Jobs, Run, due
from chassis.sniff import PDF
from sqlalchemy.ext.asyncio import AsyncSession

from meetings.actions.publicity import begin, settle
from meetings.domain.meeting import MeetingStatus
from meetings.domain.publicity import PublicityStatus
from meetings.printing import printer
from meetings.queries.printed import minutes_context, publicity_context
from meetings.rules import rules_of, working_days
from meetings.settings import Settings
from meetings.tables import Meeting, Publicity

jobs = Jobs()


@jobs.task("meetings.minutes")
async def print_minutes(run: Run, meeting_id: str) -> None:
    """Print the minutes that the presiding chair will sign; anew when they were changed meanwhile."""
    async with run.session() as db:
        meeting = await db.get_one(Meeting, UUID(meeting_id))
        revision = meeting.revision
        if meeting.state != MeetingStatus.COUNTED or meeting.minutes is not None:
            return
        context = await minutes_context(db, meeting)
    ref = await _printed(run, "minutes.html", context, clock.now(), "评审会议纪要.pdf")
    async with run.session() as db:
        meeting = await lock(db, Meeting, Meeting.id == UUID(meeting_id))
        # Who changed the minutes meanwhile has asked for another print.
        if meeting.state == MeetingStatus.COUNTED and meeting.revision == revision:
            meeting.minutes = ref
            save(db, meeting)


@jobs.task("meetings.publicity")
async def publish(run: Run, publicity_id: str) -> None:
    """Print the announcement and publish it; its period begins on this day, which does not count (LAW-09)."""
    while True:
        now = clock.now()
        async with run.session() as db:
            row = await db.get_one(Publicity, UUID(publicity_id))
            if row.state != PublicityStatus.DRAFT:
                return
            meeting = await db.get_one(Meeting, row.meeting_id)
            settings = run.settings
            assert isinstance(settings, Settings)
            days = max(row.days, rules_of(meeting.pack).publicity_days)
            ends_at = working_days(settings.working_days_file).period_end(clock.local_date(now), days)
            context = await publicity_context(db, row, meeting, now, ends_at)
        ref = await _printed(run, "publicity.html", context, now, "公示公告.pdf")
        async with run.session() as db:
            row = await lock(db, Publicity, Publicity.id == UUID(publicity_id))
            if clock.local_date(clock.now()) != clock.local_date(now):
                continue  # midnight passed while printing: the dates on the page are yesterday's
            if row.state == PublicityStatus.DRAFT:
                await begin(db, row, clock.now(), ends_at, ref)
                await due(db, "publicity-over", subject=row.id, at=ends_at)
            return


@jobs.deadline("publicity-over")
async def publicity_over(db: AsyncSession, subject: UUID, run: Run) -> None:
    """The period is over: who has no open or upheld objection goes on to confirmation (LAW-10)."""
    row = await lock(db, Publicity, Publicity.id == subject)
    if row.state != PublicityStatus.PUBLISHED or row.ends_at is None:
        return
    if row.ends_at > clock.now():
        await due(db, "publicity-over", subject=row.id, at=row.ends_at)
        return
    await settle(db, row)


async def _printed(
    run: Run, template: str, context: dict[str, Any], at: datetime, name: str
) -> dict[str, Any]:
    content = await printer.arender(template, context, printed_at=at)
    sha256 = await run.files.put(content, PDF)
    return {"sha256": sha256, "name": name, "size": len(content), "media_type": PDF}
