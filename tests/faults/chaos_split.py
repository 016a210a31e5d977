"""API and worker of each service as two processes, so that one can stall while the other answers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from random import Random
from typing import TypeVar

from zc.child import Child
from zc.home import HOST
from zc.stack import Stack
from zc.suite import answers
from zc.table import service

T = TypeVar("T")

_HANDS = ThreadPoolExecutor(1, "hands")
"""The thread that starts processes: the kernel ends them with it, so it must live as long as the tests."""


async def hands(do: Callable[[], T]) -> T:
    """Do something slow to processes while the season goes on."""
    return await asyncio.get_running_loop().run_in_executor(_HANDS, do)


def worker_of(name: str) -> str:
    """The child that is a service's worker."""
    return f"{name}-worker"


def split(stack: Stack) -> None:
    """Run every service's API and worker apart."""
    names = [row.name for row in stack.services]
    for name in names:
        stack.children[name].command = (sys.executable, "-m", name, "api")
        stack.restart(name, wait=False)
        stack.children[worker_of(name)] = start_worker(stack, name, worker_of(name))
    await_services(stack)
    for name in names:
        await_worker(stack.children[worker_of(name)])


def unsplit(stack: Stack) -> None:
    """Run them in one process again."""
    for name in [row.name for row in stack.services]:
        stack.children.pop(worker_of(name)).stop()
        stack.children[name].command = (sys.executable, "-m", name, "serve")
        stack.restart(name, wait=False)
    await_services(stack)


def await_services(stack: Stack, patience: float = 120) -> None:
    """Wait until every service is ready."""
    deadline = time.monotonic() + patience
    while waiting := [row.name for row in stack.services if not stack.is_ready(row.name)]:
        assert time.monotonic() < deadline, "; ".join(map(stack.complaint, waiting))
        time.sleep(0.2)


def start_worker(stack: Stack, name: str, child_name: str, **settings: str) -> Child:
    """Start a worker of a service; nobody starts it anew but who keeps it."""
    told = stack.environment_of(name) | {f"{service(name).prefix}PORT": str(_free_port())} | settings
    child = Child(
        child_name, [sys.executable, "-m", name, "worker"], stack.home.logs / f"{child_name}.log", told
    )
    child.start()
    return child


def await_worker(child: Child, patience: float = 60) -> None:
    """Wait until it answers."""
    deadline = time.monotonic() + patience
    while not answers(f"{url_of(child)}/livez"):
        child.check()
        assert time.monotonic() < deadline, f"{child.name} does not answer"
        time.sleep(0.1)


def url_of(child: Child) -> str:
    """Where a worker answers `/readyz` and `/metrics`."""
    prefix = service(child.name.rpartition("-")[0]).prefix
    return f"http://{HOST}:{child.environment[f'{prefix}PORT']}"


@contextmanager
def slowed(stack: Stack, name: str, seconds: float) -> Iterator[None]:
    """Let every handler of a service take so much longer."""
    worker = stack.children[worker_of(name)]
    stack.restart(worker.name, FAILPOINTS=f"inbox.before-handle@*=pause:{seconds}")
    await_worker(worker)
    try:
        yield
    finally:
        stack.restart(worker.name, FAILPOINTS="")
        await_worker(worker)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def naps(
    stack: Stack, chance: Random, names: Iterable[str], napped: list[str], longest: float
) -> AsyncIterator[None]:
    """Let workers stand still now and then, so that topics arrive in any order; `napped` grows by each that did."""
    held = list(names)

    async def again_and_again() -> None:
        while True:
            await asyncio.sleep(chance.uniform(0.1, 0.6))
            for name in chance.sample(held, chance.randint(1, 2)):
                await _nap(stack.children[worker_of(name)], chance.uniform(0.3, longest))
                napped.append(name)

    task = asyncio.create_task(again_and_again(), name="naps")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if not task.cancelled() and task.exception():
        raise task.exception()  # type: ignore[misc]


async def _nap(child: Child, seconds: float) -> None:
    process = child.pid
    if process is None:
        return
    os.kill(process, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
