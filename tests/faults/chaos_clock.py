"""Business time that jumps and trembles. The machine's own clock is left alone: nobody may set it here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from zc.clock import shift_by
from zc.stack import Stack

from tests.faults.perils import Peril


@dataclass(frozen=True)
class Jump(Peril):
    """A peril: business time jumps forward when a phase begins."""

    phase: str
    by: timedelta
    after: float = 0.05

    def __str__(self) -> str:
        return f"the clock jumps by {self.by} at {self.phase}"

    def befall(self, stack: Stack) -> None:
        """Let it happen."""
        shift_by(stack.clock_file, self.by)


@asynccontextmanager
async def trembling(stack: Stack, chance: Random, jumps: list[float]) -> AsyncIterator[None]:
    """Let business time go a second back and forth all the time; `jumps` grows by each."""
    over = asyncio.Event()

    async def tremble() -> None:
        while not over.is_set():
            step = timedelta(seconds=chance.uniform(0.2, 1.0))
            for by in (step, -step, -step, step):
                shift_by(stack.clock_file, by)
                jumps.append(by.total_seconds())
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), chance.uniform(0.05, 0.3))

    task = asyncio.create_task(tremble(), name="trembling")
    try:
        yield
    finally:
        over.set()
        await task
