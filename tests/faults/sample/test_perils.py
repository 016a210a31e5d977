"""Perils are dealt by their seed alone, and each befalls the stack once, when its phase begins."""

import asyncio
import threading
from collections import Counter
from collections.abc import Collection
from random import Random
from typing import Any

from tests.faults.ledger import Ledger
from tests.faults.perils import CRITICAL, Blow, Conductor, kills, pauses

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


class _Busy(Ledger):
    """Commands to these services come, one for each peril."""

    def __init__(self, *services: str) -> None:
        super().__init__()
        self.coming = list(services)

    def await_command(self, services: Collection[str], patience: float) -> str:
        while self.coming and services and self.coming[0] not in services:
            self.coming.pop(0)
        return self.coming.pop(0) if self.coming else ""


def _season(conductor: Conductor, *phases: str) -> None:
    """Conducts while the phases come, each as soon as the season may go on."""

    async def play() -> None:
        for phase in phases:
            await conductor.on_phase(phase)
        await asyncio.sleep(0.4)

    season = threading.Thread(target=lambda: asyncio.run(play()), daemon=True)
    season.start()
    conductor.conduct(lambda: not season.is_alive())


def test_what_has_no_turn_before_the_next_phase_or_the_end_is_left() -> None:
    perils = [
        Blow("pause", (phase, f"{n}"), phase, 0, 0.3) for phase in ("submission", "issuing") for n in (1, 2)
    ]
    conductor = Conductor(_Diary(), perils, _Busy(), say=lambda _: None)  # type: ignore[arg-type]
    _season(conductor, "submission", "voting", "issuing")
    assert conductor.befallen == [perils[0], perils[2]]
    assert conductor.unbefallen == [perils[1], perils[3]]


def test_the_end_waits_for_what_is_to_happen_there() -> None:
    perils = [Blow("pause", ("s3",), "issuing", 0, 0.3), Blow("pause", ("units",), "ending", 0, 0)]
    conductor = Conductor(_Diary(), perils, _Busy(), say=lambda _: None)  # type: ignore[arg-type]
    _season(conductor, "issuing", "ending")
    assert conductor.unbefallen == []


def test_a_blow_meets_a_command_to_whom_it_hits() -> None:
    names = [("units",), ("meetings-worker",), ("units", "s3"), ("identity",)]
    perils = [Blow("kill", each, "issuing", 0, 0) for each in names]
    ledger = _Busy("meetings", "certificates", "units")
    conductor = Conductor(_Diary(), perils, ledger, say=lambda _: None)  # type: ignore[arg-type]
    _season(conductor, "issuing")
    assert [peril.names for peril in conductor.befallen] == [names[1], names[2], names[0], names[3]]


def test_perils_befall_the_stack_when_their_phase_begins() -> None:
    perils = [Blow("kill", ("units", "s3"), "issuing", 0, 0), Blow("pause", ("kafka",), "voting", 0, 0)]
    diary, never = _Diary(), Blow("kill", ("gateway",), "closing", 0, 0)
    conductor = Conductor(diary, [*perils, never], _Busy(), say=lambda _: None)  # type: ignore[arg-type]
    _season(conductor, "voting", "voting", "issuing")
    assert [line for line in diary.done if line != "dead"] == [
        "pause kafka", "resume kafka", "kill units", "kill s3", "restart units", "restart s3",
    ]  # fmt: skip
    assert conductor.unbefallen == [never]
