"""Known copies: upserted only when the revision is newer, so late and repeated deliveries change nothing."""

from typing import Any, cast

from contracts.event import Event
from sqlalchemy import CursorResult, Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.db import Known


async def keep(db: AsyncSession, table: type[Known], event: Event, **values: Any) -> bool:
    """Store the aggregate's state as this event tells it; False when a newer one is already there."""
    target = cast(Table, table.__table__)  # type: ignore[attr-defined]
    row = insert(target).values(id=event.subject, revision=event.revision, **values)
    updated = row.on_conflict_do_update(
        index_elements=[target.c.id],
        set_={name: row.excluded[name] for name in ("revision", *values)},
        where=target.c.revision < row.excluded.revision,
    )
    result = cast("CursorResult[Any]", await db.execute(updated))
    return result.rowcount == 1
