"""What goes on beside a season: coroutines in a thread of their own, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from typing import Any


@contextmanager
def beside(*doings: AbstractAsyncContextManager[Any]) -> Iterator[None]:
    """Let all of these go on meanwhile; what goes wrong in one of them is raised at the end."""
    ready, over = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    async def go_on() -> None:
        async with AsyncExitStack() as stack:
            for doing in doings:
                await stack.enter_async_context(doing)
            ready.set()
            while not over.is_set():  # noqa: ASYNC110 - set by another thread
                await asyncio.sleep(0.05)

    def run() -> None:
        try:
            asyncio.run(go_on())
        except BaseException as error:
            errors.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="beside", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if errors:
        raise errors[0]
