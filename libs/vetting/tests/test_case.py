"""A case goes from post to post and from unit to unit, and nobody moves it out of turn."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from vetting import (
    Action,
    Case,
    IllegalMove,
    Inbox,
    Node,
    NotAnEarlierNode,
    NotTheApplicant,
    NotYourTurn,
    Opinion,
    OpinionNeeded,
    OwnCase,
    Post,
    PostWithoutPerson,
    Reenter,
    Route,
    RouteEmpty,
    State,
    Tab,
    WithdrawalOver,
    WithdrawalRule,
    from_dict,
    to_dict,
)

AT = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
LI, ANN, BOB, CHEN, STRANGER = (UUID(int=i) for i in range(1, 6))
EMPLOYER, BUREAU, COMMITTEE, ELSEWHERE = (UUID(int=i) for i in range(11, 15))
REASON = (Opinion("education", "学历证书不清晰。"),)
TWO_POSTS = (Post(2, "复审", frozenset({BOB})), Post(1, "初审", frozenset({ANN})))


def a_route(*posts: Post) -> Route:
    return Route((Node(EMPLOYER, posts), Node(BUREAU), Node(COMMITTEE)))


def a_case(*posts: Post) -> Case:
    return Case.submit(a_route(*posts), LI, AT)


def box(case: Case) -> Inbox:
    """Return the inbox of a case that has one."""
    found = case.inbox()
    assert found is not None
    return found


def at_the_bureau() -> Case:
    return a_case().pass_(ANN, EMPLOYER, AT)


def at_the_committee() -> Case:
    return at_the_bureau().pass_(CHEN, BUREAU, AT)


@pytest.mark.req("UNT-13")
def test_posts_vet_from_the_lowest_rank_to_the_highest() -> None:
    case = a_case(*TWO_POSTS)
    assert (box(case).post_name, box(case).persons) == ("初审", frozenset({ANN}))
    case = case.pass_(ANN, EMPLOYER, AT)
    assert (case.state, box(case).post_name, box(case).unit) == (State.VETTING, "复审", EMPLOYER)
    case = case.pass_(BOB, EMPLOYER, AT)
    assert (box(case).unit, box(case).post) == (BUREAU, 0)


@pytest.mark.req("UNT-13")
def test_without_posts_one_step_by_any_handler_of_the_unit_suffices() -> None:
    assert box(a_case().pass_(STRANGER, EMPLOYER, AT)).unit == BUREAU


@pytest.mark.req("UNT-13")
def test_only_the_persons_of_the_post_may_act() -> None:
    case = a_case(*TWO_POSTS)
    for person in (BOB, STRANGER):
        with pytest.raises(NotYourTurn):
            case.pass_(person, EMPLOYER, AT)


@pytest.mark.req("APP-55", "APP-50")
def test_the_last_units_pass_passes_the_case() -> None:
    case = at_the_committee()
    assert case.tab(EMPLOYER) is Tab.REPORTED
    done = case.pass_(CHEN, COMMITTEE, AT)
    assert (done.state, done.inbox(), done.tab(COMMITTEE)) == (State.PASSED, None, Tab.REPORTED)


@pytest.mark.req("COM-09", "COM-11", "COM-43")
def test_a_unit_applies_and_any_of_its_people_mends_what_is_returned() -> None:
    case = Case.submit(Route.through(BUREAU, COMMITTEE), ANN, AT, applicant_unit=EMPLOYER)
    back = case.return_to_applicant(CHEN, BUREAU, AT, REASON)
    assert (box(back).with_applicant, box(back).unit) == (True, EMPLOYER)
    with pytest.raises(NotTheApplicant):
        back.resubmit(BOB, AT, unit=ELSEWHERE)
    assert box(back.resubmit(BOB, AT, unit=EMPLOYER)).unit == BUREAU


@pytest.mark.req("APP-56")
def test_a_return_needs_a_reason_and_goes_straight_to_the_applicant() -> None:
    case = a_case()
    for nothing in ((), (Opinion(None, "  "),)):
        with pytest.raises(OpinionNeeded):
            case.return_to_applicant(ANN, EMPLOYER, AT, nothing)
    back = case.return_to_applicant(ANN, EMPLOYER, AT, REASON)
    assert (back.state, box(back).with_applicant) == (State.RETURNED_TO_APPLICANT, True)
    assert back.trail[-1].opinions == REASON
    assert back.tab(EMPLOYER) is Tab.RETURNED


@pytest.mark.req("APP-57")
def test_a_rejection_needs_an_opinion_and_is_final() -> None:
    with pytest.raises(OpinionNeeded):
        a_case().reject(ANN, EMPLOYER, AT, ())
    over = a_case().reject(ANN, EMPLOYER, AT, REASON)
    assert (over.state, over.state.final, over.inbox()) == (State.REJECTED, True, None)
    assert (over.tab(EMPLOYER), over.tab(BUREAU)) == (Tab.REJECTED, None)
    with pytest.raises(IllegalMove):
        over.pass_(ANN, EMPLOYER, AT)


@pytest.mark.req("APP-58", "APP-52")
def test_a_superior_returns_to_an_earlier_unit_which_vets_again() -> None:
    back = at_the_committee().return_to_unit(0, CHEN, COMMITTEE, AT, REASON)
    assert (back.state, box(back).unit) == (State.RETURNED_TO_UNIT, EMPLOYER)
    assert (back.tab(EMPLOYER), back.tab(COMMITTEE)) == (Tab.RETURNED_BY_SUPERIOR, Tab.RETURNED)
    again = back.pass_(ANN, EMPLOYER, AT)
    assert (again.state, box(again).unit) == (State.VETTING, BUREAU)


@pytest.mark.req("APP-58")
@pytest.mark.parametrize("node", [1, 2, -1, 7])
def test_only_an_earlier_unit_can_be_returned_to(node: int) -> None:
    with pytest.raises(NotAnEarlierNode):
        at_the_bureau().return_to_unit(node, CHEN, BUREAU, AT, REASON)


def test_a_unit_returned_to_may_return_further_or_reject() -> None:
    back = at_the_committee().return_to_unit(1, CHEN, COMMITTEE, AT, REASON)
    assert back.return_to_applicant(CHEN, BUREAU, AT, REASON).state is State.RETURNED_TO_APPLICANT
    assert box(back.return_to_unit(0, CHEN, BUREAU, AT, REASON)).unit == EMPLOYER
    assert back.reject(CHEN, BUREAU, AT, REASON).state is State.REJECTED


def test_nobody_vets_their_own_case() -> None:
    case = a_case()
    with pytest.raises(OwnCase):
        case.pass_(LI, EMPLOYER, AT)
    assert case.allowed(EMPLOYER, LI) == {Action.WITHDRAW}
    filing = Case.submit(Route.through(BUREAU), ANN, AT, subject=ANN, applicant_unit=EMPLOYER)
    with pytest.raises(OwnCase):
        filing.pass_(ANN, BUREAU, AT)


def test_another_unit_has_no_turn() -> None:
    with pytest.raises(NotYourTurn):
        a_case().pass_(CHEN, BUREAU, AT)
    assert a_case().allowed(BUREAU, CHEN) == frozenset()


def test_a_route_on_which_a_case_would_get_stuck_is_refused() -> None:
    with pytest.raises(RouteEmpty):
        Case.submit(Route(()), LI, AT)
    for persons in (frozenset[UUID](), frozenset({LI})):
        with pytest.raises(PostWithoutPerson):
            a_case(Post(1, "初审", persons))


def test_somebody_else_does_not_submit_for_a_person() -> None:
    with pytest.raises(NotTheApplicant):
        Case.submit(a_route(), ANN, AT, subject=LI)


@pytest.mark.req("APP-36")
@pytest.mark.parametrize(
    ("rule", "started", "viewed", "possible"),
    [
        (WithdrawalRule.STARTED, False, True, True),
        (WithdrawalRule.STARTED, True, False, False),
        (WithdrawalRule.VIEWED, True, False, True),
        (WithdrawalRule.VIEWED, False, True, False),
        (WithdrawalRule.DECIDED, True, True, True),
        (WithdrawalRule.NEVER, False, False, False),
    ],
)
def test_until_when_an_applicant_takes_it_back(
    rule: WithdrawalRule, started: bool, viewed: bool, possible: bool
) -> None:
    case = a_case()
    allowed = case.allowed(None, LI, withdrawal=rule, started=started, viewed=viewed)
    assert (Action.WITHDRAW in allowed) is possible
    if possible:
        taken = case.withdraw(LI, AT, rule, started=started, viewed=viewed)
        assert (taken.state, taken.trail[-1].rule) == (State.WITHDRAWN, rule.value)
    else:
        with pytest.raises(WithdrawalOver):
            case.withdraw(LI, AT, rule, started=started, viewed=viewed)


@pytest.mark.req("APP-36")
@pytest.mark.parametrize("rule", list(WithdrawalRule))
def test_a_first_decision_ends_withdrawal_under_every_rule(rule: WithdrawalRule) -> None:
    for case in (a_case(*TWO_POSTS).pass_(ANN, EMPLOYER, AT), at_the_bureau()):
        with pytest.raises(WithdrawalOver):
            case.withdraw(LI, AT, rule)


@pytest.mark.req("APP-36")
def test_after_a_return_the_resubmission_can_be_taken_back_again() -> None:
    again = a_case().return_to_applicant(ANN, EMPLOYER, AT, REASON).resubmit(LI, AT)
    assert again.withdraw(LI, AT, WithdrawalRule.DECIDED).state is State.WITHDRAWN


def test_only_the_applicant_withdraws_resubmits_and_discards() -> None:
    back = a_case().return_to_applicant(ANN, EMPLOYER, AT, REASON)
    with pytest.raises(NotTheApplicant):
        a_case().withdraw(ANN, AT, WithdrawalRule.DECIDED)
    with pytest.raises(NotTheApplicant):
        back.resubmit(ANN, AT)
    with pytest.raises(NotTheApplicant):
        back.discard(ANN, AT)
    assert back.discard(LI, AT).state is State.DISCARDED


@pytest.mark.req("APP-39")
@pytest.mark.parametrize(("reenter", "unit"), [(Reenter.FIRST, EMPLOYER), (Reenter.RETURNER, COMMITTEE)])
def test_where_a_resubmission_enters_again(reenter: Reenter, unit: UUID) -> None:
    back = at_the_committee().return_to_applicant(CHEN, COMMITTEE, AT, REASON)
    assert box(back.resubmit(LI, AT, reenter=reenter)).unit == unit


def test_a_new_route_without_the_returner_starts_from_its_first_unit() -> None:
    back = at_the_committee().return_to_applicant(CHEN, COMMITTEE, AT, REASON)
    again = back.resubmit(LI, AT, route=Route.through(ELSEWHERE, BUREAU), reenter=Reenter.RETURNER)
    assert box(again).unit == ELSEWHERE


@pytest.mark.req("LAW-19")
def test_what_is_not_mended_in_time_is_given_up_by_the_owner() -> None:
    with pytest.raises(IllegalMove):
        a_case().give_up(AT)
    over = a_case().return_to_applicant(ANN, EMPLOYER, AT, REASON).give_up(AT, rule="LAW-19")
    assert (over.state, over.trail[-1].rule, over.trail[-1].actor) == (State.GIVEN_UP, "LAW-19", None)


@pytest.mark.req("UNT-13")
def test_a_case_at_a_post_that_is_abolished_moves_to_the_last_one_left() -> None:
    case = a_case(*TWO_POSTS).pass_(ANN, EMPLOYER, AT)
    moved = case.reassign(EMPLOYER, (Post(1, "初审", frozenset({CHEN})),), AT, by=BOB)
    assert (box(moved).persons, moved.trail[-1].action) == (frozenset({CHEN}), Action.REASSIGN)
    assert box(moved.pass_(CHEN, EMPLOYER, AT)).unit == BUREAU
    assert box(case.reassign(EMPLOYER, (), AT).pass_(STRANGER, EMPLOYER, AT)).unit == BUREAU
    with pytest.raises(PostWithoutPerson):
        case.reassign(EMPLOYER, (Post(1, "初审", frozenset({LI})),), AT)


@pytest.mark.req("APP-38")
def test_the_trail_says_who_did_what_where_and_when() -> None:
    later = AT + timedelta(hours=3)
    case = a_case(*TWO_POSTS).pass_(ANN, EMPLOYER, later, (Opinion(None, "同意。"),), rule="APP-54")
    last = case.trail[-1]
    assert (last.at, last.action, last.node, last.unit, last.post) == (
        later,
        Action.PASS,
        0,
        EMPLOYER,
        "初审",
    )
    assert (last.actor, last.opinions, last.rule, last.to_node) == (
        ANN,
        (Opinion(None, "同意。"),),
        "APP-54",
        0,
    )


def test_a_case_survives_storage() -> None:
    case = at_the_committee().return_to_unit(0, CHEN, COMMITTEE, AT, REASON)
    assert from_dict(json.loads(json.dumps(to_dict(case)))) == case


def test_posts_of_equal_rank_are_refused() -> None:
    with pytest.raises(ValueError, match="same rank"):
        Node(EMPLOYER, (Post(1, "初审", frozenset({ANN})), Post(1, "复审", frozenset({BOB}))))


@pytest.mark.req("APP-36")
def test_what_entered_again_beyond_the_first_unit_cannot_be_taken_back() -> None:
    back = at_the_committee().return_to_applicant(CHEN, COMMITTEE, AT, REASON)
    again = back.resubmit(LI, AT, reenter=Reenter.RETURNER)
    with pytest.raises(WithdrawalOver):
        again.withdraw(LI, AT, WithdrawalRule.DECIDED)
