"""A committee's filing: submitted, passed by the authorising and the filing unit, valid for three years."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from refusals.machine import Machine, Move
from vetting import Case, Opinion, Route, State

from committees.domain.refusals import NotYetExpiring


class FilingStatus(StrEnum):
    """Where a filing stands (SM committee filing)."""

    NOT_FILED = "NOT_FILED"
    AUTHORISING_VETTING = "AUTHORISING_VETTING"
    FILING_VETTING = "FILING_VETTING"
    RETURNED = "RETURNED"
    FILED = "FILED"
    EXPIRED = "EXPIRED"


class Event(StrEnum):
    """What happens to a filing; `pass-on` is a lower post's pass, the others are a unit's."""

    CREATE = "create"
    EDIT = "edit"
    SUBMIT = "submit"
    PASS_ON = "pass-on"
    HAND_ON = "hand-on"
    APPROVE = "approve"
    RETURN = "return"
    EXPIRE = "expire"


_S, _E = FilingStatus, Event
_OWNER, _VETTER = "establishing unit", "vetter"

MACHINE = Machine(
    "committee filing",
    (
        Move(None, _E.CREATE, _S.NOT_FILED, _OWNER),
        *(Move(s, _E.EDIT, s, _OWNER) for s in (_S.NOT_FILED, _S.RETURNED, _S.EXPIRED)),
        *(
            Move(s, _E.SUBMIT, _S.AUTHORISING_VETTING, _OWNER)
            for s in (_S.NOT_FILED, _S.RETURNED, _S.EXPIRED, _S.FILED)
        ),
        *(Move(s, _E.PASS_ON, s, _VETTER) for s in (_S.AUTHORISING_VETTING, _S.FILING_VETTING)),
        Move(_S.AUTHORISING_VETTING, _E.HAND_ON, _S.FILING_VETTING, _VETTER),
        Move(_S.FILING_VETTING, _E.APPROVE, _S.FILED, _VETTER),
        *(Move(s, _E.RETURN, _S.RETURNED, _VETTER) for s in (_S.AUTHORISING_VETTING, _S.FILING_VETTING)),
        Move(_S.FILED, _E.EXPIRE, _S.EXPIRED, "time"),
    ),
)


def years_after(day: date, years: int) -> date:
    """Return the last day of a period of so many years that begins on `day`."""
    try:
        return day.replace(year=day.year + years) - timedelta(days=1)
    except ValueError:  # 29 February
        return date(day.year + years, 2, 28)


@dataclass(frozen=True, slots=True)
class Filing:
    """A committee's filing; `valid_until` is its last valid day, kept while a new filing is on its way."""

    state: FilingStatus = FilingStatus.NOT_FILED
    case: Case | None = None
    filed_at: datetime | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def valid_on(self, day: date) -> bool:
        """Say whether the filing covers this day (LAW-06, BEY-09)."""
        if self.valid_from is None or self.valid_until is None:
            return False
        return self.valid_from <= day <= self.valid_until

    def edit(self) -> None:
        """Refuse a change of what was filed or is being vetted; raises IllegalMove."""
        MACHINE.next(self.state, Event.EDIT)

    def submit(
        self, route: Route, by: UUID, unit: UUID, at: datetime, *, today: date, ahead: timedelta
    ) -> "Filing":
        """Apply for filing; a valid one may be renewed `ahead` of its end (COM-09, COM-12).

        Raises IllegalMove, NotYetExpiring, or vetting's PostWithoutPerson.
        """
        state = MACHINE.next(self.state, Event.SUBMIT)
        if self.state is FilingStatus.FILED and self.valid_until and today < self.valid_until - ahead:
            begins = self.valid_until - ahead
            raise NotYetExpiring(f"备案有效期至 {self.valid_until}，可自 {begins} 起重新申请备案。")
        if self.case is not None and self.case.state is State.RETURNED_TO_APPLICANT:
            case = self.case.resubmit(by, at, unit=unit, route=route)
        else:
            case = Case.submit(route, by, at, applicant_unit=unit)
        return replace(self, state=FilingStatus(state), case=case)

    def pass_(self, by: UUID, unit: UUID, at: datetime, opinion: str, *, today: date, years: int) -> "Filing":
        """Pass at the present post; the filing unit's last post files it (COM-11, COM-12).

        Raises IllegalMove or vetting's NotYourTurn.
        """
        MACHINE.next(self.state, Event.PASS_ON)
        before = self._case
        case = before.pass_(by, unit, at, _said(opinion))
        if case.state is State.PASSED:
            state = MACHINE.next(self.state, Event.APPROVE)
            until = years_after(today, min(years, 3))
            return Filing(FilingStatus(state), case, at, today, until)
        event = Event.HAND_ON if case.node > before.node else Event.PASS_ON
        return replace(self, state=FilingStatus(MACHINE.next(self.state, event)), case=case)

    def return_(self, by: UUID, unit: UUID, at: datetime, opinion: str) -> "Filing":
        """Do not pass it: back to the establishing unit with a reason (Q20).

        Raises IllegalMove, or vetting's NotYourTurn or OpinionNeeded.
        """
        state = MACHINE.next(self.state, Event.RETURN)
        case = self._case.return_to_applicant(by, unit, at, _said(opinion))
        return replace(self, state=FilingStatus(state), case=case)

    def expire(self, today: date) -> "Filing":
        """End the validity once its last day is over; raises IllegalMove."""
        state = MACHINE.next(self.state, Event.EXPIRE)
        if self.valid_on(today):
            return self
        return replace(self, state=FilingStatus(state))

    @property
    def _case(self) -> Case:
        assert self.case is not None, "a filing under vetting has a case"
        return self.case


def _said(opinion: str) -> tuple[Opinion, ...]:
    return (Opinion(None, opinion),) if opinion else ()
