"""Whose fault an error is: whether something this process needs is away, so that waiting helps."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from urllib3.exceptions import HTTPError

from chassis.failpoint import FailpointReached

log = structlog.get_logger()

_AWAY = (OSError, OperationalError, InterfaceError, PoolTimeout, HTTPError, FailpointReached,
         asyncpg.PostgresConnectionError, asyncpg.InterfaceError)  # fmt: skip
# Of the system errors, those that waiting does not mend.
_OURS = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
# Connection, serialisation, resources, prerequisites, operator, system.
_RETRYABLE_STATES = ("08", "40", "53", "55", "57", "58")


def is_infrastructure(error: BaseException) -> bool:
    """Whether waiting can help: database, store or broker are away, or a transaction lost a race."""
    if isinstance(error, _AWAY):
        return not isinstance(error, _OURS)
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        error = error.orig or error
    return str(getattr(error, "sqlstate", None) or "").startswith(_RETRYABLE_STATES)


async def outlasted(begin: Callable[[], Awaitable[object]], patience: float, pause: float = 0.5) -> None:
    """Begin something, again and again while what it needs is away; raises the error when that lasts longer."""
    deadline = time.monotonic() + patience
    while True:
        try:
            await begin()
            return
        except Exception as error:
            if not is_infrastructure(error) or time.monotonic() > deadline:
                raise
            log.warning("start.interrupted", error=type(error).__name__)
        await asyncio.sleep(pause)
