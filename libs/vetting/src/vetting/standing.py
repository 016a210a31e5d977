"""What is asked of a case: whose turn it is, who may do what, under which tab a unit sees it."""

from dataclasses import dataclass
from uuid import UUID

from vetting.route import Inbox, Node, Route, TrailEntry
from vetting.states import Action, State, Tab, WithdrawalRule

DECISIONS = frozenset({Action.PASS, Action.RETURN_TO_APPLICANT, Action.RETURN_TO_UNIT, Action.REJECT})
_ENTRIES = frozenset({Action.SUBMIT, Action.RESUBMIT})
_AT_A_NODE = frozenset({State.VETTING, State.RETURNED_TO_UNIT})
_WITH_APPLICANT = frozenset({State.RETURNED_TO_APPLICANT, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one thing being vetted stands.

    `subject` is the person it is about, who never vets it; `applicant_unit` is set where a unit applies
    (filings, campaigns, historical data): then anybody acting for that unit acts as the applicant.
    `node` and `post` are indexes and mean something only while a node has the case.
    """

    route: Route
    state: State
    node: int
    post: int
    subject: UUID | None
    applicant_unit: UUID | None
    returned_by: int | None  # the node that returned it to the applicant
    trail: tuple[TrailEntry, ...]

    @property
    def here(self) -> Node:
        """Return the node that has, or last had, the case."""
        return self.route.nodes[self.node]

    def inbox(self) -> Inbox | None:
        """Say in which one inbox the case lies; None once it is final."""
        if self.state in _WITH_APPLICANT:
            return Inbox(unit=self.applicant_unit)
        if self.state not in _AT_A_NODE:
            return None
        if not self.here.posts:
            return Inbox(self.here.unit, self.node, 0)
        post = self.here.posts[self.post]
        return Inbox(self.here.unit, self.node, self.post, post.name, post.persons)

    def allowed(
        self,
        unit: UUID | None,
        person: UUID,
        *,
        withdrawal: WithdrawalRule = WithdrawalRule.DECIDED,
        started: bool = False,
        viewed: bool = False,
    ) -> frozenset[Action]:
        """Return what this person, acting for this unit (None = for oneself), may do now."""
        actions = set()
        if self.state in _AT_A_NODE and person != self.subject and self._holds(person, unit):
            actions |= {Action.PASS, Action.RETURN_TO_APPLICANT, Action.REJECT}
            if self.node > 0:
                actions.add(Action.RETURN_TO_UNIT)
        if self._is_applicant(person, unit):
            if self.state in _WITH_APPLICANT:
                actions |= {Action.RESUBMIT, Action.DISCARD}
            if self._withdrawable(withdrawal, started=started, viewed=viewed):
                actions.add(Action.WITHDRAW)
        return frozenset(actions)

    def tab(self, unit: UUID) -> Tab | None:
        """Say under which tab this unit sees the case; None if it has not reached the unit (APP-52)."""
        places = [i for i, node in enumerate(self.route.nodes) if node.unit == unit]
        if not places:
            return None
        if self.state in _AT_A_NODE and self.here.unit == unit:
            if self.state is State.RETURNED_TO_UNIT:
                return Tab.RETURNED_BY_SUPERIOR
            return Tab.FIRST_POST if self.post == 0 else Tab.LATER_POST
        if self.state is State.PASSED or (self.state in _AT_A_NODE and places[0] < self.node):
            return Tab.REPORTED
        acted = any(entry.unit == unit and entry.action in DECISIONS for entry in self._since_entry())
        if not acted:
            return None
        return Tab.REJECTED if self.state is State.REJECTED else Tab.RETURNED

    def _is_applicant(self, person: UUID, unit: UUID | None) -> bool:
        return unit == self.applicant_unit if self.applicant_unit is not None else person == self.subject

    def _holds(self, person: UUID, unit: UUID | None) -> bool:
        box = self.inbox()
        if box is None or box.with_applicant or unit != box.unit:
            return False
        return not self.here.posts or person in box.persons

    def _since_entry(self) -> tuple[TrailEntry, ...]:
        last = max(i for i, entry in enumerate(self.trail) if entry.action in _ENTRIES)
        return self.trail[last + 1 :]

    def _withdrawable(self, rule: WithdrawalRule, *, started: bool, viewed: bool) -> bool:
        if self.state is not State.VETTING or self.node != 0 or rule is WithdrawalRule.NEVER:
            return False
        if any(entry.action in DECISIONS for entry in self._since_entry()):
            return False
        return not {
            WithdrawalRule.STARTED: started,
            WithdrawalRule.VIEWED: viewed,
            WithdrawalRule.DECIDED: False,
        }[rule]
