"""Committees and campaigns: lists, searches, what keeps one from being closed."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from chassis import clock
from sqlalchemy import Select, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from committees.domain.campaign import Module
from committees.tables import (
    Campaign,
    Committee,
    KnownCandidacy,
    KnownCertificate,
    KnownUnit,
    on_route,
)

T = TypeVar("T")


async def unit_names(db: AsyncSession, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of the known ones among these units."""
    wanted = {one for one in ids if one}
    rows = await db.scalars(select(KnownUnit).where(col(KnownUnit.id).in_(wanted)))
    return {unit.id: unit.name for unit in rows}


def own_committees(
    unit: UUID, *, state: str | None, series: str | None, level: str | None, name: str | None
) -> Select[tuple[Committee]]:
    """The committees a unit establishes, newest first (COM-01)."""
    statement = select(Committee).where(Committee.establishing_unit_id == unit)
    if state:
        statement = statement.where(Committee.state == state)
    return _narrowed(statement, series, level, name).order_by(col(Committee.id).desc())


def filings_of_tab(unit: UUID, tab: str) -> Select[tuple[Committee]]:
    """The filings a unit has to vet, has passed, or has not passed (COM-11)."""
    at = f'$.trail[*] ? (@.unit == "{unit}" && @.node != null)'
    if tab == "PENDING":
        statement = select(Committee).where(Committee.node_unit_id == unit)
    else:
        acted = on_route(Committee, unit)
        statement = select(Committee).where(
            acted,
            func.jsonb_path_exists(Committee.case, _path(at)),
            or_(col(Committee.node_unit_id).is_(None), Committee.node_unit_id != unit),
        )
        returned = Committee.state == "RETURNED"
        statement = statement.where(returned if tab == "NOT_PASSED" else ~returned)
    return statement.order_by(col(Committee.updated_at).desc())


def campaigns_of_tab(unit: UUID, tab: str) -> Select[tuple[Campaign]]:
    """The campaigns a unit has to vet, has passed, or has returned (COM-43)."""
    if tab == "PENDING":
        statement = select(Campaign).where(Campaign.node_unit_id == unit)
    else:
        at = f'$.trail[*] ? (@.unit == "{unit}" && @.node != null)'
        statement = select(Campaign).where(
            on_route(Campaign, unit),
            func.jsonb_path_exists(Campaign.case, _path(at)),
            col(Campaign.node_unit_id).is_(None),
        )
        returned = Campaign.state == "RETURNED"
        statement = statement.where(returned if tab == "NOT_PASSED" else ~returned)
    return statement.order_by(col(Campaign.updated_at).desc())


def _path(text: str) -> Any:
    return cast(text, JSONPATH)


def directory(
    areas: Iterable[str] | None, *, series: str | None, level: str | None, name: str | None
) -> Select[tuple[Committee]]:
    """The public directory: filed committees whose filing is valid today (COM-14)."""
    today = clock.local_date(clock.now())
    statement = select(Committee).where(
        Committee.state == "FILED", col(Committee.valid_from) <= today, col(Committee.valid_until) >= today
    )
    if areas is not None:
        statement = statement.where(col(Committee.area).in_(list(areas)))
    return _narrowed(statement, series, level, name).order_by(Committee.name, col(Committee.id))


def _narrowed(
    statement: Select[tuple[Committee]], series: str | None, level: str | None, name: str | None
) -> Select[tuple[Committee]]:
    if series:
        statement = statement.where(Committee.series == series)
    if level:
        statement = statement.where(col(Committee.levels).contains([level]))
    if name:
        statement = statement.where(col(Committee.name).contains(name, autoescape=True))
    return statement


async def to_close(db: AsyncSession, campaign_id: UUID) -> tuple[int, int]:
    """How many confirmed persons have no certificate, and how many are still under review (MTG-47)."""
    issued = select(KnownCertificate.application_id).where(col(KnownCertificate.application_id).is_not(None))
    rows = (
        await db.execute(
            select(KnownCandidacy.state, func.count())
            .where(KnownCandidacy.campaign_id == campaign_id, col(KnownCandidacy.id).not_in(issued))
            .group_by(KnownCandidacy.state)
        )
    ).all()
    by_state: dict[str, int] = {row[0]: row[1] for row in rows}
    confirmed = {"CONFIRMED", "READY_TO_ISSUE"}
    over = {"VOTE_FAILED", "NOT_CONFIRMED", "CONFIRM_REJECTED"}
    missing = sum(count for state, count in by_state.items() if state in confirmed)
    under_way = sum(count for state, count in by_state.items() if state not in confirmed | over)
    return missing, under_way


def modules_saved(row: Campaign) -> list[str]:
    """Names of the saved modules in their order."""
    return [module.value for module in tuple(Module)[: row.saved]]


def today() -> date:
    """The calendar day of business time."""
    return clock.local_date(clock.now())


async def page_of(db: AsyncSession, statement: Select[tuple[T]], page: int, size: int) -> tuple[list[T], int]:
    """The rows of one page, and how many there are in all."""
    total = await db.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = await db.scalars(statement.limit(size).offset((page - 1) * size))
    return list(rows), total
