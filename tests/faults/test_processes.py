"""Every process dies at the busiest moments: nothing is lost, and the season ends as without."""

from random import Random

import pytest
from zc.world.micro import STORIES, WITH_A_REJECTION

from tests.faults import invariants
from tests.faults.arena import Arena
from tests.faults.perils import CRITICAL, everybody, kills


def test_a_season_that_nothing_disturbs_ends_the_same_every_time(arena: Arena) -> None:
    assert arena.play().wrong == []


@pytest.mark.parametrize("phase", CRITICAL)
def test_a_server_or_service_is_killed_while_much_is_under_way(arena: Arena, seed: int, phase: str) -> None:
    draw = Random(f"{seed} kill {phase}")
    names = [(name,) for name in everybody(arena.stack, draw)]
    ended = arena.play(kills(names, [phase], draw), WITH_A_REJECTION if phase == "submission" else STORIES)
    assert ended.wrong == []
    assert ended.doubtful, "no death met a command"


def test_every_service_finds_itself_well_after_all(arena: Arena) -> None:
    assert invariants.asked_themselves(arena.stack) == []
