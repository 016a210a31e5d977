"""Two processes at once die at the busiest moments; minutes more, played where `FAULTS_PAIRS` is set."""

import os
from collections.abc import Sequence
from random import Random

import pytest

from tests.faults.arena import Arena
from tests.faults.perils import CRITICAL, everybody, kills


def pairs(names: Sequence[str], draw: Random) -> list[tuple[str, str]]:
    """Everybody twice, each time with somebody else."""
    shuffled = draw.sample(names, len(names))
    return list(zip(shuffled, shuffled[1:] + shuffled[:1], strict=True))


@pytest.mark.skipif(not os.environ.get("FAULTS_PAIRS"), reason="minutes more: FAULTS_PAIRS=1 plays it too")
@pytest.mark.parametrize("phase", CRITICAL)
def test_two_at_once_are_killed_while_much_is_under_way(arena: Arena, seed: int, phase: str) -> None:
    draw = Random(f"{seed} pairs {phase}")
    ended = arena.play(kills(pairs(everybody(arena.stack, draw), draw), [phase], draw))
    assert ended.wrong == []
