"""A stack on which comparable micro-seasons are played in turn: undisturbed first, then with whatever befalls them.

Other systems keep copies of all certificates beside every season; afterwards each copy must equal the truth.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from zc.clock import read_shift, write_shift
from zc.console import console as _console
from zc.season import Season
from zc.season.manner import Manner
from zc.season.play import console, open_calendar, opened, play
from zc.season.root import root_login
from zc.stack import Stack
from zc.trouble import Trouble
from zc.world import Story, micro
from zc.world.micro import STORIES

from tests.faults import invariants
from tests.faults.ledger import Ledger
from tests.faults.naming import names_of
from tests.faults.outsiders import Outsiders
from tests.faults.perils import Conductor, Peril
from tests.faults.snapshot import Snapshot, canonical, differences, read

DRAW_SEED = "the same lots again"
PATIENCE = 150.0
"""Seconds for a request: longer than the slowest restart of anything."""
TIMEOUT = 10.0
"""Seconds until an answer is given up: shorter than the longest pauses."""


@dataclass
class Ended:
    """How a season ended."""

    cohort: int
    left: Snapshot
    ledger: Ledger
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    befallen: list[Peril] = field(default_factory=list)
    unbefallen: list[Peril] = field(default_factory=list)
    doubtful: int = 0
    """Commands of which some attempt left open whether they were carried out."""


class Arena:
    """Plays seasons of the same story on one stack; each is compared with one that nothing disturbed."""

    def __init__(
        self,
        stack: Stack,
        directory: Path,
        outsiders: Outsiders,
        *,
        seed: int = 2026,
        say: Callable[[str], None] = print,
    ) -> None:
        self.stack, self._directory, self._seed, self._say = stack, directory, seed, say
        self.outsiders = outsiders
        self._cohort = 0
        self._undisturbed: dict[tuple[str, ...], Ended] = {}
        console.quiet = _console.quiet = True
        asyncio.run(self._warm())
        assert invariants.broken(stack) == []  # and everybody has heard of it

    async def _warm(self) -> None:
        """The provincial office is there before the first season, as it is before every other."""
        world = micro(self._seed, 999)
        async with opened(self.stack, world, root_login(), self._directory, Manner()) as season:
            open_calendar(self.stack.clock_file, world.year)
            await season.handler(world.province_hr).permitted("units.subordinate.manage")

    def undisturbed(self, told: Sequence[Story] = STORIES) -> Ended:
        """How the story ends when nothing happens; played once."""
        key = tuple(map(repr, told))
        if key not in self._undisturbed:
            self._undisturbed[key] = self._played((), told)
            wrong = self._undisturbed[key].wrong
            assert wrong == [], "\n".join(wrong)
        return self._undisturbed[key]

    def play(self, perils: Iterable[Peril] = (), told: Sequence[Story] = STORIES) -> Ended:
        """A season with these perils, and another with those whose phase was over too early, until none is left.

        `wrong` tells every broken invariant and every difference.
        """
        expected = self.undisturbed(told).left
        befallen, doubtful, left = list[Peril](), 0, list(perils)
        while True:
            ended = self._played(left, told)
            ended.wrong += differences(expected, ended.left)
            befallen, doubtful, left = befallen + ended.befallen, doubtful + ended.doubtful, ended.unbefallen
            if not ended.befallen:
                ended.wrong += [f"had no occasion: {peril}" for peril in left]
            for line in ended.wrong:
                self._say(f"  WRONG {line[:600]}")
            if ended.wrong or not left:
                return replace(ended, befallen=befallen, doubtful=doubtful)

    def _played(self, perils: Sequence[Peril], told: Sequence[Story]) -> Ended:
        self._cohort += 1
        # What is still under way would change during the season, and count as the season's.
        if restless := invariants.broken(self.stack):
            self._say(
                f"  not at rest: {restless[0]}{f', and {len(restless) - 1} more' * (len(restless) > 1)}"
            )
        before, ledger, begun = read(self.stack), Ledger(), time.monotonic()
        conductor = Conductor(self.stack, perils, ledger, self._say)
        manner = Manner(
            proofs=False, patience=PATIENCE, timeout=TIMEOUT, draw_seed=DRAW_SEED,
            witness=ledger, on_phase=conductor.on_phase,
        )  # fmt: skip
        wrong: list[str] = []

        async def at_its_end(season: Season) -> None:
            await ledger.learn(season)
            wrong.extend(await ledger.replayed(season, self._seed))

        world = micro(self._seed, self._cohort, told)
        out = self._directory / f"season-{self._cohort}"
        playing = _Thread(lambda: asyncio.run(play(self.stack, world, out, manner=manner, then=at_its_end)))
        conductor.conduct(lambda: not playing.is_alive())
        try:
            season = playing.result()
        except Trouble:
            self._let_go()
            raise
        seconds = time.monotonic() - begun
        wrong += invariants.broken(self.stack) + ledger.broken(self.stack) + self._copies()
        left = canonical(read(self.stack), before, names_of(self.stack, season))
        self._say(
            f"season {self._cohort}: {seconds:.1f} s, {len(conductor.befallen)} perils; asked again "
            f"{len(ledger.retried)} of {len(ledger.commands)} commands and {ledger.reads_again} reads"
        )
        perilled = conductor.befallen, conductor.unbefallen
        return Ended(self._cohort, left, ledger, wrong, seconds, *perilled, len(ledger.retried))

    def _let_go(self) -> None:
        """Let the deadlines of a season that broke off pass, so that they do not pass during the next one."""
        for name in self.stack.dead():
            self.stack.restart(name)
        write_shift(self.stack.clock_file, read_shift(self.stack.clock_file) + timedelta(days=20))
        invariants.broken(self.stack, patience=30)

    def _copies(self) -> list[str]:
        """What the copies of other systems lack."""
        try:
            self.outsiders.equal_truth(patience=150)
        except AssertionError as lacking:
            return str(lacking).splitlines()
        return []


class _Thread(threading.Thread):
    """A thread whose result, or error, is asked for at its end."""

    def __init__(self, do: Callable[[], Season]) -> None:
        super().__init__(name="season", daemon=True)
        self._do, self._result, self._error = do, None, None
        self.start()

    def run(self) -> None:
        try:
            self._result = self._do()
        except BaseException as error:
            self._error = error

    def result(self) -> Season:
        self.join()
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result
