"""Submissions held through the gateway with all services up, beside what the bare servers can write.

`.venv/bin/python bench/submissions.py [--minutes 10] [--applicants 60] [--at-once 12] [--share 0.8]`

The applicants of a season fill their forms and upload their files; then each hands in, takes back and hands in again,
over and over. First as fast as `--at-once` of them can for half a minute; then at `--share` of that pace for the time
asked. Every answer other than success counts as an error, and one error fails the run. Lag = when a consumer's
transaction took the event in, less when it was emitted. Beside it, in the same run: the same rows by bare asyncpg
and the same records by bare aiokafka. Servers, services and clients share this machine.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from figures import at, lags
from limits import records_per_second, row_counts, rows_per_second
from machine import machine
from suite import memory, pids
from zc.season import stage_1_units, stage_2_committee, stage_3_applications
from zc.season.play import open_calendar, opened
from zc.season.root import root_login
from zc.season.season import Season
from zc.season.stage_3_form import APPLICATIONS
from zc.stack import Stack
from zc.world import Applicant, World

_TRIAL = 30.0


class Bench:
    """Applicants who hand in and take back, and how long each answer took."""

    def __init__(self, season: Season, people: Sequence[Applicant]) -> None:
        self.season, self.people = season, people
        self.errors: list[str] = []
        self.begin()

    def begin(self) -> None:
        """Forget what was measured."""
        self.took: dict[str, list[float]] = {"submit": [], "withdraw": []}

    async def run(self, seconds: float, at_once: int, pace: float | None = None) -> float:
        """Submissions a second over so many seconds; as fast as they can, or at a pace of submissions a second."""
        self.begin()
        free = asyncio.Queue[Applicant]()
        for one in self.people:
            free.put_nowait(one)
        begun = time.monotonic()
        ticket = iter(range(10**9))

        async def works() -> None:
            while time.monotonic() - begun < seconds:
                if pace is not None:
                    due = begun + next(ticket) / pace
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                one = await free.get()
                await self._cycle(one)
                free.put_nowait(one)

        await asyncio.gather(*(works() for _ in range(at_once)))
        return len(self.took["submit"]) / (time.monotonic() - begun)

    async def _cycle(self, one: Applicant) -> None:
        path = f"{APPLICATIONS}/{self.season.facts[f'application/{one.person.key}']}"
        session = self.season.person(one)
        revision = (await session.get(path))["revision"]
        for verb in ("submit", "withdraw"):
            headers = {
                "Authorization": f"Bearer {await session.token()}",
                "If-Match": f'"{revision}"',
                "Idempotency-Key": str(uuid4()),
            }
            begun = time.monotonic()
            answer = await self.season.http.post(self.season.url(f"{path}/{verb}"), headers=headers)
            self.took[verb].append(time.monotonic() - begun)
            if not answer.is_success:
                self.errors.append(f"{verb}: {answer.status_code} {answer.text[:200]}")
                return
            revision = answer.json()["revision"]


@asynccontextmanager
async def prepared(stack: Stack, applicants: int, out: Path) -> AsyncIterator[Bench]:
    """A season in which everybody has handed in and taken back once."""
    world = World(2026, applicants=applicants)
    async with opened(stack, world, root_login(), out) as season:
        open_calendar(stack.clock_file, world.year)
        season.facts["outside"] = None
        await stage_1_units.play(season)
        await stage_2_committee.play(season)
        await stage_3_applications.everybody_applies(season)
        bench = Bench(season, world.applicants)
        await season.together("撤回", world.applicants, lambda one: _back(season, one))
        yield bench


async def _back(season: Season, one: Applicant) -> None:
    path = f"{APPLICATIONS}/{season.facts[f'application/{one.person.key}']}"
    seen = await season.person(one).get(path)
    if seen["state"] != "DRAFT":
        await season.person(one).post(f"{path}/withdraw", if_match=seen["revision"])


async def measure(stack: Stack, chosen: argparse.Namespace, out: Path) -> bool:
    """Print the figures; whether no request failed."""
    async with prepared(stack, chosen.applicants, out) as bench:
        fastest = await bench.run(_TRIAL, chosen.at_once)
        print(
            f"as fast as {chosen.at_once} at once can: {fastest:.1f} submissions/s (and as many withdrawals)"
        )
        owner = stack.dsn("applications", owner=True)
        before = await row_counts(owner)
        held = await bench.run(chosen.minutes * 60, chosen.at_once, fastest * chosen.share)
        commands = sum(map(len, bench.took.values()))
        print(
            f"held for {chosen.minutes:g} minutes: {held:.1f} submissions/s, {commands} commands,"
            f" {len(bench.errors)} errors"
        )
        for verb, took in bench.took.items():
            print(f"  {verb:<10} p50 {at(took, 0.5) * 1000:6.0f} ms  p99 {at(took, 0.99) * 1000:6.0f} ms")
        for line in bench.errors[:10]:
            print(f"  {line}")
        used = memory(pids(stack))
        await asyncio.sleep(5)
        for name, row in lags(stack, "applications.application", commands).items():
            print(
                f"  lag at {name:<14} {len(row):6} taken in  p50 {at(row, 0.5):6.0f} ms  p99 {at(row, 0.99):6.0f} ms"
            )
        print(f"  memory {sum(used.values()):.0f} MB")
        errors = len(bench.errors)
    grown = {name: n - before.get(name, 0) for name, n in (await row_counts(owner)).items()}
    some = min(commands, 5000)
    scaled = {name: n * some // commands for name, n in grown.items()}
    bare = await rows_per_second(owner, scaled, some, "application")
    rows = sum(scaled.values()) / some
    print(f"limit, the same rows by bare asyncpg (1 changed, {rows:.1f} added): {bare:.0f} transactions/s")
    print(f"  the suite's commands at full speed are {2 * fastest / bare:.3f} of it")
    speed, sent = await records_per_second(stack, owner)
    told = grown["outbox"] / (chosen.minutes * 60)
    print(
        f"limit, the same records by bare aiokafka: {speed:.0f} records/s ({sent} sent); the suite emitted {told:.1f}/s"
    )
    return not errors


def main() -> int:
    """Print the figures; 1 when a request failed."""
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--applicants", type=int, default=60)
    options.add_argument("--at-once", type=int, default=12)
    options.add_argument("--share", type=float, default=0.8)
    chosen = options.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as directory, Stack(directory, free_ports=True) as stack:
        well = asyncio.run(measure(stack, chosen, Path(directory) / "season"))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
