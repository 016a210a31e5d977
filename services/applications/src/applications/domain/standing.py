"""Where an application stands: its public status, and the desks at which units see it."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from vetting import Action, Case, State, Tab


class Status(StrEnum):
    """SM application, first half; the values are those of the contract."""

    DRAFT = "DRAFT"
    VETTING = "VETTING"
    RETURNED_TO_APPLICANT = "RETURNED_TO_APPLICANT"
    RETURNED_TO_UNIT = "RETURNED_TO_UNIT"
    COMMITTEE_PENDING = "COMMITTEE_PENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    GIVEN_UP = "GIVEN_UP"
    DISCARDED = "DISCARDED"


EDITABLE = frozenset({Status.DRAFT, Status.RETURNED_TO_APPLICANT})
ENDED = frozenset({Status.REJECTED, Status.GIVEN_UP, Status.DISCARDED})
AT_A_UNIT = frozenset({Status.VETTING, Status.RETURNED_TO_UNIT, Status.COMMITTEE_PENDING})


class Desk(StrEnum):
    """In which capacity a unit vets: each has its own permission and list."""

    OWN_STAFF = "OWN_STAFF"  # the employer (APP-52)
    SUBORDINATE_STAFF = "SUBORDINATE_STAFF"  # units above it (APP-58)
    ELIGIBILITY = "ELIGIBILITY"  # the committee (MTG-02)


_PLAIN = {
    State.RETURNED_TO_APPLICANT: Status.RETURNED_TO_APPLICANT,
    State.RETURNED_TO_UNIT: Status.RETURNED_TO_UNIT,
    State.WITHDRAWN: Status.DRAFT,
    State.PASSED: Status.ACCEPTED,
    State.REJECTED: Status.REJECTED,
    State.GIVEN_UP: Status.GIVEN_UP,
    State.DISCARDED: Status.DISCARDED,
}


def status_of(case: Case, *, committee: bool) -> Status:
    """Return the public status; the last node of a review is the committee's eligibility vetting."""
    if case.state is State.VETTING:
        last = case.node == len(case.route.nodes) - 1
        return Status.COMMITTEE_PENDING if committee and last else Status.VETTING
    return _PLAIN[case.state]


@dataclass(frozen=True, slots=True)
class Placement:
    """One node of the route as its unit sees it; no tab = it has not arrived there."""

    node: int
    unit: UUID
    desk: Desk
    tab: Tab | None


_DECISIONS = frozenset({Action.PASS, Action.RETURN_TO_APPLICANT, Action.RETURN_TO_UNIT, Action.REJECT})


def placements(case: Case, *, committee: bool) -> tuple[Placement, ...]:
    """Return every node with its tab (APP-52); a unit that is on the route twice has two placements."""
    last = len(case.route.nodes) - 1
    return tuple(
        Placement(index, node.unit, _desk(index, last, committee), _tab(case, index))
        for index, node in enumerate(case.route.nodes)
    )


def _desk(index: int, last: int, committee: bool) -> Desk:
    if committee and index == last:
        return Desk.ELIGIBILITY
    return Desk.OWN_STAFF if index == 0 else Desk.SUBORDINATE_STAFF


def _tab(case: Case, index: int) -> Tab | None:
    if case.state in (State.VETTING, State.RETURNED_TO_UNIT):
        if index < case.node:
            return Tab.REPORTED
        if index > case.node:
            return Tab.RETURNED if case.state is State.RETURNED_TO_UNIT and _acted(case, index) else None
        if case.state is State.RETURNED_TO_UNIT:
            return Tab.RETURNED_BY_SUPERIOR
        return Tab.FIRST_POST if case.post == 0 else Tab.LATER_POST
    if case.state is State.PASSED:
        return Tab.REPORTED
    if not _acted(case, index):
        return None
    return Tab.REJECTED if case.state is State.REJECTED else Tab.RETURNED


def _acted(case: Case, index: int) -> bool:
    """Say whether the node decided anything since the last submission."""
    entries = (Action.SUBMIT, Action.RESUBMIT)
    since = max(i for i, entry in enumerate(case.trail) if entry.action in entries)
    return any(entry.node == index and entry.action in _DECISIONS for entry in case.trail[since:])
