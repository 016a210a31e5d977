"""Events end to end: from the commit that emits to the consumers that have taken them in, on the whole stack.

`.venv/bin/python bench/events.py [--events 600] [--per-second 40]`: an office edits its own data at a steady pace
through the gateway, which every service that keeps a copy of units hears of. Lag = when a consumer's transaction
took the event in, less when it was emitted; both by the same machine's clock.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from figures import at, lags
from machine import machine
from zc.season.play import opened
from zc.season.root import root_login
from zc.stack import Stack
from zc.world import World


async def edit(stack: Stack, events: int, pace: float, out: Path) -> float:
    """Edit the provincial office's own data; returns how many edits a second were held."""
    async with opened(stack, World(1), root_login(), out) as season:
        office = season.handler(season.world.province_hr)
        await office.permitted("units.unit.edit")
        own = await office.get("/units/own")
        body = {
            key: own[key]
            for key in ("nature", "jurisdiction", "location", "contact_person", "phone", "postal_address")
        }
        revision, begun = own["revision"], time.monotonic()
        for n in range(events):
            edited = await office.put(
                "/units/own",
                {**body, "postal_address": f"{own['postal_address'][:60]} {n}号"},
                if_match=revision,
            )
            revision = edited["revision"]
            await asyncio.sleep(max(0.0, begun + (n + 1) / pace - time.monotonic()))
        return events / (time.monotonic() - begun)


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=600)
    options.add_argument("--per-second", type=float, default=40)
    chosen = options.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as directory, Stack(directory, free_ports=True) as stack:
        held = asyncio.run(edit(stack, chosen.events, chosen.per_second, Path(directory) / "season"))
        time.sleep(3)
        print(f"{chosen.events} events emitted at {held:.1f}/s")
        for name, row in lags(stack, "units.unit", chosen.events).items():
            print(
                f"  {name:<14} {len(row):5} taken in  p50 {at(row, 0.5):7.1f} ms  p99 {at(row, 0.99):7.1f} ms"
            )


if __name__ == "__main__":
    main()
