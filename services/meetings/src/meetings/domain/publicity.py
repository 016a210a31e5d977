"""Publicity and objections (MTG-30 to 33, LAW-09 to 11)."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from refusals import Complaint, Kind, Refusal
from refusals.machine import Machine, Move


class PublicityStatus(StrEnum):
    """SM publicity."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    ENDED = "ENDED"


class PublicityEvent(StrEnum):
    """What happens to a publicity."""

    WRITE = "write"
    PUBLISH = "publish"
    END = "end"


PUBLICITY = Machine(
    "publicity",
    (
        Move(None, PublicityEvent.WRITE, PublicityStatus.DRAFT, "office"),
        Move(PublicityStatus.DRAFT, PublicityEvent.PUBLISH, PublicityStatus.PUBLISHED, "job"),
        Move(PublicityStatus.PUBLISHED, PublicityEvent.END, PublicityStatus.ENDED, "time"),
    ),
)


class ObjectionStatus(StrEnum):
    """SM objection."""

    SUBMITTED = "SUBMITTED"
    RECORDED = "RECORDED"
    ANSWERED = "ANSWERED"


class ObjectionEvent(StrEnum):
    """What happens to an objection."""

    SUBMIT = "submit"
    RECORD = "record"
    ANSWER = "answer"


OBJECTION = Machine(
    "objection",
    (
        Move(None, ObjectionEvent.SUBMIT, ObjectionStatus.SUBMITTED, "anybody"),
        Move(None, ObjectionEvent.RECORD, ObjectionStatus.RECORDED, "office"),
        Move(ObjectionStatus.SUBMITTED, ObjectionEvent.ANSWER, ObjectionStatus.ANSWERED, "office"),
        Move(ObjectionStatus.RECORDED, ObjectionEvent.ANSWER, ObjectionStatus.ANSWERED, "office"),
    ),
)


class PeriodTooShort(Refusal):
    """公示期不足规定的工作日。"""

    slug, kind = "period-too-short", Kind.INVALID


class OutsidePeriod(Refusal):
    """不在公示期内。"""

    slug, kind = "outside-period", Kind.CONFLICT


class NobodyPassed(Refusal):
    """没有通过评审的人员，无需公示。"""

    slug, kind = "nobody-passed", Kind.CONFLICT


class ObjectorIncomplete(Refusal):
    """异议人信息不完整。"""

    slug, kind = "objector-incomplete", Kind.INVALID


def check_days(days: int, least: int) -> None:
    """Raise PeriodTooShort (LAW-09)."""
    if days < least:
        raise PeriodTooShort(f"公示期不少于 {least} 个工作日。")


def check_before_end(now: datetime, ends_at: datetime) -> None:
    """Raise OutsidePeriod once a published announcement's period is over; its end is exclusive (Q38).

    Nothing asks whether it has begun: publishing begins it, and the process that answers an objector may have a clock
    that is a little behind the one that published.
    """
    if now >= ends_at:
        raise OutsidePeriod("异议只能在公示期内提出。")


def check_received(received: date, first: date, last: date) -> None:
    """Raise OutsidePeriod unless an offline objection came in while the period ran."""
    if not first <= received <= last:
        raise OutsidePeriod(f"收到异议的日期应在 {first} 至 {last} 之间。")


def check_objector(unnamed: bool, name: str, phone: str) -> None:
    """Raise ObjectorIncomplete for a named objector without name or phone; the ID number is optional (LAW-11)."""
    complaints = [
        Complaint(pointer, "required", f"请填写{label}，或选择匿名。")
        for pointer, label, value in (("/name", "姓名", name), ("/phone", "联系电话", phone))
        if not unnamed and not value
    ]
    if complaints:
        raise ObjectorIncomplete("请补充异议人信息。", complaints=tuple(complaints))


class Standing(StrEnum):
    """What objections mean for a person at the end of the period (LAW-10)."""

    CLEAR = "CLEAR"
    OPEN = "OPEN"
    UPHELD = "UPHELD"


def standing(objections: Iterable[tuple[ObjectionStatus, bool | None]]) -> Standing:
    """Upheld beats open, open beats clear; each objection is its state and whether it was upheld."""
    held = list(objections)
    if any(upheld for _, upheld in held):
        return Standing.UPHELD
    if any(state is not ObjectionStatus.ANSWERED for state, _ in held):
        return Standing.OPEN
    return Standing.CLEAR
