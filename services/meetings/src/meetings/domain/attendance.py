"""Attendance after the draw: strictly in drawn order, and what a complete body is (LAW-03 to 05, MTG-10, 11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from refusals import Complaint, Kind, Refusal


class Outcome(StrEnum):
    """What came of asking a drawn expert."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    SKIPPED = "SKIPPED"
    CANCELLED = "CANCELLED"


class SkipReason(StrEnum):
    """Why a drawn expert is passed over."""

    UNREACHABLE = "UNREACHABLE"
    DECLINED = "DECLINED"
    RECUSAL = "RECUSAL"
    NOT_QUALIFIED = "NOT_QUALIFIED"  # a fact that is checked, not an opinion of the office


class OutOfOrder(Refusal):
    """须按抽选顺序确认参评专家。"""

    slug, kind = "out-of-order", Kind.CONFLICT


class PlacesFull(Refusal):
    """该组参评人数已满。"""

    slug, kind = "places-full", Kind.CONFLICT


class AlreadyDecided(Refusal):
    """该专家是否参评已经记录。"""

    slug, kind = "already-decided", Kind.CONFLICT


class NotQualified(Refusal):
    """该专家不能参评。"""

    slug, kind = "expert-not-qualified", Kind.CONFLICT


class StillQualified(Refusal):
    """该专家符合参评条件，不能以此为由跳过。"""

    slug, kind = "expert-still-qualified", Kind.CONFLICT


class NotAttending(Refusal):
    """该专家不在参评名单中。"""

    slug, kind = "not-attending", Kind.CONFLICT


class BodyIncomplete(Refusal):
    """参评名单不符合要求。"""

    slug, kind = "body-incomplete", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Place:
    """A drawn expert's place in a group's order, starting at 1."""

    position: int
    outcome: Outcome


def check_turn(places: Sequence[Place], position: int) -> None:
    """Raise OutOfOrder or AlreadyDecided unless it is this place's turn to be asked."""
    for place in sorted(places, key=lambda one: one.position):
        if place.position == position:
            if place.outcome is not Outcome.PENDING:
                raise AlreadyDecided("如需更改，请取消参评并说明原因。")
            return
        if place.outcome is Outcome.PENDING:
            raise OutOfOrder(f"请先确认本组第 {place.position} 位专家，或记录未参评的原因。")


def check_confirm(places: Sequence[Place], position: int, to_draw: int) -> None:
    """Raise unless this expert is next and the group still has a free seat."""
    check_turn(places, position)
    if sum(place.outcome is Outcome.CONFIRMED for place in places) >= to_draw:
        raise PlacesFull(f"本组需要 {to_draw} 人。")


def check_cancel(place: Place) -> None:
    """Raise NotAttending unless the expert is on the list."""
    if place.outcome is not Outcome.CONFIRMED:
        raise NotAttending


@dataclass(frozen=True, slots=True)
class Member:
    """An expert on the attendance list."""

    seat: str
    duty: str


def check_body(members: Sequence[Member], prescribed: int, executive: str | None) -> None:
    """Raise BodyIncomplete with every defect: too few, even, no chair, several chairs and no executive one."""
    complaints = []
    attending = len(members)
    if not has_quorum(attending, prescribed):
        complaints.append(Complaint("/attending", "quorum", _quorum(attending, prescribed)))
    if attending < prescribed:
        detail = f"参评 {attending} 人，少于评委会人数 {prescribed} 人，请按抽选顺序继续确认。"
        complaints.append(Complaint("/attending", "size", detail))
    if attending % 2 == 0:
        complaints.append(Complaint("/attending", "odd", f"参评 {attending} 人，须为单数。"))
    chairs = [member.seat for member in members if member.duty == "CHAIR"]
    if not chairs and not any(member.duty == "VICE_CHAIR" for member in members):
        complaints.append(Complaint("/attending", "chair", "参评名单中须有主任委员或副主任委员。"))
    if len(chairs) > 1 and executive not in chairs:
        complaints.append(
            Complaint("/executive_chair", "required", "主任委员不止一位，请指定本年度执行主任。")
        )
    if complaints:
        raise BodyIncomplete("请按提示处理后再确认参评名单。", complaints=tuple(complaints))


def has_quorum(present: int, prescribed: int) -> bool:
    """Whether two thirds of the prescribed number are there (LAW-03)."""
    return 3 * present >= 2 * prescribed


def _quorum(present: int, prescribed: int) -> str:
    return f"到会 {present} 人，不足评委会人数 {prescribed} 人的三分之二。"


class BelowQuorum(Refusal):
    """到会专家不足评委会人数的三分之二。"""

    slug, kind = "below-quorum", Kind.CONFLICT


def check_quorum(present: int, prescribed: int) -> None:
    """Raise BelowQuorum."""
    if not has_quorum(present, prescribed):
        raise BelowQuorum(_quorum(present, prescribed))


def check_voters(members: int, present: int, voting: int, *, by_group: bool) -> None:
    """Raise BelowQuorum where absence leaves a group short of two thirds, or an applicant to a single voter.

    A total about a single voter tells how that expert voted (LAW-01); nor is it a group's judgement (LAW-07).
    """
    if present == members:
        return
    if by_group and not has_quorum(present, members):
        raise BelowQuorum(f"专业组到会 {present} 人，不足本组 {members} 人的三分之二。")
    if voting < 2:
        raise BelowQuorum("设为缺席后，有申报人仅剩一名专家投票，无法保密。")


class PresidingInvalid(Refusal):
    """主持人须为参评的主任委员；主任委员缺席时为副主任委员。"""

    slug, kind = "presiding-invalid", Kind.CONFLICT


def check_presiding(members: Sequence[Member], seat: str, executive: str | None, absent: bool) -> None:
    """Raise PresidingInvalid unless this member may preside: the (executive) chair, a vice chair in their absence."""
    duty = next((member.duty for member in members if member.seat == seat), None)
    chairs = [member.seat for member in members if member.duty == "CHAIR"]
    if duty == "CHAIR" and (len(chairs) == 1 or seat == executive or absent):
        return
    if duty == "VICE_CHAIR" and (not chairs or absent):
        return
    if duty == "VICE_CHAIR":
        raise PresidingInvalid("主任委员参评时由其主持；其不能主持的，请注明原因。")
    raise PresidingInvalid("请从参评名单中指定。")
