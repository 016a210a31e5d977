"""Every process dies and stands still at the busiest moments: nothing is lost, and the season ends as without."""

from collections.abc import Iterator, Sequence
from random import Random

import pytest
from zc.stack import Stack
from zc.table import SERVICES
from zc.world.micro import STORIES, WITH_A_REJECTION

from tests.faults import invariants
from tests.faults.arena import Arena
from tests.faults.outsiders import Outsiders
from tests.faults.perils import CRITICAL, QUIET, Peril, kills, pauses

NAMES = [row.name for row in SERVICES]


def servers(stack: Stack) -> list[str]:
    """PostgreSQL, every broker, the store and the gateway."""
    brokers = sorted(name for name in stack.children if name.startswith("kafka"))
    return ["postgres", *brokers, "s3", "gateway"]


def everybody(stack: Stack, draw: Random) -> list[str]:
    names = [*NAMES, *servers(stack)]
    draw.shuffle(names)
    return names


@pytest.fixture(scope="module", autouse=True)
def outsiders(arena: Arena) -> Iterator[Outsiders]:
    """Three other systems that keep copies of all certificates meanwhile."""
    with Outsiders(arena.stack) as outside:
        arena.outsiders = outside
        yield outside
    arena.outsiders = None


@pytest.mark.parametrize("phase", CRITICAL)
def test_a_server_or_service_is_killed_while_much_is_under_way(arena: Arena, seed: int, phase: str) -> None:
    draw = Random(f"{seed} kill {phase}")
    names = [(name,) for name in everybody(arena.stack, draw)]
    ended = arena.play(kills(names, [phase], draw), WITH_A_REJECTION if phase == "submission" else STORIES)
    assert ended.wrong == []


def test_what_stands_still_is_not_lost_even_beyond_its_sessions(arena: Arena, seed: int) -> None:
    draw = Random(f"{seed} pause")
    names = everybody(arena.stack, draw)
    perils: list[Peril] = []
    perils += pauses(names[::2], (*CRITICAL, *QUIET), draw, (3, 6))
    perils += pauses(names[1::2][:3], CRITICAL, draw, (11, 15))
    ended = arena.play(perils)
    assert ended.wrong == []


def test_every_service_finds_itself_well_after_all(arena: Arena) -> None:
    assert invariants.asked_themselves(arena.stack) == []


def pairs(names: Sequence[str], draw: Random) -> list[tuple[str, str]]:
    """Everybody once with somebody else."""
    shuffled = draw.sample(names, len(names))
    return list(zip(shuffled, shuffled[1:] + shuffled[:1], strict=True))
