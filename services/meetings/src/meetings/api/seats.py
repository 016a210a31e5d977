"""An expert's seat: what there is to read, opinions to write, recusals to declare (MTG-03, LAW-07, BEY-05)."""

from datetime import date
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.web import Caller, Db, Files, Model, Router
from pydantic import BaseModel, Field
from refusals import Complaint, Kind, Refusal
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from meetings import store
from meetings.actions.recusals import recuse
from meetings.api.arranging import RecusalView, recusal_view
from meetings.api.meetings import MaterialView
from meetings.api.views import link
from meetings.domain.meeting import MeetingStatus
from meetings.tables import Candidacy, KnownCampaign, Material, Meeting, Opinion, Reviewer, Seat

router = Router(tags=["seats"])
EXPERT = needs("meetings.ballot.cast", Relation.SEAT)
MINE = needs("meetings.ballot.cast", Relation.OWN)


class OpinionNotYours(Refusal):
    """只能对分配给本人的申报人撰写评审意见。"""

    slug, kind = "opinion-not-yours", Kind.INVALID


class WrittenOpinion(Model):
    """An opinion on one applicant."""

    application_id: UUID
    text: str = Field(min_length=1, max_length=5000, examples=["业绩突出，同意推荐。"])
    for_group: bool = Field(default=False, description="The group's opinion, written by its leader.")


class WriteOpinions(Model):
    """Opinions on some applicants; a later one replaces the earlier."""

    opinions: list[WrittenOpinion] = Field(min_length=1, max_length=1000)


class DeclareRecusal(Model):
    """Leave me out of this applicant's ballot."""

    application_id: UUID
    reason: str = Field(min_length=1, max_length=500, examples=["与申报人系师生关系。"])


class OwnSeat(BaseModel):
    """A seat of the caller's."""

    id: UUID
    meeting_id: UUID
    campaign_id: UUID
    campaign: str
    duty: str
    group_number: int | None
    leads_group: bool
    presides: bool
    meeting_state: str
    round: int
    held_on: date | None
    place: str


class ApplicantToRead(BaseModel):
    """An applicant as an expert sees the list; the dossier is read from applications."""

    application_id: UUID
    sequence: int | None
    name: str
    employer_name: str
    specialty: str
    title_name: str
    group_number: int | None
    reviewer: str | None = Field(description="LEAD or ASSISTANT where the caller writes an opinion.")
    opinion: str | None = Field(description="The caller's own, as reviewer.")
    group_opinion: str | None


class SeatDetail(OwnSeat):
    """A seat with everything to deliberate by."""

    plan: str
    scoring_standard: str
    max_score: int
    materials: list[MaterialView]
    applicants: list[ApplicantToRead]
    recusals: list[RecusalView]


@router.get("/seats", access=MINE)
async def list_own_seats(db: Db, caller: Caller) -> list[OwnSeat]:
    """The caller's seats, the newest meeting first."""
    found = (
        select(Seat)
        .join(Meeting, col(Meeting.id) == Seat.meeting_id)
        .where(Seat.person == caller.person, col(Seat.active))
        .order_by(col(Meeting.created_at).desc(), col(Seat.id))
    )
    return [OwnSeat(**await _own(db, seat)) for seat in await db.scalars(found)]


@router.get("/seats/{seat_id}", access=EXPERT)
async def show_seat(seat_id: UUID, db: Db, caller: Caller, files: Files) -> SeatDetail:
    """What to deliberate by: plan, standard, material, and the applicants in their order."""
    seat = await store.own_seat(db, seat_id, caller.person)
    meeting = await db.get_one(Meeting, seat.meeting_id)
    materials = select(Material).where(Material.meeting_id == meeting.id).order_by(col(Material.id))
    recusals = [one for one in await store.recusals_of(db, meeting.id) if one.seat_id == seat.id]
    return SeatDetail(
        **await _own(db, seat),
        plan=meeting.plan,
        scoring_standard=meeting.scoring_standard,
        max_score=meeting.max_score,
        materials=[
            MaterialView(id=row.id, file=await link(files, row.file)) for row in await db.scalars(materials)
        ],
        applicants=await _applicants(db, meeting, seat),
        recusals=[recusal_view(one) for one in recusals],
    )


@router.post("/seats/{seat_id}/opinions", access=EXPERT, refuses=[IllegalMove, OpinionNotYours])
async def write_opinions(seat_id: UUID, body: WriteOpinions, db: Db, caller: Caller) -> list[ApplicantToRead]:
    """Write opinions before the vote: as reviewer, or as leader for the group (LAW-07)."""
    seat = await store.own_seat(db, seat_id, caller.person)
    meeting = await db.get_one(Meeting, seat.meeting_id, with_for_update={"read": True})
    if meeting.state != MeetingStatus.READY:
        raise IllegalMove("评审意见在人员分配完成后、开启投票前撰写。")
    shown = {one.application_id: one for one in await _applicants(db, meeting, seat)}
    recused = {
        one.application_id for one in await store.recusals_of(db, meeting.id) if one.seat_id == seat.id
    }
    complaints = []
    for at, one in enumerate(body.opinions):
        row = shown.get(one.application_id)
        mine = row is not None and row.reviewer is not None
        groups = row is not None and row.group_number == seat.group_number and _leads(meeting, seat)
        if one.application_id in recused or not (groups if one.for_group else mine):
            complaints.append(
                Complaint(f"/opinions/{at}", "assigned", "不在本人评审的申报人之列，或须回避。")
            )
    if complaints:
        raise OpinionNotYours("请按提示修改后重新提交。", complaints=tuple(complaints))
    for one in body.opinions:
        values = {"text": one.text, "written_at": clock.now()}
        await db.execute(
            insert(Opinion)
            .values(
                id=uuid7(),
                meeting_id=meeting.id,
                application_id=one.application_id,
                seat_id=seat.id,
                kind="GROUP" if one.for_group else "REVIEWER",
                **values,
            )
            .on_conflict_do_update(constraint="opinion_once", set_=values)
        )
    audit(db, caller, "meetings.opinions.written", seat.id, f"{len(body.opinions)}")
    return await _applicants(db, meeting, seat)


@router.post("/seats/{seat_id}/recusals", access=EXPERT, refuses=[IllegalMove], status_code=201)
async def declare_recusal(seat_id: UUID, body: DeclareRecusal, db: Db, caller: Caller) -> RecusalView:
    """Declare an interest, before or during the meeting."""
    seat = await store.own_seat(db, seat_id, caller.person)
    # Shared: no round is opened meanwhile whose ballots would not know of it.
    meeting = await db.get_one(Meeting, seat.meeting_id, with_for_update={"read": True})
    row = await recuse(db, caller, meeting, seat, body.application_id, "DECLARED", body.reason)
    return recusal_view(row)


async def _own(db: Db, seat: Seat) -> dict[str, object]:
    meeting = await db.get_one(Meeting, seat.meeting_id)
    campaign = await db.get_one(KnownCampaign, meeting.campaign_id)
    return {
        "id": seat.id,
        "meeting_id": meeting.id,
        "campaign_id": meeting.campaign_id,
        "campaign": campaign.name,
        "duty": seat.duty,
        "group_number": seat.group_number,
        "leads_group": _leads(meeting, seat),
        "presides": meeting.presiding == seat.id,
        "meeting_state": meeting.state,
        "round": meeting.round,
        "held_on": meeting.held_on,
        "place": meeting.place,
    }


def _leads(meeting: Meeting, seat: Seat) -> bool:
    return any(group["leader"] == str(seat.id) for group in meeting.groups)


async def _applicants(db: Db, meeting: Meeting, seat: Seat) -> list[ApplicantToRead]:
    """The meeting's applicants once they are allocated; while a group judges, only the group's."""
    if meeting.state in (MeetingStatus.DRAWING, MeetingStatus.ATTENDANCE, MeetingStatus.GROUPING):
        return []
    own_group = meeting.grouped and meeting.round < 2
    recused = {
        one.application_id for one in await store.recusals_of(db, meeting.id) if one.seat_id == seat.id
    }
    reviewing = {
        one.application_id: "LEAD" if one.lead else "ASSISTANT"
        for one in await db.scalars(select(Reviewer).where(Reviewer.seat_id == seat.id))
    }
    written: dict[tuple[UUID, str], str] = {}
    for one in await db.scalars(select(Opinion).where(Opinion.meeting_id == meeting.id)):
        if one.kind == "GROUP" or one.seat_id == seat.id:
            written[(one.application_id, one.kind)] = one.text
    rows: list[Candidacy] = await store.applicants_of(db, meeting.id)
    return [
        ApplicantToRead(
            application_id=row.id,
            sequence=row.sequence,
            name=row.name,
            employer_name=row.employer_name,
            specialty=row.specialty,
            title_name=row.title_name,
            group_number=row.group_number,
            reviewer=reviewing.get(row.id),
            opinion=written.get((row.id, "REVIEWER")),
            group_opinion=written.get((row.id, "GROUP")),
        )
        for row in rows
        if row.id not in recused and (not own_group or row.group_number == seat.group_number)
    ]
