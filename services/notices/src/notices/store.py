"""What is kept as a whole: what was heard, and the to-dos that lie somewhere because of it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from chassis.db import lock
from contracts.event import Event
from sqlalchemy import CursorResult, Table, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notices.domain.todos import Place, TodoKind
from notices.tables import Announcement, Heard, Todo


async def hear(db: AsyncSession, event: Event) -> bool:
    """Remember the revision of an event's subject; False when a newer one was heard before."""
    target = cast(Table, Heard.__table__)  # type: ignore[attr-defined]
    row = insert(target).values(topic=event.topic, subject=event.subject, revision=event.revision)
    updated = row.on_conflict_do_update(
        index_elements=[target.c.topic, target.c.subject],
        set_={"revision": row.excluded.revision},
        where=target.c.revision < row.excluded.revision,
    )
    result = cast("CursorResult[Any]", await db.execute(updated))
    return result.rowcount == 1


async def settle(
    db: AsyncSession, subject: UUID, among: Collection[TodoKind], now: Todo | None = None
) -> None:
    """Of these kinds a subject gives exactly this to-do, or none.

    One that stays where it is keeps the time since which it lies there.
    """
    table = cast(Table, Todo.__table__)  # type: ignore[attr-defined]
    gone = delete(table).where(table.c.subject == subject, table.c.kind.in_([kind.value for kind in among]))
    if now is None:
        await db.execute(gone)
        return
    await db.execute(gone.where(table.c.kind != now.kind))
    row = insert(table).values(**now.model_dump())
    moved = (table.c.place_id != row.excluded.place_id) | (table.c.role != row.excluded.role)
    since = case((moved, row.excluded.since), else_=table.c.since)
    await db.execute(
        row.on_conflict_do_update(
            constraint="todo_once",
            set_={
                "role": row.excluded.role,
                "place_id": row.excluded.place_id,
                "title": row.excluded.title,
                "since": since,
            },
        )
    )


def todo(
    kind: TodoKind, subject: UUID, title: str, since: datetime, *, place: UUID, role: Place = Place.UNIT
) -> Todo:
    """Something that lies with a unit since an instant."""
    return Todo(kind=kind.value, subject=subject, title=title, since=since, place_id=place, role=role.value)


async def hold(db: AsyncSession, key: str) -> None:
    """Let two facts that belong together be taken one after the other, whoever hears them."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def lock_announcement(db: AsyncSession, announcement_id: UUID, *, unit: UUID) -> Announcement:
    """The unit's announcement, locked; raises `Missing`."""
    return await lock(db, Announcement, Announcement.id == announcement_id, Announcement.unit_id == unit)
