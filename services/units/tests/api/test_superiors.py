"""A unit edits itself and moves below another superior; a superior edits its subordinates."""

import asyncio

import pytest
from chassis import persons
from contracts.units.v1 import SuperiorChanged, SuperiorChangeRefused, SuperiorChangeRequested, UnitEdited

EDIT, VET, MANAGE = "units.unit.edit", "units.registration.vet", "units.subordinate.manage"


@pytest.fixture
def details(basics):
    """What a unit says of itself."""
    step1 = basics(location="四川省/成都市/青羊区", phone="13700137000")
    return {key: step1[key] for key in DETAILS}


DETAILS = ("nature", "jurisdiction", "location", "contact_person", "phone", "postal_address")


@pytest.mark.req("UNT-12")
async def test_a_unit_edits_its_own_information(api, emitted, a_unit, details):
    unit = await a_unit()
    client = api.as_unit(unit.id, EDIT)
    shown = await client.get("own")
    assert (shown.headers["ETag"], shown.json()["allowed_actions"]) == ('"1"', ["request-superior"])
    edited = await client.put("own", details, if_match=1)
    assert {key: edited.json()[key] for key in DETAILS} == details
    assert (await client.put("own", details, if_match=1)).status_code == 412
    named = await client.put("own", {**details, "name": "新名称"}, if_match=2)
    assert [error["pointer"] for error in named.json()["errors"]] == ["/name"]  # its superior's to change
    [event] = await emitted()
    assert isinstance(event, UnitEdited)
    assert "13700137000" not in event.model_dump_json()


@pytest.mark.req("UNT-12")
async def test_a_change_of_superior_waits_for_the_new_one(api, emitted, a_unit):
    old, new = await a_unit(), await a_unit()
    unit = await a_unit(superior_id=old.id, kinds=["DECLARING"])
    client, wanted = api.as_unit(unit.id, EDIT), api.as_unit(new.id, VET)

    asked = (await client.post("own/superior-change", {"superior_id": str(new.id)}, if_match=1)).json()
    assert (asked["state"], asked["superior_id"], asked["wanted_superior_id"]) == (
        "SUPERIOR_CHANGE_PENDING", str(old.id), str(new.id),
    )  # fmt: skip
    [line] = (await wanted.get("superior-changes")).json()["items"]
    assert (line["id"], line["allowed_actions"]) == (str(unit.id), ["pass-superior", "refuse-superior"])
    path = f"superior-changes/{unit.id}"
    assert (await api.as_unit(old.id, VET).get(path)).status_code == 404
    assert (await wanted.get(path)).json()["wanted_superior_id"] == str(new.id)

    silent = await wanted.post(f"{path}/refuse", {"reason": ""}, if_match=2)
    assert silent.json()["code"] == "reason-needed"
    refused = await wanted.post(f"{path}/refuse", {"reason": "不属本部门管理"}, if_match=2)
    assert (refused.json()["state"], refused.json()["superior_id"]) == ("AUTHORISED", str(old.id))
    assert (await client.get("own")).json()["reason"] == "不属本部门管理"

    await client.post("own/superior-change", {"superior_id": str(new.id)}, if_match=3)
    passed = await wanted.post(f"{path}/pass", {}, if_match=4)
    assert (passed.json()["state"], passed.json()["superior_id"]) == ("AUTHORISED", str(new.id))

    events = await emitted()
    assert [type(event) for event in events] == [
        SuperiorChangeRequested, SuperiorChangeRefused, SuperiorChangeRequested, SuperiorChanged,
    ]  # fmt: skip
    assert [event.state.superior_id for event in events] == [old.id, old.id, old.id, new.id]


@pytest.mark.req("UNT-12", "UNT-01")
async def test_a_superior_that_cannot_be_is_refused(api, a_unit):
    top = await a_unit()
    unit = await a_unit(superior_id=top.id)
    below = await a_unit(superior_id=(await a_unit(superior_id=unit.id)).id)
    employer, pending = await a_unit(kinds=["DECLARING"]), await a_unit(state="PENDING", superior_id=top.id)
    client = api.as_unit(unit.id, EDIT)
    for wanted, status, code in (
        (unit, 409, "superior-below"),
        (below, 409, "superior-below"),
        (top, 409, "same-superior"),
        (employer, 422, "kind-not-offered"),
        (pending, 422, "superior-invalid"),
    ):
        answer = await client.post("own/superior-change", {"superior_id": str(wanted.id)}, if_match=1)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.req("UNT-12")
async def test_a_unit_can_take_its_wish_back(api, emitted, a_unit):
    old, new = await a_unit(), await a_unit()
    unit = await a_unit(superior_id=old.id)
    client = api.as_unit(unit.id, EDIT)
    await client.post("own/superior-change", {"superior_id": str(new.id)}, if_match=1)
    withdrawn = await client.post("own/superior-change/withdraw", if_match=2)
    assert (withdrawn.json()["state"], withdrawn.json()["superior_id"]) == ("AUTHORISED", str(old.id))
    late = await api.as_unit(new.id, VET).post(f"superior-changes/{unit.id}/pass", {}, if_match=3)
    assert late.status_code == 404
    assert isinstance((await emitted())[-1], UnitEdited)


@pytest.mark.req("UNT-01", "UNT-12")
async def test_two_changes_at_once_make_no_cycle(api, a_unit):
    top = await a_unit()
    one, two = await a_unit(superior_id=top.id), await a_unit(superior_id=top.id)
    for unit, wanted in ((one, two), (two, one)):
        answer = await api.as_unit(unit.id, EDIT).post(
            "own/superior-change", {"superior_id": str(wanted.id)}, if_match=1
        )
        assert answer.is_success
    answers = await asyncio.gather(
        api.as_unit(two.id, VET).post(f"superior-changes/{one.id}/pass", {}, if_match=2),
        api.as_unit(one.id, VET).post(f"superior-changes/{two.id}/pass", {}, if_match=2),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.req("UNT-11")
async def test_a_superior_edits_basics_and_handlers_of_a_subordinate(api, emitted, a_unit, basics, a_handler):
    superior = await a_unit()
    unit = await a_unit(superior_id=superior.id, kinds=["DECLARING"])
    client, path = api.as_unit(superior.id, MANAGE), f"subordinates/{unit.id}"
    step1 = basics(name="成都市农业技术推广总站", kinds=["DECLARING", "AUTONOMOUS_UNIT"])
    body = {key: value for key, value in step1.items() if key not in ("uscc", "registered_at_platform")}

    edited = (await client.put(path, body, if_match=1)).json()
    assert (edited["name"], edited["kinds"]) == ("成都市农业技术推广总站", ["AUTONOMOUS_UNIT", "DECLARING"])
    assert (await client.put(path, body, if_match=1)).status_code == 412

    handler = a_handler()
    replaced = await client.put(f"{path}/handlers", {"handlers": [handler]}, if_match=2)
    assert replaced.json()["revision"] == 3
    event = (await emitted())[-1]
    assert event.state.handlers == (persons.ref("RESIDENT_ID", handler["id_number"]),)


@pytest.mark.req("UNT-06", "UNT-11")
async def test_editing_gives_no_kind_that_the_superior_lacks(api, a_unit, basics):
    superior = await a_unit(kinds=["SUPERVISING"])
    unit = await a_unit(superior_id=superior.id, kinds=["DECLARING"])
    step1 = basics(kinds=["HR"])
    body = {key: value for key, value in step1.items() if key not in ("uscc", "registered_at_platform")}
    answer = await api.as_unit(superior.id, MANAGE).put(f"subordinates/{unit.id}", body, if_match=1)
    assert (answer.status_code, answer.json()["code"]) == (422, "kind-not-offered")


@pytest.mark.req("UNT-01")
async def test_subordinates_are_the_direct_ones_filtered(api, a_unit):
    superior = await a_unit()
    a = await a_unit(superior_id=superior.id, name="甲单位", kinds=["DECLARING"])
    b = await a_unit(
        superior_id=superior.id, name="乙单位", jurisdiction="510300L",
        jurisdiction_path=["510000", "510300", "510300L"],
    )  # fmt: skip
    below = await a_unit(superior_id=a.id, name="丙单位")
    await a_unit(superior_id=superior.id, name="丁单位", state="PENDING")
    client = api.as_unit(superior.id, MANAGE)

    async def found(**filters):
        return {item["id"] for item in (await client.get("subordinates", params=filters)).json()["items"]}

    assert await found() == {str(a.id), str(b.id)}
    assert await found(name="甲") == {str(a.id)}
    assert await found(kind="DECLARING") == {str(a.id)}
    assert await found(area="510300") == {str(b.id)}
    assert (await client.get(f"subordinates/{below.id}")).status_code == 404
