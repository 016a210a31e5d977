"""Dies at every point of a season, several in turn in each season, and says what came of it.

`python -m tests.faults.kill_all [--seed N] [--sample N] [--per-season N] [--only TEXT] [--plan FILE] [--bisect]`
writes `dist/kill-points.json` and exits 1 when a season broke, or when many deaths did not come true. A broken one
leaves its plan in `dist/`, to be played again by `--plan FILE`; `--bisect` then halves it until one death is left that
is guilty alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.faults.mortal import Mortal, Outcome
from tests.faults.points import Death, Point, dealt, deaths_at, points_of, sampled, table

DIST = Path(__file__).resolve().parents[2] / "dist"
TRIES = 3
REACHED = 0.98
"""The share of deaths that must come true; a few passings depend on who is faster."""
SEASONS_A_STACK = 15
"""Each moves business time on by half a month, and holidays are known until the end of the year."""

Say = Callable[[str], None]


@dataclass
class Tally:
    """What a whole enumeration came to."""

    seed: int
    points: dict[Point, int] = field(default_factory=dict)
    wanted: list[Death] = field(default_factory=list)
    died: list[Death] = field(default_factory=list)
    unreached: list[Death] = field(default_factory=list)
    failures: list[dict[str, object]] = field(default_factory=list)
    lives: int = 0
    seasons: int = 0
    undisturbed_seconds: float = 0.0
    seconds: float = 0.0

    def take(self, outcome: Outcome) -> None:
        """Count one season in."""
        self.seasons += 1
        self.lives += outcome.deaths
        self.died += outcome.died

    @property
    def reached(self) -> float:
        """The share of the wanted deaths that came true."""
        return len(self.died) / max(1, len(self.wanted))

    def figures(self) -> dict[str, object]:
        """What is written down."""
        return {
            "seed": self.seed,
            "points": len(self.points),
            "points_died_at": len({death.point for death in self.died}),
            "occurrences": len(self.wanted),
            "occurrences_died_at": len(self.died),
            "deaths": self.lives,
            "seasons": self.seasons,
            "unreached": [str(death) for death in self.unreached],
            "failures": self.failures,
            "undisturbed_seconds": round(self.undisturbed_seconds, 1),
            "seconds": round(self.seconds),
        }


class Killing:
    """The whole of it: stacks one after the other, seasons on them."""

    def __init__(self, directory: Path, say: Say) -> None:
        self._directory, self._say = directory, say
        self._stacks, self._open = 0, ExitStack()
        self._mortal: Mortal | None = None

    def __enter__(self) -> Killing:
        return self

    def __exit__(self, *_: object) -> None:
        self.bury()

    def bury(self) -> None:
        """End this stack: the next season begins on an empty one."""
        self._open.close()
        self._mortal = None

    def mortal(self) -> Mortal:
        """The stack of the next season; on it one was played undisturbed."""
        if self._mortal is None or self._mortal.seasons >= SEASONS_A_STACK:
            self.bury()
            self._stacks += 1
            self._say(f"starting stack {self._stacks}, with a season undisturbed")
            self._mortal = self._open.enter_context(
                Mortal(self._directory / f"stack-{self._stacks}", self._say)
            )
        return self._mortal

    def disturbed(self, deaths: list[Death]) -> Outcome:
        """A season with these; a stack on which one broke is of no more use."""
        outcome = self.mortal().play(deaths)
        if outcome.wrong:
            self.bury()
        return outcome

    def guilty(self, deaths: list[Death]) -> list[Death]:
        """The smallest half of a half … of a plan that still breaks a season."""
        while len(deaths) > 1:
            for half in (deaths[: len(deaths) // 2], deaths[len(deaths) // 2 :]):
                wrong = self.disturbed(half).wrong
                self._say(f"{len(half)} of {len(deaths)}: {wrong or 'well'}")
                if wrong:
                    deaths = half
                    break
            else:
                break  # only together
        return deaths


def run_all(
    killing: Killing, *, seed: int, per_season: int, sample: int | None, only: str, seconds: float, say: Say
) -> Tally:
    """Die at all points, or at a sample of them; what was missed is tried again, within `seconds` if they are given."""
    tally = Tally(seed)
    tally.points, begun = points_of(killing.mortal().passed), time.monotonic()
    tally.undisturbed_seconds = killing.mortal().undisturbed_seconds
    deaths = [death for death in deaths_at(tally.points) if only in str(death)]
    tally.wanted = deaths if sample is None else sampled(deaths, sample, seed)
    say(
        f"{len(tally.points)} points, {len(deaths)} first and last passings, of which {len(tally.wanted)} are died at;"
        f" an undisturbed season takes {tally.undisturbed_seconds:.0f} s; seed {seed}"
    )
    left = list(tally.wanted)
    for attempt in range(TRIES):
        missed: list[Death] = []
        runs = dealt(left, per_season, seed + attempt)
        for number, planned in enumerate(runs, 1):
            if attempt and seconds and time.monotonic() - begun > seconds:
                missed += planned
                continue
            outcome = killing.disturbed(planned)
            tally.take(outcome)
            missed += outcome.unreached
            _tell(say, tally, outcome, f"{number} of {len(runs)}", time.monotonic() - begun)
        left = missed
    tally.unreached = left
    tally.seconds = time.monotonic() - begun
    return tally


def _tell(say: Say, tally: Tally, outcome: Outcome, which: str, passed: float) -> None:
    share = len(tally.died) / len(tally.wanted)
    say(
        f"season {which}: {len(outcome.died)} of {len(outcome.planned)} came true in {outcome.deaths} deaths,"
        f" {outcome.seconds:.0f} s; {share:.0%} in {passed / 60:.0f} min"
        f" of about {passed / max(share, 0.01) / 60:.0f}"
    )
    if outcome.wrong:
        file = DIST / f"kill-failure-{len(tally.failures) + 1}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps([asdict(death) for death in outcome.planned], indent=1) + "\n")
        tally.failures.append({"plan": str(file), "wrong": outcome.wrong})
        for line in outcome.wrong:
            say(f"  {line}")
        say(f"  to repeat: python -m tests.faults.kill_all --plan {file} [--bisect]")


def _read(plan: Path) -> list[Death]:
    rows = json.loads(plan.read_text())
    return [Death(Point(**row["point"]), row["nth"], row["of"]) for row in rows]


def _repeat(killing: Killing, plan: Path, bisect: bool, say: Say) -> int:
    deaths = _read(plan)
    if bisect:
        deaths = killing.guilty(deaths)
    outcome = killing.disturbed(deaths)
    for death in deaths:
        say(str(death))
    say(f"{outcome.wrong or 'well'}")
    return bool(outcome.wrong)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--sample", type=int, help="as many deaths as this instead of all")
    parser.add_argument("--per-season", type=int, default=80)
    parser.add_argument("--only", default="", help="deaths whose line contains this")
    parser.add_argument("--seconds", type=float, default=0, help="try again nothing after so many")
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--bisect", action="store_true")
    parser.add_argument("--directory", type=Path)
    return parser.parse_args()


def _directory(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="kill-points-") as directory:
        yield Path(directory)


def main() -> int:
    """Run from the command line."""
    told = _arguments()

    def say(line: str) -> None:
        print(f"{time.strftime('%T')} {line}", flush=True)

    for directory in _directory(told.directory):
        with Killing(directory, say) as killing:
            if told.plan is not None:
                return _repeat(killing, told.plan, told.bisect, say)
            tally = run_all(
                killing, seed=told.seed, per_season=told.per_season, sample=told.sample, only=told.only,
                seconds=told.seconds, say=say,
            )  # fmt: skip
    print(table(tally.points, tally.died))
    figures = tally.figures()
    DIST.mkdir(exist_ok=True)
    (DIST / "kill-points.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps({name: len(v) if isinstance(v, list) else v for name, v in figures.items()}))
    for death in tally.unreached:
        print(f"unreached: {death}")
    return 1 if tally.failures or tally.reached < REACHED else 0


if __name__ == "__main__":
    sys.exit(main())
