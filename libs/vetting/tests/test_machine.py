"""Whatever anybody tries, a case stays in one inbox, leaves a trail and can always be ended."""

import ast
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import vetting
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from refusals import Refusal
from vetting import (
    TRANSITIONS,
    Action,
    Case,
    Node,
    Opinion,
    Post,
    Reenter,
    Route,
    State,
    Who,
    WithdrawalRule,
    from_dict,
    to_dict,
)

START = datetime(2026, 9, 1, tzinfo=UTC)
APPLICANT = UUID(int=1)
PERSONS = [UUID(int=i) for i in range(1, 6)]  # the applicant is a handler too
UNITS = [UUID(int=i) for i in range(11, 15)]
SAID = (Opinion(None, "请补充。"),)

persons = st.sampled_from(PERSONS)
units = st.sampled_from(UNITS)
holders = st.frozensets(st.sampled_from(PERSONS[1:]), min_size=1)
posts = st.lists(holders, max_size=3).map(
    lambda many: tuple(Post(rank, f"岗位{rank}", who) for rank, who in enumerate(many))
)
routes = st.lists(st.builds(Node, units, posts), min_size=1, max_size=4).map(lambda n: Route(tuple(n)))
said = st.sampled_from([(), SAID, (Opinion("education", " "),)])


class Vetting(RuleBasedStateMachine):
    """Everybody tries everything at any time."""

    @initialize(route=routes, as_unit=st.booleans())
    def submit(self, route: Route, as_unit: bool) -> None:
        self.at = START
        unit = UUID(int=99) if as_unit else None
        self.case = Case.submit(route, APPLICANT, self.at, subject=APPLICANT, applicant_unit=unit)
        self.moves = 1

    def attempt(
        self, action: Action, who: UUID | None, unit: UUID | None, move: object, **facts: object
    ) -> None:
        """Make the move; it succeeds exactly when `allowed` says so and what was said is enough."""
        before, self.at = self.case, self.at + timedelta(minutes=1)
        able = who is None or action in before.allowed(unit, who, **facts)  # type: ignore[arg-type]
        refused: Refusal | None = None
        try:
            after = move(before)  # type: ignore[operator]
        except Refusal as refusal:
            refused = refusal
        if refused is not None:
            assert refused.title.endswith("。")
            assert before == self.case
            if able and who is not None:
                assert refused.slug in ("vetting-opinion-needed", "vetting-not-an-earlier-node")
            return
        assert able
        row = next(row for row in TRANSITIONS if row.before is before.state and row.action is action)
        assert after.state in row.after
        assert row.who is (Who.OWNER if who is None else row.who)
        assert after.trail[:-1] == before.trail
        assert (after.trail[-1].action, after.trail[-1].actor) == (action, who)
        self.case, self.moves = after, self.moves + 1

    @rule(who=persons, unit=units, said=said)
    def pass_(self, who: UUID, unit: UUID, said: tuple[Opinion, ...]) -> None:
        self.attempt(Action.PASS, who, unit, lambda c: c.pass_(who, unit, self.at, said))

    @precondition(lambda self: self.case.inbox() is not None and not self.case.inbox().with_applicant)
    @rule(data=st.data())
    def pass_by_whose_turn_it_is(self, data: st.DataObject) -> None:
        box = self.case.inbox()
        assert box is not None
        who = data.draw(st.sampled_from(sorted(box.persons or set(PERSONS[1:]))))
        self.attempt(Action.PASS, who, box.unit, lambda c: c.pass_(who, box.unit, self.at))

    @rule(who=persons, unit=units, said=said)
    def return_to_applicant(self, who: UUID, unit: UUID, said: tuple[Opinion, ...]) -> None:
        move = Action.RETURN_TO_APPLICANT
        self.attempt(move, who, unit, lambda c: c.return_to_applicant(who, unit, self.at, said))

    @rule(who=persons, unit=units, said=said, node=st.integers(-1, 4))
    def return_to_unit(self, who: UUID, unit: UUID, said: tuple[Opinion, ...], node: int) -> None:
        self.attempt(
            Action.RETURN_TO_UNIT, who, unit, lambda c: c.return_to_unit(node, who, unit, self.at, said)
        )

    @rule(who=persons, unit=units, said=said)
    def reject(self, who: UUID, unit: UUID, said: tuple[Opinion, ...]) -> None:
        self.attempt(Action.REJECT, who, unit, lambda c: c.reject(who, unit, self.at, said))

    @rule(
        who=persons,
        unit=st.sampled_from([None, UUID(int=99)]),
        rule=st.sampled_from(list(WithdrawalRule)),
        started=st.booleans(),
        viewed=st.booleans(),
    )
    def withdraw(
        self, who: UUID, unit: UUID | None, rule: WithdrawalRule, started: bool, viewed: bool
    ) -> None:
        facts = {"started": started, "viewed": viewed}
        self.attempt(
            Action.WITHDRAW,
            who,
            unit,
            lambda c: c.withdraw(who, self.at, rule, unit=unit, **facts),
            withdrawal=rule,
            **facts,
        )

    @rule(
        who=persons,
        unit=st.sampled_from([None, UUID(int=99)]),
        route=st.none() | routes,
        reenter=st.sampled_from(list(Reenter)),
    )
    def resubmit(self, who: UUID, unit: UUID | None, route: Route | None, reenter: Reenter) -> None:
        self.attempt(
            Action.RESUBMIT,
            who,
            unit,
            lambda c: c.resubmit(who, self.at, unit=unit, route=route, reenter=reenter),
        )

    @rule(unit=units, posts=posts)
    def reassign(self, unit: UUID, posts: tuple[Post, ...]) -> None:
        self.attempt(Action.REASSIGN, None, None, lambda c: c.reassign(unit, posts, self.at))

    @invariant()
    def the_case_lies_in_exactly_one_inbox_until_it_ends(self) -> None:
        box = self.case.inbox()
        assert (box is None) is self.case.state.final
        if box is not None and not box.with_applicant:
            assert box.unit == self.case.route.nodes[self.case.node].unit
            assert self.case.post <= self.case.here.last_post

    @invariant()
    def somebody_can_move_a_case_that_is_not_final(self) -> None:
        if self.case.state.final:
            return
        asked = [(None, APPLICANT), (UUID(int=99), APPLICANT), *((u, p) for u in UNITS for p in PERSONS)]
        forward = {Action.PASS, Action.RESUBMIT}
        assert any(self.case.allowed(unit, person) & forward for unit, person in asked)

    @invariant()
    def nobody_moves_it_out_of_turn(self) -> None:
        decisions = {Action.PASS, Action.RETURN_TO_APPLICANT, Action.RETURN_TO_UNIT, Action.REJECT}
        box = self.case.inbox()
        for unit in UNITS:
            for person in PERSONS:
                if self.case.allowed(unit, person) & decisions:
                    assert box is not None
                    assert (unit, person != APPLICANT) == (box.unit, True)
                    assert not box.persons or person in box.persons

    @invariant()
    def the_trail_grows_by_one_per_move(self) -> None:
        assert len(self.case.trail) == self.moves
        assert [entry.at for entry in self.case.trail] == sorted(entry.at for entry in self.case.trail)

    @invariant()
    def storage_keeps_it(self) -> None:
        assert from_dict(json.loads(json.dumps(to_dict(self.case)))) == self.case


TestVetting = Vetting.TestCase
TestVetting.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_every_state_that_is_not_final_has_an_exit_to_a_final_one() -> None:
    exits = {state: {to for row in TRANSITIONS if row.before is state for to in row.after} for state in State}
    for state in State:
        reached, todo = {state}, [state]
        while todo:
            new = exits[todo.pop()] - reached
            reached |= new
            todo += new
        assert any(one.final for one in reached), state


def test_the_readme_draws_the_table() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    drawn = re.search(r"```mermaid\n(.*?)\n```", readme, re.DOTALL)
    assert drawn is not None
    assert drawn[1] == vetting.diagram()


def test_the_machine_imports_nothing_that_acts() -> None:
    allowed = {"vetting", "refusals", "collections", "dataclasses", "datetime", "enum", "typing", "uuid"}
    for file in Path(vetting.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.split(".")[0] for name in names} <= allowed, (file, names)
