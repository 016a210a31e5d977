"""The printer of this process."""

import asyncio

from chassis.health import NotReady
from chassis.service import Runtime
from documents import Printer, PrintingUnavailable, check_printing

printer = Printer()
"""Starts with the first document."""

_check: "asyncio.Future[None] | None" = None


async def ready(runtime: Runtime) -> None:
    """Raise NotReady with what is missing unless Chinese can be printed; looked at until it succeeds once."""
    global _check
    if _check is None or (_check.done() and (_check.cancelled() or _check.exception())):
        _check = asyncio.ensure_future(asyncio.to_thread(check_printing))
    try:
        await asyncio.shield(_check)
    except PrintingUnavailable as missing:
        raise NotReady(str(missing)) from missing
