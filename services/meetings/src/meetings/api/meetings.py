"""Meetings of a committee's campaigns: set up, planned, prepared (MTG-01, 03, 14)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get, save
from chassis.files import FileNotUploaded
from chassis.outbox import emit
from chassis.problems import Missing, NotYetKnown
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from contracts.meetings.v1 import MeetingCreated
from fastapi import Query
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlmodel import col

from meetings import store
from meetings.api.views import FileLink, MeetingView, RulesNow, link, meeting_view
from meetings.domain.ballots import Method
from meetings.domain.meeting import (
    MEETING,
    UNFINISHED,
    Event,
    FilingInvalid,
    MaterialNotReceived,
    MeetingExists,
    MeetingStatus,
    SizeEven,
    check_size,
)
from meetings.tables import Candidacy, KnownCampaign, Material, Meeting

router = Router(tags=["meetings"])
MANAGE = "meetings.meeting.manage"
OFFICE = needs(MANAGE, Relation.ESTABLISHING)
MATERIAL = "meeting-material"


class CreateMeeting(Model):
    """Set up the ordinary meeting of a campaign."""

    campaign_id: UUID
    all_received: bool = Field(
        default=False, description="The office states that the material of all applicants has been received."
    )


class PlanMeeting(Model):
    """The review plan, when and where, who supervises, and what experts score by."""

    plan: str = Field(default="", max_length=5000, examples=["先分组评议，再全体投票。"])
    place: str = Field(default="", max_length=200, examples=["市农业农村局三楼会议室"])
    held_on: date | None = Field(default=None, examples=["2026-11-20"])
    supervising_body: str = Field(default="", max_length=200, description="Who supervises the meeting.")
    scoring_standard: str = Field(default="", max_length=20_000)
    max_score: int = Field(default=100, ge=1, le=1000)


class AddMaterial(Model):
    """Show experts a checked upload."""

    file_id: UUID


class MaterialView(BaseModel):
    """A file that experts read."""

    id: UUID
    file: FileLink


class PoolView(BaseModel):
    """An applicant who waits for the meeting, or is in it."""

    id: UUID
    name: str
    employer_name: str
    specialty: str
    level: str
    title_name: str
    state: str
    revision: int
    sequence: int | None
    group_number: int | None


@router.post(
    "/meetings",
    access=OFFICE,
    refuses=[Missing, MaterialNotReceived, FilingInvalid, SizeEven, MeetingExists, NotYetKnown],
    status_code=201,
)
async def create_meeting(body: CreateMeeting, db: Db, caller: Caller, rules: RulesNow) -> MeetingView:
    """Set up the meeting once all material is in; the committee's prescribed number is fixed by it (LAW-03)."""
    campaign = await get(db, KnownCampaign, KnownCampaign.id == body.campaign_id)
    committee = await store.committee_of(db, campaign.committee_id)
    if committee.establishing_unit_id != caller.unit:
        raise Missing
    if not body.all_received and clock.now() < campaign.receipt_deadline:
        raise MaterialNotReceived("接收截止时间未到；如全部材料已接收，请予声明。")
    await store.check_filing(db, committee.id)
    check_size(committee.prescribed_size)
    unfinished = select(Meeting.id).where(
        Meeting.campaign_id == campaign.id, col(Meeting.state).in_(sorted(UNFINISHED))
    )
    if await db.scalar(unfinished):
        raise MeetingExists("请先完成现有的评审会议。")
    meeting = Meeting(
        campaign_id=campaign.id,
        committee_id=committee.id,
        establishing_unit_id=caller.unit,
        year=campaign.year,
        prescribed_size=committee.prescribed_size,
        grouped=campaign.specialty_groups,
        group_method=Method(campaign.group_method or "VOTE") if campaign.specialty_groups else None,
        rounds=2 if campaign.specialty_groups else 1,
        state=MeetingStatus(MEETING.next(None, Event.CREATE)),
        pack=rules.pack,
    )
    save(db, meeting)
    state = store.meeting_state(meeting)
    emit(db, MeetingCreated(subject=meeting.id, revision=meeting.revision, actor=caller.actor, state=state))
    note = "声明材料已全部接收" if body.all_received else ""
    audit(db, caller, "meetings.meeting.created", meeting.id, note)
    return meeting_view(meeting)


@router.get("/meetings", access=OFFICE)
async def list_meetings(
    db: Db,
    caller: Caller,
    paging: Paging,
    campaign_id: UUID | None = None,
    state: MeetingStatus | None = None,
) -> Page[MeetingView]:
    """The acting unit's meetings, newest first."""
    found = select(Meeting).where(Meeting.establishing_unit_id == caller.unit)
    if campaign_id is not None:
        found = found.where(Meeting.campaign_id == campaign_id)
    if state is not None:
        found = found.where(Meeting.state == state)
    found = found.order_by(col(Meeting.created_at).desc(), col(Meeting.id))
    return await Page.of(db, found, paging, meeting_view)


@router.get("/meetings/{meeting_id}", access=OFFICE)
async def show_meeting(meeting_id: UUID, db: Db, caller: Caller) -> MeetingView:
    """One meeting."""
    return meeting_view(await store.own_meeting(db, meeting_id, caller.unit))


@router.put("/meetings/{meeting_id}/plan", access=OFFICE, refuses=[IllegalMove])
async def plan_meeting(
    meeting_id: UUID, body: PlanMeeting, db: Db, caller: Caller, if_match: IfMatch
) -> MeetingView:
    """Set the review plan, the supervising body and the scoring standard, until voting opens (MTG-03, 14)."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    _before_voting(meeting)
    for name, value in body.model_dump().items():
        setattr(meeting, name, value)
    save(db, meeting)
    audit(db, caller, "meetings.meeting.planned", meeting.id)
    return meeting_view(meeting)


@router.post("/meetings/{meeting_id}/materials", access=OFFICE, refuses=[FileNotUploaded], status_code=201)
async def add_material(
    meeting_id: UUID, body: AddMaterial, db: Db, caller: Caller, files: Files
) -> MaterialView:
    """Give experts a file to read while they deliberate."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    _before_voting(meeting)
    material = Material(meeting_id=meeting.id, file=await store.used_file(db, body.file_id, caller, MATERIAL))
    db.add(material)
    audit(db, caller, "meetings.material.added", meeting.id, material.file["name"])
    return MaterialView(id=material.id, file=await link(files, material.file))


@router.get("/meetings/{meeting_id}/materials", access=OFFICE)
async def list_materials(meeting_id: UUID, db: Db, caller: Caller, files: Files) -> list[MaterialView]:
    """What experts read."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    found = select(Material).where(Material.meeting_id == meeting.id).order_by(col(Material.id))
    return [MaterialView(id=row.id, file=await link(files, row.file)) for row in await db.scalars(found)]


@router.get("/meetings/{meeting_id}/pool", access=OFFICE)
async def list_pool(
    meeting_id: UUID, db: Db, caller: Caller, specialty: Annotated[str, Query(max_length=100)] = ""
) -> list[PoolView]:
    """The campaign's applicants who wait to be allocated, and those allocated, in order (MTG-21)."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    found = select(Candidacy).where(
        (Candidacy.meeting_id == meeting.id)
        | ((Candidacy.campaign_id == meeting.campaign_id) & col(Candidacy.meeting_id).is_(None))
    )
    if specialty:
        found = found.where(Candidacy.specialty == specialty)
    rows = await db.scalars(found.order_by(col(Candidacy.sequence), col(Candidacy.id)))
    return [PoolView.model_validate(row, from_attributes=True) for row in rows]


def _before_voting(meeting: Meeting) -> None:
    """Refuse changes of what experts decide by once they decide."""
    if meeting.state in (
        MeetingStatus.VOTING,
        MeetingStatus.COUNTED,
        MeetingStatus.ANNOUNCED,
        MeetingStatus.PUBLICITY,
        MeetingStatus.DONE,
    ):
        raise IllegalMove("投票已经开启，不能再修改。")
