"""SM meeting: from the draw to the end of the publicity."""

from enum import StrEnum

from refusals import Kind, Refusal
from refusals.machine import Machine, Move


class MeetingStatus(StrEnum):
    """Where a meeting stands."""

    DRAWING = "DRAWING"
    ATTENDANCE = "ATTENDANCE"
    GROUPING = "GROUPING"
    ALLOCATING = "ALLOCATING"
    READY = "READY"
    VOTING = "VOTING"
    COUNTED = "COUNTED"
    ANNOUNCED = "ANNOUNCED"
    PUBLICITY = "PUBLICITY"
    DONE = "DONE"


class Event(StrEnum):
    """What happens to a meeting."""

    CREATE = "create"
    DRAW = "draw"
    REDRAW = "redraw"
    CONFIRM_TO_GROUP = "confirm-attendance-with-groups"
    CONFIRM = "confirm-attendance"
    GROUP = "group"
    ARRANGE = "arrange"
    REARRANGE = "rearrange"
    OPEN_VOTING = "open-voting"
    OPEN_NEXT = "open-next-round"
    COUNT = "count"
    SIGN = "sign"
    PUBLISH = "publish"
    END = "end"


S, E = MeetingStatus, Event
MEETING = Machine(
    "meeting",
    (
        Move(None, E.CREATE, S.DRAWING, "office"),
        Move(S.DRAWING, E.DRAW, S.ATTENDANCE, "office"),
        Move(S.ATTENDANCE, E.REDRAW, S.DRAWING, "office"),
        Move(S.ATTENDANCE, E.CONFIRM_TO_GROUP, S.GROUPING, "office"),
        Move(S.ATTENDANCE, E.CONFIRM, S.ALLOCATING, "office"),
        Move(S.GROUPING, E.GROUP, S.ALLOCATING, "office"),
        Move(S.ALLOCATING, E.ARRANGE, S.READY, "office"),
        Move(S.READY, E.REARRANGE, S.ALLOCATING, "office"),
        Move(S.READY, E.OPEN_VOTING, S.VOTING, "office"),
        Move(S.VOTING, E.OPEN_NEXT, S.VOTING, "office"),
        Move(S.VOTING, E.COUNT, S.COUNTED, "office"),
        Move(S.COUNTED, E.SIGN, S.ANNOUNCED, "presiding"),
        Move(S.ANNOUNCED, E.PUBLISH, S.PUBLICITY, "office"),
        Move(S.PUBLICITY, E.END, S.DONE, "time"),
    ),
)

BEFORE_VOTING = frozenset({S.ATTENDANCE, S.GROUPING, S.ALLOCATING, S.READY})
"""Attendance is or was decided and no ballot exists yet."""

UNFINISHED = frozenset({S.DRAWING, *BEFORE_VOTING, S.VOTING, S.COUNTED})
"""A campaign has at most one such meeting of a kind."""


class MaterialNotReceived(Refusal):
    """申报材料尚未全部接收，不能组织评审会议。"""

    slug, kind = "material-not-received", Kind.CONFLICT


class FilingInvalid(Refusal):
    """评委会备案不在有效期内。"""

    slug, kind = "filing-invalid", Kind.CONFLICT


class SizeEven(Refusal):
    """评委会人数须为单数。"""

    slug, kind = "size-even", Kind.CONFLICT


class MeetingExists(Refusal):
    """该评审活动已有未结束的评审会议。"""

    slug, kind = "meeting-exists", Kind.CONFLICT


def check_size(prescribed: int) -> None:
    """Raise SizeEven unless the prescribed number is odd (LAW-05); the filing vetted how large it must be."""
    if prescribed % 2 == 0:
        raise SizeEven(f"备案的评委会人数为 {prescribed} 人，请先变更备案。")
