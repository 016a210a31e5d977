"""Plays the stages in order and writes down how it went."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
from contracts.certificates.v1 import CertificateIssued
from rich.console import Console
from rich.progress import Progress

from zc import clock as clocks
from zc.season.manner import Manner
from zc.season.outside import listening
from zc.season.platforms import Platform
from zc.season.root import root_login
from zc.season.season import Clock, Report, Season
from zc.season.session import Broken, Refused
from zc.trouble import Trouble
from zc.world import Login, World

STAGES = (
    "stage_1_units",
    "stage_2_committee",
    "stage_3_applications",
    "stage_4_meeting",
    "stage_5_publicity",
    "stage_6_certificates",
    "stage_7_notices",
    "ending",
)

console = Console(highlight=False)


class Surroundings(Protocol):
    """What a season must know of the stack it is played on; `zc.suite.Suite` is one."""

    @property
    def gateway_url(self) -> str: ...
    @property
    def identity_platform(self) -> Platform: ...
    @property
    def clock_file(self) -> Path: ...
    def admit(self, system: str, *topics: str) -> dict[str, Any]: ...


def run(
    suite: Surroundings,
    *,
    seed: int = 2026,
    applicants: int = 40,
    out_dir: Path | None = None,
    stages: tuple[str, ...] = STAGES,
    manner: Manner | None = None,
) -> Report:
    """Play a season on a running stack; raises `Trouble` with one sentence when the suite falls short.

    A season that was played here to its end is shown again: its applicants have applied for this year.
    """
    out_dir = out_dir or suite.clock_file.parent / "demo"
    out_dir.mkdir(parents=True, exist_ok=True)
    if (earlier := _earlier(out_dir, seed, applicants)) is not None:
        console.print(
            "· this season was played here before; `zc reset` or another seed plays anew", markup=False
        )
        _tell(earlier, out_dir, suite.identity_platform.name)
        return earlier
    world = World(seed, applicants=applicants)
    report = asyncio.run(play(suite, world, out_dir, manner=manner, stages=stages)).report
    _tell(report, out_dir, suite.identity_platform.name)
    return report


async def play(
    suite: Surroundings,
    world: World,
    out_dir: Path,
    *,
    manner: Manner | None = None,
    stages: tuple[str, ...] = STAGES,
    then: Callable[[Season], Awaitable[None]] | None = None,
) -> Season:
    """Play the season of any world, in any manner, and return it as it ended; raises `Trouble`.

    `then` is done at its end, while everybody's sessions are still open.
    """
    async with (
        opened(suite, world, root_login(), out_dir, manner) as season,
        listening(await asyncio.to_thread(suite.admit, "season", CertificateIssued.topic)) as outside,
    ):
        season.facts["outside"] = outside  # another system, which hears of certificates
        season.report.seed, season.report.applicants = world.seed, len(world.applicants)
        open_calendar(suite.clock_file, world.year)
        for stage in stages:
            try:
                await _stage(season, stage)
            except (Broken, Refused) as wrong:
                _write(season)
                raise Trouble(f"The season stopped in {stage}: {wrong}") from wrong
        season.report.finished = True
        _write(season)
        if then is not None:
            await then(season)
        return season


def _earlier(out_dir: Path, seed: int, applicants: int) -> Report | None:
    file = out_dir / "report.json"
    if not file.exists():
        return None
    report = Report(**json.loads(file.read_text()))
    same = (report.seed, report.applicants) == (seed, applicants)
    return report if same and report.finished else None


def open_calendar(clock_file: Path, year: int) -> None:
    """Begin in March on a stack whose clock was never moved, whatever today is: a season takes months."""
    if clocks.read_shift(clock_file) == timedelta():
        opens = datetime(year, 3, 2, 9, tzinfo=clocks.PLACE)
        clocks.write_shift(clock_file, opens - clocks.now(clock_file))


@asynccontextmanager
async def opened(
    suite: Surroundings, world: World, root: Login, out_dir: Path, manner: Manner | None = None
) -> AsyncIterator[Season]:
    """A season with its connections open and its people's accounts written."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
    async with httpx.AsyncClient(
        timeout=(manner or Manner()).timeout, limits=limits, trust_env=False
    ) as http:
        with Progress(console=console, transient=True) as bars:
            season = Season(
                suite.gateway_url,
                world,
                Clock(suite.clock_file),
                out_dir=out_dir,
                http=http,
                platform=suite.identity_platform,
                root=root,
                bars=bars,
                manner=manner,
            )
            season.open_accounts([*world.logins(), root])
            yield season


async def _stage(season: Season, name: str) -> None:
    """Play one stage; one that is not written yet is named and passed over."""
    place = f"zc.season.{name}"
    if importlib.util.find_spec(place) is None:
        console.print(f"· {name} is not written yet", markup=False)
        season.report.stages.append({"name": name, "played": False, "seconds": 0.0})
        return
    module = importlib.import_module(place)
    title = (module.__doc__ or name).strip().splitlines()[0]
    console.print(f"· {title}", markup=False)
    await season.phase(name)
    begun, proofs = time.monotonic(), len(season.report.proofs)
    await module.play(season)
    seconds = round(time.monotonic() - begun, 2)
    proved = len(season.report.proofs) - proofs
    season.report.stages.append({"name": name, "played": True, "seconds": seconds, "proofs": proved})
    console.print(f"  {seconds:.1f} s, {proved} proofs", markup=False)


def _write(season: Season) -> None:
    season.out_dir.mkdir(parents=True, exist_ok=True)
    file = season.out_dir / "report.json"
    file.write_text(json.dumps(asdict(season.report), ensure_ascii=False, indent=1) + "\n")


def _tell(report: Report, out_dir: Path, platform: str) -> None:
    for what, number in report.counts.items():
        console.print(f"  {what}: {number}", markup=False)
    if report.certificates:
        held = report.certificates[0]
        console.print(
            f"· {len(report.certificates)} certificates lie in {out_dir / 'certificates'}", markup=False
        )
        console.print(f"· anybody may look one up: {held['lookup']}", markup=False)
    world = World(report.seed, applicants=report.applicants)
    console.print(f"· logins at {platform} (account, password):", markup=False)
    for who, login in (
        ("provincial HR office", root_login()),
        ("city HR bureau", world.handler(world.city_hr)),
        ("employer, first post", world.post(world.employer_a, 1)),
        ("applicant", world.applicants[0].login),
        ("expert", world.experts[0].login),
    ):
        console.print(f"  {who:<22} {login.account}  {login.password}", markup=False)
    console.print(f"· report: {out_dir / 'report.json'}", markup=False)
