"""What goes stale is swept out: old answers to commands, uploads that were never completed."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import delete
from sqlmodel import col

from chassis import clock
from chassis.db import Sessions, transaction
from chassis.files import Files
from chassis.idempotency import IdempotencyRow

log = structlog.get_logger()

KEPT = timedelta(days=7)
_EVERY = 3600.0


async def keep_house(sessions: Sessions, files: Files) -> None:
    """Sweep every hour until cancelled."""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            await sweep(sessions)
            await files.purge_quarantine()
        except Exception as error:
            log.warning("housekeeping.failed", error=type(error).__name__)


async def sweep(sessions: Sessions) -> None:
    """Delete answers that nobody retries any more."""
    async with transaction(sessions) as db:
        await db.execute(
            delete(IdempotencyRow).where(col(IdempotencyRow.created_at) < clock.real_now() - KEPT)
        )
