"""Who attends: asked strictly in drawn order; the list, its chair, who presides (MTG-10, 11, LAW-03 to 05)."""

from datetime import datetime
from uuid import UUID

from chassis import clock
from chassis.audit import audit
from chassis.db import get, lock, save
from chassis.problems import Missing
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from contracts.meetings.v1 import AttendanceConfirmed, SeatLeft, SeatTaken
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlmodel import col

from meetings import queries, store
from meetings.actions import move_meeting, tell_seat
from meetings.api.meetings import OFFICE
from meetings.api.views import MeetingView, SeatView, meeting_view, seat_view
from meetings.domain.attendance import (
    AlreadyDecided,
    BodyIncomplete,
    Member,
    NotAttending,
    NotQualified,
    Outcome,
    OutOfOrder,
    Place,
    PlacesFull,
    PresidingInvalid,
    SkipReason,
    StillQualified,
    check_body,
    check_cancel,
    check_confirm,
    check_presiding,
    check_turn,
)
from meetings.domain.meeting import BEFORE_VOTING, Event, MeetingStatus
from meetings.tables import DrawPlace, KnownExpert, Meeting, Seat

router = Router(tags=["attendance"])


class SkipExpert(Model):
    """Pass an expert over."""

    reason: SkipReason
    note: str = Field(default="", max_length=500, examples=["三次拨打电话未接。"])


class CancelAttendance(Model):
    """Take an expert off the attendance list."""

    reason: str = Field(min_length=1, max_length=500, examples=["因病请假。"])


class NameSeat(Model):
    """An expert of the attendance list."""

    seat_id: UUID


class NamePresiding(Model):
    """Who presides; a vice chair only with the reason why the chair does not."""

    seat_id: UUID
    reason: str = Field(default="", max_length=500)


class PlaceView(BaseModel):
    """A drawn expert in the order of the group."""

    id: UUID
    group_number: int
    position: int
    expert_id: UUID
    name: str
    duty: str
    work_unit: str
    specialty: str
    title_name: str
    outcome: Outcome
    reason: str
    note: str
    decided_at: datetime | None


class AttendanceView(BaseModel):
    """Everybody drawn, in order, and who attends."""

    places: list[PlaceView]
    seats: list[SeatView]
    warnings: list[str]


@router.get("/meetings/{meeting_id}/attendance", access=OFFICE)
async def show_attendance(meeting_id: UUID, db: Db, caller: Caller) -> AttendanceView:
    """Everybody drawn, in the order in which they are asked."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    draw = await store.last_draw(db, meeting.id)
    places = await store.places_of(db, draw.id) if draw else []
    experts = {
        row.id: row
        for row in await db.scalars(
            select(KnownExpert).where(col(KnownExpert.id).in_([place.expert_id for place in places]))
        )
    }
    return AttendanceView(
        places=[_place_view(place, experts[place.expert_id]) for place in places],
        seats=[seat_view(seat) for seat in await store.seats_of(db, meeting.id)],
        warnings=draw.record["warnings"] if draw and draw.record else [],
    )


@router.post(
    "/meetings/{meeting_id}/places/{place_id}/confirm",
    access=OFFICE,
    refuses=[IllegalMove, OutOfOrder, PlacesFull, AlreadyDecided, NotQualified],
)
async def confirm_expert(meeting_id: UUID, place_id: UUID, db: Db, caller: Caller) -> SeatView:
    """确认参评: the next expert in order is on the attendance list."""
    meeting, place, order = await _asked(db, meeting_id, place_id, caller)
    to_draw = next(g.to_draw for g in queries.draw_groups(meeting) if g.number == place.group_number)
    check_confirm(order, place.position, to_draw)
    expert = await db.get_one(KnownExpert, place.expert_id)
    if not await _qualified(db, meeting, expert):
        raise NotQualified("该专家已不在库、任期已满，或本人已在参评名单中，请以“不符合条件”跳过。")
    seat = Seat(
        meeting_id=meeting.id,
        expert_id=expert.id,
        person=expert.person,
        name=expert.name,
        duty=expert.duty,
        work_unit=expert.work_unit,
        specialty=expert.specialty,
        title_name=expert.title_name,
    )
    _decide(place, Outcome.CONFIRMED)
    await tell_seat(db, caller, seat, SeatTaken)
    audit(db, caller, "meetings.attendance.confirmed", seat.id)
    return seat_view(seat)


@router.post(
    "/meetings/{meeting_id}/places/{place_id}/skip",
    access=OFFICE,
    refuses=[IllegalMove, OutOfOrder, AlreadyDecided, StillQualified],
)
async def skip_expert(
    meeting_id: UUID, place_id: UUID, body: SkipExpert, db: Db, caller: Caller
) -> PlaceView:
    """Pass the next expert in order over, with the reason (LAW-04)."""
    meeting, place, order = await _asked(db, meeting_id, place_id, caller)
    check_turn(order, place.position)
    if body.reason is SkipReason.NOT_QUALIFIED:
        expert = await db.get_one(KnownExpert, place.expert_id)
        if await _qualified(db, meeting, expert):
            raise StillQualified
    _decide(place, Outcome.SKIPPED, body.reason, body.note)
    audit(db, caller, "meetings.attendance.skipped", place.id, body.reason)
    return _place_view(place, await db.get_one(KnownExpert, place.expert_id))


@router.post(
    "/meetings/{meeting_id}/places/{place_id}/cancel", access=OFFICE, refuses=[IllegalMove, NotAttending]
)
async def cancel_attendance(
    meeting_id: UUID, place_id: UUID, body: CancelAttendance, db: Db, caller: Caller
) -> PlaceView:
    """取消参评: the expert is off the list; the next in order may be asked."""
    meeting, place, _ = await _asked(db, meeting_id, place_id, caller)
    check_cancel(Place(place.position, Outcome(place.outcome)))
    seat = await lock(
        db, Seat, Seat.meeting_id == meeting.id, Seat.expert_id == place.expert_id, col(Seat.active)
    )
    if seat.id in (meeting.executive_chair, meeting.presiding):
        meeting.executive_chair = None if meeting.executive_chair == seat.id else meeting.executive_chair
        meeting.presiding = None if meeting.presiding == seat.id else meeting.presiding
        save(db, meeting)
    seat.active = False
    _decide(place, Outcome.CANCELLED, body.reason)
    await tell_seat(db, caller, seat, SeatLeft, body.reason)
    audit(db, caller, "meetings.attendance.cancelled", seat.id, body.reason)
    return _place_view(place, await db.get_one(KnownExpert, place.expert_id))


@router.put("/meetings/{meeting_id}/executive-chair", access=OFFICE, refuses=[IllegalMove, PresidingInvalid])
async def set_executive_chair(
    meeting_id: UUID, body: NameSeat, db: Db, caller: Caller, if_match: IfMatch
) -> MeetingView:
    """Set this year's executive chair by hand where several chairs attend (MTG-10)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    _in(meeting, frozenset({MeetingStatus.ATTENDANCE}))
    seat = await get(db, Seat, Seat.id == body.seat_id, Seat.meeting_id == meeting.id, col(Seat.active))
    if seat.duty != "CHAIR":
        raise PresidingInvalid("执行主任须为参评的主任委员。")
    meeting.executive_chair = seat.id
    save(db, meeting)
    audit(db, caller, "meetings.meeting.executive-chair-set", meeting.id, seat.name)
    return meeting_view(meeting)


@router.post(
    "/meetings/{meeting_id}/attendance/confirm", access=OFFICE, refuses=[IllegalMove, BodyIncomplete]
)
async def confirm_attendance(meeting_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> MeetingView:
    """Close the attendance list: odd, large enough, with a chair (LAW-03, 05)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    _in(meeting, frozenset({MeetingStatus.ATTENDANCE}))
    seats = await store.seats_of(db, meeting.id)
    executive = str(meeting.executive_chair) if meeting.executive_chair else None
    check_body(members(seats), meeting.prescribed_size, executive)
    meeting.attending = len(seats)
    event = Event.CONFIRM_TO_GROUP if meeting.grouped else Event.CONFIRM
    move_meeting(db, caller, meeting, event, AttendanceConfirmed)
    return meeting_view(meeting)


@router.put("/meetings/{meeting_id}/presiding", access=OFFICE, refuses=[IllegalMove, PresidingInvalid])
async def name_presiding(
    meeting_id: UUID, body: NamePresiding, db: Db, caller: Caller, if_match: IfMatch
) -> MeetingView:
    """Name who presides, before voting opens (LAW-03)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    _in(meeting, BEFORE_VOTING)
    seats = await store.seats_of(db, meeting.id)
    if body.seat_id not in {seat.id for seat in seats}:
        raise Missing
    executive = str(meeting.executive_chair) if meeting.executive_chair else None
    check_presiding(members(seats), str(body.seat_id), executive, absent=bool(body.reason))
    meeting.presiding, meeting.presiding_reason = body.seat_id, body.reason
    save(db, meeting)
    audit(db, caller, "meetings.meeting.presiding-named", meeting.id, body.reason)
    return meeting_view(meeting)


def members(seats: list[Seat]) -> list[Member]:
    """Seats as the domain sees them."""
    return [Member(str(seat.id), seat.duty) for seat in seats]


async def _asked(
    db: Db, meeting_id: UUID, place_id: UUID, caller: Caller
) -> tuple[Meeting, DrawPlace, list[Place]]:
    """The meeting, locked so that two clerks cannot ask at once; the place, and its group's order."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    draw = await store.last_draw(db, meeting.id)
    places = await store.places_of(db, draw.id) if draw else []
    place = next((place for place in places if place.id == place_id), None)
    if place is None:
        raise Missing
    _in(meeting, frozenset({MeetingStatus.ATTENDANCE}))
    order = [
        Place(one.position, Outcome(one.outcome)) for one in places if one.group_number == place.group_number
    ]
    return meeting, place, order


async def _qualified(db: Db, meeting: Meeting, expert: KnownExpert) -> bool:
    """Whether a drawn expert may still take a seat: in the library, the term running (LAW-18), not seated yet."""
    today = clock.local_date(clock.now())
    if expert.state != "IN_LIBRARY" or (expert.term_until is not None and expert.term_until < today):
        return False
    # A corrected ID number can leave one person in the library twice; nobody has two votes.
    return expert.person not in {seat.person for seat in await store.seats_of(db, meeting.id)}


def _decide(place: DrawPlace, outcome: Outcome, reason: str = "", note: str = "") -> None:
    place.outcome, place.reason, place.note, place.decided_at = outcome, reason, note, clock.now()


def _in(meeting: Meeting, states: frozenset[MeetingStatus]) -> None:
    if meeting.state not in states:
        raise IllegalMove(f"当前状态为 {meeting.state}，不能进行此项操作。")


def _place_view(place: DrawPlace, expert: KnownExpert) -> PlaceView:
    shared = {name: getattr(place, name) for name in PlaceView.model_fields if hasattr(place, name)}
    return PlaceView(
        **shared,
        name=expert.name,
        duty=expert.duty,
        work_unit=expert.work_unit,
        specialty=expert.specialty,
        title_name=expert.title_name,
    )
