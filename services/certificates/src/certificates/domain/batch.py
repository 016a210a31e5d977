"""SM certificate batch, review kind: issuing information is vetted, prepared, and issued (CRT-02, CRT-04, Q54)."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from refusals import Complaint, Kind, Refusal
from refusals.machine import IllegalMove, Machine, Move


class BatchStatus(StrEnum):
    """Where a batch stands; the values are those of the contract."""

    TO_PROCESS = "TO_PROCESS"
    RETURNED = "RETURNED"
    TO_ISSUE = "TO_ISSUE"
    ISSUING = "ISSUING"
    ISSUED = "ISSUED"


class Act(StrEnum):
    """What can be done to a batch."""

    SUBMIT = "submit"
    SUPPLEMENT = "supplement"
    PASS = "pass"
    RETURN = "return"
    WITHDRAW = "withdraw"
    PUT_BACK = "put-back"
    APPROVE = "set-approval"
    STAMP = "stamp"
    ISSUE = "issue"
    RETRY = "retry"
    FINISH = "finish"


COMMITTEE, ISSUER, SYSTEM = "committee", "issuing unit", "system"
_PREPARING = (Act.WITHDRAW, Act.PUT_BACK, Act.APPROVE, Act.STAMP)

BATCH = Machine(
    "certificate batch",
    (
        Move(None, Act.SUBMIT, BatchStatus.TO_PROCESS, COMMITTEE),
        Move(BatchStatus.TO_PROCESS, Act.SUBMIT, BatchStatus.TO_PROCESS, COMMITTEE),
        Move(BatchStatus.RETURNED, Act.SUBMIT, BatchStatus.TO_PROCESS, COMMITTEE),
        Move(None, Act.SUPPLEMENT, BatchStatus.TO_ISSUE, ISSUER),
        Move(BatchStatus.TO_PROCESS, Act.PASS, BatchStatus.TO_ISSUE, ISSUER),
        Move(BatchStatus.TO_PROCESS, Act.RETURN, BatchStatus.RETURNED, ISSUER),
        *(Move(BatchStatus.TO_ISSUE, act, BatchStatus.TO_ISSUE, ISSUER) for act in _PREPARING),
        Move(BatchStatus.TO_ISSUE, Act.ISSUE, BatchStatus.ISSUING, ISSUER),
        Move(BatchStatus.ISSUING, Act.RETRY, BatchStatus.ISSUING, ISSUER),
        Move(BatchStatus.ISSUING, Act.FINISH, BatchStatus.ISSUED, SYSTEM),
        Move(BatchStatus.ISSUED, Act.SUPPLEMENT, BatchStatus.ISSUED, ISSUER),
    ),
)


class ReasonNeeded(Refusal):
    """请填写理由。"""

    slug, kind = "reason-needed", Kind.INVALID


class ApprovalDateInvalid(Refusal):
    """批准日期不正确。"""

    slug, kind = "approval-date-invalid", Kind.INVALID


class NotReadyToIssue(Refusal):
    """发证条件尚不完备。"""

    slug, kind = "not-ready-to-issue", Kind.INVALID


class NotInBatch(Refusal):
    """该人员不在此批次中。"""

    slug, kind = "not-in-batch", Kind.MISSING


class NotWithdrawn(Refusal):
    """该人员未被取消发证。"""

    slug, kind = "not-withdrawn", Kind.CONFLICT


class AlreadyWithdrawn(Refusal):
    """该人员已被取消发证。"""

    slug, kind = "already-withdrawn", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Batch:
    """Persons (application ids) to be issued certificates under one document number."""

    state: BatchStatus
    document_number: str
    review_date: date | None
    persons: frozenset[UUID]
    withdrawn: frozenset[UUID] = field(default_factory=frozenset)
    approval_date: date | None = None
    stamped: bool = False

    @property
    def to_issue(self) -> frozenset[UUID]:
        """Who gets a certificate when the batch is issued."""
        return self.persons - self.withdrawn

    def _moved(self, act: Act) -> BatchStatus:
        return BatchStatus(BATCH.next(self.state, act))

    def pass_(self) -> "Batch":
        """The issuing information is right: 待发放."""
        return replace(self, state=self._moved(Act.PASS))

    def return_(self, reason: str) -> "Batch":
        """Back to the committee; raises `ReasonNeeded`."""
        state = self._moved(Act.RETURN)
        _need(reason)
        return replace(self, state=state)

    def withdraw(self, person: UUID, reason: str) -> "Batch":
        """取消发证: back to the list before, no certificate is made (Q54); what was stamped no longer fits.

        Raises `NotInBatch`, `AlreadyWithdrawn`, `ReasonNeeded`.
        """
        state = self._moved(Act.WITHDRAW)
        self._known(person)
        if person in self.withdrawn:
            raise AlreadyWithdrawn
        _need(reason)
        return replace(self, state=state, withdrawn=self.withdrawn | {person}, stamped=False)

    def put_back(self, person: UUID) -> "Batch":
        """Into the batch again; raises `NotInBatch`, `NotWithdrawn`."""
        state = self._moved(Act.PUT_BACK)
        self._known(person)
        if person not in self.withdrawn:
            raise NotWithdrawn
        return replace(self, state=state, withdrawn=self.withdrawn - {person}, stamped=False)

    def approve(self, day: date, document_number: str, today: date) -> "Batch":
        """Set approval date and document number; raises `ApprovalDateInvalid`."""
        state = self._moved(Act.APPROVE)
        if day > today:
            raise _bad_day("批准日期不能晚于今天。")
        if self.review_date is not None and day < self.review_date:
            raise _bad_day("批准日期不能早于评审日期。")
        changed = (day, document_number) != (self.approval_date, self.document_number)
        return replace(
            self,
            state=state,
            approval_date=day,
            document_number=document_number,
            stamped=self.stamped and not changed,
        )

    def stamp(self) -> "Batch":
        """The stamped summary is there."""
        return replace(self, state=self._moved(Act.STAMP), stamped=True)

    def issue(self) -> "Batch":
        """Order the certificates; raises `NotReadyToIssue` with everything that is missing (CRT-03)."""
        state = self._moved(Act.ISSUE)
        complaints = tuple(
            Complaint(pointer, "required", detail)
            for present, pointer, detail in (
                (self.document_number, "/document_number", "请填写批准文号。"),
                (self.approval_date, "/approval_date", "请设置批准日期。"),
                (self.stamped, "/stamped_summary", "请上传盖章后的发证汇总表（PDF）。"),
                (self.to_issue, "/persons", "批次中没有可发证的人员。"),
            )
            if not present
        )
        if complaints:
            raise NotReadyToIssue("请按提示补齐后再发证。", complaints=complaints)
        return replace(self, state=state)

    def retry(self) -> "Batch":
        """Print again what failed."""
        return replace(self, state=self._moved(Act.RETRY))

    def finish(self) -> "Batch":
        """Everybody has a certificate."""
        return replace(self, state=self._moved(Act.FINISH))

    def supplement(self, persons: frozenset[UUID]) -> "Batch":
        """A further batch under the same number for some who were withdrawn; raises `NotWithdrawn`."""
        self._moved(Act.SUPPLEMENT)
        if not persons or not persons <= self.withdrawn:
            raise NotWithdrawn("请从已取消发证的人员中选择。")
        start = BatchStatus(BATCH.next(None, Act.SUPPLEMENT))
        return Batch(start, self.document_number, self.review_date, persons)

    def _known(self, person: UUID) -> None:
        if person not in self.persons:
            raise NotInBatch


def takes_submission(state: BatchStatus | None) -> bool:
    """Whether issuing information that arrives (again) still changes the batch."""
    try:
        BATCH.next(state, Act.SUBMIT)
    except IllegalMove:
        return False
    return True


def _need(reason: str) -> None:
    if not reason.strip():
        detail = "请说明理由，便于对方处理。"
        raise ReasonNeeded(detail, complaints=(Complaint("/reason", "required", detail),))


def _bad_day(detail: str) -> ApprovalDateInvalid:
    return ApprovalDateInvalid(detail, complaints=(Complaint("/approval_date", "date", detail),))
