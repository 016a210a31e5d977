"""What befalls a stack while a season is played on it: deaths and pauses, dealt by a seed to the season's phases."""

from __future__ import annotations

import asyncio
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from zc.stack import Stack
from zc.table import SERVICES

from tests.faults.ledger import Ledger

CRITICAL = ("submission", "voting", "issuing")
"""Phases in which much is under way at once; voting is announced for each of two rounds."""

_END = "ending"

QUIET = ("stage_1_units", "stage_2_committee", "stage_5_publicity", "stage_7_notices")
"""Stages that take a while, for what need not befall a critical phase."""


class Peril:
    """What befalls a stack in a phase of its season, some seconds after its occasion."""

    phase: str
    after: float

    @property
    def meets(self) -> frozenset[str] | None:
        """The services whose next command is its occasion, none for that of any; None: the phase itself is."""
        return None

    def befall(self, stack: Stack) -> None:
        """Let it happen, and be over."""
        raise NotImplementedError


@dataclass(frozen=True)
class Blow(Peril):
    """Some processes die or stand still together, when a command is on its way to them, for some seconds."""

    kind: str
    """`kill` or `pause`."""
    names: tuple[str, ...]
    phase: str
    after: float
    seconds: float

    def __str__(self) -> str:
        what = f"{self.kind} {' and '.join(self.names)}"
        return f"{what} in {self.phase} for {self.seconds:.1f} s"

    @property
    def meets(self) -> frozenset[str]:
        """Those that are hit; servers have to do with every command."""
        own = frozenset(name.partition("-")[0] for name in self.names)
        return own if own <= _SERVICES else frozenset()

    def befall(self, stack: Stack) -> None:
        """Let it happen, and be over."""
        for name in self.names:
            stack.kill(name) if self.kind == "kill" else stack.pause(name)
        time.sleep(self.seconds)
        for name in self.names:
            stack.restart(name, wait=False) if self.kind == "kill" else stack.resume(name)


_SERVICES = {row.name for row in SERVICES}
_OCCASION = 1.5  # seconds; a phase may have no command for some service


def seed_of_run() -> int:
    """The seed that `FAULTS_SEED` names, or one of its own for every run."""
    return int(os.environ.get("FAULTS_SEED") or secrets.randbelow(10**6))


def kills(names: Iterable[Sequence[str]], phases: Sequence[str], draw: Random) -> list[Blow]:
    """A death for each of these companies; each comes in some of the phases, all phases get about the same."""
    return [
        Blow("kill", tuple(company), phases[at % len(phases)], draw.uniform(0, 0.01), draw.uniform(0, 1.5))
        for at, company in enumerate(names)
    ]


def pauses(
    names: Iterable[str], phases: Sequence[str], draw: Random, seconds: tuple[float, float]
) -> list[Blow]:
    """A pause for each of these processes."""
    return [
        Blow("pause", (name,), phases[at % len(phases)], draw.uniform(0, 0.01), draw.uniform(*seconds))
        for at, name in enumerate(names)
    ]


def servers(stack: Stack) -> list[str]:
    """PostgreSQL, every broker, the store and the gateway."""
    brokers = sorted(name for name in stack.children if name.startswith("kafka"))
    return ["postgres", *brokers, "s3", "gateway"]


def everybody(stack: Stack, draw: Random) -> list[str]:
    """Every service and server, in an order that is drawn."""
    names = [*(row.name for row in SERVICES), *servers(stack)]
    draw.shuffle(names)
    return names


class Conductor:
    """Lets perils befall a stack when their phases begin, one after the other, in the thread that owns the stack.

    The season is played in another thread: processes die with the thread that started them.
    """

    def __init__(
        self, stack: Stack, perils: Iterable[Peril], ledger: Ledger, say: Callable[[str], None] = print
    ) -> None:
        self._stack, self._say, self._ledger = stack, say, ledger
        self._waiting = list(perils)
        self._busy = False
        self._phases: queue.SimpleQueue[tuple[str, threading.Event]] = queue.SimpleQueue()
        self.befallen: list[Peril] = []

    async def on_phase(self, name: str) -> None:
        """What the season's manner is given; only its end waits for a peril that goes on."""
        if any(peril.phase == name for peril in self._waiting):
            begun = threading.Event()
            self._phases.put((name, begun))
            while not begun.is_set() and (name == _END or not self._busy):  # noqa: ASYNC110 - by another thread
                await asyncio.sleep(0.02)

    def conduct(self, over: Callable[[], bool]) -> None:
        """Work until the season is over; what dies by itself is an error of its own, and told.

        A peril befalls the stack only while its phase is the latest that has any, for the season goes on meanwhile.
        """
        while not over():
            try:
                phase, begun = self._phases.get(timeout=0.1)
            except queue.Empty:
                self._tend()
                continue
            self._busy = True
            begun.set()
            mine = [peril for peril in self._waiting if peril.phase == phase]
            # A phase that comes twice takes half of its perils each time.
            often = 2 if phase == "voting" and not any(one.phase == phase for one in self.befallen) else 1
            mine = mine[: -(-len(mine) // often)]
            while mine:
                peril = self._suiting(mine)
                if phase != _END and (over() or not self._phases.empty()):
                    break
                time.sleep(peril.after)
                mine.remove(peril)
                self._waiting.remove(peril)
                self._say(f"  {peril}")
                peril.befall(self._stack)
                self.befallen.append(peril)
            self._busy = False

    def _suiting(self, perils: Sequence[Peril]) -> Peril:
        """The one that meets the next command, the first if none comes for a while."""
        if perils[0].meets is None:
            return perils[0]
        awaited = [peril.meets for peril in perils if peril.meets is not None]
        service = self._ledger.await_command(
            () if not all(awaited) else frozenset().union(*awaited), _OCCASION
        )
        exact = [peril for peril in perils if peril.meets and service in peril.meets]
        return (exact or [peril for peril in perils if not peril.meets] or perils)[0]

    def _tend(self) -> None:
        """A service that found its surroundings gone and ended is started anew, as every supervisor does."""
        for name in self._stack.dead():
            if name.partition("-")[0] in {row.name for row in self._stack.services}:
                self._say(f"  {name} ended by itself: {self._stack.children[name].last_words()}")
                self._stack.restart(name, wait=False)

    @property
    def unbefallen(self) -> list[Peril]:
        """What had no occasion."""
        return list(self._waiting)
