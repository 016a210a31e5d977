"""Ballots a second through the gateway by one API process of meetings and by two, side by side in one run.

`.venv/bin/python bench/voting.py [--seconds 20] [--rounds 2] [--applicants 12] [--at-once 16]`

A season is played until a meeting votes. Then its experts work their ballots as fast as the suite answers: show the
ballot, save a draft, cast it; the office returns it at the expert's request, and the expert begins again. First with an
API process of `meetings` behind the gateway, then with two, by turns; its worker is a process of its own, as in a
cluster. An answer other than success counts as an error, and one error fails the run. Beside it stands how much
processor a ballot costs whom: on a machine of a few cores clients, database and gateway take theirs from the same cores
as the API, so the capacity formula of docs/operations/season.md is fed with these and not with what one machine held.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from figures import at
from limits import records_per_second, row_counts, rows_per_second
from machine import machine
from suite import pids
from zc import environment
from zc.child import Child
from zc.home import HOST, is_free
from zc.season import stage_1_units, stage_2_committee, stage_3_applications, stage_4_meeting
from zc.season.manner import Manner
from zc.season.play import open_calendar, opened
from zc.season.root import root_login
from zc.season.season import Season
from zc.season.session import Session
from zc.season.stage_4_draw import MEETINGS, by_id
from zc.season.stage_4_voting import SEATS
from zc.stack import Stack
from zc.world import World

TICKS = os.sysconf("SC_CLK_TCK")


class Measured(Exception):
    """The season is given up: its voting has been measured."""


class Hall:
    """A meeting whose experts vote over and over."""

    def __init__(self, season: Season, office: Session, meeting: str, seats: dict[str, Session]) -> None:
        self.season, self.office, self.meeting, self.seats = season, office, meeting, seats
        self.begin()

    def begin(self) -> None:
        """Forget what was measured."""
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    async def vote(self, seconds: float, at_once: int) -> float:
        """Ballots a second over so many seconds, so many experts at once."""
        self.begin()
        free: asyncio.Queue[str] = asyncio.Queue()
        for seat in self.seats:
            free.put_nowait(seat)
        begun = time.monotonic()

        async def works() -> None:
            while time.monotonic() - begun < seconds:
                seat = await free.get()
                await self._ballot(seat)
                free.put_nowait(seat)

        await asyncio.gather(*(works() for _ in range(min(at_once, len(self.seats)))))
        return len(self.took["cast"]) / (time.monotonic() - begun)

    async def _ballot(self, seat: str) -> None:
        expert, path = self.seats[seat], f"{SEATS}/{seat}/ballot"
        shown = await self._ask("show", expert, "GET", path)
        if shown is None:
            return
        if shown["state"] == "SUBMITTED":
            await self._ask("request", expert, "POST", f"{path}/reopen-request")
            back = f"{MEETINGS}/{self.meeting}/ballots/{shown['id']}/reopen"
            shown = await self._ask("reopen", self.office, "POST", back) and await self._ask(
                "show", expert, "GET", path
            )
            if shown is None:
                return
        lines = [{"application_id": row["application_id"], "choice": "FOR"} for row in shown["lines"]]
        saved = await self._ask("save", expert, "PUT", path, {"lines": lines}, shown["revision"])
        if saved is not None:
            await self._ask("cast", expert, "POST", f"{path}/cast", {"lines": lines}, saved["revision"])

    async def _ask(
        self, what: str, who: Session, method: str, path: str, body: Any = None, revision: int | None = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {await who.token()}"}
        headers |= {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        headers |= {"If-Match": f'"{revision}"'} if revision is not None else {}
        begun = time.monotonic()
        try:
            answer = await self.season.http.request(method, self.season.url(path), json=body, headers=headers)
        except httpx.HTTPError as error:
            self.errors.append(f"{what}: {type(error).__name__}")
            return None
        self.took[what].append(time.monotonic() - begun)
        if not answer.is_success:
            self.errors.append(f"{what}: {answer.status_code} {answer.text[:200]}")
            return None
        return answer.json()


class Processes:
    """API processes of meetings, as many as asked for, and a gateway that knows them."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._running = stack, []  # type: ignore[var-annotated]
        worker = stack.children["meetings"]
        worker.command = (sys.executable, "-m", "meetings", "worker")
        stack.restart("meetings")

    def run(self, number: int) -> list[Child]:
        """So many API processes, ready."""
        while len(self._running) > number:
            self._running.pop().stop()
        while len(self._running) < number:
            port = next(p for p in range(20000 + os.getpid() % 20000, 65000) if is_free(p))
            told = self._stack.environment_of("meetings") | {"MEETINGS_PORT": str(port)}
            name = f"meetings-api-{len(self._running) + 1}"
            log = self._stack.home.logs / f"{name}.log"
            child = Child(name, [sys.executable, "-m", "meetings", "api"], log, environment.plain() | told)
            child.port = port  # type: ignore[attr-defined]
            child.start()
            self._running.append(child)
            _until_answered(f"http://{HOST}:{port}/readyz")
        urls = ",".join(f"http://{HOST}:{child.port}" for child in self._running)
        self._stack.restart("gateway", MEETINGS_ADDRESS=urls)
        _until_answered(f"{self._stack.gateway_url}/api/v1/meetings/draws/{uuid4()}", status=404)
        return list(self._running)

    def stop(self) -> None:
        """Ends them all."""
        while self._running:
            self._running.pop().stop()


def _until_answered(url: str, status: int = 200) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).status_code == status:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer {status}")


def processor(pid: int | None) -> float:
    """Seconds of processor that a process and its children have used, those that ended included."""
    used, below = 0.0, {pid}
    for entry in sorted(int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()):
        try:
            words = Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if entry == pid or int(words[1]) in below:
            below.add(entry)
            used += sum(map(int, words[11:15] if entry == pid else words[11:13])) / TICKS
    return used


def spent(stack: Stack, children: list[Child]) -> dict[str, float]:
    """Seconds of processor so far, by who used them."""
    running = pids(stack)
    kafka = [pid for name, pid in running.items() if name.startswith("kafka")]
    return {
        "API": sum(processor(child.pid) for child in children),
        "worker": processor(running["meetings"]),
        "PostgreSQL": processor(running["postgres"]),
        "gateway": processor(running["gateway"]),
        "Kafka": sum(map(processor, kafka)),
        "clients": sum(os.times()[:2]),
    }


async def measure(stack: Stack, hall: Hall, processes: Processes, chosen: argparse.Namespace) -> bool:
    """Print the figures by turns; whether nothing failed."""
    paces: dict[int, list[float]] = defaultdict(list)
    costs: dict[int, list[float]] = defaultdict(list)
    well, owner = True, stack.dsn("meetings", owner=True)
    rows, cast = await row_counts(owner), await _cast_so_far(owner)
    for _ in range(chosen.rounds):
        for number in (1, 2):
            children = await asyncio.to_thread(processes.run, number)
            await hall.vote(2, chosen.at_once)  # connections and caches
            before = spent(stack, children)
            pace = await hall.vote(chosen.seconds, chosen.at_once)
            used = {name: seconds - before[name] for name, seconds in spent(stack, children).items()}
            paces[number].append(pace)
            costs[number].append(used["API"] / len(hall.took["cast"]))
            well = well and not hall.errors
            _tell(hall, number, pace, used)
    best = {number: max(found) for number, found in paces.items()}
    dear = min(costs[2]) / min(costs[1])
    print(f"two API processes to one, ballots/s, the best of each: {best[2] / best[1]:.2f}")
    print(
        f"processor of the API a ballot, likewise: {dear:.2f}; on cores of their own two carry {2 / dear:.2f} times one"
    )
    await _beside(stack, owner, rows, await _cast_so_far(owner) - cast, best[1])
    return well


async def _cast_so_far(dsn: str) -> int:
    db = await asyncpg.connect(dsn)
    try:
        return int(await db.fetchval("SELECT count(*) FROM outbox WHERE type = 'meetings.ballot.cast.v1'"))
    finally:
        await db.close()


async def _beside(stack: Stack, dsn: str, before: dict[str, int], cast: int, best: float) -> None:
    """Print what the bare servers can write of the same: a ballot's rows, and its records."""
    grown = {name: n - before.get(name, 0) for name, n in (await row_counts(dsn)).items()}
    bare = await rows_per_second(dsn, grown, cast, "ballot")
    share = sum(grown.values()) / cast
    print(f"limit, the same rows by bare asyncpg (1 changed, {share:.1f} added): {bare:.0f} ballots/s")
    print(f"  one API process held {best / bare:.3f} of it")
    speed, sent = await records_per_second(stack, dsn)
    print(f"limit, the same records by bare aiokafka: {speed:.0f} records/s ({sent} sent)")


def _tell(hall: Hall, number: int, pace: float, used: dict[str, float]) -> None:
    ballots, asked = len(hall.took["cast"]), sum(map(len, hall.took.values()))
    print(
        f"{number} API: {pace:6.1f} ballots/s {asked / ballots * pace:6.1f} requests/s"
        f"  cast p50 {at(hall.took['cast'], 0.5) * 1000:4.0f} ms p99 {at(hall.took['cast'], 0.99) * 1000:4.0f} ms"
        f"  show p99 {at(hall.took['show'], 0.99) * 1000:4.0f} ms  {len(hall.errors)} errors"
    )
    shares = ", ".join(f"{name} {seconds / ballots * 1000:.1f}" for name, seconds in used.items())
    print(f"   ms of processor a ballot ({asked / ballots:.1f} requests): {shares}", flush=True)
    for line in hall.errors[:5]:
        print(f"  {line}")


async def play(stack: Stack, chosen: argparse.Namespace, folder: Path) -> bool:
    """A season until its first vote, and then the measurement."""
    well = False
    world = World(2026, applicants=chosen.applicants)

    async def on_phase(name: str) -> None:
        nonlocal well
        if name != "voting":
            return
        office, meeting = season.handler(world.agriculture), str(season.facts["meeting"])
        experts = by_id(season)
        rows = (await office.get(f"{MEETINGS}/{meeting}/attendance"))["seats"]
        seats = {row["id"]: season.person(experts[row["expert_id"]]) for row in rows}
        processes = await asyncio.to_thread(Processes, stack)
        try:
            hall = Hall(season, office, meeting, seats)
            print(f"{len(seats)} experts vote on {chosen.applicants} applicants, {chosen.at_once} at once")
            well = await measure(stack, hall, processes, chosen)
        finally:
            processes.stop()
        raise Measured

    manner = Manner(proofs=False, on_phase=on_phase)
    async with opened(stack, world, root_login(), folder, manner) as season:
        open_calendar(stack.clock_file, world.year)
        season.facts["outside"] = None
        for stage in (stage_1_units, stage_2_committee, stage_3_applications, stage_4_meeting):
            try:
                await stage.play(season)
            except Measured:
                return well
    return False


def main() -> int:
    """Print the figures; 1 when a request failed."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--applicants", type=int, default=12)
    options.add_argument("--at-once", type=int, default=16)
    chosen = options.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as directory, Stack(directory, free_ports=True) as stack:
        well = asyncio.run(play(stack, chosen, Path(directory) / "season"))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
