"""A case on its way along a route: each move returns a new frozen case or refuses."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from vetting import refusals as no
from vetting.route import Node, Opinion, Post, Route, TrailEntry, spoken
from vetting.standing import Standing
from vetting.states import Action, Reenter, State, WithdrawalRule, transition


@dataclass(frozen=True, slots=True)
class Case(Standing):
    """One thing being vetted, with a method per transition; what it can be asked is in `Standing`."""

    # --- the applicant -------------------------------------------------------------------------------

    @classmethod
    def submit(
        cls,
        route: Route,
        by: UUID,
        at: datetime,
        *,
        subject: UUID | None = None,
        applicant_unit: UUID | None = None,
        rule: str | None = None,
    ) -> "Case":
        """Put a new case before the first node; without an applicant unit the subject is `by` itself.

        Raises RouteEmpty or PostWithoutPerson.
        """
        if applicant_unit is None:
            if subject is not None and subject != by:
                raise no.NotTheApplicant("只能由本人提交。")
            subject = by
        route.check(subject)
        entry = TrailEntry(at, Action.SUBMIT, None, applicant_unit, None, by, to_node=0, rule=rule)
        return cls(route, State.VETTING, 0, 0, subject, applicant_unit, None, (entry,))

    def withdraw(
        self,
        by: UUID,
        at: datetime,
        rule: WithdrawalRule,
        *,
        unit: UUID | None = None,
        started: bool = False,
        viewed: bool = False,
    ) -> "Case":
        """Take the submission back; it is a draft again.

        `started` and `viewed` say whether a vetter of the first node claimed or opened it since it was
        submitted. Raises IllegalMove, NotTheApplicant or WithdrawalOver (APP-36).
        """
        self._as_applicant(Action.WITHDRAW, by, unit)
        if not self._withdrawable(rule, started=started, viewed=viewed):
            raise no.WithdrawalOver("审核单位已经受理，如需修改请联系审核单位退回。")
        return self._applied(Action.WITHDRAW, State.WITHDRAWN, by, at, rule=rule.value)

    def resubmit(
        self,
        by: UUID,
        at: datetime,
        *,
        unit: UUID | None = None,
        route: Route | None = None,
        reenter: Reenter = Reenter.FIRST,
        rule: str | None = None,
    ) -> "Case":
        """Put a returned or withdrawn case on its way again, on `route` if a new one is given.

        RETURNER enters at the first post of the unit that returned it, if the route still has that unit.
        Raises IllegalMove, NotTheApplicant, RouteEmpty or PostWithoutPerson.
        """
        self._as_applicant(Action.RESUBMIT, by, unit)
        onward = route or self.route
        onward.check(self.subject)
        node = 0
        if reenter is Reenter.RETURNER and self.returned_by is not None:
            node = onward.index_of(self.route.nodes[self.returned_by].unit) or 0
        moved = replace(self, route=onward, node=node, post=0, returned_by=None)
        return moved._applied(Action.RESUBMIT, State.VETTING, by, at, to_node=node, rule=rule)

    def discard(self, by: UUID, at: datetime, *, unit: UUID | None = None) -> "Case":
        """Delete a case that lies with its applicant; raises IllegalMove or NotTheApplicant."""
        self._as_applicant(Action.DISCARD, by, unit)
        return self._applied(Action.DISCARD, State.DISCARDED, by, at)

    # --- the vetter ----------------------------------------------------------------------------------

    def pass_(
        self, by: UUID, unit: UUID, at: datetime, opinions: Iterable[Opinion] = (), *, rule: str | None = None
    ) -> "Case":
        """Pass at the present post: on to the next post, then the next node; the last node passes the case.

        Raises IllegalMove, NotYourTurn or OwnCase.
        """
        self._as_vetter(Action.PASS, by, unit)
        if self.post < self.here.last_post:
            to: dict[str, Any] = {"state": State.VETTING, "post": self.post + 1}
        elif self.node < len(self.route.nodes) - 1:
            to = {"state": State.VETTING, "node": self.node + 1, "post": 0}
        else:
            to = {"state": State.PASSED}
        to_node = to.get("node", self.node) if to["state"] is State.VETTING else None
        return self._vetted(Action.PASS, by, at, spoken(opinions), to_node=to_node, rule=rule, **to)

    def return_to_applicant(
        self, by: UUID, unit: UUID, at: datetime, opinions: Iterable[Opinion], *, rule: str | None = None
    ) -> "Case":
        """Give the case back to its applicant with a reason.

        Raises IllegalMove, NotYourTurn, OwnCase or OpinionNeeded.
        """
        self._as_vetter(Action.RETURN_TO_APPLICANT, by, unit)
        said = self._said(opinions)
        return self._vetted(
            Action.RETURN_TO_APPLICANT,
            by,
            at,
            said,
            rule=rule,
            state=State.RETURNED_TO_APPLICANT,
            returned_by=self.node,
        )

    def return_to_unit(
        self,
        node_index: int,
        by: UUID,
        unit: UUID,
        at: datetime,
        opinions: Iterable[Opinion],
        *,
        rule: str | None = None,
    ) -> "Case":
        """Give the case back to the first post of an earlier node with a reason.

        Raises IllegalMove, NotYourTurn, OwnCase, NotAnEarlierNode or OpinionNeeded.
        """
        self._as_vetter(Action.RETURN_TO_UNIT, by, unit)
        if not 0 <= node_index < self.node:
            raise no.NotAnEarlierNode("请选择流程中本单位之前的单位。")
        said = self._said(opinions)
        return self._vetted(
            Action.RETURN_TO_UNIT,
            by,
            at,
            said,
            to_node=node_index,
            rule=rule,
            state=State.RETURNED_TO_UNIT,
            node=node_index,
            post=0,
        )

    def reject(
        self, by: UUID, unit: UUID, at: datetime, opinions: Iterable[Opinion], *, rule: str | None = None
    ) -> "Case":
        """End the case as not passed, with an opinion.

        Raises IllegalMove, NotYourTurn, OwnCase or OpinionNeeded.
        """
        self._as_vetter(Action.REJECT, by, unit)
        return self._vetted(Action.REJECT, by, at, self._said(opinions), rule=rule, state=State.REJECTED)

    # --- the owner -----------------------------------------------------------------------------------

    def give_up(self, at: datetime, *, rule: str | None = None) -> "Case":
        """End a returned case whose defects were not mended in time (LAW-19); raises IllegalMove."""
        self._legal(Action.GIVE_UP)
        entry = TrailEntry(at, Action.GIVE_UP, None, None, None, None, rule=rule)
        return replace(self, state=State.GIVEN_UP, trail=(*self.trail, entry))

    def reassign(
        self,
        unit: UUID,
        posts: Iterable[Post],
        at: datetime,
        *,
        by: UUID | None = None,
        rule: str | None = None,
    ) -> "Case":
        """Give a unit's nodes the posts of its present configuration.

        A case that lies at a post which no longer exists moves to the last one left; the trail says so.
        Raises IllegalMove or PostWithoutPerson.
        """
        self._legal(Action.REASSIGN)
        new = tuple(posts)
        nodes = tuple(Node(n.unit, new) if n.unit == unit else n for n in self.route.nodes)
        route = Route(nodes)
        route.check(self.subject)
        post = min(self.post, nodes[self.node].last_post)
        entry = TrailEntry(at, Action.REASSIGN, None, unit, None, by, to_node=self.node, rule=rule)
        return replace(self, route=route, post=post, trail=(*self.trail, entry))

    # --- inside --------------------------------------------------------------------------------------

    def _legal(self, action: Action) -> None:
        if transition(self.state, action) is None:
            raise no.IllegalMove("事项状态已变化，请刷新后再操作。")

    def _as_applicant(self, action: Action, by: UUID, unit: UUID | None) -> None:
        self._legal(action)
        if not self._is_applicant(by, unit):
            raise no.NotTheApplicant("请由申请人本人或申请单位操作。")

    def _as_vetter(self, action: Action, by: UUID, unit: UUID) -> None:
        self._legal(action)
        if by == self.subject:
            raise no.OwnCase("审核人不能是申请人本人，请由其他人员审核。")
        if not self._holds(by, unit):
            raise no.NotYourTurn("该事项不在您的单位或岗位的待办中。")

    @staticmethod
    def _said(opinions: Iterable[Opinion]) -> tuple[Opinion, ...]:
        said = spoken(opinions)
        if not said:
            raise no.OpinionNeeded("请写明原因，便于对方修改。")
        return said

    def _applied(
        self,
        action: Action,
        state: State,
        by: UUID,
        at: datetime,
        *,
        to_node: int | None = None,
        rule: str | None = None,
    ) -> "Case":
        entry = TrailEntry(at, action, None, self.applicant_unit, None, by, to_node=to_node, rule=rule)
        return replace(self, state=state, trail=(*self.trail, entry))

    def _vetted(
        self,
        action: Action,
        by: UUID,
        at: datetime,
        said: tuple[Opinion, ...],
        *,
        to_node: int | None = None,
        rule: str | None = None,
        **to: Any,
    ) -> "Case":
        post = self.here.posts[self.post].name if self.here.posts else None
        entry = TrailEntry(at, action, self.node, self.here.unit, post, by, said, to_node, rule)
        return replace(self, trail=(*self.trail, entry), **to)
