"""Roles and staff of one's own unit."""

import asyncio
from uuid import uuid4

import pytest
from contracts.identity.v1 import RoleDefined, RoleDeleted, StaffAssigned, StaffRemoved
from contracts.permissions import Holder, of_holder

NAMES = ["applications.own-staff.vet", "units.unit.edit"]


@pytest.fixture
async def unit(deliver, make):
    event = make.a_unit(handlers=(make.person_ref(),))
    await deliver(event)
    return event.subject


@pytest.fixture
def admin(api, unit, make):
    return api.as_unit(unit, *of_holder(Holder.DECLARING), person=make.person_ref())


async def a_role(admin, name="审核员", permissions=NAMES):
    answer = await admin.post("/roles", {"name": name, "permissions": permissions})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def a_member(admin, make, role, serial=2):
    body = {"name": "李四", "id_number": make.id_number(serial), "role_ids": [role["id"]]}
    answer = await admin.post("/staff", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.req("IDN-17")
async def test_a_role_is_made_of_assignable_permissions_with_their_labels(admin, emitted):
    offered = (await admin.get("/permissions/assignable")).json()["permissions"]
    assert {row["name"] for row in offered} == of_holder(Holder.DECLARING)
    assert {"name": "units.unit.edit", "label": "本单位信息管理"} in offered
    role = await a_role(admin)
    assert [row["name"] for row in role["permissions"]] == ["units.unit.edit", "applications.own-staff.vet"]
    assert role["allowed_actions"] == ["edit", "delete"]
    defined = [event for event in await emitted() if isinstance(event, RoleDefined)]
    assert [(str(e.subject), e.revision, e.state.permissions) for e in defined] == [
        (role["id"], 1, tuple(sorted(NAMES)))
    ]


@pytest.mark.parametrize(
    "name", ["meetings.meeting.manage", "applications.application.apply", "no.such.permission"]
)
async def test_what_the_units_kinds_may_not_hold_is_refused(admin, name):
    answer = await admin.post("/roles", {"name": "角色", "permissions": ["units.unit.edit", name]})
    assert (answer.status_code, answer.json()["code"]) == (422, "permission-not-grantable")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/permissions/1"]


async def test_nobody_grants_what_they_do_not_hold(api, unit):
    clerk = api.as_unit(unit, "identity.role.manage")
    answer = await clerk.post("/roles", {"name": "角色", "permissions": ["units.unit.edit"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "permission-not-grantable")


@pytest.mark.parametrize("body", [{"name": "", "permissions": NAMES}, {"name": "空", "permissions": []}])
async def test_a_role_has_a_name_and_permissions(admin, body):
    assert (await admin.post("/roles", body)).status_code == 422


async def test_two_roles_of_one_unit_never_share_a_name(admin):
    await a_role(admin)
    answer = await admin.post("/roles", {"name": " 审核员 ", "permissions": NAMES})
    assert (answer.status_code, answer.json()["code"]) == (409, "role-name-taken")
    other = await a_role(admin, "另一个")
    answer = await admin.put(f"/roles/{other['id']}", {"name": "审核员", "permissions": NAMES}, if_match=1)
    assert answer.json()["code"] == "role-name-taken"


async def test_equal_names_at_once_make_one_role(admin):
    body = {"name": "同名", "permissions": NAMES}
    answers = await asyncio.gather(*(admin.post("/roles", body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_the_same_key_makes_one_role(admin):
    body = {"name": "审核员", "permissions": NAMES}
    first = await admin.post("/roles", body, key="k")
    again = await admin.post("/roles", body, key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert (await admin.get("/roles")).json()["total"] == 1


async def test_a_change_names_the_revision_it_saw(admin):
    role = await a_role(admin)
    body = {"name": "新名", "permissions": NAMES}
    assert (await admin.put(f"/roles/{role['id']}", body)).status_code == 428
    assert (await admin.put(f"/roles/{role['id']}", body, if_match=7)).status_code == 412
    changed = await admin.put(f"/roles/{role['id']}", body, if_match=1)
    assert (changed.json()["name"], changed.headers["etag"]) == ("新名", '"2"')
    assert (await admin.delete(f"/roles/{role['id']}", if_match=1)).status_code == 412


async def test_a_role_in_use_cannot_be_deleted(admin, make, emitted):
    role = await a_role(admin)
    member = await a_member(admin, make, role)
    answer = await admin.delete(f"/roles/{role['id']}", if_match=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "role-in-use")
    shown = (await admin.get(f"/roles/{role['id']}")).json()
    assert (shown["holders"], shown["allowed_actions"]) == (1, ["edit"])
    await admin.delete(f"/staff/{member['id']}", if_match=1)
    assert (await admin.delete(f"/roles/{role['id']}", if_match=1)).json()["state"] == "DELETED"
    assert (await admin.get(f"/roles/{role['id']}")).status_code == 404
    deleted = [event for event in await emitted() if isinstance(event, RoleDeleted)]
    assert [(str(e.subject), e.revision, e.state.deleted) for e in deleted] == [(role["id"], 2, True)]
    assert (await admin.post("/roles", {"name": "审核员", "permissions": NAMES})).status_code == 201


@pytest.mark.req("IDN-16")
async def test_staff_are_created_found_changed_and_removed(admin, make, emitted):
    role, other = await a_role(admin), await a_role(admin, "另一个", ["units.unit.edit"])
    member = await a_member(admin, make, role)
    assert member["id_number"] == "*****" + make.id_number(2)[-4:]
    assert member["roles"] == [{"id": role["id"], "name": "审核员"}]
    found = await admin.post("/staff/search", {"id_number": make.id_number(2)})
    assert [row["id"] for row in found.json()["items"]] == [member["id"]]
    assert (await admin.post("/staff/search", {"name": "李"})).json()["total"] == 1
    assert (await admin.get("/staff", params={"role_id": role["id"]})).json()["total"] == 1
    assert (await admin.get("/staff")).json()["total"] == 2
    path = f"/staff/{member['id']}"
    assert (await admin.put(path, {"role_ids": [other["id"]]})).status_code == 428
    changed = await admin.put(path, {"role_ids": [other["id"]]}, if_match=1)
    assert [row["name"] for row in changed.json()["roles"]] == ["另一个"]
    assert (await admin.delete(path, if_match=1)).status_code == 412
    assert (await admin.delete(path, if_match=2)).status_code == 200
    assert (await admin.get(path)).status_code == 404
    again = await a_member(admin, make, role)
    assert (again["id"], again["revision"]) == (member["id"], 4)
    told = [
        e for e in await emitted() if isinstance(e, (StaffAssigned, StaffRemoved)) and not e.state.super_admin
    ]
    assert [(e.revision, e.state.active, len(e.state.role_ids)) for e in told] == [
        (1, True, 1), (2, True, 1), (3, False, 0), (4, True, 1),
    ]  # fmt: skip
    assert all(str(e.subject) == member["id"] for e in told)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id_number": "510104199003070013"}, "/id_number"),
        ({"id_number": "12345"}, "/id_number"),
        ({"id_type": "LIBRARY_CARD"}, "/id_type"),
        ({"name": "李"}, "/name"),
        ({"role_ids": []}, "/role_ids"),
        ({"phone": "13800000000"}, "/phone"),
    ],
)
async def test_wrong_staff_data_are_pointed_at(admin, make, changes, pointer):
    role = await a_role(admin)
    body = {"name": "李四", "id_number": make.id_number(2), "role_ids": [role["id"]]} | changes
    answer = await admin.post("/staff", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "510104199003070013" not in answer.text


async def test_a_passport_needs_no_check_digits(admin):
    role = await a_role(admin)
    body = {"name": "John", "id_type": "PASSPORT", "id_number": "E12345678", "role_ids": [role["id"]]}
    assert (await admin.post("/staff", body)).status_code == 201


async def test_roles_of_another_unit_cannot_be_given(admin, api, make, deliver):
    foreign = make.a_unit(uscc="91510100MA6CXXXX01")
    await deliver(foreign)
    other = await a_role(api.as_unit(foreign.subject, *of_holder(Holder.DECLARING)))
    body = {"name": "李四", "id_number": make.id_number(2), "role_ids": [other["id"]]}
    answer = await admin.post("/staff", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "role-unknown")


async def test_nobody_gives_themselves_a_role_or_widens_their_own(api, admin, unit, make):
    role = await a_role(admin)
    own = {"name": "王小明", "id_number": make.id_number(), "role_ids": [role["id"]]}
    assert (await admin.post("/staff", own)).json()["code"] == "self-grant"
    me = (await admin.post("/staff/search", {"id_number": make.id_number()})).json()["items"][0]
    answer = await admin.put(f"/staff/{me['id']}", {"role_ids": [role["id"]]}, if_match=me["revision"])
    assert (answer.status_code, answer.json()["code"]) == (403, "self-grant")
    await a_member(admin, make, role)
    clerk = api.as_unit(unit, *of_holder(Holder.DECLARING), person=make.person_ref(make.id_number(2)))
    wider = {"name": "审核员", "permissions": [*NAMES, "identity.role.manage"]}
    answer = await clerk.put(f"/roles/{role['id']}", wider, if_match=1)
    assert (answer.status_code, answer.json()["code"]) == (403, "self-grant")
    narrower = {"name": "审核员", "permissions": NAMES[:1]}
    assert (await clerk.put(f"/roles/{role['id']}", narrower, if_match=1)).status_code == 200


async def test_a_member_is_added_once_and_super_administrators_are_not_removed_here(admin, make):
    role = await a_role(admin)
    await a_member(admin, make, role)
    body = {"name": "李四", "id_number": make.id_number(2), "role_ids": [role["id"]]}
    assert (await admin.post("/staff", body)).json()["code"] == "staff-exists"
    me = (await admin.post("/staff/search", {"id_number": make.id_number()})).json()["items"][0]
    assert me["allowed_actions"] == ["assign"]
    answer = await admin.delete(f"/staff/{me['id']}", if_match=me["revision"])
    assert (answer.status_code, answer.json()["code"]) == (409, "super-administrator")


async def test_deleting_a_role_and_giving_it_at_once_leaves_no_dangling_role(admin, make):
    role = await a_role(admin)
    body = {"name": "李四", "id_number": make.id_number(2), "role_ids": [role["id"]]}
    given, deleted = await asyncio.gather(
        admin.post("/staff", body), admin.delete(f"/roles/{role['id']}", if_match=1)
    )
    assert (given.status_code, deleted.status_code) in {(201, 409), (422, 200)}


async def test_staff_of_a_unit_that_is_not_known_yet_must_wait(api, make):
    clerk = api.as_unit(uuid4(), *of_holder(Holder.DECLARING))
    answer = await clerk.post("/roles", {"name": "审核员", "permissions": NAMES})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-yet-known")
