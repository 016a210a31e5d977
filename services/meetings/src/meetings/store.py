"""Meetings, seats, rounds, ballots and candidacies: loaded, locked; and what of them the world may know."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.caller import Caller
from chassis.db import get, lock
from chassis.files import StoredFile, use_file
from chassis.problems import Missing, NotYetKnown
from contracts.applications.v1 import FileRef
from contracts.meetings import v1
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from meetings.domain.grouping import SpecialtyGroup
from meetings.domain.meeting import FilingInvalid, MeetingStatus
from meetings.tables import (
    Ballot,
    Candidacy,
    Draw,
    DrawPlace,
    KnownCampaign,
    KnownCommittee,
    Meeting,
    Publicity,
    Recusal,
    Seat,
    VotingRound,
)

ANNOUNCED = frozenset({MeetingStatus.ANNOUNCED, MeetingStatus.PUBLICITY, MeetingStatus.DONE})
RETRY_AFTER = timedelta(seconds=2)


def not_yet(what: str) -> NotYetKnown:
    """A copy that has not arrived."""
    return NotYetKnown(f"尚未收到{what}，请稍后重试。", retry_at=(clock.real_now() + RETRY_AFTER).isoformat())


async def own_meeting(db: AsyncSession, meeting_id: UUID, unit: UUID) -> Meeting:
    """A meeting that this unit runs; raises Missing."""
    return await get(db, Meeting, Meeting.id == meeting_id, Meeting.establishing_unit_id == unit)


async def lock_meeting(db: AsyncSession, meeting_id: UUID, unit: UUID) -> Meeting:
    """The same, locked until the transaction ends."""
    return await lock(db, Meeting, Meeting.id == meeting_id, Meeting.establishing_unit_id == unit)


async def campaign_of(db: AsyncSession, meeting: Meeting) -> KnownCampaign:
    """The campaign that a meeting is held for."""
    return await db.get_one(KnownCampaign, meeting.campaign_id)


async def committee_of(db: AsyncSession, committee_id: UUID) -> KnownCommittee:
    """A committee's latest known copy; raises NotYetKnown."""
    found = await db.get(KnownCommittee, committee_id)
    if found is None:
        raise not_yet("评委会信息")
    return found


async def check_filing(db: AsyncSession, committee_id: UUID) -> KnownCommittee:
    """Raise FilingInvalid unless the committee's filing covers today (LAW-06)."""
    committee = await committee_of(db, committee_id)
    today = clock.local_date(clock.now())
    begun = committee.valid_from is not None and committee.valid_from <= today
    if committee.state != "FILED" or not begun or committee.valid_until is None:
        raise FilingInvalid("请先完成备案。")
    if today > committee.valid_until:
        raise FilingInvalid(f"备案有效期至 {committee.valid_until}，请先重新备案。")
    return committee


async def last_draw(db: AsyncSession, meeting_id: UUID) -> Draw | None:
    """The draw that counts: the latest that is not void."""
    found = select(Draw).where(Draw.meeting_id == meeting_id, Draw.void_reason == "")
    return await db.scalar(found.order_by(col(Draw.serial).desc()).limit(1))


async def places_of(db: AsyncSession, draw_id: UUID) -> Sequence[DrawPlace]:
    """Everybody drawn, by group and position."""
    found = select(DrawPlace).where(DrawPlace.draw_id == draw_id)
    return list(await db.scalars(found.order_by(col(DrawPlace.group_number), col(DrawPlace.position))))


async def seats_of(db: AsyncSession, meeting_id: UUID) -> list[Seat]:
    """Who is on the attendance list, by name."""
    found = select(Seat).where(Seat.meeting_id == meeting_id, col(Seat.active))
    return list(await db.scalars(found.order_by(Seat.name, col(Seat.id))))


async def own_seat(db: AsyncSession, seat_id: UUID, person: UUID) -> Seat:
    """An active seat of this person's; raises Missing."""
    return await get(db, Seat, Seat.id == seat_id, Seat.person == person, col(Seat.active))


async def recusals_of(db: AsyncSession, meeting_id: UUID) -> list[Recusal]:
    """Every recusal in a meeting."""
    return list(await db.scalars(select(Recusal).where(Recusal.meeting_id == meeting_id)))


async def recused_seats(db: AsyncSession, meeting_id: UUID) -> dict[UUID, set[UUID]]:
    """Application → the active seats that must not judge it."""
    active = {seat.id for seat in await seats_of(db, meeting_id)}
    found: dict[UUID, set[UUID]] = {}
    for recusal in await recusals_of(db, meeting_id):
        if recusal.seat_id in active:
            found.setdefault(recusal.application_id, set()).add(recusal.seat_id)
    return found


async def applicants_of(db: AsyncSession, meeting_id: UUID) -> list[Candidacy]:
    """A meeting's applicants in their order."""
    found = select(Candidacy).where(Candidacy.meeting_id == meeting_id)
    return list(await db.scalars(found.order_by(col(Candidacy.sequence), col(Candidacy.id))))


async def round_of(db: AsyncSession, meeting_id: UUID, number: int | None = None) -> VotingRound | None:
    """A round by its number, or the latest."""
    found = select(VotingRound).where(VotingRound.meeting_id == meeting_id)
    if number is not None:
        found = found.where(VotingRound.number == number)
    return await db.scalar(found.order_by(col(VotingRound.number).desc()).limit(1))


async def lock_round(db: AsyncSession, meeting_id: UUID, *, shared: bool) -> VotingRound | None:
    """The latest round, locked: shared while casting, alone while closing, reopening, setting absent.

    Nobody's ballot is accepted once the round is being closed, and nobody closes while one is being accepted.
    """
    latest = await round_of(db, meeting_id)
    if latest is None:
        return None
    statement = select(VotingRound).where(VotingRound.id == latest.id).with_for_update(read=shared)
    return await db.scalar(statement.execution_options(populate_existing=True))


async def ballots_of(db: AsyncSession, round_id: UUID) -> list[Ballot]:
    """Every ballot of a round."""
    return list(await db.scalars(select(Ballot).where(Ballot.round_id == round_id)))


def specialty_groups(meeting: Meeting) -> list[SpecialtyGroup]:
    """The meeting's specialty groups as the domain sees them."""
    return [
        SpecialtyGroup(g["number"], g["leader"], tuple(g["members"]), tuple(g["specialties"]))
        for g in meeting.groups
    ]


async def lock_candidacy(db: AsyncSession, application_id: UUID, *where: Any) -> Candidacy:
    """A candidacy, locked; raises Missing for a foreign or absent one alike."""
    return await lock(db, Candidacy, Candidacy.id == application_id, *where)


async def used_file(db: AsyncSession, file_id: UUID, caller: Caller, purpose: str) -> dict[str, Any]:
    """The caller's checked upload as it is bound into an aggregate."""
    return file_ref(await use_file(db, file_id, caller, purpose=purpose))


def file_ref(file: StoredFile) -> dict[str, Any]:
    """A checked upload as plain data."""
    return {"sha256": file.sha256, "name": file.name, "size": file.size, "media_type": file.media_type}


async def next_serial(db: AsyncSession, meeting_id: UUID) -> int:
    """The number of the next draw."""
    return (
        await db.scalar(select(func.coalesce(func.max(Draw.serial), 0)).where(Draw.meeting_id == meeting_id))
        or 0
    ) + 1


async def publicity_of(db: AsyncSession, publicity_id: UUID, unit: UUID) -> Publicity:
    """A publicity of this establishing unit's, locked; raises Missing."""
    return await lock(db, Publicity, Publicity.id == publicity_id, Publicity.establishing_unit_id == unit)


def meeting_state(meeting: Meeting) -> v1.MeetingState:
    """A meeting's public state."""
    return v1.MeetingState(
        campaign_id=meeting.campaign_id,
        committee_id=meeting.committee_id,
        establishing_unit_id=meeting.establishing_unit_id,
        kind=meeting.kind,
        state=v1.MeetingStatus(meeting.state),
        prescribed_size=meeting.prescribed_size,
        attending=meeting.attending,
        round=meeting.round,
        rounds=meeting.rounds,
        presiding=meeting.presiding,
    )


async def seat_state(db: AsyncSession, seat: Seat) -> v1.SeatState:
    """A seat's public state, with the applications it must not judge."""
    meeting = await db.get_one(Meeting, seat.meeting_id)
    recused = await db.scalars(
        select(Recusal.application_id).where(Recusal.seat_id == seat.id).order_by(col(Recusal.application_id))
    )
    return v1.SeatState(
        meeting_id=seat.meeting_id,
        campaign_id=meeting.campaign_id,
        person=seat.person,
        group=seat.group_number,
        active=seat.active and meeting.state not in ANNOUNCED,
        recused_from=tuple(recused),
    )


def ballot_state(ballot: Ballot, number: int) -> v1.BallotState:
    """That a ballot exists and whether it is in; never how anybody voted."""
    return v1.BallotState(
        meeting_id=ballot.meeting_id, seat_id=ballot.seat_id, round=number, state=ballot.state
    )


def candidacy_state(row: Candidacy) -> v1.CandidacyState:
    """A candidacy's public state; totals are set only once the meeting is announced."""
    return v1.CandidacyState(
        campaign_id=row.campaign_id,
        committee_id=row.committee_id,
        meeting_id=row.meeting_id,
        person=row.person,
        name=row.name,
        employer_id=row.employer_id,
        employer_name=row.employer_name,
        series=row.series,
        level=row.level,
        specialty=row.specialty,
        title_name=row.title_name,
        confirming_unit_id=row.confirming_unit_id,
        state=v1.CandidacyStatus(row.state),
        totals=v1.Totals(**row.totals) if row.totals else None,
        document_number=row.document_number,
    )


def publicity_state(row: Publicity) -> v1.PublicityState:
    """A published announcement's public state."""
    if row.starts_at is None or row.ends_at is None or row.document is None:
        raise Missing
    return v1.PublicityState(
        meeting_id=row.meeting_id,
        campaign_id=row.campaign_id,
        title=row.title,
        contact=row.contact,
        phone=row.phone,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        document=FileRef(**row.document),
        persons=len(row.persons),
        state=row.state,
    )
