"""What units tell: copies and super administrators, in any order."""

import pytest
from contracts.identity.v1 import StaffAssigned, StaffRemoved
from contracts.units.v1 import (
    UnitCreated,
    UnitEdited,
    UnitPermissionRequested,
    UnitPermissionReturned,
    UnitStatus,
)
from sqlalchemy import select


async def admins(db, unit):
    from identity.tables import Staff

    query = select(Staff.person).where(Staff.unit_id == unit, Staff.super_admin, Staff.state == "ACTIVE")
    return set(await db.scalars(query))


@pytest.mark.req("IDN-15")
async def test_handlers_become_super_administrators_once(deliver, make, db, emitted):
    created = make.a_unit(handlers=(make.person_ref(), make.person_ref(make.id_number(2))))
    await deliver(created)
    assert await admins(db, created.subject) == set(created.state.handlers)
    told = await emitted()
    assert [type(event) for event in told] == [StaffAssigned, StaffAssigned]
    assert all(event.state.super_admin and event.state.unit_id == created.subject for event in told)


async def test_who_is_no_longer_a_handler_loses_it(deliver, make, db, emitted):
    first, second = make.person_ref(), make.person_ref(make.id_number(2))
    created = make.a_unit(handlers=(first,))
    await deliver(created, make.a_unit(UnitEdited, 2, subject=created.subject, handlers=(second,)))
    assert await admins(db, created.subject) == {second}
    removed = [event for event in await emitted() if isinstance(event, StaffRemoved)]
    assert [(event.state.person, event.state.active, event.revision) for event in removed] == [
        (first, False, 2)
    ]
    await deliver(make.a_unit(UnitEdited, 3, subject=created.subject, handlers=(first, second)))
    assert await admins(db, created.subject) == {first, second}


async def test_a_late_event_changes_nothing(deliver, make, db):
    first, second = make.person_ref(), make.person_ref(make.id_number(2))
    edited = make.a_unit(UnitEdited, 2, handlers=(second,))
    await deliver.once(edited)
    await deliver.once(make.a_unit(UnitCreated, 1, subject=edited.subject, handlers=(first,)))
    assert await admins(db, edited.subject) == {second}


async def test_handlers_of_a_unit_that_only_asks_are_nobody_yet(deliver, make, db):
    asked = make.a_unit(UnitPermissionRequested, state=UnitStatus.PENDING, handlers=(make.person_ref(),))
    returned = make.a_unit(
        UnitPermissionReturned,
        2,
        subject=asked.subject,
        state=UnitStatus.RETURNED,
        handlers=(make.person_ref(),),
    )
    await deliver(asked, returned)
    assert await admins(db, asked.subject) == set()


async def test_a_former_handler_with_a_role_stays_staff(deliver, make, db, api):
    from contracts.permissions import Holder, of_holder
    from identity.tables import Staff

    first, second = make.person_ref(), make.person_ref(make.id_number(2))
    created = make.a_unit(handlers=(first, second))
    await deliver(created)
    admin = api.as_unit(created.subject, *of_holder(Holder.DECLARING), person=first)
    role = (await admin.post("/roles", {"name": "角色", "permissions": ["units.unit.edit"]})).json()
    other = (await db.scalars(select(Staff).where(Staff.person == second))).one()
    path, body = f"/staff/{other.id}", {"role_ids": [role["id"]]}
    assert (await admin.put(path, body, if_match=other.revision)).status_code == 200
    await deliver(make.a_unit(UnitEdited, 2, subject=created.subject, handlers=(first,)))
    await db.refresh(other)
    assert (other.state, other.super_admin) == ("ACTIVE", False)


async def test_a_pending_change_of_superior_leaves_the_unit_open(deliver, make, db):
    created = make.a_unit(handlers=(make.person_ref(),))
    moving = make.a_unit(
        UnitEdited,
        2,
        subject=created.subject,
        state=UnitStatus.SUPERIOR_CHANGE_PENDING,
        handlers=(make.person_ref(),),
    )
    await deliver(created, moving)
    assert await admins(db, created.subject) == {make.person_ref()}
