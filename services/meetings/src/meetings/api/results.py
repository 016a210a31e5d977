"""What was counted: results per round once it is closed, minutes, the presiding chair's signature (LAW-01, 08)."""

from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import lock, save
from chassis.jobs import defer
from chassis.problems import Missing
from chassis.web import Caller, Db, Files, IfMatch, Model, Router, expect
from contracts.meetings.v1 import MeetingAnnounced, SeatChanged, VoteFailed, VotePassed
from fastapi import Query
from pydantic import BaseModel, Field
from refusals import Kind, Refusal
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlmodel import col

from meetings import store
from meetings.actions import move_candidacy, move_meeting, tell_seat
from meetings.api.meetings import OFFICE
from meetings.api.views import FileLink, MeetingView, link, meeting_view
from meetings.domain.candidacy import Event as CandidacyEvent
from meetings.domain.meeting import Event, MeetingStatus
from meetings.queries.results import RoundResult, results
from meetings.queries.rounds import deciding_lines
from meetings.tables import Meeting, Seat

router = Router(tags=["results"])
SIGN = needs("meetings.minutes.sign", Relation.SEAT)


class MinutesNotReady(Refusal):
    """会议纪要正在生成，请稍后重试。"""

    slug, kind = "minutes-not-ready", Kind.CONFLICT


class MinutesChanged(Refusal):
    """会议纪要已更新，请重新查看后签署。"""

    slug, kind = "minutes-changed", Kind.CONFLICT


class WriteMinutes(Model):
    """The course of the meeting and the opinions, as the minutes tell it."""

    paragraphs: list[Annotated[str, Field(min_length=1, max_length=5000)]] = Field(
        max_length=100, examples=[["会议听取了各专业组的评议意见。"]]
    )


class SignMinutes(Model):
    """Sign result and minutes; the hash says which minutes were read."""

    minutes_sha256: str = Field(pattern="^[0-9a-f]{64}$", examples=["0" * 64])


class ResultToSign(BaseModel):
    """What the presiding chair signs."""

    meeting_id: UUID
    state: str
    revision: int = Field(description="The meeting's.")
    rounds: list[RoundResult]
    minutes: FileLink


class ResultSigned(BaseModel):
    """The announced result in figures."""

    meeting_id: UUID
    state: str
    passed: int
    failed: int
    minutes_sha256: str


@router.get("/meetings/{meeting_id}/results", access=OFFICE)
async def show_results(
    meeting_id: UUID, db: Db, caller: Caller, passed: Annotated[bool | None, Query()] = None
) -> list[RoundResult]:
    """The totals of closed rounds; an open one tells nothing (LAW-01, MTG-19)."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    return await results(db, meeting, passed)


@router.put("/meetings/{meeting_id}/minutes", access=OFFICE, refuses=[IllegalMove])
async def write_minutes(
    meeting_id: UUID, body: WriteMinutes, db: Db, caller: Caller, if_match: IfMatch
) -> MeetingView:
    """Complete the minutes before they are signed; they are printed anew."""
    meeting = await store.lock_meeting(db, meeting_id, caller.unit)
    expect(meeting, if_match)
    if meeting.state != MeetingStatus.COUNTED:
        raise IllegalMove("会议纪要在计票完成后、签署前填写。")
    meeting.minutes_paragraphs, meeting.minutes = body.paragraphs, None
    save(db, meeting)
    await defer(db, "meetings.minutes", meeting_id=str(meeting.id))
    audit(db, caller, "meetings.minutes.written", meeting.id)
    return meeting_view(meeting)


@router.get("/meetings/{meeting_id}/minutes", access=OFFICE, refuses=[MinutesNotReady])
async def download_minutes(meeting_id: UUID, db: Db, caller: Caller, files: Files) -> FileLink:
    """The printed minutes."""
    meeting = await store.own_meeting(db, meeting_id, caller.unit)
    return await link(files, _minutes(meeting))


@router.get("/seats/{seat_id}/result", access=SIGN, refuses=[MinutesNotReady])
async def show_result_to_sign(seat_id: UUID, db: Db, caller: Caller, files: Files) -> ResultToSign:
    """Result and minutes for the presiding chair to read before signing."""
    seat = await store.own_seat(db, seat_id, caller.person)
    meeting = await db.get_one(Meeting, seat.meeting_id)
    if meeting.presiding != seat.id or meeting.counted_at is None:
        raise Missing
    return ResultToSign(
        meeting_id=meeting.id,
        state=meeting.state,
        revision=meeting.revision,
        rounds=await results(db, meeting, None),
        minutes=await link(files, _minutes(meeting)),
    )


@router.post("/seats/{seat_id}/sign", access=SIGN, refuses=[IllegalMove, MinutesNotReady, MinutesChanged])
async def sign_minutes(seat_id: UUID, body: SignMinutes, db: Db, caller: Caller) -> ResultSigned:
    """Sign as presiding chair: the result is announced and nothing changes afterwards (LAW-08)."""
    seat = await store.own_seat(db, seat_id, caller.person)
    meeting = await lock(db, Meeting, Meeting.id == seat.meeting_id, Meeting.presiding == seat.id)
    if meeting.state == MeetingStatus.COUNTED and _minutes(meeting)["sha256"] != body.minutes_sha256:
        raise MinutesChanged
    meeting.signature = {
        "seat_id": str(seat.id),
        "name": seat.name,
        "at": clock.now().isoformat(),
        "minutes_sha256": body.minutes_sha256,
    }
    move_meeting(db, caller, meeting, Event.SIGN, MeetingAnnounced, role="CHAIR")
    lines = await deciding_lines(db, meeting.id)
    passed = 0
    for row in await store.applicants_of(db, meeting.id):
        line = lines[row.id]
        row.totals = {
            "for_": line.votes_for,
            "against": line.votes_against,
            "abstain": line.abstentions,
            "attending": line.attending,
            "recused": line.recused,
        }
        passed += bool(line.passed)
        event, told = (
            (CandidacyEvent.PASS_VOTE, VotePassed) if line.passed else (CandidacyEvent.FAIL_VOTE, VoteFailed)
        )
        move_candidacy(db, caller, row, event, told, role="CHAIR")
    # Dossiers are open to experts only while they judge.
    for other in await db.scalars(
        select(Seat).where(Seat.meeting_id == meeting.id, col(Seat.active)).order_by(col(Seat.id))
    ):
        await tell_seat(db, caller, other, SeatChanged, "评审会议结束")
    return ResultSigned(
        meeting_id=meeting.id,
        state=meeting.state,
        passed=passed,
        failed=len(lines) - passed,
        minutes_sha256=body.minutes_sha256,
    )


def _minutes(meeting: Meeting) -> dict[str, object]:
    if meeting.minutes is None:
        raise MinutesNotReady
    return meeting.minutes
