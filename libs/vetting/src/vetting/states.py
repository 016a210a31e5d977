"""The one transition table of vetting, and what is read off it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    VETTING = "VETTING"
    RETURNED_TO_APPLICANT = "RETURNED_TO_APPLICANT"
    RETURNED_TO_UNIT = "RETURNED_TO_UNIT"
    WITHDRAWN = "WITHDRAWN"  # a draft again
    PASSED = "PASSED"
    REJECTED = "REJECTED"
    GIVEN_UP = "GIVEN_UP"  # not mended in time; no year lock (LAW-19)
    DISCARDED = "DISCARDED"

    @property
    def final(self) -> bool:
        """Say whether nothing can move the case any more."""
        return not any(row.before is self for row in TRANSITIONS)


class Action(StrEnum):
    """What somebody does to a case; the values appear in `allowed_actions` and in the trail."""

    SUBMIT = "submit"
    PASS = "pass"
    RETURN_TO_APPLICANT = "return_to_applicant"
    RETURN_TO_UNIT = "return_to_unit"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    RESUBMIT = "resubmit"
    DISCARD = "discard"
    GIVE_UP = "give_up"
    REASSIGN = "reassign"


class Who(StrEnum):
    """Who may cause a transition."""

    APPLICANT = "applicant"
    VETTER = "vetter"  # a person of the present post, acting for the present node's unit
    OWNER = "owner"  # the service that keeps the case: a deadline, or a changed configuration


class WithdrawalRule(StrEnum):
    """Until when an applicant may take a submission back (APP-36)."""

    STARTED = "STARTED"  # until a vetter of the first node claims it
    DECIDED = "DECIDED"  # until the first post of the first node decides
    VIEWED = "VIEWED"  # until a vetter of the first node opens it
    NEVER = "NEVER"  # the unit has to return it


class Reenter(StrEnum):
    """Where a resubmission enters the route again."""

    FIRST = "FIRST"
    RETURNER = "RETURNER"


class Tab(StrEnum):
    """Under which tab of its list a unit on the route sees the case (APP-52)."""

    FIRST_POST = "FIRST_POST"  # 初审
    LATER_POST = "LATER_POST"  # 复审
    RETURNED_BY_SUPERIOR = "RETURNED_BY_SUPERIOR"  # 上级单位退回重审
    REPORTED = "REPORTED"  # 已上报
    RETURNED = "RETURNED"  # 已退回
    REJECTED = "REJECTED"  # 不通过


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: from where (None = not yet submitted), by what and whom, to which states."""

    before: State | None
    action: Action
    who: Who
    after: frozenset[State]


def _row(before: State | None, action: Action, who: Who, *after: State) -> Transition:
    return Transition(before, action, who, frozenset(after))


_AT_A_NODE = (State.VETTING, State.RETURNED_TO_UNIT)
_WITH_APPLICANT = (State.RETURNED_TO_APPLICANT, State.WITHDRAWN)

TRANSITIONS: tuple[Transition, ...] = (
    _row(None, Action.SUBMIT, Who.APPLICANT, State.VETTING),
    *(_row(s, Action.PASS, Who.VETTER, State.VETTING, State.PASSED) for s in _AT_A_NODE),
    *(_row(s, Action.RETURN_TO_APPLICANT, Who.VETTER, State.RETURNED_TO_APPLICANT) for s in _AT_A_NODE),
    *(_row(s, Action.RETURN_TO_UNIT, Who.VETTER, State.RETURNED_TO_UNIT) for s in _AT_A_NODE),
    *(_row(s, Action.REJECT, Who.VETTER, State.REJECTED) for s in _AT_A_NODE),
    *(_row(s, Action.REASSIGN, Who.OWNER, s) for s in _AT_A_NODE),
    _row(State.VETTING, Action.WITHDRAW, Who.APPLICANT, State.WITHDRAWN),
    *(_row(s, Action.RESUBMIT, Who.APPLICANT, State.VETTING) for s in _WITH_APPLICANT),
    *(_row(s, Action.DISCARD, Who.APPLICANT, State.DISCARDED) for s in _WITH_APPLICANT),
    _row(State.RETURNED_TO_APPLICANT, Action.GIVE_UP, Who.OWNER, State.GIVEN_UP),
)


def transition(before: State | None, action: Action) -> Transition | None:
    """Return the row for this state and action, or None where the table has none."""
    return next((row for row in TRANSITIONS if row.before is before and row.action is action), None)


def diagram() -> str:
    """Draw the table as a Mermaid state diagram, for the README."""
    lines = ["stateDiagram-v2"]
    for row in TRANSITIONS:
        start = "[*]" if row.before is None else row.before.value
        lines += [f"    {start} --> {to}: {row.action} ({row.who})" for to in sorted(row.after)]
    lines += [f"    {state} --> [*]" for state in State if state.final]
    return "\n".join(lines)
