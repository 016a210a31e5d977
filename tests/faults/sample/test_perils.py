"""Perils are dealt by their seed alone, and each befalls the stack once, when its phase begins."""

import asyncio
import threading
from collections import Counter
from random import Random
from typing import Any

from tests.faults.perils import CRITICAL, Conductor, Peril, kills, pauses

NAMES = [("units",), ("postgres", "kafka"), ("s3",), ("gateway",)]


def test_the_same_seed_deals_the_same_perils() -> None:
    assert kills(NAMES, CRITICAL, Random(1)) == kills(NAMES, CRITICAL, Random(1))
    assert kills(NAMES, CRITICAL, Random(1)) != kills(NAMES, CRITICAL, Random(2))


def test_every_company_dies_once_and_every_phase_gets_its_share() -> None:
    dealt = kills(NAMES, CRITICAL, Random(1))
    assert [peril.names for peril in dealt] == NAMES
    assert Counter(peril.phase for peril in dealt) == {"submission": 2, "voting": 1, "issuing": 1}


def test_pauses_last_as_long_as_is_asked() -> None:
    assert all(3 <= peril.seconds <= 6 for peril in pauses("abcdef", CRITICAL, Random(1), (3, 6)))


class _Diary:
    """What was done to a stack, by the names of its own methods."""

    services: tuple[Any, ...] = ()

    def __init__(self) -> None:
        self.done: list[str] = []

    def __getattr__(self, verb: str) -> Any:
        return lambda *names, **_: self.done.append(" ".join((verb, *names))) or []


def _season(conductor: Conductor, *phases: str) -> None:
    """Conducts while the phases come, each as soon as the season may go on."""

    async def play() -> None:
        for phase in phases:
            await conductor.on_phase(phase)

    season = threading.Thread(target=lambda: asyncio.run(play()), daemon=True)
    season.start()
    conductor.conduct(lambda: not season.is_alive())


def test_a_phase_waits_for_the_perils_of_the_one_before() -> None:
    perils = [Peril("pause", (phase,), phase, 0, 0.3) for phase in ("submission", "issuing")]
    diary = _Diary()
    conductor = Conductor(diary, perils, say=lambda _: None)  # type: ignore[arg-type]
    _season(conductor, "submission", "voting", "issuing")
    assert conductor.unbefallen == []


def test_perils_befall_the_stack_when_their_phase_begins() -> None:
    perils = [Peril("kill", ("units", "s3"), "issuing", 0, 0), Peril("pause", ("kafka",), "voting", 0, 0)]
    diary, never = _Diary(), Peril("kill", ("gateway",), "closing", 0, 0)
    conductor = Conductor(diary, [*perils, never], say=lambda _: None)  # type: ignore[arg-type]
    _season(conductor, "voting", "voting", "issuing")
    assert [line for line in diary.done if line != "dead"] == [
        "pause kafka", "resume kafka", "kill units", "kill s3", "restart units", "restart s3",
    ]  # fmt: skip
    assert conductor.unbefallen == [never]
