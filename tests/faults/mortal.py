"""A stack whose services die where a plan says and live again at once; seasons are played on it meanwhile."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from chassis.failpoint import passings
from zc.season.session import Broken, Refused
from zc.stack import Stack
from zc.trouble import Trouble

from tests.faults.arena import DRAW_SEED, Arena
from tests.faults.outsiders import Outsiders
from tests.faults.points import Death, Passings, plans
from tests.faults.points_files import PutBack, Shelf

LIVES = Path(__file__).with_name("lives.py")


@dataclass
class Outcome:
    """How a season with deaths went."""

    planned: list[Death]
    died: list[Death] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    deaths: int = 0
    seconds: float = 0.0

    @property
    def unreached(self) -> list[Death]:
        """The planned deaths whose passing did not come."""
        died = set(self.died)
        return [death for death in self.planned if death not in died]


class Mortal:
    """A running stack with its services in the hands of `lives.py`, after one season without a death."""

    def __init__(self, directory: Path, say: Callable[[str], None] = print) -> None:
        self._directory, self._say = directory, say
        self._lives = directory / "lives"
        self._open = ExitStack()
        self.seasons = 0
        servers = os.environ.get("SERVERS", "small")
        self.stack = Stack(
            directory / "zc", servers=servers, brokers=3 if servers == "real" else 1,
            free_ports=True, settings={"DRAW_SEED": DRAW_SEED},
        )  # fmt: skip

    def __enter__(self) -> Mortal:
        self._lives.mkdir(parents=True, exist_ok=True)
        self.stack.start()
        try:
            self._take_over()
            outside = self._open.enter_context(Outsiders(self.stack))
            self._arena = Arena(self.stack, self._directory / "out", outside, say=self._say)
            self._play_undisturbed()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self.stack.stop()

    @property
    def services(self) -> list[str]:
        """The names of the services."""
        return [row.name for row in self.stack.services]

    def _take_over(self) -> None:
        for name in self.services:
            child = self.stack.children[name]
            child.stop()
            child.command = (sys.executable, str(LIVES), name, str(self._lives))
            # A member that comes back under its name is let in at once; without one its group waits ten seconds.
            child.environment |= {"KAFKA_GROUP_INSTANCE_ID": name}
            child.start()
        self._wait_until_ready()

    def _play_undisturbed(self) -> None:
        record = self._directory / "undisturbed"
        self._begin({}, record)
        self.undisturbed_seconds = self._arena.undisturbed().seconds
        self.passed: Passings = passings(record)
        self._shelf = Shelf(self.stack)

    def play(self, deaths: Iterable[Death]) -> Outcome:
        """A season in which these come true, compared with the one in which nobody died."""
        outcome, begun = Outcome(list(deaths)), time.monotonic()
        self.seasons += 1
        record = self._directory / f"deaths-{self.seasons}"
        self._begin(plans(outcome.planned), record)
        lives = self._count_lives()
        self._shelf.take_away()
        try:
            outcome.wrong += self._arena.play([PutBack(self._shelf)]).wrong + self._shelf.lost
        except (Trouble, Broken, Refused, AssertionError) as trouble:
            outcome.wrong.append(f"{type(trouble).__name__}: {trouble}")
        outcome.deaths = self._count_lives() - lives
        outcome.died = _come_true(outcome.planned, record)
        outcome.seconds = time.monotonic() - begun
        return outcome

    def _begin(self, plan: dict[str, str], record: Path) -> None:
        """Let every service begin a life that follows its plan."""
        lives = self._count_lives()
        for name in self.services:
            told = {"FAILPOINTS": plan.get(name, ""), "FAILPOINTS_DIR": str(record)}
            (self._lives / f"{name}.json").write_text(json.dumps(told))
            process = self.stack.children[name].process
            assert process is not None
            process.send_signal(signal.SIGHUP)
        self._wait_until(lambda: self._count_lives() >= lives + len(self.services), "the deaths before")
        self._wait_until_ready()

    def _count_lives(self) -> int:
        files = (self._lives / f"{name}.lives" for name in self.services)
        return sum(len(file.read_text().splitlines()) for file in files if file.exists())

    def _wait_until_ready(self) -> None:
        self._wait_until(lambda: all(map(self.stack.is_ready, self.services)), "the services")

    def _wait_until(self, happened: Callable[[], bool], what: str, patience: float = 180) -> None:
        deadline = time.monotonic() + patience
        while not happened():
            if time.monotonic() > deadline:
                raise Trouble(f"waited {patience:.0f} s in vain for {what}")
            time.sleep(0.05)


def _come_true(planned: list[Death], record: Path) -> list[Death]:
    done = {(file.stem, entry) for file in record.glob("*.done") for entry in file.read_text().splitlines()}
    return [death for death in planned if (death.point.service, death.entry) in done]
