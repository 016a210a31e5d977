"""Dying, failing or waiting on purpose at a boundary, so that tests can show that nothing is lost there.

A plan is a list of `name[what]@nth=action`: `what` is the route, job, event type or purpose at hand (any when it is
left out), `nth` the passing that counts (the first when left out, `*` for each), the action `kill`, `raise` or
`pause:SECONDS`. For instance
`relay.before-mark[units.unit.created.v1]@3=kill,inbox.before-commit@*=pause:0.5`.
A batch passes a boundary once for each of its events, so the third event counts wherever it lies.

With a directory, passings are counted over all lives of a service: `SERVICE.passed` gets a line for each, and
`SERVICE.done` one for each entry that came true, which then never does again.
"""

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

_ENTRY = re.compile(
    r"(?P<name>[\w.-]+)(?:\[(?P<what>[^\]]*)\])?(?:@(?P<nth>\d+|\*))?=(?P<action>kill|raise|pause:[\d.]+)"
)
_doing: ContextVar[str] = ContextVar("failpoint-doing", default="")


class FailpointReached(RuntimeError):
    """Raised where a plan says `raise`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a plan; `nth` 0 means each passing."""

    text: str
    name: str
    what: str | None
    nth: int
    action: str


class _Plan:
    """What is to happen, what has happened, and how often each boundary was passed."""

    def __init__(self, entries: Iterable[Entry], directory: Path | None, service: str) -> None:
        self._waiting = list(entries)
        self._times: Counter[str | tuple[str, str]] = Counter()
        self._passed: int | None = None
        self._done: int | None = None
        if directory is not None:
            self._remember(directory, service)

    def _remember(self, directory: Path, service: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        passed, done = directory / f"{service}.passed", directory / f"{service}.done"
        for name, whats in _lines(passed):
            self._count(name, whats)
        over = set(done.read_text().splitlines()) if done.exists() else set()
        self._waiting = [entry for entry in self._waiting if entry.nth == 0 or entry.text not in over]
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._passed, self._done = os.open(passed, flags, 0o644), os.open(done, flags, 0o644)

    def _count(self, name: str, whats: Mapping[str, int]) -> None:
        self._times[name] += 1
        for what, times in whats.items():
            self._times[name, what] += times

    def reached(self, name: str, whats: Mapping[str, int]) -> list[Entry]:
        """Count this passing; the entries that it makes true, which are over with that."""
        self._count(name, whats)
        if self._passed is not None:
            pairs = (f"\t{what}\t{times}" for what, times in whats.items())
            os.write(self._passed, f"{name}{''.join(pairs)}\n".encode())
        true = [entry for entry in self._waiting if self._is_reached(entry, name, whats)]
        over = [entry for entry in true if entry.nth]
        if over:
            self._waiting = [entry for entry in self._waiting if entry not in over]
            if self._done is not None:
                os.write(self._done, "".join(f"{entry.text}\n" for entry in over).encode())
        return true

    def _is_reached(self, entry: Entry, name: str, whats: Mapping[str, int]) -> bool:
        if entry.name != name or (entry.what is not None and entry.what not in whats):
            return False
        if entry.what is None:
            times, now = 1, self._times[name]
        else:
            times, now = whats[entry.what], self._times[name, entry.what]
        return entry.nth == 0 or now - times < entry.nth <= now

    def close(self) -> None:
        """Let the files go."""
        for file in (self._passed, self._done):
            if file is not None:
                os.close(file)


_plan: _Plan | None = None


def parsed(plan: str) -> list[Entry]:
    """The entries of a plan; raises `ValueError` for one that says nothing."""
    entries = []
    for text in filter(None, (part.strip() for part in plan.split(","))):
        found = _ENTRY.fullmatch(text)
        if found is None:
            raise ValueError(f"{text} is no failpoint: name[what]@nth=kill|raise|pause:SECONDS")
        nth = found["nth"] or "1"
        entries.append(
            Entry(text, found["name"], found["what"], 0 if nth == "*" else int(nth), found["action"])
        )
    return entries


def _lines(passed: Path) -> Iterator[tuple[str, dict[str, int]]]:
    for line in passed.read_text().splitlines() if passed.exists() else ():
        name, *pairs = line.split("\t")
        yield name, {what: int(times) for what, times in zip(pairs[::2], pairs[1::2], strict=True)}


def passings(directory: Path) -> Counter[tuple[str, str, str]]:
    """How often each service passed each boundary with each thing at hand: (service, name, what) → times."""
    times: Counter[tuple[str, str, str]] = Counter()
    for file in directory.glob("*.passed"):
        for name, whats in _lines(file):
            for what, number in (whats or {"": 1}).items():
                times[file.stem, name, what] += number
    return times


def configure(plan: str, directory: Path | None = None, service: str = "service") -> None:
    """Follow this plan from now on; only a local stack has one."""
    global _plan
    if _plan is not None:
        _plan.close()
    entries = parsed(plan)
    _plan = _Plan(entries, directory, service) if entries or directory is not None else None


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Name what is at hand, for the boundaries that do not know it themselves."""
    token = _doing.set(what)
    try:
        yield
    finally:
        _doing.reset(token)


async def failpoint(name: str, what: str | Iterable[str] | None = None) -> None:
    """A boundary; does nothing unless a plan is followed. `what` is at hand: one thing, or each event of a batch."""
    if _plan is None:
        return
    if what is None:
        what = _doing.get()
    whats = Counter([what] if isinstance(what, str) else what)
    whats.pop("", None)
    for entry in sorted(_plan.reached(name, whats), key=lambda entry: "pkr".index(entry.action[0])):
        if entry.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if entry.action == "raise":
            raise FailpointReached(name)
        await asyncio.sleep(float(entry.action.partition(":")[2]))
