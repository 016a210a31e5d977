"""What follows from configuration: routes, posts, year locks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.outbox import emit
from contracts.applications.v1 import ApplicationChanged
from contracts.event import Actor
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from vetting import Node, Post, PostWithoutPerson, Route

from applications import store
from applications.domain.route import Supervised, UnitFacts, initial_route, review_route, supervising
from applications.domain.standing import AT_A_UNIT
from applications.rules import rules_of
from applications.tables import (
    Application,
    KnownPosts,
    KnownSupervision,
    KnownUnit,
    Placement,
    YearLock,
)

CORRECTION_OVER = "correction-over"  # the deadline by which told defects are to be mended


async def lock_year(db: AsyncSession, application_id: UUID, reason: str, at: datetime) -> None:
    """Lock the applicant's year of this application; once is enough (Q11)."""
    row = await db.get(Application, application_id)
    if row is None:
        return
    values = {"application_id": row.id, "reason": reason, "at": at}
    statement = insert(YearLock).values(person=row.person, year=row.year, **values)
    await db.execute(statement.on_conflict_do_nothing())


def posts_from(rows: Sequence[dict[str, Any]]) -> tuple[Post, ...]:
    """A unit's posts as vetting wants them."""
    return tuple(
        Post(row["rank"], row["name"], frozenset(UUID(person) for person in row["persons"])) for row in rows
    )


async def reassign_posts(db: AsyncSession, unit: UUID, posts: Sequence[dict[str, Any]]) -> None:
    """Give the newly configured posts to applications that the unit still has to vet.

    One whose only vetter would be its own applicant keeps the posts it has.
    """
    waiting = select(Placement.application_id).where(
        Placement.unit_id == unit, Placement.node_index >= col(Application.node_index)
    )
    rows = await db.scalars(
        select(Application)
        .where(col(Application.state).in_(AT_A_UNIT), col(Application.id).in_(waiting))
        .order_by(col(Application.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for row in rows.all():
        try:
            case = store.case_of(row).reassign(unit, posts_from(posts), clock.now(), rule="posts-configured")
        except PostWithoutPerson:
            continue
        await store.move(db, row, case)
        emit(
            db,
            ApplicationChanged(
                subject=row.id,
                revision=row.revision,
                actor=Actor(unit=unit, role="SYSTEM"),
                reason="审核岗位调整",
                state=store.public_state(row),
            ),
        )


async def route_of(db: AsyncSession, row: Application) -> Route:
    """The units and posts that will vet an application, as they are configured now (APP-50).

    Raises `NotYetKnown` when a unit on the way has not arrived yet.
    """
    units = await _upward(db, row.employer_id)
    configured = await db.scalars(select(KnownSupervision).where(KnownSupervision.level == row.level))
    supervised = [
        Supervised(one.area, one.supervising_unit_id) for one in configured if one.supervising_unit_id
    ]
    try:
        department = supervising(units[row.employer_id].path, supervised)
        if row.committee_id is None:
            ids = initial_route(units, row.employer_id, department)
        else:
            chosen = await store.committee(db, row.committee_id)
            ids = review_route(
                units,
                row.employer_id,
                establishing=chosen.establishing_unit_id,
                authorising=chosen.authorising_unit_id,
                entrusted=rules_of(row.pack).entrusted(row.method),
                department=department,
            )
    except KeyError:
        raise store.not_yet("上级单位") from None
    configured_posts = await db.scalars(select(KnownPosts).where(col(KnownPosts.unit_id).in_(ids)))
    plans = {one.unit_id: one.posts for one in configured_posts}
    return Route(tuple(Node(unit, posts_from(plans.get(unit, ()))) for unit in ids))


async def _upward(db: AsyncSession, employer: UUID) -> dict[UUID, UnitFacts]:
    """The employer and the units above it, as far as they are known."""
    units: dict[UUID, UnitFacts] = {}
    at: UUID | None = employer
    while at is not None and at not in units:
        one = await db.get(KnownUnit, at)
        if one is None:
            break
        units[at] = UnitFacts(one.id, one.superior_id, frozenset(one.kinds), tuple(one.path))
        at = one.superior_id
    return units
