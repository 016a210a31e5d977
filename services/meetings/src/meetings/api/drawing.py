"""The draw: groups, the committed seed, the lot, the record that anybody can verify (MTG-08 to 10, LAW-04)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from chassis import clock, persons
from chassis.access import public
from chassis.audit import audit
from chassis.db import get, save
from chassis.problems import Missing
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from contracts.applications.v1 import SealedText
from contracts.meetings.v1 import DrawRestarted, ExpertsDrawn, SeatLeft
from contracts.vocabulary import Level
from fastapi import Query
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove

from meetings import queries, store
from meetings.actions import move_meeting, tell_seat
from meetings.api.meetings import OFFICE
from meetings.api.views import MeetingView, OwnSettings, meeting_view
from meetings.domain.attendance import Outcome
from meetings.domain.candidacy import ReasonRequired
from meetings.domain.draw import (
    DrawStillUsable,
    Group,
    GroupsInvalid,
    GroupsMissing,
    MultiplierUnknown,
    NoChairCandidate,
    NotCommitted,
    assign,
    check_groups,
    check_multiplier,
    commitment,
    draw,
)
from meetings.domain.meeting import Event, FilingInvalid, MeetingStatus
from meetings.rules import rules_of
from meetings.tables import Draw, DrawPlace, Meeting

router = Router(tags=["draw"])


class DrawGroup(Model):
    """What experts are drawn from; without specialty or level, from all of them."""

    specialty: str | None = Field(default=None, max_length=100, examples=["农学"])
    level: Level | None = None
    to_draw: int = Field(ge=1, le=200, examples=[9])


class MoveExpert(Model):
    """Put an expert who matches two groups into the other one."""

    expert_id: UUID
    group: int = Field(ge=1)


class SetDrawGroups(Model):
    """The draw groups in their order, and the multiplier."""

    groups: list[DrawGroup] = Field(min_length=1, max_length=40, examples=[[{"to_draw": 25}]])
    multiplier: Decimal = Field(examples=["1.5"], gt=0, lt=10)
    moves: list[MoveExpert] = Field(default_factory=list, max_length=500)


class DrawExperts(Model):
    """Draw; `witness` is what those who watch the draw call out, mixed into the lot."""

    witness: str = Field(default="", max_length=100, pattern="^[^|]*$", examples=["38271"])


class RestartDraw(Model):
    """Draw anew because the body cannot be completed from those drawn."""

    reason: str = Field(min_length=1, max_length=500, examples=["农学组候选专家均不能参评。"])


class DrawGroupView(BaseModel):
    """A draw group with the number of matching experts."""

    number: int
    specialty: str | None
    level: str | None
    to_draw: int
    matching: int = Field(description="Active experts of the library who are candidates of this group.")


class ExcludedExpert(BaseModel):
    """An expert who must not be drawn this year."""

    expert_id: UUID
    name: str
    reason: str = Field(examples=["LAST_YEARS_CHAIR"])


class DrawGroupsView(BaseModel):
    """The draw as it is prepared."""

    revision: int = Field(description="The meeting's.")
    groups: list[DrawGroupView]
    multiplier: str | None
    excluded: list[ExcludedExpert]
    commitment: str | None
    committed_at: datetime | None


class CommitmentView(BaseModel):
    """SHA-256 of the seed, published before the draw."""

    serial: int
    commitment: str
    committed_at: datetime


class DrawRecord(BaseModel):
    """Everything that is needed to verify a draw and the attendance after it; experts go by their ids."""

    meeting_id: UUID
    serial: int
    commitment: str
    committed_at: datetime
    drawn_at: datetime | None
    void_reason: str
    record: dict[str, Any] | None = Field(description="As `verify_draw` takes it; null before the draw.")


@router.put(
    "/meetings/{meeting_id}/draw-groups",
    access=OFFICE,
    refuses=[IllegalMove, GroupsInvalid, MultiplierUnknown],
)
async def set_draw_groups(
    meeting_id: UUID, body: SetDrawGroups, db: Db, caller: Caller, if_match: IfMatch
) -> DrawGroupsView:
    """Set what is drawn from; saving assigns each matching expert to one group (MTG-08)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    _drawing(meeting)
    check_multiplier(body.multiplier, rules_of(meeting.pack).multipliers)
    groups = [Group(at, one.specialty, one.level, one.to_draw) for at, one in enumerate(body.groups, 1)]
    check_groups(groups, meeting.prescribed_size)
    meeting.draw_groups = [
        {"number": at, **one.model_dump(mode="json")} for at, one in enumerate(body.groups, 1)
    ]
    meeting.draw_moves = {str(move.expert_id): move.group for move in body.moves}
    meeting.multiplier = str(body.multiplier)
    candidates = await queries.candidates(db, meeting)
    assign(
        groups, [one for one in candidates.eligible if one.id not in candidates.excluded], meeting.draw_moves
    )
    save(db, meeting)
    return await _groups_view(db, meeting)


@router.get("/meetings/{meeting_id}/draw-groups", access=OFFICE)
async def show_draw_groups(meeting_id: UUID, db: Db, caller: Caller) -> DrawGroupsView:
    """The draw groups with matching counts, and who is not drawn this year."""
    return await _groups_view(db, await store.own_meeting(db, meeting_id, caller.unit))


@router.post("/meetings/{meeting_id}/draw-commitment", access=OFFICE, refuses=[IllegalMove], status_code=201)
async def commit_seed(meeting_id: UUID, db: Db, caller: Caller, settings: OwnSettings) -> CommitmentView:
    """Choose the secret seed and publish its hash; a seed once chosen stays until it is drawn with."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    _drawing(meeting)
    row = await store.last_draw(db, meeting.id)
    if row is None:
        seed = settings.lots(meeting.id)
        row = Draw(
            meeting_id=meeting.id,
            serial=await store.next_serial(db, meeting.id),
            sealed_seed=persons.seal(seed).model_dump(),
            commitment=commitment(seed),
            committed_at=clock.now(),
        )
        db.add(row)
        audit(db, caller, "meetings.draw.committed", meeting.id, row.commitment)
    return CommitmentView(serial=row.serial, commitment=row.commitment, committed_at=row.committed_at)


@router.post(
    "/meetings/{meeting_id}/draw",
    access=OFFICE,
    refuses=[IllegalMove, GroupsMissing, NotCommitted, NoChairCandidate, FilingInvalid],
)
async def draw_experts(
    meeting_id: UUID, body: DrawExperts, db: Db, caller: Caller, if_match: IfMatch
) -> MeetingView:
    """Draw by lot with the committed seed: number to draw x multiplier in each group (MTG-09)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    _drawing(meeting)
    await store.check_filing(db, meeting.committee_id)
    row = await store.last_draw(db, meeting.id)
    if not meeting.draw_groups or meeting.multiplier is None:
        raise GroupsMissing("请先设置抽选小组和倍数。")
    if row is None:
        raise NotCommitted("请先生成并公布种子的承诺值。")
    candidates = await queries.candidates(db, meeting)
    groups = queries.draw_groups(meeting)
    assigned = candidates.by_group(groups, meeting.draw_moves)
    seed = persons.unseal(SealedText(**row.sealed_seed))
    record = draw(groups, assigned, Decimal(meeting.multiplier), seed, body.witness)
    record["excluded"] = [{"expert": one, "reason": why} for one, why in sorted(candidates.excluded.items())]
    row.record, row.drawn_at = record, clock.now()
    for group in record["groups"]:
        for position, expert in enumerate(group["drawn"], 1):
            db.add(
                DrawPlace(
                    draw_id=row.id, group_number=group["number"], position=position, expert_id=UUID(expert)
                )
            )
    move_meeting(db, caller, meeting, Event.DRAW, ExpertsDrawn)
    return meeting_view(meeting)


@router.post(
    "/meetings/{meeting_id}/redraw", access=OFFICE, refuses=[IllegalMove, DrawStillUsable, ReasonRequired]
)
async def restart_draw(
    meeting_id: UUID, body: RestartDraw, db: Db, caller: Caller, if_match: IfMatch
) -> MeetingView:
    """Begin anew when everybody drawn was asked and the body is still too small; the old record is kept."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    row = await store.last_draw(db, meeting.id)
    places = await store.places_of(db, row.id) if row else []
    confirmed = sum(place.outcome == Outcome.CONFIRMED for place in places)
    if not queries.exhausted(meeting, places) or confirmed >= meeting.prescribed_size:
        raise DrawStillUsable("还有可按顺序确认的专家，或参评人数已够。")
    assert row is not None
    row.void_reason = body.reason
    for seat in await store.seats_of(db, meeting.id):
        seat.active = False
        await tell_seat(db, caller, seat, SeatLeft, body.reason)
    meeting.executive_chair = meeting.presiding = None
    move_meeting(db, caller, meeting, Event.REDRAW, DrawRestarted, reason=body.reason)
    return meeting_view(meeting)


@router.get("/meetings/{meeting_id}/draw-record", access=OFFICE)
async def show_draw_record(
    meeting_id: UUID, db: Db, caller: Caller, serial: Annotated[int | None, Query(ge=1)] = None
) -> DrawRecord:
    """The verifiable record of the latest draw, or of an earlier one."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    return await _record(db, meeting, serial, drawn=True)


@router.get("/draws/{meeting_id}", access=public())
async def show_public_draw(
    meeting_id: UUID, db: Db, serial: Annotated[int | None, Query(ge=1)] = None
) -> DrawRecord:
    """The commitment for everybody, and once the results are announced the whole record; void draws by serial."""
    meeting = await get(db, Meeting, Meeting.id == meeting_id)
    announced = meeting.state in (MeetingStatus.ANNOUNCED, MeetingStatus.PUBLICITY, MeetingStatus.DONE)
    return await _record(db, meeting, serial, drawn=announced)


async def _record(db: Db, meeting: Meeting, serial: int | None, *, drawn: bool) -> DrawRecord:
    if serial is None:
        row = await store.last_draw(db, meeting.id)
    else:
        row = await get(db, Draw, Draw.meeting_id == meeting.id, Draw.serial == serial)
    if row is None:
        raise Missing
    return DrawRecord(
        meeting_id=meeting.id,
        serial=row.serial,
        commitment=row.commitment,
        committed_at=row.committed_at,
        drawn_at=row.drawn_at,
        void_reason=row.void_reason,
        record=await queries.full_record(db, row) if drawn and row.record else None,
    )


async def _groups_view(db: Db, meeting: Meeting) -> DrawGroupsView:
    candidates = await queries.candidates(db, meeting)
    groups = queries.draw_groups(meeting)
    assigned = candidates.by_group(groups, meeting.draw_moves)
    committed = await store.last_draw(db, meeting.id)
    return DrawGroupsView(
        revision=meeting.revision,
        groups=[
            DrawGroupView(
                number=group.number,
                specialty=group.specialty,
                level=group.level,
                to_draw=group.to_draw,
                matching=len(assigned[group.number]),
            )
            for group in groups
        ],
        multiplier=meeting.multiplier,
        excluded=[
            ExcludedExpert(expert_id=UUID(one), name=candidates.names[one], reason=why)
            for one, why in sorted(candidates.excluded.items())
        ],
        commitment=committed.commitment if committed else None,
        committed_at=committed.committed_at if committed else None,
    )


def _drawing(meeting: Meeting) -> None:
    if meeting.state != MeetingStatus.DRAWING:
        raise IllegalMove("专家已经抽选。")
