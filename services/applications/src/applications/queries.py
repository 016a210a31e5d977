"""Lists and searches, straight from rows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from applications.domain.standing import ENDED, Desk, Status
from applications.tables import (
    Application,
    KnownCampaign,
    KnownCandidacy,
    KnownCertificate,
    KnownCommittee,
    Placement,
    YearLock,
)

_PASSED = ("CONFIRMED", "READY_TO_ISSUE")


def own_applications(person: UUID) -> Select[tuple[Application]]:
    """A person's applications of all years, the newest first (APP-40)."""
    return (
        select(Application)
        .where(Application.person == person, Application.state != Status.DISCARDED)
        .order_by(col(Application.year).desc(), col(Application.id).desc())
    )


async def live_applications(db: AsyncSession, person: UUID, year: int) -> int:
    """How many applications of the person's year are under way or ended well."""
    statement = select(func.count()).where(
        Application.person == person, Application.year == year, col(Application.state).not_in(ENDED)
    )
    return await db.scalar(statement) or 0


async def is_locked(db: AsyncSession, person: UUID, year: int) -> bool:
    """Whether the person was rejected in that year (APP-57)."""
    return await db.get(YearLock, (person, year)) is not None


async def progress(db: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """What followed acceptance, by application: `state`, and `number` of a certificate."""
    wanted = list(ids)
    found: dict[UUID, dict[str, str]] = {}
    for one in await db.scalars(select(KnownCandidacy).where(col(KnownCandidacy.id).in_(wanted))):
        found[one.id] = {"state": one.state}
    certificates = select(KnownCertificate).where(col(KnownCertificate.application_id).in_(wanted))
    for held in await db.scalars(certificates):
        found[held.application_id] = {"state": held.state, "number": held.number}
    return found


async def filed_committees(db: AsyncSession, series: Iterable[str]) -> list[KnownCommittee]:
    """Filed committees of a series, named by code or by name."""
    rows = await db.scalars(
        select(KnownCommittee)
        .where(KnownCommittee.state == "FILED", col(KnownCommittee.series).in_(list(series)))
        .order_by(KnownCommittee.name)
    )
    return list(rows)


async def campaigns(db: AsyncSession, committees: Iterable[UUID], year: int) -> list[KnownCampaign]:
    """Campaigns of these committees in a year that applicants may see, the latest first."""
    rows = await db.scalars(
        select(KnownCampaign)
        .where(
            col(KnownCampaign.committee_id).in_(list(committees)),
            KnownCampaign.year == year,
            col(KnownCampaign.state).in_(("PUBLISHED", "RECEIVING", "RECEIPT_CLOSED", "CLOSED")),
        )
        .order_by(col(KnownCampaign.start).desc(), col(KnownCampaign.id))
    )
    return list(rows)


def desk_list(unit: UUID, desk: Desk, tab: str | None, filters: dict[str, Any]) -> Select[tuple[Application]]:
    """What a unit's desk sees, the earliest submission first (APP-52)."""
    statement = (
        select(Application)
        .join(Placement, col(Placement.application_id) == Application.id)
        .where(Placement.unit_id == unit, Placement.desk == desk, Application.state != Status.DISCARDED)
        .order_by(col(Application.submitted_at), col(Application.id))
    )
    statement = (
        statement.where(Placement.tab == tab) if tab else statement.where(col(Placement.tab).is_not(None))
    )
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(Application, name) == value)
    return statement


async def tab_counts(db: AsyncSession, unit: UUID, desk: Desk) -> dict[str, int]:
    """How many applications lie under each tab."""
    rows = await db.execute(
        select(Placement.tab, func.count())
        .join(Application, col(Application.id) == Placement.application_id)
        .where(
            Placement.unit_id == unit,
            Placement.desk == desk,
            col(Placement.tab).is_not(None),
            Application.state != Status.DISCARDED,
        )
        .group_by(Placement.tab)
    )
    return {tab: number for tab, number in rows.all() if tab}


async def committee_counts(db: AsyncSession, unit: UUID, year: int | None) -> list[dict[str, Any]]:
    """Per committee that the unit established: applied, accepted, passed (APP-60)."""
    of_year = True if year is None else Application.year == year
    rows = await db.execute(
        select(
            KnownCommittee.id,
            KnownCommittee.name,
            func.count(Application.id),
            func.count(case((Application.state == Status.ACCEPTED, 1))),
            func.count(case((col(KnownCandidacy.state).in_(_PASSED), 1))),
        )
        .outerjoin(
            Application,
            (col(Application.committee_id) == KnownCommittee.id)
            & col(Application.submitted_at).is_not(None)
            & of_year,
        )
        .outerjoin(KnownCandidacy, col(KnownCandidacy.id) == Application.id)
        .where(KnownCommittee.establishing_unit_id == unit)
        .group_by(KnownCommittee.id, KnownCommittee.name)
        .order_by(KnownCommittee.name)
    )
    names = ("committee_id", "name", "applied", "accepted", "passed")
    return [dict(zip(names, row, strict=True)) for row in rows.all()]
