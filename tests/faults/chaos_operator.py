"""An operator who looks after parked records while a season runs: drops the poison, replays what waits behind it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from zc.operating import ask
from zc.suite import Suite
from zc.table import SERVICES

from tests.faults.chaos_events import MARK

BEHIND = "an earlier event of this key is parked"


@dataclass(frozen=True)
class Parked:
    """A row of a service's parked records."""

    seq: int
    error: str
    open: bool
    poison: int | None
    """The number of the poison it is, None for what only waits behind one."""


def parked(suite: Suite, name: str) -> list[Parked]:
    """Everything that was ever parked in a service."""
    with psycopg.connect(suite.dsn(name), autocommit=True) as db:
        rows = db.execute(
            "SELECT seq, error, resolved_at IS NULL, headers FROM parked ORDER BY seq"
        ).fetchall()
    return [Parked(seq, error, still, _number(headers)) for seq, error, still, headers in rows]


def _number(headers: list[list[str]]) -> int | None:
    marks = [base64.b64decode(value) for header, value in headers if header == MARK]
    return int(marks[0]) if marks else None


def dropped(suite: Suite, name: str) -> int:
    """How many records the trail says were dropped."""
    with psycopg.connect(suite.dsn(name), autocommit=True) as db:
        found = db.execute("SELECT count(*) FROM audit_entry WHERE action = 'parked.dropped'").fetchone()
    return found[0] if found else 0


@dataclass
class Operator:
    """Uses the commands of the runbook, and nothing else."""

    suite: Suite
    every: float = 1.0
    said: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def on_duty(self) -> AsyncIterator[None]:
        """Tend for as long as this lasts, and once more at the end."""
        over = asyncio.Event()
        task = asyncio.create_task(self._tend_until(over), name="operator")
        try:
            yield
        finally:
            over.set()
            await task
        await asyncio.to_thread(self.settle)

    async def _tend_until(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await asyncio.to_thread(self.tend)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self.every)

    def settle(self, rounds: int = 20) -> None:
        """Tend until nothing is left."""
        for _ in range(rounds):
            if not self.tend():
                return

    def tend(self) -> bool:
        """Drop poison and replay the rest, in all services at once; whether there was anything to do."""
        with ThreadPoolExecutor(len(SERVICES)) as pool:
            return any(list(pool.map(self._tend_service, [row.name for row in SERVICES])))

    def _tend_service(self, name: str) -> bool:
        left = [one for one in parked(self.suite, name) if one.open]
        for one in left:
            if one.poison is not None and one.error != BEHIND:
                self._ask(name, "drop", str(one.seq), "--why", f"poison {one.poison}")
        if left:
            self._ask(name, "replay")
        return bool(left)

    def _ask(self, name: str, *words: str) -> None:
        answer = ask(self.suite, name, "parked", *words)
        self.said.append(f"{name} {' '.join(words)}: {answer.stdout.strip()}")
        if answer.returncode:
            raise AssertionError(self.said[-1])
