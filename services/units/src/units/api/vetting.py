"""The superior vets requests of self-registered units, one by one or many at once (UNT-08, UNT-10)."""

from typing import Annotated
from uuid import UUID

from chassis.access import Relation, needs
from chassis.db import get
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from fastapi import Query
from pydantic import BaseModel, Field
from refusals import Refusal
from refusals.machine import IllegalMove
from sqlalchemy.ext.asyncio import AsyncSession

from units import queries, store
from units.actions import decide_registration
from units.api.inputs import Reason
from units.api.province import Rules
from units.api.views import UnitLine, UnitView, unit_view
from units.domain.registration import Decision, OwnRequest, ReasonNeeded, UnitStatus, Who, check_not_own
from units.rules import UnitRules
from units.tables import Unit

router = Router(tags=["registrations"])
VET = "units.registration.vet"
MAX_BATCH = 100


class PassRegistration(Model):
    """Agree."""

    opinion: Reason = ""


class ReturnRegistration(Model):
    """Ask for corrections."""

    reason: Reason


class Seen(Model):
    """A request as the caller saw it."""

    id: UUID
    revision: int = Field(ge=1)


class DecideRegistrations(Model):
    """One decision for many requests; `dry_run` only says what would happen."""

    decision: Decision
    reason: Reason = ""
    units: list[Seen] = Field(min_length=1, max_length=MAX_BATCH)
    dry_run: bool = False


class Decided(BaseModel):
    """What became of one request; `code` and `detail` say why it was refused."""

    id: UUID
    ok: bool
    state: UnitStatus | None = None
    revision: int | None = None
    code: str | None = None
    detail: str | None = None


@router.get("/registrations", access=needs(VET, Relation.SUPERIOR))
async def list_registrations(
    db: Db,
    caller: Caller,
    rules: Rules,
    paging: Paging,
    name: Annotated[str, Query(max_length=100)] = "",
    state: UnitStatus = UnitStatus.PENDING,
) -> Page[UnitLine]:
    """Requests to the acting unit, oldest first; by default those that wait for it."""
    found = queries.requests_to(caller.unit, name, state)
    return await Page.of(db, found, paging, lambda unit: UnitLine.seen_by(Who.SUPERIOR, unit, rules))


@router.get("/registrations/{unit_id}", access=needs(VET, Relation.SUPERIOR))
async def show_registration(unit_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files) -> UnitView:
    """One request in full."""
    unit = await get(db, Unit, Unit.id == unit_id, *queries.requested_of(caller.unit))
    return await unit_view(unit, Who.SUPERIOR, rules, files)


@router.post("/registrations/decide", access=needs(VET, Relation.SUPERIOR))
async def decide_registrations(
    body: DecideRegistrations, db: Db, caller: Caller, rules: Rules
) -> list[Decided]:
    """Pass or return many requests: each for itself, one result per row, in the order given."""
    decided: dict[UUID, Decided] = {}
    # Locked in one order, whatever the order given, so that two batches cannot wait for each other.
    for seen in sorted(body.units, key=_id):
        if seen.id not in decided:  # one named twice is decided once
            decided[seen.id] = await _decided(db, caller, rules, seen, body)
    return [decided[seen.id] for seen in body.units]


@router.post(
    "/registrations/{unit_id}/pass", access=needs(VET, Relation.SUPERIOR), refuses=[IllegalMove, OwnRequest]
)
async def pass_registration(
    unit_id: UUID,
    body: PassRegistration,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> UnitView:
    """Pass a self-registered unit: its functions open."""
    unit = await store.lock_unit(db, Unit.id == unit_id, *queries.requested_of(caller.unit))
    expect(unit, if_match)
    decide_registration(db, caller, unit, Decision.PASS, body.opinion, rules)
    return await unit_view(unit, Who.SUPERIOR, rules, files)


@router.post(
    "/registrations/{unit_id}/return",
    access=needs(VET, Relation.SUPERIOR),
    refuses=[IllegalMove, ReasonNeeded, OwnRequest],
)
async def return_registration(
    unit_id: UUID,
    body: ReturnRegistration,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> UnitView:
    """Return a request with the reason, for the unit to correct it."""
    unit = await store.lock_unit(db, Unit.id == unit_id, *queries.requested_of(caller.unit))
    expect(unit, if_match)
    decide_registration(db, caller, unit, Decision.RETURN, body.reason, rules)
    return await unit_view(unit, Who.SUPERIOR, rules, files)


async def _decided(
    db: AsyncSession, caller: Caller, rules: UnitRules, seen: Seen, body: DecideRegistrations
) -> Decided:
    try:
        unit = await store.lock_unit(db, Unit.id == seen.id, *queries.requested_of(caller.unit))
        expect(unit, seen.revision)
        if body.dry_run:
            check_not_own(caller.person, store.handlers(unit))
            moved = store.registration(unit).decide(body.decision, body.reason)
            return Decided(id=seen.id, ok=True, state=moved.state, revision=unit.revision)
        decide_registration(db, caller, unit, body.decision, body.reason, rules)
        return Decided(id=seen.id, ok=True, state=unit.state, revision=unit.revision)
    except Refusal as refusal:
        # A refused row was not changed: the domain refuses before anything is written.
        return Decided(id=seen.id, ok=False, code=refusal.slug, detail=refusal.detail or refusal.title)


def _id(seen: Seen) -> UUID:
    return seen.id
