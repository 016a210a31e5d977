"""A person whose ID number was corrected has a new reference; what was theirs follows."""

from uuid import UUID

from chassis.files import StoredFile
from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from applications.tables import Applicant, Application, KnownSeat, StockOpinion, YearLock


async def merge_person(db: AsyncSession, old: UUID, new: UUID) -> None:
    """Move applications, locks, files, texts and seats; the new ID number is typed at the next application."""
    held = await db.get(Applicant, old)
    if held is not None:
        copied = {**held.model_dump(), "id": new}
        await db.execute(insert(Applicant).values(**copied).on_conflict_do_nothing())
        case = cast(
            func.replace(cast(Application.vetting_case, Text), str(old), str(new)), JSONB(none_as_null=True)
        )
        await db.execute(
            update(Application).where(col(Application.person) == old).values(person=new, vetting_case=case)
        )
        await db.execute(delete(Applicant).where(col(Applicant.id) == old))
    locked = select(YearLock).where(col(YearLock.person) == old)
    for lock in await db.scalars(locked):
        values = {**lock.model_dump(), "person": new}
        await db.execute(insert(YearLock).values(**values).on_conflict_do_nothing())
    await db.execute(delete(YearLock).where(col(YearLock.person) == old))
    for table, column in (
        (StoredFile, "owner_person"),
        (StockOpinion, "person"),
        (KnownSeat, "person"),
    ):
        await db.execute(update(table).where(getattr(table, column) == old).values(**{column: new}))
