"""A campaign: five modules in order, vetted and published, receiving until its deadline, closed at the end."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from refusals import Complaint
from refusals.machine import Machine, Move
from vetting import Case, Opinion, Route, State

from committees.domain.filing import FilingStatus
from committees.domain.refusals import (
    CertificatesMissing,
    DeadlineMovedEarlier,
    DeadlinePassed,
    DeadlinesOutOfOrder,
    FilingNotValid,
    ModuleOutOfOrder,
    ModulesMissing,
)


class CampaignStatus(StrEnum):
    """Where a campaign stands (SM campaign publication)."""

    EDITING = "EDITING"
    VETTING = "VETTING"
    RETURNED = "RETURNED"
    PUBLISHED = "PUBLISHED"
    RECEIVING = "RECEIVING"
    RECEIPT_CLOSED = "RECEIPT_CLOSED"
    CLOSED = "CLOSED"


class Event(StrEnum):
    """What happens to a campaign."""

    CREATE = "create"
    EDIT = "edit"
    SUBMIT = "submit"
    PASS_ON = "pass-on"
    PUBLISH = "publish"
    RETURN = "return"
    MOVE_DEADLINES = "move-deadlines"
    START = "start"
    END_RECEIPT = "end-receipt"
    CLOSE = "close"


_S, _E = CampaignStatus, Event
_OWNER, _VETTER = "establishing unit", "vetter"

MACHINE = Machine(
    "campaign",
    (
        Move(None, _E.CREATE, _S.EDITING, _OWNER),
        *(Move(s, _E.EDIT, s, _OWNER) for s in (_S.EDITING, _S.RETURNED)),
        *(Move(s, _E.SUBMIT, _S.VETTING, _OWNER) for s in (_S.EDITING, _S.RETURNED)),
        Move(_S.VETTING, _E.PASS_ON, _S.VETTING, _VETTER),
        Move(_S.VETTING, _E.PUBLISH, _S.PUBLISHED, _VETTER),
        Move(_S.VETTING, _E.RETURN, _S.RETURNED, _VETTER),
        *(Move(s, _E.MOVE_DEADLINES, s, _OWNER) for s in (_S.PUBLISHED, _S.RECEIVING)),
        Move(_S.PUBLISHED, _E.START, _S.RECEIVING, "time"),
        Move(_S.RECEIVING, _E.END_RECEIPT, _S.RECEIPT_CLOSED, "time"),
        Move(_S.RECEIPT_CLOSED, _E.CLOSE, _S.CLOSED, _OWNER),
    ),
)


class Module(StrEnum):
    """The five modules, in the order in which they open (COM-30)."""

    BASIC = "basic"
    OPENED = "opened"
    REQUIREMENTS = "requirements"
    CONDITIONS = "conditions"
    MATERIALS = "materials"


MODULES = tuple(Module)
LABELS = {
    Module.BASIC: "基本信息",
    Module.OPENED: "开设专业",
    Module.REQUIREMENTS: "业绩要求",
    Module.CONDITIONS: "破格条件",
    Module.MATERIALS: "需求材料",
}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """A campaign's instants, all exclusive ends but the start."""

    start: datetime
    first: datetime
    modified: datetime
    receipt: datetime

    def check(self) -> None:
        """Refuse a wrong order: start < first ≤ modified ≤ receipt; raises DeadlinesOutOfOrder (APP-33)."""
        said = []
        if not self.start < self.first:
            said.append(Complaint("/first_deadline", "order", "首次提交截止时间须晚于申报开始时间。"))
        if not self.first <= self.modified:
            said.append(
                Complaint("/modified_deadline", "order", "修改后提交截止时间不能早于首次提交截止时间。")
            )
        if not self.modified <= self.receipt:
            said.append(
                Complaint("/receipt_deadline", "order", "评委会接收截止时间不能早于修改后提交截止时间。")
            )
        if said:
            raise DeadlinesOutOfOrder(
                "请按 申报开始 < 首次提交 ≤ 修改后提交 ≤ 评委会接收 的顺序填写。", complaints=tuple(said)
            )

    def moved(self, to: "Deadlines", now: datetime) -> "Deadlines":
        """Return the later deadlines of a published campaign.

        Raises DeadlineMovedEarlier, DeadlinePassed or DeadlinesOutOfOrder.
        """
        pairs = {
            "start": (self.start, to.start),
            "first_deadline": (self.first, to.first),
            "modified_deadline": (self.modified, to.modified),
            "receipt_deadline": (self.receipt, to.receipt),
        }
        earlier = [name for name, (old, new) in pairs.items() if new < old]
        if earlier:
            said = tuple(Complaint(f"/{name}", "later", "只能延后。") for name in earlier)
            raise DeadlineMovedEarlier("请填写不早于原定时间的截止时间。", complaints=said)
        gone = [
            name
            for name, (old, new) in pairs.items()
            if new != old and ((old <= now and name == "start") or new <= now)
        ]
        if gone:
            said = tuple(Complaint(f"/{name}", "passed", "该时间已过，不能调整。") for name in gone)
            raise DeadlinePassed("新的时间须晚于当前时间；申报开始后不能再调整开始时间。", complaints=said)
        to.check()
        return to


@dataclass(frozen=True, slots=True)
class CommitteeStanding:
    """What a campaign needs to know of its committee's filing."""

    state: FilingStatus
    valid_from: date | None
    valid_until: date | None

    def check_chosen(self, today: date) -> None:
        """Refuse a committee that is not filed today (COM-13); raises FilingNotValid."""
        if self.state is not FilingStatus.FILED:
            raise FilingNotValid("请选择状态为“已备案”且在有效期内的评委会。")
        self.check(today)

    def check(self, *days: date) -> None:
        """Refuse days that the filing does not cover (LAW-06, BEY-09); raises FilingNotValid.

        A valid filing stays valid while a new one is on its way.
        """
        if self.valid_from is None or self.valid_until is None:
            raise FilingNotValid("请选择状态为“已备案”且在有效期内的评委会。")
        if any(not self.valid_from <= day <= self.valid_until for day in days):
            raise FilingNotValid(f"备案有效期为 {self.valid_from} 至 {self.valid_until}，请先重新备案。")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a campaign stands: its state, its vetting, and how many modules are saved."""

    state: CampaignStatus = CampaignStatus.EDITING
    case: Case | None = None
    saved: int = 0

    def save(self, module: Module) -> "Progress":
        """Note that a module was saved; raises IllegalMove or ModuleOutOfOrder (COM-30)."""
        MACHINE.next(self.state, Event.EDIT)
        place = MODULES.index(module)
        if place > self.saved:
            raise ModuleOutOfOrder(f"请先保存“{LABELS[MODULES[self.saved]]}”。")
        return replace(self, saved=max(self.saved, place + 1))

    def submit(self, route: Route, by: UUID, unit: UUID, at: datetime) -> "Progress":
        """Hand it to the authorising unit; raises IllegalMove, ModulesMissing or PostWithoutPerson."""
        state = MACHINE.next(self.state, Event.SUBMIT)
        if self.saved < len(MODULES):
            raise ModulesMissing("尚未保存：" + "、".join(LABELS[m] for m in MODULES[self.saved :]) + "。")
        if self.case is None:
            case = Case.submit(route, by, at, applicant_unit=unit)
        else:
            case = self.case.resubmit(by, at, unit=unit, route=route)
        return replace(self, state=CampaignStatus(state), case=case)

    def pass_(self, by: UUID, unit: UUID, at: datetime, opinion: str) -> "Progress":
        """Pass at the present post; the highest post publishes it (COM-43). Raises IllegalMove or NotYourTurn."""
        MACHINE.next(self.state, Event.PASS_ON)
        case = self._case.pass_(by, unit, at, (Opinion(None, opinion),) if opinion else ())
        event = Event.PUBLISH if case.state is State.PASSED else Event.PASS_ON
        return replace(self, state=CampaignStatus(MACHINE.next(self.state, event)), case=case)

    def return_(self, by: UUID, unit: UUID, at: datetime, opinion: str) -> "Progress":
        """Return it for correction; raises IllegalMove, NotYourTurn or OpinionNeeded."""
        state = MACHINE.next(self.state, Event.RETURN)
        case = self._case.return_to_applicant(by, unit, at, (Opinion(None, opinion),))
        return replace(self, state=CampaignStatus(state), case=case)

    def close(self, missing: int, under_way: int) -> "Progress":
        """Close it (办结) once everybody who passed has a certificate; raises CertificatesMissing (MTG-47)."""
        state = MACHINE.next(self.state, Event.CLOSE)
        if missing or under_way:
            told = [f"{missing} 人确认通过但尚未发证"] if missing else []
            told += [f"{under_way} 人的评审尚未结束"] if under_way else []
            raise CertificatesMissing("，".join(told) + "。")
        return replace(self, state=CampaignStatus(state))

    @property
    def _case(self) -> Case:
        assert self.case is not None, "a campaign under vetting has a case"
        return self.case
