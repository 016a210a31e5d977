"""How a unit comes to be authorised: every way through the machine."""

from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from refusals.machine import IllegalMove
from units.domain.registration import (
    OPEN,
    REGISTRATION,
    Decision,
    Event,
    OwnRequest,
    ReasonNeeded,
    Registration,
    SameSuperior,
    UnitStatus,
    Who,
    check_not_own,
)

TOP, OTHER = uuid4(), uuid4()

MOVES = {
    Event.PASS: lambda r: r.pass_(),
    Event.RETURN: lambda r: r.return_("请更正"),
    Event.RESUBMIT: lambda r: r.resubmit(TOP),
    Event.REQUEST_SUPERIOR: lambda r: r.request_superior(OTHER if r.superior_id == TOP else TOP),
    Event.PASS_SUPERIOR: lambda r: r.pass_superior(),
    Event.REFUSE_SUPERIOR: lambda r: r.refuse_superior("不同意"),
    Event.WITHDRAW_SUPERIOR: lambda r: r.withdraw_superior(),
}


@pytest.mark.req("UNT-03", "UNT-08")
def test_created_units_are_authorised_and_requesting_ones_wait():
    assert Registration.create(TOP) == Registration(UnitStatus.AUTHORISED, TOP)
    assert Registration.request(TOP) == Registration(UnitStatus.PENDING, TOP)


@pytest.mark.parametrize("state", list(UnitStatus))
@pytest.mark.parametrize("event", list(MOVES))
def test_what_is_not_in_the_table_is_refused(state, event):
    wanted = OTHER if state is UnitStatus.SUPERIOR_CHANGE_PENDING else None
    registration = Registration(state, TOP, wanted)
    if event in REGISTRATION.allowed(state):
        assert MOVES[event](registration).state is REGISTRATION.next(state, event)
    else:
        with pytest.raises(IllegalMove):
            MOVES[event](registration)


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_return_or_refusal_says_why(reason):
    with pytest.raises(ReasonNeeded):
        Registration.request(TOP).decide(Decision.RETURN, reason)
    with pytest.raises(ReasonNeeded):
        Registration.create(TOP).request_superior(OTHER).refuse_superior(reason)


def test_the_present_superior_is_no_other_one():
    with pytest.raises(SameSuperior):
        Registration.create(TOP).request_superior(TOP)


def test_nobody_decides_on_a_unit_they_handle():
    check_not_own(TOP, [OTHER])
    with pytest.raises(OwnRequest):
        check_not_own(TOP, [OTHER, TOP])


class Life(RuleBasedStateMachine):
    """A registration moved at random."""

    @initialize(created=st.booleans())
    def begin(self, created):
        self.now = Registration.create(TOP) if created else Registration.request(TOP)

    @rule(event=st.sampled_from(list(MOVES)))
    def move(self, event):
        before = self.now
        try:
            self.now = MOVES[event](before)
        except IllegalMove:
            assert event not in REGISTRATION.allowed(before.state)
        else:
            # The superior changes only when the wanted one passes, or a returned unit asks another.
            if event not in (Event.PASS_SUPERIOR, Event.RESUBMIT):
                assert self.now.superior_id == before.superior_id
            # Once open, a unit stays open.
            assert before.state not in OPEN or self.now.state in OPEN

    @invariant()
    def a_superior_is_wanted_exactly_while_a_change_is_pending(self):
        pending = self.now.state is UnitStatus.SUPERIOR_CHANGE_PENDING
        assert pending == (self.now.wanted_superior_id is not None)

    @invariant()
    def somebody_can_move_it(self):
        assert any(self.now.allowed(who) for who in Who)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
