"""Kinds, cycles, steps, posts, supervision."""

from datetime import date
from uuid import uuid4

import pytest
from provinces import available, load_pack
from refusals import Refusal
from units.domain.drafts import Draft, LegalPersonNeeded, LegalPersonNotNeeded, Step
from units.domain.posts import PostPlan, PostsInvalid
from units.domain.registration import UnitStatus
from units.domain.supervision import AreaOutside, SupervisorInvalid, check_area, check_supervisor
from units.domain.tree import KindNotOffered, SuperiorBelow, check_kinds, check_superior, offered_kinds
from units.rules import UnitsSection, rules_in_force

ANN, BOB, EVE = uuid4(), uuid4(), uuid4()


def refused(call, *args):
    try:
        call(*args)
    except Refusal as refusal:
        return type(refusal)
    return None


@pytest.mark.req("UNT-06")
@pytest.mark.parametrize(
    ("held", "offered"),
    [({"A"}, {"A", "B"}), ({"B"}, {"B"}), ({"B", "C"}, {"B", "C"}), (set(), set())],
)
def test_a_kind_comprises_others(held, offered):
    assert offered_kinds(held, {"A": ("B",)}) == offered
    assert refused(check_kinds, offered, offered) is None
    assert refused(check_kinds, {"Z"}, offered) is KindNotOffered


@pytest.mark.req("UNT-06")
def test_without_a_rule_of_the_pack_an_office_comprises_what_it_looks_after():
    section = UnitsSection(kinds=("HR", "SUPERVISING", "DECLARING"), legal_person_needed=())
    assert set(section.kinds_offered) == {"HR", "SUPERVISING"}
    rules = rules_in_force("sichuan", date(2026, 9, 1))
    assert rules.offered_by(["SUPERVISING"]) == {"SUPERVISING", "DECLARING"}
    assert rules.offered_by(["DECLARING"]) == {"DECLARING"}


@pytest.mark.req("UNT-07")
def test_only_hr_units_are_exempt_from_the_legal_person():
    assert rules_in_force("sichuan", date(2026, 9, 1)).legal_person_exempt == {"HR"}


@pytest.mark.parametrize("ref", available())
def test_every_pack_has_rules_of_units(ref):
    pack = load_pack(ref)
    section = pack.section_as("units", UnitsSection)
    assert set(section.legal_person_needed) <= set(section.kinds) <= set(pack.code_list("unit_kind"))


@pytest.mark.req("UNT-01")
def test_nobody_stands_below_themselves():
    assert refused(check_superior, ANN, [BOB, EVE]) is None
    assert refused(check_superior, ANN, [BOB, ANN, EVE]) is SuperiorBelow


@pytest.mark.req("UNT-07")
@pytest.mark.parametrize(
    ("kinds", "at_platform", "given", "step"),
    [
        ({"HR"}, False, False, Step.HANDLERS),
        ({"HR", "DECLARING"}, False, False, Step.HANDLERS),
        ({"DECLARING"}, True, False, Step.HANDLERS),
        ({"DECLARING"}, False, False, Step.LEGAL_PERSON),
        ({"DECLARING"}, False, True, Step.HANDLERS),
    ],
)
def test_the_second_step_is_for_new_legal_persons(kinds, at_platform, given, step):
    draft = Draft(frozenset(kinds), at_platform, given)
    assert draft.step({"HR"}) is step
    open_step = step is Step.LEGAL_PERSON
    assert refused(draft.check_complete, {"HR"}) is (LegalPersonNeeded if open_step else None)
    skipped = not (open_step or given)
    assert refused(draft.check_legal_person, {"HR"}) is (LegalPersonNotNeeded if skipped else None)


@pytest.mark.req("UNT-13")
def test_posts_rank_in_the_order_given():
    plan = PostPlan.of([("初审", [ANN]), ("复审", [BOB, ANN, BOB])], {ANN, BOB})
    assert [(post.rank, post.name, post.persons) for post in plan.posts] == [
        (1, "初审", (ANN,)), (2, "复审", (BOB, ANN)),
    ]  # fmt: skip


@pytest.mark.req("UNT-13")
def test_everything_wrong_with_posts_is_said_at_once():
    with pytest.raises(PostsInvalid) as refusal:
        PostPlan.of([("初审", [EVE]), ("初审", [])], {ANN})
    assert [complaint.pointer for complaint in refusal.value.complaints] == [
        "/posts/1/name", "/posts/0/persons", "/posts/1/persons",
    ]  # fmt: skip


def test_who_leaves_leaves_no_empty_post():
    plan = PostPlan.of([("初审", [ANN]), ("复审", [ANN, BOB])], {ANN, BOB})
    assert plan.without(ANN) == PostPlan.of([("复审", [BOB])], {BOB})
    assert plan.without(ANN).without(BOB) == PostPlan()
    assert plan.without(EVE) == plan


def test_a_merged_person_holds_each_post_once():
    plan = PostPlan.of([("复审", [ANN, BOB])], {ANN, BOB})
    assert plan.with_merged(ANN, BOB) == PostPlan.of([("复审", [BOB])], {BOB})


@pytest.mark.req("UNT-15")
@pytest.mark.parametrize(
    ("kinds", "state", "refusal"),
    [
        (["HR"], UnitStatus.AUTHORISED, None),
        (["SUPERVISING"], UnitStatus.SUPERIOR_CHANGE_PENDING, None),
        (["DECLARING"], UnitStatus.AUTHORISED, SupervisorInvalid),
        (["HR"], UnitStatus.PENDING, SupervisorInvalid),
        (["HR"], UnitStatus.RETURNED, SupervisorInvalid),
    ],
)
def test_only_an_authorised_department_supervises(kinds, state, refusal):
    assert refused(check_supervisor, kinds, state) is refusal


@pytest.mark.req("UNT-15")
def test_a_unit_configures_its_own_region_and_below():
    assert refused(check_area, "510100", ["510000", "510100", "510114"]) is None
    assert refused(check_area, "510114", ["510000", "510100"]) is AreaOutside
