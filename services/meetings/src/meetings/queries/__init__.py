"""Lists and look-ups, straight from rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis import clock
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from meetings import store
from meetings.domain.attendance import Outcome
from meetings.domain.draw import Attended, Candidate, Group, assign, excluded
from meetings.domain.meeting import MeetingStatus
from meetings.rules import rules_of
from meetings.tables import Draw, DrawPlace, KnownExpert, Meeting, Seat

_HELD = (MeetingStatus.COUNTED, MeetingStatus.ANNOUNCED, MeetingStatus.PUBLICITY, MeetingStatus.DONE)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who can be drawn for a meeting, and who must not be this year."""

    eligible: list[Candidate]
    excluded: Mapping[str, str]
    names: Mapping[str, str]

    def by_group(self, groups: Sequence[Group], moves: Mapping[str, int]) -> dict[int, list[Candidate]]:
        """Each group's candidates; a move of who is no longer a candidate is forgotten."""
        free = [one for one in self.eligible if one.id not in self.excluded]
        known = {one.id for one in free}
        return assign(groups, free, {expert: to for expert, to in moves.items() if expert in known})


async def candidates(db: AsyncSession, meeting: Meeting) -> Candidates:
    """Active experts of the committee's library whose term runs (Q28), with this year's exclusions (MTG-10)."""
    today = clock.local_date(clock.now())
    found = select(KnownExpert).where(
        KnownExpert.committee_id == meeting.committee_id,
        KnownExpert.state == "IN_LIBRARY",
        col(KnownExpert.term_until).is_(None) | (col(KnownExpert.term_until) >= today),
    )
    rows = list(await db.scalars(found.order_by(col(KnownExpert.id))))
    experts = [Candidate(str(row.id), row.specialty, row.title_level, row.duty) for row in rows]
    rules = rules_of(meeting.pack)
    return Candidates(
        eligible=experts,
        excluded=excluded(
            experts,
            await _history(db, meeting),
            meeting.year,
            rules.consecutive_years_max,
            rules.last_chair_excluded,
        ),
        names={str(row.id): row.name for row in rows},
    )


async def _history(db: AsyncSession, meeting: Meeting) -> list[Attended]:
    """Who attended this committee's earlier meetings, from this service's own seats."""
    found = (
        select(Seat.expert_id, Seat.id, Meeting.year, Meeting.presiding, Meeting.executive_chair, Seat.duty)
        .join(Meeting, col(Meeting.id) == Seat.meeting_id)
        .where(
            Meeting.committee_id == meeting.committee_id,
            col(Meeting.state).in_(_HELD),
            Meeting.year < meeting.year,
            col(Seat.active),
        )
    )
    return [
        # The chair of a year is who was its executive chair, or its only one.
        Attended(str(expert), year, seat == executive or (duty == "CHAIR" and executive is None))
        for expert, seat, year, _, executive, duty in await db.execute(found)
    ]


def draw_groups(meeting: Meeting) -> list[Group]:
    """The meeting's draw groups as the domain sees them."""
    return [Group(g["number"], g["specialty"], g["level"], g["to_draw"]) for g in meeting.draw_groups]


def exhausted(meeting: Meeting, places: Sequence[DrawPlace]) -> bool:
    """Whether nobody is left to be asked: each group is full, or everybody in it was asked."""
    for group in draw_groups(meeting):
        mine = [place for place in places if place.group_number == group.number]
        full = sum(place.outcome == Outcome.CONFIRMED for place in mine) >= group.to_draw
        if not full and any(place.outcome == Outcome.PENDING for place in mine):
            return False
    return True


async def full_record(db: AsyncSession, draw: Draw) -> dict[str, Any]:
    """A draw's record with the attendance that followed, as `verify_draw` takes it."""
    assert draw.record is not None
    attendance = [
        {
            "group": place.group_number,
            "position": place.position,
            "expert": str(place.expert_id),
            "outcome": place.outcome,
            "reason": place.reason,
            "at": place.decided_at.isoformat() if place.decided_at else None,
        }
        for place in await store.places_of(db, draw.id)
    ]
    return {**draw.record, "attendance": attendance}
