"""Use cases with several callers: creating a unit (a superior, an empty database), editing, deciding."""

from chassis.audit import audit
from chassis.caller import Caller
from chassis.outbox import emit
from contracts.event import Actor
from contracts.units.v1 import (
    PostsConfigured,
    UnitAuthorised,
    UnitCreated,
    UnitEdited,
    UnitPermissionReturned,
)
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from units import store
from units.domain.posts import PostPlan
from units.domain.registration import Decision, Registration, check_not_own
from units.rules import UnitRules
from units.settings import RootUnit
from units.tables import PostPlanRow, Unit


def create_unit(db: AsyncSession, unit: Unit, actor: Actor) -> Unit:
    """Put a unit below its superior: authorised at once, its handlers become super administrators (UNT-03)."""
    store.save_unit(db, unit, Registration.create(unit.superior_id))
    emit(
        db,
        UnitCreated(subject=unit.id, revision=unit.revision, actor=actor, state=store.public_state(unit)),
    )
    return unit


async def seed_root(db: AsyncSession, root: RootUnit, rules: UnitRules) -> None:
    """Create the provincial HR office unless there is a unit already."""
    await store.lock_tree(db)
    if await db.scalar(select(Unit.id).limit(1)) is not None:
        return
    rules.check_details(root.nature, root.region)
    handler = root.handler
    unit = Unit(
        uscc=root.uscc,
        name=root.name,
        kinds=sorted(root.kinds),
        nature=root.nature,
        jurisdiction=root.region,
        jurisdiction_path=rules.region_path(root.region),
        location=rules.region_name(root.region),
        contact_person=handler.name,
        phone=handler.phone,
        postal_address="",
        handlers=[store.person_record(handler.name, handler.id_type, handler.id_number, handler.phone)],
        pack=rules.pack.ref,
    )
    create_unit(db, unit, Actor())


def save_edited(
    db: AsyncSession, unit: Unit, actor: Actor, reason: str = "", *, moved: Registration | None = None
) -> Unit:
    """Save a unit whose public state changed without a decision by anybody else."""
    store.save_unit(db, unit, moved)
    emit(
        db,
        UnitEdited(
            subject=unit.id,
            revision=unit.revision,
            actor=actor,
            reason=reason,
            state=store.public_state(unit),
        ),
    )
    return unit


def decide_registration(
    db: AsyncSession, caller: Caller, unit: Unit, decision: Decision, reason: str, rules: UnitRules
) -> Unit:
    """Pass or return a self-registered unit (UNT-08, UNT-10); raises `IllegalMove`, `ReasonNeeded`, `OwnRequest`."""
    check_not_own(caller.person, store.handlers(unit))
    moved = store.registration(unit).decide(decision, reason)
    unit.pack = rules.pack.ref
    store.save_unit(db, unit, moved)
    event = UnitAuthorised if decision is Decision.PASS else UnitPermissionReturned
    emit(
        db,
        event(
            subject=unit.id,
            revision=unit.revision,
            actor=caller.actor,
            reason=reason,
            state=store.public_state(unit),
        ),
    )
    audit(db, caller, f"units.registration.{decision.lower()}", unit.id, reason)
    return unit


def configure_posts(
    db: AsyncSession, row: PostPlanRow, plan: PostPlan, actor: Actor, reason: str = ""
) -> PostPlanRow:
    """Set the posts of a unit for a matter (UNT-13)."""
    store.save_plan(db, row, plan)
    state = store.public_plan(row)
    emit(db, PostsConfigured(subject=row.id, revision=row.revision, actor=actor, reason=reason, state=state))
    return row
