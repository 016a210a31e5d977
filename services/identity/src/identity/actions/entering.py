"""Who somebody is after the platform has said so, and what their tokens may say."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.db import save
from chassis.outbox import emit
from chassis.persons import ref, seal
from contracts.event import Actor
from contracts.identity.v1 import PersonMerged, PersonRegistered, PersonRenamed, PersonState
from provinces.people import mask_id
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity import rules
from identity.actions import staffing
from identity.domain.entering import Entrance, Membership, Standing, UnitFacts, standing
from identity.domain.membership import StaffState
from identity.store import units as store
from identity.tables import Account, KnownUnit, LoginSession, PlatformLogin, Staff


@dataclass(frozen=True, slots=True)
class Identity:
    """What the platform says about who logged in."""

    subject: str
    account_type: str
    name: str
    id_type: str
    id_number: str
    uscc: str | None
    unit_name: str | None


async def recognise(db: AsyncSession, who: Identity) -> Account:
    """Find or create the person's account; name and number are always the platform's (IDN-02, 04)."""
    person = ref(who.id_type, who.id_number)
    # The same person may come back from the platform twice at once.
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(person), 0))))
    account = await store.account_of(db, person)
    actor = Actor(person=person, role="PERSON")
    if account is None:
        account = _new_account(person, who)
        save(db, account)
        await db.flush()
        emit(db, _told(PersonRegistered, account, actor))
    elif account.name != who.name:
        account.name = who.name
        save(db, account)
        emit(db, _told(PersonRenamed, account, actor))
    await _bind(db, account, who, actor)
    await staffing.recognise(db, account, actor)
    account.last_login_at = clock.real_now()
    return account


def _new_account(person: UUID, who: Identity) -> Account:
    return Account(
        person=person,
        name=who.name,
        id_type=who.id_type,
        number=seal(who.id_number).model_dump(),
        masked_number=mask_id(who.id_number),
    )


async def _bind(db: AsyncSession, account: Account, who: Identity, actor: Actor) -> None:
    """Remember whose the platform's subject is; an individual's subject with another number is a correction."""
    login = await db.get(PlatformLogin, who.subject)
    if login is None:
        db.add(PlatformLogin(subject=who.subject, account_type=who.account_type, account_id=account.id))
        return
    if login.account_id == account.id:
        return
    before = await db.get(Account, login.account_id, with_for_update=True)
    assert before is not None
    login.account_id = account.id
    # A unit's subject may pass to another handler, who is another human being.
    if who.account_type == "individual" and before.name == who.name and before.merged_into is None:
        before.merged_into, account.merged_into = account.person, None
        save(db, before)
        emit(db, _told(PersonMerged, before, actor))
        await staffing.move(db, before.person, account.person, actor)


def _told(event: type[Any], account: Account, actor: Actor) -> Any:
    state = PersonState(name=account.name, merged_into=account.merged_into)
    return event(subject=account.person, revision=account.revision, actor=actor, state=state)


async def claims_of(db: AsyncSession, account: Account, session: LoginSession) -> dict[str, Any]:
    """What an access token of this session says now; raises the refusals of `standing`."""
    entrance = Entrance(session.entrance)
    unit = await store.unit_of(db, session.uscc) if session.uscc else None
    staff = await store.staff_of(db, unit.id, account.person) if unit else None
    stands = standing(entrance, session.uscc, _facts(unit), _membership(staff))
    claims: dict[str, Any] = {
        "sub": str(account.id),
        "person": str(account.person),
        "name": account.name,
        "kind": "individual" if stands is Standing.PERSON else "unit",
        "perms": sorted(await _permissions(db, stands, unit, staff)),
        "client_id": session.client_id,
        "sid": str(session.id),
    }
    if stands is not Standing.PERSON:
        claims |= {"uscc": session.uscc, "unit_name": session.unit_name}
    if stands in (Standing.SUPER_ADMIN, Standing.STAFF):
        assert unit is not None
        claims |= {"unit": str(unit.id), "unit_name": unit.name}
    return claims


async def _permissions(
    db: AsyncSession, stands: Standing, unit: KnownUnit | None, staff: Staff | None
) -> frozenset[str]:
    if stands is Standing.PERSON:
        return rules.PERSON_PERMISSIONS
    if stands is Standing.NEW_UNIT:
        return rules.NEW_UNIT_PERMISSIONS
    assert unit is not None
    assert staff is not None
    if stands is Standing.SUPER_ADMIN:
        return rules.assignable(unit.kinds)
    granted = [set(role.permissions) for role in await store.roles_of(db, staff.id)]
    return rules.of_roles(unit.kinds, granted)


def _facts(unit: KnownUnit | None) -> UnitFacts | None:
    return UnitFacts(unit.authorised, "HR" in unit.kinds) if unit else None


def _membership(staff: Staff | None) -> Membership | None:
    return Membership(staff.state == StaffState.ACTIVE, staff.super_admin) if staff else None
