"""One micro-season in which every service is killed once: nothing is lost, and it ends as if nothing had happened."""

from random import Random

from zc.table import SERVICES

from tests.faults.arena import Arena
from tests.faults.perils import CRITICAL, QUIET, kills


def test_every_service_dies_once_and_the_season_ends_as_if_nothing_had_happened(
    arena: Arena, seed: int
) -> None:
    names = [(row.name,) for row in SERVICES]
    draw = Random(seed)
    draw.shuffle(names)
    ended = arena.play(kills(names, (*CRITICAL, *QUIET), draw))
    assert ended.wrong == []
    assert len(ended.befallen) == len(names)
