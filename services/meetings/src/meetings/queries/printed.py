"""What minutes and publicity say, as the printer takes it."""

from datetime import datetime, timedelta
from typing import Any

from chassis import clock
from sqlalchemy.ext.asyncio import AsyncSession

from meetings import store
from meetings.domain.candidacy import CandidacyStatus
from meetings.queries.rounds import attendance, deciding_lines
from meetings.rules import rules_of
from meetings.tables import KnownUnit, Meeting, Publicity

MAJORITY = "经出席专家三分之二以上（含）同意为通过"


async def minutes_context(db: AsyncSession, meeting: Meeting) -> dict[str, Any]:
    """The context of `minutes.html`."""
    campaign = await store.campaign_of(db, meeting)
    committee = await store.committee_of(db, meeting.committee_id)
    seats = await store.seats_of(db, meeting.id)
    last = await store.round_of(db, meeting.id)
    assert last is not None
    there = attendance(seats, await store.ballots_of(db, last.id))
    lines = await deciding_lines(db, meeting.id)
    counted = clock.local_date(meeting.counted_at or clock.now())
    return {
        "committee": committee.name,
        "campaign": campaign.name,
        "held_on": meeting.held_on or counted,
        "place": meeting.place,
        "chair": next(seat.name for seat in seats if seat.id == meeting.presiding),
        "prescribed": meeting.prescribed_size,
        "attending": len(seats),
        "majority": MAJORITY,
        "experts": [seat.name for seat in seats],
        "absent": [seat.name for seat in seats if seat.id in there.absent],
        "paragraphs": meeting.minutes_paragraphs,
        "applicants": [
            {
                "name": row.name,
                "work_unit": row.employer_name,
                "title_name": row.title_name,
                "specialty": row.specialty,
                "votes_for": lines[row.id].votes_for,
                "votes_against": lines[row.id].votes_against,
                "abstentions": lines[row.id].abstentions,
                "recused": lines[row.id].recused,
                "result": "通过" if lines[row.id].passed else "未通过",
            }
            for row in await store.applicants_of(db, meeting.id)
        ],
        "counted_on": counted,
    }


async def publicity_context(
    db: AsyncSession, row: Publicity, meeting: Meeting, now: datetime, ends_at: datetime
) -> dict[str, Any]:
    """The context of `publicity.html`; the period is printed with its first and last whole day."""
    committee = await store.committee_of(db, meeting.committee_id)
    unit = await db.get(KnownUnit, meeting.establishing_unit_id)
    levels = rules_of(meeting.pack).level_names
    published = clock.local_date(now)
    last = clock.local_date(ends_at - timedelta(seconds=1))
    return {
        "title": row.title,
        "paragraphs": [
            f"根据职称评审有关规定，{committee.name}召开评审会议，下列人员通过评审，现予公示。",
            f"公示期为 {row.days} 个工作日，公示之日不计入，至 {last:%Y-%m-%d} 24时止。",
        ],
        "persons": [
            {
                "name": one.name,
                "work_unit": one.employer_name,
                "title_name": one.title_name,
                "specialty": one.specialty,
                "level": levels.get(one.level, one.level),
            }
            for one in await store.applicants_of(db, meeting.id)
            if one.state == CandidacyStatus.VOTE_PASSED
        ],
        "period_from": published + timedelta(days=1),
        "period_to": last,
        "contact": row.contact,
        "phone": row.phone,
        "address": row.address,
        "objection_channels": [
            "登录职称申报评审系统，在公示页面选择“我要反馈”；",
            "无需登录，在公示页面直接提交（可匿名）；",
            "向公示单位来电、来信、来访反映。",
        ],
        "publishing_unit": unit.name if unit else committee.name,
        "published_on": published,
    }
