"""Events come twice, late, in any order between keys, poisoned; groups never rest; one consumer is slow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random

import httpx
import pytest
from chassis.lag import measure
from prometheus_client.parser import text_string_to_metric_families
from zc.stack import Stack
from zc.table import SERVICES

from tests.faults.arena import Arena
from tests.faults.chaos_beside import beside
from tests.faults.chaos_events import KINDS, LastCopies, Mischief, NoMorePoison, expected, listeners
from tests.faults.chaos_group import no_rest, second_workers
from tests.faults.chaos_operator import BEHIND, Operator, dropped, parked
from tests.faults.chaos_split import naps, slowed, split, unsplit, url_of, worker_of

NAMES = tuple(row.name for row in SERVICES)


@pytest.fixture(scope="module")
def apart(arena: Arena) -> Iterator[Arena]:
    """API and worker of every service are processes of their own."""
    arena.undisturbed()
    split(arena.stack)
    yield arena
    unsplit(arena.stack)


def test_events_that_come_twice_late_or_poisoned_change_nothing(apart: Arena, seed: int) -> None:
    listening = listeners(apart.stack, NAMES)
    before = {name: (len(parked(apart.stack, name)), dropped(apart.stack, name)) for name in NAMES}
    napped: list[str] = []
    mischief = Mischief(apart.stack.kafka_client(), Random(f"{seed} mischief"), poisoned=0.1)
    with beside(
        Operator(apart.stack).on_duty(),
        mischief.at_work(),
        naps(apart.stack, Random(f"{seed} naps"), NAMES, napped, longest=4.0),
    ):
        ended = apart.play([NoMorePoison("issuing", mischief), LastCopies(mischief)])
    told = f"{mischief.events} events, {mischief.copies} copies, {len(mischief.injected)} poisons"
    print(f"{told}, {len(napped)} naps")
    assert not ended.wrong, "\n".join(ended.wrong)
    assert mischief.copies > mischief.events / 4
    assert len(napped) > 5
    assert len(mischief.injected) >= len(KINDS) / 2
    rows = {name: parked(apart.stack, name)[before[name][0] :] for name in NAMES}
    found = {name: sorted(row.poison for row in rows[name] if row.poison is not None) for name in NAMES}
    wanted = expected(mischief.injected, listening)
    assert found == {name: sorted(numbers) for name, numbers in wanted.items()}
    innocent = {row.error for name in NAMES for row in rows[name] if row.poison is None}
    assert innocent <= {BEHIND}
    assert [row for name in NAMES for row in rows[name] if row.open] == []
    heads = {name: sum(row.error != BEHIND for row in rows[name]) for name in NAMES}
    assert {name: dropped(apart.stack, name) - before[name][1] for name in NAMES} == heads


def test_groups_that_are_rebalanced_every_two_seconds_take_everything_in(apart: Arena, seed: int) -> None:
    stack, draw = apart.stack, Random(f"{seed} groups")
    topics = {name: topics for name, (topics, _) in listeners(stack, NAMES).items()}
    busy = draw.sample(NAMES, 2)
    comings: list[str] = []
    with beside(no_rest(stack, topics, comings), second_workers(stack, busy, draw, comings)):
        ended = apart.play()
    print(f"{len(comings)} members came, {ended.seconds:.0f} s")
    assert not ended.wrong, "\n".join(ended.wrong)
    assert len(comings) > ended.seconds / 2


def test_a_slow_consumer_delays_nobody_else_and_catches_up(apart: Arena) -> None:
    stack, lags = apart.stack, list[tuple[float, float]]()
    topics = {name: topics for name, (topics, _) in listeners(stack, NAMES).items()}
    with slowed(stack, "notices", 0.2), beside(watch_lags(stack, "notices", topics, lags)):
        ended = apart.play()
    assert not ended.wrong, "\n".join(ended.wrong)
    slow, others = max(lags)
    print(f"{slow:.0f} records behind at most, all others together {others:.0f} then, {ended.seconds:.0f} s")
    assert slow >= 20, "nobody was slow"
    assert others < slow / 2
    deadline = time.monotonic() + 60
    while told_lag(stack, "notices") and time.monotonic() < deadline:
        time.sleep(1)
    assert told_lag(stack, "notices") == 0


@asynccontextmanager
async def watch_lags(
    stack: Stack, slow: str, topics: dict[str, set[str]], lags: list[tuple[float, float]]
) -> AsyncIterator[None]:
    """Note again and again what the slow one says of its lag, and how far all others are behind."""

    async def watch() -> None:
        while True:
            others = [
                sum((await measure(stack.kafka_client(), name, tuple(of))).values())
                for name, of in topics.items()
                if name != slow
            ]
            lags.append((await asyncio.to_thread(told_lag, stack, slow), sum(others)))
            await asyncio.sleep(1)

    task = asyncio.create_task(watch(), name="watch-lags")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def told_lag(stack: Stack, name: str) -> float:
    """What a worker says of its lag at `/metrics`."""
    said = httpx.get(f"{url_of(stack.children[worker_of(name)])}/metrics", timeout=10).text
    families = text_string_to_metric_families(said)
    return sum(sample.value for one in families for sample in one.samples if sample.name == "consumer_lag")
