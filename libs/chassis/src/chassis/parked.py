"""Parked records: taken in again when their cause was mended, or dropped with a reason that is kept."""

import base64
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlmodel import col

from chassis import clock
from chassis.audit import audit
from chassis.consume import Consumers, Record
from chassis.db import Sessions, transaction
from chassis.inbox import ParkedRow
from chassis.intake import Intake, told

DROPPED = "parked.dropped"


class NotParked(LookupError):
    """There is no such record, or it was taken in or dropped already."""


async def waiting(sessions: Sessions) -> list[ParkedRow]:
    """What is parked and not resolved, oldest first."""
    async with transaction(sessions) as db:
        found = select(ParkedRow).where(col(ParkedRow.resolved_at).is_(None)).order_by(col(ParkedRow.seq))
        return list(await db.scalars(found))


async def replay(sessions: Sessions, consumers: Consumers) -> tuple[int, int]:
    """Take parked records in again, oldest first, stopping at a key that still fails; returns (resolved, left).

    What the running service parks meanwhile behind them is taken in too: it looks again until nothing is new.
    """
    intake, resolved = Intake(sessions, consumers), 0
    stuck: set[tuple[str, bytes]] = set()
    while rows := [row for row in await waiting(sessions) if (row.topic, row.key) not in stuck]:
        for row in rows:
            if (row.topic, row.key) in stuck:
                continue
            if await _again(sessions, intake, row):
                resolved += 1
            else:
                stuck.add((row.topic, row.key))
    return resolved, len(await waiting(sessions))


async def _again(sessions: Sessions, intake: Intake, row: ParkedRow) -> bool:
    """Take one in; True when it took effect."""
    headers = tuple((name, base64.b64decode(value)) for name, value in row.headers)
    error = await intake.take_one(Record(row.topic, row.partition, row.position, row.key, headers, row.body))
    async with transaction(sessions) as db:
        fresh = await db.get_one(ParkedRow, row.seq, with_for_update=True)
        if fresh.resolved_at is None and error is None:
            fresh.resolved_at = clock.real_now()
        elif fresh.resolved_at is None:
            fresh.error = told(error or "")
    return error is None


async def drop(sessions: Sessions, seq: int, why: str) -> ParkedRow:
    """Give a record up for ever; the trail keeps the reason. Raises `NotParked`.

    What waits behind it stays parked until it is replayed.
    """
    async with transaction(sessions) as db:
        row = await db.get(ParkedRow, seq, with_for_update=True)
        if row is None or row.resolved_at is not None:
            raise NotParked(f"nothing is parked under {seq}")
        row.resolved_at = clock.real_now()
        place = f"{row.topic}[{row.partition}]@{row.position}"
        audit(db, None, DROPPED, _subject(row, place), f"{place}: {why} ({row.error})"[:2000])
        return row


def _subject(row: ParkedRow, place: str) -> UUID:
    """Whom the record was about; a place of its own for a key that is nobody's id."""
    try:
        return UUID(row.key.decode())
    except ValueError:
        return uuid5(NAMESPACE_URL, place)
