"""Groups, order and reviewers: everything between attendance and voting (MTG-12, 13, 22; LAW-07; BEY-05)."""

from collections.abc import Sequence
from uuid import UUID

from chassis.audit import audit
from chassis.db import get, save
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from contracts.meetings.v1 import MeetingArranged, MeetingGrouped, MeetingRearranged, SeatChanged
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import delete, select
from sqlmodel import col

from meetings import store
from meetings.actions import move_meeting, tell_seat
from meetings.actions.recusals import find_recusals, recuse
from meetings.api.meetings import OFFICE
from meetings.api.views import MeetingView, meeting_view
from meetings.domain.candidacy import CandidacyStatus
from meetings.domain.grouping import (
    GroupingInvalid,
    NotArranged,
    OrderInvalid,
    Reviewers,
    ReviewersInvalid,
    SpecialtyGroup,
    check_grouping,
    check_order,
    check_reviewers,
    group_of,
)
from meetings.domain.meeting import Event, MeetingStatus
from meetings.rules import rules_of
from meetings.tables import Candidacy, Meeting, Recusal, Reviewer, Seat

router = Router(tags=["arrangement"])
ALLOCATING, READY = MeetingStatus.ALLOCATING, MeetingStatus.READY


class ExpertGroup(Model):
    """A specialty group and its leader."""

    name: str = Field(min_length=1, max_length=100, examples=["农学组"])
    leader: UUID
    members: list[UUID] = Field(min_length=1, max_length=200)
    specialties: list[str] = Field(min_length=1, max_length=100, examples=[["农学"]])


class SetGroups(Model):
    """Every attending expert in one group."""

    groups: list[ExpertGroup] = Field(min_length=1, max_length=50)


class SetOrder(Model):
    """Every applicant of the pool, in the order of voting."""

    applicants: list[UUID] = Field(min_length=1, max_length=5000)


class AssignReviewers(Model):
    """Who writes opinions on one applicant."""

    application_id: UUID
    lead: UUID
    assistants: list[UUID] = Field(default_factory=list, max_length=50)


class SetReviewers(Model):
    """Lead and assistant reviewers of some applicants; others keep theirs."""

    reviewers: list[AssignReviewers] = Field(min_length=1, max_length=5000)


class RecordRecusal(Model):
    """Leave an expert out of an applicant's ballot."""

    seat_id: UUID
    application_id: UUID
    reason: str = Field(min_length=1, max_length=500, examples=["系申报人导师。"])


class OrderedApplicant(BaseModel):
    """An applicant in the meeting's order."""

    application_id: UUID
    sequence: int | None
    name: str
    employer_name: str
    specialty: str
    title_name: str
    state: str
    group_number: int | None
    lead: UUID | None
    assistants: list[UUID]
    recused: list[UUID] = Field(description="Seats that must not judge this applicant.")


class ArrangementView(BaseModel):
    """The applicants in order with their reviewers."""

    revision: int = Field(description="The meeting's.")
    state: str
    applicants: list[OrderedApplicant]


class RecusalView(BaseModel):
    """A recusal."""

    id: UUID
    seat_id: UUID
    application_id: UUID
    cause: str = Field(examples=["SAME_UNIT"])
    reason: str


@router.put("/meetings/{meeting_id}/groups", access=OFFICE, refuses=[IllegalMove, GroupingInvalid])
async def set_groups(
    meeting_id: UUID, body: SetGroups, db: Db, caller: Caller, if_match: IfMatch
) -> MeetingView:
    """Put the experts into specialty groups, each with a leader (MTG-22)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    if not meeting.grouped or meeting.state not in (MeetingStatus.GROUPING, ALLOCATING):
        raise IllegalMove("本次会议不分组，或当前不能分组。")
    seats = await store.seats_of(db, meeting.id)
    groups = [
        SpecialtyGroup(at, str(g.leader), tuple(map(str, g.members)), tuple(g.specialties))
        for at, g in enumerate(body.groups, 1)
    ]
    check_grouping(groups, [str(seat.id) for seat in seats], rules_of(meeting.pack).group_min)
    meeting.groups = [
        {"number": at, **group.model_dump(mode="json")} for at, group in enumerate(body.groups, 1)
    ]
    of_seat = {seat: group.number for group in groups for seat in group.members}
    for seat in seats:
        if seat.group_number != of_seat[str(seat.id)]:
            seat.group_number = of_seat[str(seat.id)]
            await tell_seat(db, caller, seat, SeatChanged)
    if meeting.state == MeetingStatus.GROUPING:
        move_meeting(db, caller, meeting, Event.GROUP, MeetingGrouped)
        return meeting_view(meeting)
    # Who was allocated to a group may belong to another one now.
    applicants = await store.applicants_of(db, meeting.id)
    await place(db, caller, meeting, [one.id for one in applicants])
    save(db, meeting)
    return meeting_view(meeting)


@router.put("/meetings/{meeting_id}/order", access=OFFICE, refuses=[IllegalMove, OrderInvalid])
async def set_order(
    meeting_id: UUID, body: SetOrder, db: Db, caller: Caller, if_match: IfMatch
) -> ArrangementView:
    """Set the order of the applicants; with groups each goes to the group of the specialty (MTG-12)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    await place(db, caller, meeting, body.applicants)
    save(db, meeting)
    return await arrangement(db, meeting)


@router.get("/meetings/{meeting_id}/order", access=OFFICE)
async def show_order(meeting_id: UUID, db: Db, caller: Caller) -> ArrangementView:
    """The applicants in order, with reviewers and recusals."""
    return await arrangement(db, await store.own_meeting(db, meeting_id, caller.unit))


@router.put("/meetings/{meeting_id}/reviewers", access=OFFICE, refuses=[IllegalMove, ReviewersInvalid])
async def set_reviewers(
    meeting_id: UUID, body: SetReviewers, db: Db, caller: Caller, if_match: IfMatch
) -> ArrangementView:
    """Link applicants to lead and assistant reviewers, or change them (重新分配, MTG-13)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    if meeting.state not in (ALLOCATING, READY):
        raise IllegalMove("当前不能分配主审、辅审。")
    seats = await store.seats_of(db, meeting.id)
    applicants = {str(one.id): one for one in await store.applicants_of(db, meeting.id)}
    recused = await store.recused_seats(db, meeting.id)
    check_reviewers(
        [_reviewers(one, applicants, seats, meeting.grouped) for one in body.reviewers],
        applicants,
        {str(who): frozenset(map(str, whom)) for who, whom in recused.items()},
        # A group gives its opinion as a whole; without groups it takes several reviewers (LAW-07).
        1 if meeting.grouped else rules_of(meeting.pack).opinions_reviewers_min,
    )
    named = [one.application_id for one in body.reviewers]
    await db.execute(
        delete(Reviewer).where(
            col(Reviewer.meeting_id) == meeting.id, col(Reviewer.application_id).in_(named)
        )
    )
    for one in body.reviewers:
        for seat_id in (one.lead, *one.assistants):
            db.add(
                Reviewer(
                    meeting_id=meeting.id,
                    application_id=one.application_id,
                    seat_id=seat_id,
                    lead=seat_id == one.lead,
                )
            )
    save(db, meeting)
    audit(db, caller, "meetings.reviewers.set", meeting.id, f"{len(named)}")
    await db.flush()
    return await arrangement(db, meeting)


@router.post("/meetings/{meeting_id}/arrange", access=OFFICE, refuses=[IllegalMove, NotArranged])
async def arrange(meeting_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> MeetingView:
    """Say that order and reviewers are complete: experts can write opinions, then voting can open."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    shown = await arrangement(db, meeting)
    waiting = await db.scalar(_pool(meeting).where(col(Candidacy.meeting_id).is_(None)).limit(1))
    if not shown.applicants or waiting is not None:
        raise NotArranged("请先为全部待分配人员排序。")
    if not meeting.grouped and any(one.lead is None for one in shown.applicants):
        raise NotArranged("请先为每位参评人员分配主审和辅审。")
    if meeting.grouped and any(one.group_number is None for one in shown.applicants):
        raise NotArranged("部分参评人员的专业没有对应的专业组。")
    move_meeting(db, caller, meeting, Event.ARRANGE, MeetingArranged)
    return meeting_view(meeting)


@router.post("/meetings/{meeting_id}/rearrange", access=OFFICE, refuses=[IllegalMove])
async def rearrange(meeting_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> MeetingView:
    """Change order or groups once more, before voting opens."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    move_meeting(db, caller, meeting, Event.REARRANGE, MeetingRearranged)
    return meeting_view(meeting)


@router.post("/meetings/{meeting_id}/recusals", access=OFFICE, refuses=[IllegalMove], status_code=201)
async def record_recusal(meeting_id: UUID, body: RecordRecusal, db: Db, caller: Caller) -> RecusalView:
    """Record that an expert must not judge an applicant; possible until voting has ended."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    seat = await get(db, Seat, Seat.id == body.seat_id, Seat.meeting_id == meeting.id, col(Seat.active))
    row = await recuse(db, caller, meeting, seat, body.application_id, "RECORDED", body.reason)
    return recusal_view(row)


@router.get("/meetings/{meeting_id}/recusals", access=OFFICE)
async def list_recusals(meeting_id: UUID, db: Db, caller: Caller) -> list[RecusalView]:
    """Who must not judge whom, and why."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    return [recusal_view(row) for row in await store.recusals_of(db, meeting.id)]


def recusal_view(row: Recusal) -> RecusalView:
    """A recusal's view."""
    return RecusalView.model_validate(row, from_attributes=True)


async def place(db: Db, caller: Caller, meeting: Meeting, wanted: Sequence[UUID]) -> None:
    """Give the pool this order; raises IllegalMove, OrderInvalid."""
    if meeting.state != ALLOCATING:
        raise IllegalMove("当前不能调整参评人员。")
    rows = {row.id: row for row in await db.scalars(_pool(meeting).with_for_update())}
    check_order([str(one) for one in wanted], [str(one) for one in rows])
    groups = store.specialty_groups(meeting)
    for sequence, one in enumerate(wanted, 1):
        row = rows[one]
        row.meeting_id, row.sequence = meeting.id, sequence
        row.group_number = group_of(groups, row.specialty)
        save(db, row)
    await db.flush()
    await find_recusals(db, caller, meeting)
    await db.flush()


async def arrangement(db: Db, meeting: Meeting) -> ArrangementView:
    """A meeting's applicants in order."""
    lead, assistants = dict[UUID, UUID](), dict[UUID, list[UUID]]()
    for one in await db.scalars(
        select(Reviewer).where(Reviewer.meeting_id == meeting.id).order_by(col(Reviewer.id))
    ):
        if one.lead:
            lead[one.application_id] = one.seat_id
        else:
            assistants.setdefault(one.application_id, []).append(one.seat_id)
    recused = await store.recused_seats(db, meeting.id)
    return ArrangementView(
        revision=meeting.revision,
        state=meeting.state,
        applicants=[
            OrderedApplicant(
                application_id=row.id,
                sequence=row.sequence,
                name=row.name,
                employer_name=row.employer_name,
                specialty=row.specialty,
                title_name=row.title_name,
                state=row.state,
                group_number=row.group_number,
                lead=lead.get(row.id),
                assistants=assistants.get(row.id, []),
                recused=sorted(recused.get(row.id, ())),
            )
            for row in await store.applicants_of(db, meeting.id)
        ],
    )


def _pool(meeting: Meeting):  # type: ignore[no-untyped-def]
    return (
        select(Candidacy)
        .where(Candidacy.campaign_id == meeting.campaign_id, Candidacy.state == CandidacyStatus.READY)
        .where(col(Candidacy.meeting_id).is_(None) | (Candidacy.meeting_id == meeting.id))
        .order_by(col(Candidacy.id))
    )


def _reviewers(
    one: AssignReviewers, applicants: dict[str, Candidacy], seats: list[Seat], grouped: bool
) -> Reviewers:
    row = applicants.get(str(one.application_id))
    group = row.group_number if row and grouped else None
    choice = frozenset(str(seat.id) for seat in seats if group is None or seat.group_number == group)
    return Reviewers(str(one.application_id), str(one.lead), tuple(map(str, one.assistants)), choice)
