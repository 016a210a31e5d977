"""Prints in worker processes that are replaced from time to time."""

import asyncio
import datetime
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from documents.errors import PrintingFailed

TEMPLATES = Path(__file__).parent / "templates"


class Printer:
    """Renders templates in worker processes; own folders are searched before the bundled one."""

    def __init__(
        self,
        templates: Path | Sequence[Path] = (),
        *,
        workers: int = 1,
        recycle_after: int = 500,
        timeout: float = 120.0,
    ) -> None:
        own = [templates] if isinstance(templates, Path) else list(templates)
        self._folders = (*own, TEMPLATES)
        self._workers = workers
        self._recycle_after = recycle_after * workers
        self._timeout = timeout
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._taken = 0

    def render(
        self,
        template: str,
        context: Mapping[str, Any],
        images: Mapping[str, bytes] | None = None,
        *,
        printed_at: datetime.datetime | None = None,
    ) -> bytes:
        """Print a template; equal arguments give equal bytes; raises PrintingFailed."""
        arguments = (self._folders, template, dict(context), dict(images or {}), printed_at)
        try:
            return self._submitted(*arguments).result()
        except BrokenProcessPool:
            # The machine killed a worker, perhaps another caller's: once more in a new pool.
            try:
                return self._submitted(*arguments).result()
            except BrokenProcessPool as error:
                raise PrintingFailed("a worker died twice while printing this document") from error

    async def arender(
        self,
        template: str,
        context: Mapping[str, Any],
        images: Mapping[str, bytes] | None = None,
        *,
        printed_at: datetime.datetime | None = None,
    ) -> bytes:
        """The same without blocking the event loop."""
        arguments = (self._folders, template, dict(context), dict(images or {}), printed_at)
        try:
            return await asyncio.wrap_future(self._submitted(*arguments))
        except BrokenProcessPool:
            try:
                return await asyncio.wrap_future(self._submitted(*arguments))
            except BrokenProcessPool as error:
                raise PrintingFailed("a worker died twice while printing this document") from error

    def close(self) -> None:
        """Let the workers finish and end."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> "Printer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _submitted(self, *arguments: Any) -> Future[bytes]:
        """Hand the work to the pool of the moment, a new one if that is worn out or broken."""
        with self._lock:
            if self._pool is not None and self._taken >= self._recycle_after:
                # `max_tasks_per_child` of Python 3.11 stops for good once the workers first change,
                # so whole pools are replaced: the old one finishes what it has.
                self._pool.shutdown(wait=False)
                self._pool = None
            try:
                return self._started().submit(_work, self._timeout, *arguments)
            except BrokenProcessPool:
                self._pool = None
                return self._started().submit(_work, self._timeout, *arguments)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Spawned, never forked: Pango and threads do not survive a fork.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, mp_context=context, initializer=_prepare)
            self._taken = 0
        self._taken += 1
        return self._pool


def _prepare() -> None:
    """Import and warm up once; Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from documents import render

    render.fonts()


def _end_with_parent() -> None:
    """Leave with the process that printed for itself, also when that was killed and could tell nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(timeout: float, *arguments: Any) -> bytes:
    """Print in a worker, interrupted if it takes too long."""
    from documents import render

    def too_slow(_: int, __: FrameType | None) -> None:
        raise PrintingFailed(f"printing took longer than {timeout:g} seconds")

    signal.signal(signal.SIGALRM, too_slow)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        return render.pdf(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
