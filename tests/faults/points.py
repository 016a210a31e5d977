"""Kill points: every boundary that a season passes, each to be died at when it is first and last passed.

A point is (service, boundary, what is at hand there: a route, job, event type or a file's purpose). Which there are is
not written down anywhere: an undisturbed season with `FAILPOINTS_DIR` tells, so that new code is covered by itself.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Passings = Mapping[tuple[str, str, str], int]
"""(service, boundary, what) → how often it was passed."""

LOGINS = {("identity", "GET /authorize"), ("identity", "GET /callback")}
"""A browser's GETs that write: who logs in goes through them."""

READS = "a read changes nothing that it does not change again when it is asked again"


@dataclass(frozen=True, order=True)
class Point:
    """A boundary in a service with what is at hand there."""

    service: str
    boundary: str
    what: str

    def __str__(self) -> str:
        return f"{self.service} {self.boundary}[{self.what}]"


@dataclass(frozen=True, order=True)
class Death:
    """A point and which of its passings is the last thing that a life does; `of` is how many there are undisturbed."""

    point: Point
    nth: int
    of: int

    @property
    def entry(self) -> str:
        """The line of the service's plan."""
        return f"{self.point.boundary}[{self.point.what}]@{self.nth}=kill"

    def __str__(self) -> str:
        return f"{self.point.service}: {self.entry}"


def left_out(point: Point) -> str | None:
    """Why nobody has to die here, None for a point that counts."""
    if point.boundary == "inbox.before-handle":
        return "the same transaction ends at inbox.before-commit"
    if point.boundary == "inbox.after-commit":
        return "nothing happens between it and consume.before-offset"
    if not point.what:
        return "a batch's transaction, whose events are points of their own"
    if point.boundary.startswith("transaction.") and point.what.startswith("GET "):
        return None if (point.service, point.what) in LOGINS else READS
    return None


def points_of(passings: Passings) -> dict[Point, int]:
    """The points that count, with how often they were passed."""
    found = {Point(*place): times for place, times in passings.items()}
    heard = {(point.service, point.what) for point in found if point.boundary == "inbox.before-commit"}
    return {
        point: times
        for point, times in sorted(found.items())
        if left_out(point) is None
        # Of a topic's events, those that nobody here listens to only move the offset.
        and (point.boundary != "consume.before-offset" or (point.service, point.what) in heard)
    }


def deaths_at(points: Mapping[Point, int]) -> list[Death]:
    """Each point's first passing, and its last where that is another."""
    return [Death(point, nth, times) for point, times in points.items() for nth in sorted({1, times})]


def dealt(deaths: Iterable[Death], per_run: int, seed: int) -> list[list[Death]]:
    """The deaths over as few runs as hold them, each service's evenly, drawn by the seed."""
    draw = random.Random(seed)
    of_service: dict[str, list[Death]] = defaultdict(list)
    for death in sorted(deaths):
        of_service[death.point.service].append(death)
    total = sum(map(len, of_service.values()))
    runs: list[list[Death]] = [[] for _ in range(-(-total // per_run))]
    for service in sorted(of_service):
        drawn = draw.sample(of_service[service], len(of_service[service]))
        # Boundaries of one kind lie together first, so that no run gets all of a kind.
        drawn.sort(key=lambda death: (death.nth == 1, death.point.boundary))
        for death in drawn:
            fewest = min(len(run) for run in runs)
            at = draw.choice([n for n, run in enumerate(runs) if len(run) == fewest])
            runs[at].append(death)
    return runs


def plans(deaths: Iterable[Death]) -> dict[str, str]:
    """What each service is told: its name → its plan."""
    entries: dict[str, list[str]] = defaultdict(list)
    for death in sorted(deaths):
        entries[death.point.service].append(death.entry)
    return {service: ",".join(lines) for service, lines in entries.items()}


def sampled(deaths: list[Death], number: int, seed: int) -> list[Death]:
    """Some of them, drawn so that every kind of boundary in every service comes up before any comes up twice."""
    draw = random.Random(seed)
    kinds: dict[tuple[str, str], list[Death]] = defaultdict(list)
    for death in draw.sample(sorted(deaths), len(deaths)):
        kinds[death.point.service, death.point.boundary].append(death)
    chosen: list[Death] = []
    while len(chosen) < number and any(kinds.values()):
        for kind in draw.sample(sorted(kinds), len(kinds)):
            if kinds[kind] and len(chosen) < number:
                chosen.append(kinds[kind].pop())
    return chosen


def table(points: Iterable[Point], died_at: Iterable[Death]) -> str:
    """Boundaries in rows, services in columns: points, and deaths that came true."""
    held, died = list(points), Counter((d.point.service, d.point.boundary) for d in died_at)
    count = Counter((p.service, p.boundary) for p in held)
    services = sorted({p.service for p in held})
    lines = [
        "| boundary | " + " | ".join(services) + " | points | deaths |",
        "|---" * (len(services) + 3) + "|",
    ]
    for boundary in sorted({p.boundary for p in held}):
        row = [count[s, boundary] for s in services]
        cells = [str(n) if n else "" for n in row]
        deaths = sum(died[s, boundary] for s in services)
        lines.append(f"| {boundary} | " + " | ".join([*cells, str(sum(row)), str(deaths)]) + " |")
    return "\n".join(lines)
