"""What one service can check about itself on live data, read-only."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.db import transaction
from chassis.files import StoredFile
from chassis.inbox import ParkedRow
from chassis.outbox import OutboxRow

if TYPE_CHECKING:
    from chassis.service import Runtime, Service

# Revisions of a subject are counted in steps of one; drafts may count without telling.
_GAPS = text("""
    SELECT topic, subject::text, min(revision) FROM (
        SELECT topic, subject, revision,
            lag(revision) OVER (PARTITION BY topic, subject ORDER BY seq) AS before FROM outbox
    ) AS steps WHERE before IS NOT NULL AND revision < before GROUP BY topic, subject LIMIT 20""")


async def examine(service: "Service") -> list[str]:
    """Every broken invariant as one line; an empty list is health."""
    async with _open(service) as (runtime, db):
        findings = [f"outbox: {n} events are not published" for n in [await _unpublished(db)] if n]
        findings += [f"parked: {row.topic} {row.error}" for row in await _parked(db)]
        findings += [f"outbox: revisions of {t} {s} run backwards" for t, s, _ in await db.execute(_GAPS)]
        clean = select(StoredFile).where(col(StoredFile.state) == "CLEAN")
        for stored in await db.scalars(clean):
            if stored.sha256 and not await runtime.files.exists(stored.sha256):
                findings.append(f"file: {stored.sha256} of {stored.purpose} is not in the store")
        return [f"{service.name}: {finding}" for finding in findings]


async def republish(service: "Service") -> int:
    """Mark every event unpublished; the relay does the rest. Returns how many."""
    async with _open(service) as (_, db):
        await db.execute(update(OutboxRow).values(published_at=None))
        return await _unpublished(db)


async def _unpublished(db: AsyncSession) -> int:
    found = select(func.count()).select_from(OutboxRow).where(col(OutboxRow.published_at).is_(None))
    return await db.scalar(found) or 0


async def _parked(db: AsyncSession) -> Sequence[ParkedRow]:
    found = select(ParkedRow).where(col(ParkedRow.resolved_at).is_(None)).order_by(col(ParkedRow.seq))
    return list(await db.scalars(found))


@asynccontextmanager
async def _open(service: "Service") -> AsyncIterator[tuple["Runtime", AsyncSession]]:
    runtime = service.runtime(service.settings_class())
    try:
        async with transaction(runtime.sessions) as db:
            yield runtime, db
    finally:
        await runtime.engine.dispose()
