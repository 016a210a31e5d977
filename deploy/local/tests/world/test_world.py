"""The generated world is complete, valid and the same for the same seed."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from provinces import Pack, load_pack, people, uscc
from stdnum.cn import ric
from stdnum.cn import uscc as standard_uscc
from zc.platform import Account
from zc.world import World, choices, micro
from zc.world.micro import WITH_A_REJECTION
from zc.world.numbers import organisation_code
from zc.world.stories import votes_for

TODAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("sichuan", TODAY)


def test_five_hundred_people_have_valid_numbers_that_say_sex_and_birth() -> None:
    crowd = [World(3).newcomer(f"crowd-{index}") for index in range(3)]
    world = World(4)
    crowd += [world.newcomer(f"crowd-{index}", (1962, 2002)) for index in range(500)]
    for person in crowd:
        said = people.parse_id_number(person.id_number, TODAY)
        assert (said.birth, said.sex.value) == (person.birth_date, person.sex)
        assert ric.is_valid(person.id_number)
        assert len(person.phone) == 11
        assert 2 <= len(person.name) <= 3
    assert len({person.id_number for person in crowd[3:]}) == 500


def test_units_have_valid_codes_with_their_region(world: World) -> None:
    for seed in range(30):
        for unit in World(seed, 1, 7).units:
            assert uscc.is_uscc(unit.uscc)
            assert standard_uscc.is_valid(unit.uscc)
            assert unit.uscc[8:16].isdigit()
            assert unit.uscc[16] == uscc.organisation_check_char(unit.uscc[8:16])
            assert unit.uscc[2:8] == unit.jurisdiction[:6]


def test_an_organisation_code_of_the_standard_is_reproduced() -> None:
    # 60003734-1 is the organisation code inside the published example 91110000600037341L.
    assert organisation_code(60003734) == "600037341"


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    again = World(seed=7)
    assert (again.applicants, again.experts, again.units) == (world.applicants, world.experts, world.units)
    assert again.accounts() == world.accounts()
    assert World(seed=8).applicants != world.applicants


def test_more_applicants_do_not_change_units_and_experts(world: World) -> None:
    larger = World(seed=7, applicants=80)
    assert (larger.units, larger.experts) == (world.units, world.experts)


def test_nobody_occurs_twice(world: World) -> None:
    numbers = Counter(login.person.id_number for login in world.logins())
    accounts = Counter(login.account for login in world.logins())
    names = Counter(login.person.name for login in world.logins())
    assert max(*numbers.values(), *accounts.values(), *names.values()) == 1


def test_units_form_one_tree_in_the_regions_of_the_pack(world: World, pack: Pack) -> None:
    known: set[str] = set()
    for unit in world.units:
        assert unit.superior in known or unit is world.province_hr
        assert pack.regions.is_jurisdiction(unit.jurisdiction)
        assert pack.regions.get(unit.location)
        assert unit.nature in pack.code_list("unit_nature")
        assert set(unit.kinds) <= set(pack.code_list("unit_kind"))
        known.add(unit.key)


def test_every_unit_has_an_administrator_and_two_posts(world: World) -> None:
    for unit in world.units:
        staff = {world.handler(unit), world.post(unit, 1), world.post(unit, 2)}
        assert len(staff) == 3
        assert {one.account_type for one in staff} == {"intranet" if unit.is_hr else "legal_person"}


def test_the_platform_accepts_every_account(world: World) -> None:
    accounts = [Account(**row) for row in world.accounts()]
    assert Counter(one.account_type for one in accounts) == {
        "individual": 100,
        "legal_person": 12,
        "intranet": 6,
    }
    # The name of an account tells nobody who owns it.
    for login in world.logins():
        assert login.person.id_number not in login.account


def test_experts_fill_the_duties_and_two_share_an_employer(world: World) -> None:
    assert Counter(one.duty for one in world.experts) == {"CHAIR": 2, "VICE_CHAIR": 3, "MEMBER": 55}
    assert {one.level for one in world.experts} == {"INTERMEDIATE", "DEPUTY_SENIOR", "FULL_SENIOR"}
    shared = [one for one in world.experts if one.employer is not None]
    assert [one.work_unit for one in shared] == [world.employer_a.name] * 2
    recused = {key for one in world.applicants for key in one.recused_experts}
    assert recused == {one.person.key for one in shared}
    assert not world.applicants[-1].recused_experts


def test_titles_are_in_the_catalogue(world: World, pack: Pack) -> None:
    for one in (*world.applicants, *world.experts):
        assert pack.catalogue.entry(
            pack.catalogue.series(one.series).code, one.level, one.specialty, one.title
        )


def test_forty_applicants_have_every_fate(world: World) -> None:
    assert Counter(one.employer.key for one in world.applicants) == {
        "employer_a": 18,
        "employer_b": 12,
        "employer_c": 10,
    }
    assert Counter(one.story["fate"] for one in world.applicants) == {
        "certified": 24,
        "returned": 5,
        "withdrawn": 3,
        "rejected": 2,
        "borderline": 1,
        "fails_vote": 3,
        "objected": 2,
    }
    ends = Counter(one.story["ends"] for one in world.applicants)
    assert ends == {"ISSUED": 33, "VOTE_FAILED": 3, "REJECTED": 2, "WITHDRAWN": 1, "OBJECTION_UPHELD": 1}


@pytest.mark.parametrize("count", [1, 2, 3, 7, 41, 400])
def test_other_numbers_keep_the_proportions(count: int) -> None:
    world = World(5, applicants=count, experts=7)
    assert len(world.applicants) == count
    fates = Counter(one.story["fate"] for one in world.applicants)
    assert abs(fates["certified"] - count * 24 / 40) < 1
    if count >= 3:
        assert len({one.employer.key for one in world.applicants}) == 3


def test_a_world_that_cannot_play_a_season_is_refused() -> None:
    with pytest.raises(ValueError, match="seven experts"):
        World(1, 40, 6)


def test_a_micro_season_is_as_small_as_the_law_allows() -> None:
    small = micro(told=WITH_A_REJECTION)
    assert [one.story["ends"] for one in small.applicants] == ["ISSUED", "VOTE_FAILED", "REJECTED"]
    assert len({one.employer.key for one in small.applicants}) == 3
    assert [one.away for one in small.experts].count(True) == len(small.experts) - small.size.seats == 1
    assert {one.specialty for one in small.experts} == set(small.committee.specialties) == {"农学"}


def test_another_cohort_is_the_same_world_with_other_numbers() -> None:
    first, second = micro(cohort=1), micro(cohort=2)
    for one, other in zip(first.applicants, second.applicants, strict=True):
        changed = replace(other.person, id_number=one.person.id_number)
        assert (one.person.id_number != other.person.id_number, one.person) == (True, changed)
    accounts = [{login.account for login in world.logins()} for world in (first, second)]
    codes = [{unit.uscc for unit in world.units} for world in (first, second)]
    assert not accounts[0] & accounts[1]
    assert not codes[0] & codes[1]
    assert [unit.name for unit in first.units] == [unit.name for unit in second.units]


@pytest.mark.req("LAW-02")
@pytest.mark.parametrize("attending", [7, 9, 11, 13, 25, 31])
def test_votes_fall_on_the_side_of_the_story(attending: int) -> None:
    voters = [f"expert-{index}" for index in range(attending)]
    for vote, passes in (("clear", True), ("two_thirds", True), ("one_short", False), ("few", False)):
        cast = choices({"vote": vote}, attending, voters, seed=attending)
        assert list(cast) == voters
        assert set(cast.values()) <= {"FOR", "AGAINST", "ABSTAIN"}
        assert (3 * list(cast.values()).count("FOR") >= 2 * attending) is passes
    assert 3 * (votes_for("one_short", attending) + 1) >= 2 * attending


def test_a_recused_expert_does_not_turn_a_clear_vote() -> None:
    cast = choices({"vote": "clear"}, 25, [f"expert-{index}" for index in range(23)])
    assert 3 * list(cast.values()).count("FOR") >= 2 * 25
