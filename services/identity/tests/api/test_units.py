"""Logging in for a unit: super administrators, staff with roles, units not authorised yet."""

from uuid import uuid4

import pytest
from contracts.permissions import Holder, of_holder
from contracts.units.v1 import UnitAuthorised, UnitEdited, UnitPermissionRequested, UnitStatus
from contracts.vocabulary import UnitKind


@pytest.mark.req("IDN-13", "UNT-08")
async def test_a_unit_nobody_knows_may_only_ask_for_permission(portal, make):
    claims = make.claims_in((await portal.enter("unit"))["access_token"])
    assert claims["perms"] == ["units.permission.request"]
    assert "unit" not in claims
    assert (claims["uscc"], claims["unit_name"]) == ("125101004507298XXX", "成都市农业技术推广总站")


@pytest.mark.req("UNT-08")
@pytest.mark.parametrize("state", [UnitStatus.PENDING, UnitStatus.RETURNED])
async def test_until_the_superior_passes_it_a_unit_stays_new_even_for_its_handler(
    portal, make, deliver, state
):
    event = make.a_unit(UnitPermissionRequested, state=state, handlers=(make.person_ref(),))
    await deliver(event)
    tokens = await portal.enter("unit")
    assert make.claims_in(tokens["access_token"])["perms"] == ["units.permission.request"]
    await deliver(
        make.a_unit(UnitAuthorised, 2, subject=event.subject, handlers=(make.person_ref(),)),
    )
    opened = make.claims_in((await portal.refresh(tokens["refresh_token"])).json()["access_token"])
    assert opened["unit"] == str(event.subject)
    assert opened["perms"] == sorted(of_holder(Holder.DECLARING))


@pytest.mark.req("IDN-15")
@pytest.mark.parametrize(
    ("entrance", "kinds", "holders"),
    [
        ("unit", (UnitKind.DECLARING,), (Holder.DECLARING,)),
        ("unit", (UnitKind.AUTONOMOUS_UNIT,), (Holder.DECLARING,)),
        ("unit", (UnitKind.AGENCY,), (Holder.DECLARING,)),
        ("unit", (UnitKind.SUPERVISING, UnitKind.DECLARING), (Holder.SUPERVISING, Holder.DECLARING)),
        ("intranet", (UnitKind.HR,), (Holder.HR,)),
    ],
)
async def test_a_super_administrator_has_all_that_the_units_kinds_may_hold(
    portal, make, deliver, entrance, kinds, holders
):
    await deliver(make.a_unit(kinds=kinds, handlers=(make.person_ref(),)))
    claims = make.claims_in((await portal.enter(entrance))["access_token"])
    assert claims["perms"] == sorted(of_holder(*holders))


@pytest.mark.req("IDN-13", "IDN-14")
@pytest.mark.parametrize(
    ("entrance", "kinds"), [("unit", (UnitKind.HR,)), ("intranet", (UnitKind.DECLARING,))]
)
async def test_hr_enters_by_the_intranet_only_and_others_never_do(portal, make, deliver, entrance, kinds):
    await deliver(make.a_unit(kinds=kinds, handlers=(make.person_ref(),)))
    told = await portal.arrive(entrance)
    assert (told["error"], told["error_description"]) == ("access_denied", "wrong-entrance")


async def test_a_stranger_to_an_authorised_unit_is_turned_away(portal, make, deliver):
    await deliver(make.a_unit(handlers=(make.person_ref(),)))
    told = await portal.arrive("unit", id_number=make.id_number(2))
    assert (told["error"], told["error_description"]) == ("access_denied", "not-staff")


async def test_a_unit_login_without_a_unit_is_turned_away(portal):
    assert (await portal.arrive("intranet", uscc=None))["error_description"] == "unit-unnamed"


@pytest.mark.req("IDN-16")
async def test_staff_have_exactly_their_roles_permissions_and_a_revoked_role_stops_at_the_next_refresh(
    portal, api, make, deliver
):
    unit = make.a_unit(handlers=(make.person_ref(),))
    await deliver(unit)
    admin = api.as_unit(unit.subject, *of_holder(Holder.DECLARING), person=make.person_ref())
    role = (
        await admin.post("/roles", {"name": "审核员", "permissions": ["applications.own-staff.vet"]})
    ).json()
    body = {"name": "李四", "id_number": make.id_number(2), "role_ids": [role["id"]]}
    staff = (await admin.post("/staff", body)).json()
    tokens = await portal.enter("unit", name="李四", id_number=make.id_number(2))
    claims = make.claims_in(tokens["access_token"])
    assert (claims["perms"], claims["unit"]) == (["applications.own-staff.vet"], str(unit.subject))

    wider = {"name": "审核员", "permissions": ["applications.own-staff.vet", "units.unit.edit"]}
    assert (await admin.put(f"/roles/{role['id']}", wider, if_match=role["revision"])).status_code == 200
    tokens = (await portal.refresh(tokens["refresh_token"])).json()
    assert make.claims_in(tokens["access_token"])["perms"] == wider["permissions"]

    shown = (await admin.get(f"/staff/{staff['id']}")).json()
    gone = await admin.delete(f"/staff/{staff['id']}", if_match=shown["revision"])
    assert (gone.status_code, gone.json()["state"]) == (200, "REMOVED")
    assert (await portal.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    told = await portal.arrive("unit", name="李四", id_number=make.id_number(2))
    assert told["error_description"] == "not-staff"


async def test_a_role_gives_nothing_that_the_units_kinds_no_longer_hold(portal, api, make, deliver):
    unit = make.a_unit(kinds=(UnitKind.SUPERVISING, UnitKind.DECLARING), handlers=(make.person_ref(),))
    await deliver(unit)
    admin = api.as_unit(unit.subject, *of_holder(Holder.SUPERVISING), person=make.person_ref())
    chosen = {"name": "评委会管理", "permissions": ["committees.committee.manage", "units.unit.edit"]}
    role = (await admin.post("/roles", chosen)).json()
    body = {"name": "李四", "id_number": make.id_number(2), "role_ids": [role["id"]]}
    assert (await admin.post("/staff", body)).status_code == 201
    await deliver(make.a_unit(UnitEdited, 2, subject=unit.subject, handlers=(make.person_ref(),)))
    claims = make.claims_in((await portal.enter("unit", id_number=make.id_number(2)))["access_token"])
    assert claims["perms"] == ["units.unit.edit"]


async def test_a_handlers_name_is_filled_in_at_the_first_login(portal, api, make, deliver, emitted):
    unit = make.a_unit(handlers=(make.person_ref(),))
    await deliver(unit)
    admin = api.as_unit(unit.subject, "identity.staff.manage", person=uuid4())
    assert [row["name"] for row in (await admin.get("/staff")).json()["items"]] == [""]
    await portal.arrive("unit")
    row = (await admin.get("/staff")).json()["items"][0]
    assert (row["name"], row["super_admin"]) == ("王小明", True)
    assert row["id_number"] == "*****" + make.id_number()[-4:]
    assert [e.state.name for e in await emitted() if e.type == "identity.staff.assigned.v1"] == ["", "王小明"]


async def test_a_corrected_number_keeps_a_handlers_place(portal, make, deliver):
    unit = make.a_unit(handlers=(make.person_ref(),))
    await deliver(unit)
    await portal.arrive(sub="same")
    await portal.arrive(sub="same", id_number=make.id_number(2))
    claims = make.claims_in((await portal.enter("unit", id_number=make.id_number(2)))["access_token"])
    assert claims["unit"] == str(unit.subject)
    await deliver(
        make.a_unit(UnitEdited, 2, subject=unit.subject, name="新名称", handlers=(make.person_ref(),))
    )
    claims = make.claims_in((await portal.enter("unit", id_number=make.id_number(2)))["access_token"])
    assert claims["unit_name"] == "新名称"
