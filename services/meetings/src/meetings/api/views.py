"""How meetings, seats and files are shown to the office."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from chassis import clock
from chassis.files import Files
from chassis.web import Config, View
from fastapi import Depends
from pydantic import BaseModel, Field

from meetings.domain.meeting import MEETING, MeetingStatus
from meetings.rules import Rules, rules_in_force
from meetings.settings import Settings
from meetings.tables import Meeting, Seat


async def _rules(settings: Config) -> Rules:
    return rules_in_force(settings.province, clock.local_date(clock.now()))


async def _own_settings(settings: Config) -> Settings:
    assert isinstance(settings, Settings)
    return settings


RulesNow = Annotated[Rules, Depends(_rules)]
OwnSettings = Annotated[Settings, Depends(_own_settings)]


class FileLink(BaseModel):
    """A file and where it can be downloaded for fifteen minutes."""

    sha256: str
    name: str
    size: int
    media_type: str
    url: str


async def link(files: Files, ref: dict[str, Any]) -> FileLink:
    """A kept file with its address."""
    return FileLink(**ref, url=await files.url(ref["sha256"], ref["name"], ref["media_type"]))


class SeatView(BaseModel):
    """An expert on the attendance list, as the office sees it."""

    id: UUID
    expert_id: UUID
    name: str
    duty: str = Field(examples=["CHAIR"])
    work_unit: str
    specialty: str
    title_name: str
    group_number: int | None
    revision: int


def seat_view(seat: Seat) -> SeatView:
    """A seat's view."""
    return SeatView.model_validate(seat, from_attributes=True)


class GroupView(BaseModel):
    """A specialty group."""

    number: int
    name: str
    leader: UUID
    members: list[UUID]
    specialties: list[str]


class SignatureView(BaseModel):
    """Who signed which minutes when."""

    seat_id: UUID
    name: str
    at: datetime
    minutes_sha256: str


class MeetingView(View):
    """A meeting."""

    campaign_id: UUID
    committee_id: UUID
    kind: str
    year: int
    prescribed_size: int
    grouped: bool
    group_method: str | None
    attending: int
    round: int
    rounds: int
    executive_chair: UUID | None
    presiding: UUID | None
    groups: list[GroupView]
    plan: str
    place: str
    held_on: date | None
    supervising_body: str
    scoring_standard: str
    max_score: int
    minutes_sha256: str | None
    signature: SignatureView | None
    counted_at: datetime | None
    pack: str


def meeting_view(meeting: Meeting) -> MeetingView:
    """A meeting with what the office may do now."""
    fields = {name: getattr(meeting, name) for name in MeetingView.model_fields if hasattr(meeting, name)}
    return MeetingView(
        **fields,
        minutes_sha256=meeting.minutes["sha256"] if meeting.minutes else None,
        allowed_actions=list(MEETING.allowed(MeetingStatus(meeting.state), "office")),
    )
