"""How a unit comes to be authorised, and how it moves below another superior."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from refusals import Complaint, Kind, Refusal
from refusals.machine import Machine, Move


class UnitStatus(StrEnum):
    """State of a unit's registration."""

    PENDING = "PENDING"
    RETURNED = "RETURNED"
    AUTHORISED = "AUTHORISED"
    SUPERIOR_CHANGE_PENDING = "SUPERIOR_CHANGE_PENDING"


OPEN = frozenset({UnitStatus.AUTHORISED, UnitStatus.SUPERIOR_CHANGE_PENDING})
"""States in which the unit's functions are open."""


class Event(StrEnum):
    """What can happen to a registration."""

    CREATE = "create"
    REQUEST = "request"
    PASS = "pass"
    RETURN = "return"
    RESUBMIT = "resubmit"
    REQUEST_SUPERIOR = "request-superior"
    PASS_SUPERIOR = "pass-superior"
    REFUSE_SUPERIOR = "refuse-superior"
    WITHDRAW_SUPERIOR = "withdraw-superior"


class Decision(StrEnum):
    """What a superior can say to a request for permission."""

    PASS = "PASS"
    RETURN = "RETURN"


class Who(StrEnum):
    """Who moves a registration."""

    HANDLER = "handler"  # of the unit itself
    SUPERIOR = "superior"
    WANTED_SUPERIOR = "wanted superior"


REGISTRATION = Machine(
    "unit registration",
    (
        Move(None, Event.CREATE, UnitStatus.AUTHORISED, Who.SUPERIOR),
        Move(None, Event.REQUEST, UnitStatus.PENDING, Who.HANDLER),
        Move(UnitStatus.PENDING, Event.PASS, UnitStatus.AUTHORISED, Who.SUPERIOR),
        Move(UnitStatus.PENDING, Event.RETURN, UnitStatus.RETURNED, Who.SUPERIOR),
        Move(UnitStatus.RETURNED, Event.RESUBMIT, UnitStatus.PENDING, Who.HANDLER),
        Move(UnitStatus.AUTHORISED, Event.REQUEST_SUPERIOR, UnitStatus.SUPERIOR_CHANGE_PENDING, Who.HANDLER),
        Move(
            UnitStatus.SUPERIOR_CHANGE_PENDING,
            Event.PASS_SUPERIOR,
            UnitStatus.AUTHORISED,
            Who.WANTED_SUPERIOR,
        ),
        Move(
            UnitStatus.SUPERIOR_CHANGE_PENDING,
            Event.REFUSE_SUPERIOR,
            UnitStatus.AUTHORISED,
            Who.WANTED_SUPERIOR,
        ),
        Move(UnitStatus.SUPERIOR_CHANGE_PENDING, Event.WITHDRAW_SUPERIOR, UnitStatus.AUTHORISED, Who.HANDLER),
    ),
)


class ReasonNeeded(Refusal):
    """请填写理由。"""

    slug, kind = "reason-needed", Kind.INVALID


class AlreadyRegistered(Refusal):
    """该统一社会信用代码的单位已存在。"""

    slug, kind = "unit-already-registered", Kind.CONFLICT


class OwnRequest(Refusal):
    """不能审核本人经办的申请。"""

    slug, kind = "own-request", Kind.FORBIDDEN


class SameSuperior(Refusal):
    """所选单位已是本单位的上级单位。"""

    slug, kind = "same-superior", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Registration:
    """A unit's place below a superior, and how far it is agreed.

    `wanted_superior_id` is set exactly while a change of superior is pending; `reason` is the last
    returning or refusing superior's.
    """

    state: UnitStatus
    superior_id: UUID | None
    wanted_superior_id: UUID | None = None
    reason: str = ""

    @classmethod
    def create(cls, superior_id: UUID | None) -> "Registration":
        """A unit made by its superior is authorised at once (UNT-03); only the topmost one has none."""
        return cls(_next(None, Event.CREATE), superior_id)

    @classmethod
    def request(cls, superior_id: UUID) -> "Registration":
        """A self-registered unit asks a superior for permission (UNT-08)."""
        return cls(_next(None, Event.REQUEST), superior_id)

    def pass_(self) -> "Registration":
        """The superior agrees: the unit's functions open; raises `IllegalMove`."""
        return replace(self, state=_next(self.state, Event.PASS), reason="")

    def return_(self, reason: str) -> "Registration":
        """The superior wants corrections; raises `IllegalMove`, `ReasonNeeded`."""
        return replace(self, state=_next(self.state, Event.RETURN), reason=_given(reason))

    def decide(self, decision: Decision, reason: str) -> "Registration":
        """`pass_` or `return_`."""
        return self.pass_() if decision is Decision.PASS else self.return_(reason)

    def resubmit(self, superior_id: UUID) -> "Registration":
        """The unit asks again, perhaps another superior; raises `IllegalMove`."""
        return replace(self, state=_next(self.state, Event.RESUBMIT), superior_id=superior_id, reason="")

    def request_superior(self, wanted_id: UUID) -> "Registration":
        """The unit wants another superior, who must agree first (UNT-12); raises `IllegalMove`, `SameSuperior`."""
        state = _next(self.state, Event.REQUEST_SUPERIOR)
        if wanted_id == self.superior_id:
            raise SameSuperior
        return replace(self, state=state, wanted_superior_id=wanted_id, reason="")

    def pass_superior(self) -> "Registration":
        """The wanted superior agrees and is the superior from now on; raises `IllegalMove`."""
        state = _next(self.state, Event.PASS_SUPERIOR)
        return Registration(state, superior_id=self.wanted_superior_id)

    def refuse_superior(self, reason: str) -> "Registration":
        """The wanted superior refuses; the old one stays. Raises `IllegalMove`, `ReasonNeeded`."""
        state = _next(self.state, Event.REFUSE_SUPERIOR)
        return Registration(state, self.superior_id, reason=_given(reason))

    def withdraw_superior(self) -> "Registration":
        """The unit no longer wants another superior; raises `IllegalMove`."""
        return Registration(_next(self.state, Event.WITHDRAW_SUPERIOR), self.superior_id)

    def allowed(self, who: Who) -> list[str]:
        """What `who` may do now."""
        return list(REGISTRATION.allowed(self.state, who))


def check_not_own(person: UUID, handlers: Collection[UUID]) -> None:
    """Raise `OwnRequest` if who decides is a handler of the unit decided on."""
    if person in handlers:
        raise OwnRequest("请由上级单位的其他经办人员审核。")


def _next(state: UnitStatus | None, event: Event) -> UnitStatus:
    return UnitStatus(REGISTRATION.next(state, event))


def _given(reason: str) -> str:
    if not reason.strip():
        complaint = Complaint("/reason", "required", "请写明理由，便于对方修改。")
        raise ReasonNeeded("请写明理由，便于对方修改。", complaints=(complaint,))
    return reason.strip()
