"""Processes stand still beyond their sessions, workers die apart, other systems die: nothing is lost."""

from collections.abc import Iterator
from random import Random

import pytest
from zc.table import SERVICES

from tests.faults.arena import Arena
from tests.faults.chaos_split import await_worker, split, start_worker, unsplit, worker_of
from tests.faults.outsiders import NAMES as NAMES_OUTSIDE
from tests.faults.outsiders import OutsiderDies
from tests.faults.perils import CRITICAL, QUIET, Peril, everybody, kills, pauses

NAMES = [row.name for row in SERVICES]


def test_what_stands_still_is_not_lost_even_beyond_its_sessions(arena: Arena, seed: int) -> None:
    draw = Random(f"{seed} pause")
    names = everybody(arena.stack, draw)
    perils: list[Peril] = []
    perils += pauses(names[::2], (*CRITICAL, *QUIET), draw, (3, 6))
    perils += pauses(names[1::2][:3], CRITICAL, draw, (11, 15))
    ended = arena.play(perils)
    assert ended.wrong == []


@pytest.fixture
def hurrying(arena: Arena) -> Iterator[None]:
    """The receiver of webhooks asks for what failed while it was dead: the suite would wait for five minutes."""
    child = arena.outsiders.children["webhook"]
    child.environment |= {"PATIENT": "no"}
    yield
    child.environment |= {"PATIENT": "yes"}
    arena.outsiders.kill("webhook")
    arena.outsiders.start("webhook")


@pytest.mark.usefixtures("hurrying")
def test_other_systems_die_and_miss_nothing(arena: Arena, seed: int) -> None:
    draw, outside = Random(f"{seed} outsiders"), arena.outsiders
    deaths = [
        OutsiderDies(outside, name, phase, draw.uniform(0, 0.3), draw.uniform(0, 1.5))
        for phase in ("submission", "issuing", "issuing")  # there is news only while issuing
        for name in draw.sample(NAMES_OUTSIDE, len(NAMES_OUTSIDE))
    ]
    ended = arena.play(deaths)
    assert ended.wrong == []
    assert len(ended.befallen) == len(deaths)


@pytest.fixture
def apart(arena: Arena, seed: int) -> Iterator[list[str]]:
    """APIs and workers as processes of their own, some workers with a second one beside them; yields the workers."""
    split(arena.stack)
    doubled = Random(f"{seed} doubled").sample(NAMES, 2)
    beside = [start_worker(arena.stack, name, f"{name}-beside") for name in doubled]
    for child in beside:
        await_worker(child)
        arena.stack.children[child.name] = child
    yield [worker_of(name) for name in NAMES] + [child.name for child in beside]
    for child in beside:
        arena.stack.children.pop(child.name).stop()
    unsplit(arena.stack)


def test_workers_die_apart_with_their_relays_their_consumers_and_their_jobs(
    arena: Arena, seed: int, apart: list[str]
) -> None:
    # Of two workers one holds the relay's lock: each dies once, so the one that holds it does.
    draw = Random(f"{seed} workers")
    ended = arena.play(kills([(name,) for name in draw.sample(apart, len(apart))], CRITICAL, draw))
    assert ended.wrong == []
