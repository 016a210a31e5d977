"""The draw: order by lot, one group each, exclusions, and a record that cannot be bent."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meetings.domain.ballots import Tally, tally
from meetings.domain.draw import Attended, Candidate, Group, assign, draw, excluded, places, verify_draw
from meetings.domain.publicity import ObjectionStatus, Standing, standing

SEED = "ab" * 32


def library(count, chairs=1):
    return [
        Candidate(f"e{n:03d}", ("农学", "园艺")[n % 2], "DEPUTY_SENIOR", "CHAIR" if n < chairs else "MEMBER")
        for n in range(count)
    ]


def drawn(count=20, to_draw=5, seed=SEED, chairs=1):
    groups = [Group(1, None, None, to_draw)]
    return draw(groups, assign(groups, library(count, chairs)), Decimal("1.5"), seed, "7")


@pytest.mark.req("MTG-09")
@pytest.mark.parametrize(("wanted", "multiplier", "number"), [(7, "1.5", 11), (4, "1.5", 6), (7, "3", 21)])
def test_places_are_rounded_up(wanted, multiplier, number):
    assert places(wanted, Decimal(multiplier)) == number


@pytest.mark.req("MTG-10", "LAW-04")
@given(st.binary(min_size=32, max_size=32))
def test_every_draw_verifies_and_has_a_chair(seed):
    record = drawn(seed=seed.hex())
    assert verify_draw(record) == []
    assert "e000" in record["groups"][0]["drawn"]
    assert len(set(record["groups"][0]["drawn"])) == 8


@pytest.mark.req("LAW-04")
def test_whoever_bends_the_record_is_found_out():
    record = drawn()
    bent = copy.deepcopy(record)
    order = bent["groups"][0]["drawn"]
    order[0], order[1] = order[1], order[0]
    assert verify_draw(bent) == ["group 1 is not in the order that the seed gives"]
    other = {**record, "seed": "cd" * 32}
    assert "the seed is not the one committed to" in verify_draw(other)
    first, second = record["groups"][0]["drawn"][:2]
    picked = [
        {"group": 1, "expert": first, "outcome": "PENDING", "reason": ""},
        {"group": 1, "expert": second, "outcome": "CONFIRMED", "reason": ""},
    ]
    assert len(verify_draw({**record, "attendance": picked})) == 1
    skipped = [{"group": 1, "expert": first, "outcome": "SKIPPED", "reason": ""}]
    assert len(verify_draw({**record, "attendance": skipped})) == 1


@pytest.mark.req("MTG-08")
def test_the_first_group_that_matches_keeps_an_expert_unless_moved():
    groups = [Group(1, "农学", None, 1), Group(2, None, None, 1)]
    found = assign(groups, library(4), {"e000": 2})
    assert {number: [one.id for one in members] for number, members in found.items()} == {
        1: ["e002"],
        2: ["e000", "e001", "e003"],
    }


def test_too_few_candidates_are_all_drawn_with_a_warning():
    record = drawn(count=3)
    assert (len(record["groups"][0]["drawn"]), len(record["warnings"])) == (3, 1)


@pytest.mark.req("MTG-10")
def test_last_years_chair_and_three_years_in_a_row_are_not_drawn():
    history = [Attended("e000", 2025, True), *[Attended("e001", year, False) for year in (2023, 2024, 2025)]]
    history += [Attended("e002", year, False) for year in (2022, 2024, 2025)]
    assert excluded(library(4), history, 2026, 3, True) == {
        "e000": "LAST_YEARS_CHAIR",
        "e001": "CONSECUTIVE_YEARS",
    }


@pytest.mark.req("LAW-02", "BEY-02")
@pytest.mark.parametrize(
    ("for_", "attending", "passed"),
    [(14, 21, True), (13, 21, False), (17, 25, True), (16, 25, False), (0, 0, False)],
)
def test_two_thirds_of_the_attending(for_, attending, passed):
    assert Tally(for_, 0, 0, 0, 0, attending).passed is passed


@pytest.mark.req("LAW-02")
def test_a_recused_expert_counts_as_attending_unless_the_profile_says_otherwise():
    marks = ["FOR"] * 4 + ["AGAINST"]
    kept = tally(marks, entitled=7, recused=2, absent=0, recused_attend=True)
    left = tally(marks, entitled=7, recused=2, absent=0, recused_attend=False)
    assert (kept.attending, kept.passed, left.attending, left.passed) == (7, False, 5, True)


@pytest.mark.req("LAW-10")
def test_upheld_beats_open_beats_clear():
    answered, waiting = (ObjectionStatus.ANSWERED, False), (ObjectionStatus.SUBMITTED, None)
    assert standing([answered]) is Standing.CLEAR
    assert standing([answered, waiting]) is Standing.OPEN
    assert standing([waiting, (ObjectionStatus.ANSWERED, True)]) is Standing.UPHELD
