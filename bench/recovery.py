"""Recovery after each kill -9: until a command is acknowledged again, and until its event has reached everybody.

`.venv/bin/python bench/recovery.py [--rounds 3] [--servers real --brokers 3]`

One process after the other is killed and started at once, as a supervisor would. An office goes on editing its own
data through the gateway. Seconds are counted from the kill: to the first edit that is acknowledged, and to the moment
when every service that keeps a copy of units has taken in the event of that edit. Beside it stands the same without
a kill.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
from machine import machine
from zc.season.play import opened
from zc.season.root import root_login
from zc.season.season import Season
from zc.season.session import Session
from zc.stack import Stack
from zc.table import SERVICES
from zc.world import World

_EDITED = ("nature", "jurisdiction", "location", "contact_person", "phone", "postal_address")
_PATIENCE = 120.0


class Office:
    """The provincial office, editing its own data over and over."""

    def __init__(self, season: Season, session: Session) -> None:
        self._season, self._session, self._edits = season, session, 0

    async def edit(self) -> int:
        """Try once; the acknowledged revision. Raises `httpx.HTTPError` for anything but success."""
        bearer = {"Authorization": f"Bearer {await self._session.token()}"}
        url = self._season.url("/units/own")
        shown = await self._season.http.get(url, headers=bearer, timeout=5)
        shown.raise_for_status()
        own: dict[str, Any] = shown.json()
        self._edits += 1
        body = {name: own[name] for name in _EDITED}
        body["postal_address"] = f"{own['postal_address'].split(' ')[0][:60]} {self._edits}号"
        told = bearer | {"If-Match": f'"{own["revision"]}"'}
        answer = await self._season.http.put(url, json=body, headers=told, timeout=5)
        answer.raise_for_status()
        return int(answer.json()["revision"])


def copies_have(stack: Stack, unit: UUID, revision: int) -> bool:
    """Whether every copy of the unit is as new as this; a server that is away has not."""
    try:
        for row in SERVICES:
            if row.name == "units":
                continue
            with psycopg.connect(stack.dsn(row.name), connect_timeout=2) as db:
                held = db.execute("SELECT to_regclass('public.known_unit')").fetchone()
                if held is None or held[0] is None:
                    continue
                found = db.execute("SELECT revision FROM known_unit WHERE id = %s", [unit]).fetchone()
                if found is not None and found[0] < revision:
                    return False
    except psycopg.Error:
        return False
    return True


async def recovery(stack: Stack, office: Office, unit: UUID, name: str | None) -> tuple[float, float]:
    """Seconds to the acknowledgement and to the last copy, after killing and starting that process."""
    begun = time.monotonic()
    if name is not None:
        stack.kill(name)
        await asyncio.to_thread(stack.restart, name, wait=False)
    while True:
        try:
            revision = await office.edit()
            break
        except (httpx.HTTPError, OSError):
            if time.monotonic() - begun > _PATIENCE:
                raise
            await asyncio.sleep(0.05)
    acknowledged = time.monotonic() - begun
    while not await asyncio.to_thread(copies_have, stack, unit, revision):
        if time.monotonic() - begun > _PATIENCE:
            raise TimeoutError(f"after {name} was killed, an event did not arrive within {_PATIENCE:.0f} s")
        await asyncio.sleep(0.05)
    return acknowledged, time.monotonic() - begun


async def measure(stack: Stack, rounds: int, out: Path) -> None:
    """Print a line for each process."""
    async with opened(stack, World(1), root_login(), out) as season:
        session = season.handler(season.world.province_hr)
        await session.permitted("units.unit.edit")
        office, unit = Office(season, session), UUID((await session.get("/units/own"))["id"])
        names = [None, *(row.name for row in SERVICES)]
        names += [name for name in stack.children if name.startswith("kafka")] + ["postgres", "s3", "gateway"]
        print(f"{'killed':<14} {'acknowledged after':>20} {'event everywhere after':>24}")
        for name in names:
            found = []
            for _ in range(rounds):
                found.append(await recovery(stack, office, unit, name))
                await asyncio.sleep(3)
            first, last = (statistics.median(each) for each in zip(*found, strict=True))
            print(f"{name or '(nothing)':<14} {first:18.1f} s {last:22.1f} s", flush=True)


def main() -> None:
    """Print the figures: medians of the rounds."""
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--servers", choices=("small", "real"), default="small")
    options.add_argument("--brokers", type=int, default=1)
    chosen = options.parse_args()
    print(machine())
    with (
        tempfile.TemporaryDirectory() as directory,
        Stack(directory, free_ports=True, servers=chosen.servers, brokers=chosen.brokers) as stack,
    ):
        asyncio.run(measure(stack, chosen.rounds, Path(directory) / "season"))


if __name__ == "__main__":
    main()
