"""Every operation as nobody, without its permission, and on a foreign object."""

import pytest
from chassis.testing.access import access_cases, check_case
from contracts.permissions import Holder, of_holder
from identity.app import service as identity


@pytest.mark.parametrize("case", access_cases(identity))
async def test_access(case, api, deliver, make):
    foreign = make.a_unit(handlers=(make.person_ref(),))
    await deliver(foreign)
    admin = api.as_unit(foreign.subject, *of_holder(Holder.DECLARING), person=make.person_ref())
    role = (await admin.post("/roles", {"name": "角色", "permissions": ["units.unit.edit"]})).json()
    body = {"name": "李四", "id_number": make.id_number(2), "role_ids": [role["id"]]}
    staff = (await admin.post("/staff", body)).json()
    objects = {"role_id": role["id"], "staff_id": staff["id"]}
    bodies = {
        "PUT /staff/{staff_id}": {"role_ids": [role["id"]]},
        "POST /staff": body,
    }
    await check_case(case, api, objects, bodies=bodies)
