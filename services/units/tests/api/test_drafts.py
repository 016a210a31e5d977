"""A superior creates a subordinate in three steps."""

import asyncio
from uuid import UUID

import pytest
from chassis import persons
from contracts.units.v1 import UnitCreated, UnitState

MANAGE = "units.subordinate.manage"


@pytest.mark.req("UNT-03", "IDN-15", "UNT-02")
async def test_the_third_step_brings_the_unit_into_being(api, emitted, a_unit, basics, a_handler):
    hr = await a_unit(kinds=["HR"])
    client, handler, step1 = api.as_unit(hr.id, MANAGE), a_handler(), basics()

    draft = (await client.post("drafts", step1)).json()
    assert draft["next_step"] == "HANDLERS"
    assert await emitted() == []  # nobody knows of a draft

    answer = await client.post(f"drafts/{draft['id']}/complete", {"handlers": [handler]}, if_match=1)
    assert answer.status_code == 201, answer.text
    unit = answer.json()
    assert (unit["state"], unit["revision"], unit["superior_id"]) == ("AUTHORISED", 1, str(hr.id))
    assert unit["handlers"][0]["id_number"] == "*****" + handler["id_number"][-4:]
    person = persons.ref("RESIDENT_ID", handler["id_number"])
    [event] = await emitted()
    assert isinstance(event, UnitCreated)
    assert (event.subject, event.revision, event.actor.unit) == (UUID(unit["id"]), 1, hr.id)
    assert event.state == UnitState(
        uscc=step1["uscc"],
        name=step1["name"],
        kinds=("DECLARING",),
        nature="INSTITUTION",
        jurisdiction="510100L",
        jurisdiction_path=("510000", "510100", "510100L"),
        superior_id=hr.id,
        state="AUTHORISED",
        handlers=(person,),
    )
    assert (await client.get(f"drafts/{draft['id']}")).status_code == 404


@pytest.mark.req("UNT-06")
@pytest.mark.parametrize(
    ("held", "wanted", "status"),
    [
        (["HR"], ["HR"], 201),
        (["HR"], ["AGENCY"], 201),
        (["SUPERVISING"], ["DECLARING"], 201),
        (["SUPERVISING"], ["HR"], 422),
        (["DECLARING"], ["DECLARING"], 201),
        (["DECLARING"], ["DECLARING", "SUPERVISING"], 422),
        (["AUTONOMOUS_UNIT"], ["CENTRAL_UNIT"], 422),
    ],
)
async def test_a_superior_gives_only_kinds_it_holds(api, a_unit, basics, held, wanted, status):
    superior = await a_unit(kinds=held)
    answer = await api.as_unit(superior.id, MANAGE).post("drafts", basics(kinds=wanted))
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["code"] == "kind-not-offered"


@pytest.mark.req("UNT-07")
async def test_a_unit_unknown_to_the_platform_needs_its_legal_person(api, a_unit, basics, a_handler):
    hr = await a_unit()
    client = api.as_unit(hr.id, MANAGE)
    draft = (await client.post("drafts", basics(registered_at_platform=False))).json()
    assert draft["next_step"] == "LEGAL_PERSON"
    path, handlers = f"drafts/{draft['id']}", {"handlers": [a_handler()]}

    early = await client.post(f"{path}/complete", handlers, if_match=1)
    assert (early.status_code, early.json()["code"]) == (409, "legal-person-needed")

    odd = await client.put(f"{path}/legal-person", a_handler(id_type="LIBRARY_CARD"), if_match=1)
    assert [error["pointer"] for error in odd.json()["errors"]] == ["/id_type"]
    legal_person = a_handler(name="赵刚")
    draft = (await client.put(f"{path}/legal-person", legal_person, if_match=1)).json()
    assert draft["next_step"] == "HANDLERS"
    unit = (await client.post(f"{path}/complete", handlers, if_match=2)).json()
    assert unit["legal_person"]["name"] == "赵刚"
    assert unit["legal_person"]["id_number"] == "*****" + legal_person["id_number"][-4:]


@pytest.mark.req("UNT-07")
async def test_an_hr_unit_skips_the_legal_person(api, a_unit, basics, a_handler):
    hr = await a_unit()
    client = api.as_unit(hr.id, MANAGE)
    draft = (await client.post("drafts", basics(kinds=["HR"], registered_at_platform=False))).json()
    assert draft["next_step"] == "HANDLERS"
    refused = await client.put(f"drafts/{draft['id']}/legal-person", a_handler(), if_match=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "legal-person-not-needed")


@pytest.mark.req("UNT-05")
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"jurisdiction": "510100"}, "/jurisdiction"),  # a city is no leaf; 市本级 is
        ({"jurisdiction": "999999"}, "/jurisdiction"),
        ({"nature": "CLUB"}, "/nature"),
        ({"uscc": "12510100000000019X"}, "/uscc"),
        ({"phone": "call me"}, "/phone"),
        ({"name": " "}, "/name"),
        ({"kinds": []}, "/kinds"),
        ({"kinds": ["KINGDOM"]}, "/kinds/0"),
        ({"name": "长" * 101}, "/name"),
        ({"superior_id": "x"}, "/superior_id"),
    ],
)
async def test_step_one_is_checked(api, a_unit, basics, change, pointer):
    hr = await a_unit()
    answer = await api.as_unit(hr.id, MANAGE).post("drafts", basics(**change))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_handler_is_a_real_person_and_named_once(api, a_unit, basics, a_handler):
    hr = await a_unit()
    client, handler = api.as_unit(hr.id, MANAGE), a_handler()
    draft = (await client.post("drafts", basics())).json()
    path = f"drafts/{draft['id']}/complete"
    for handlers, pointer in (
        ([], "/handlers"),
        ([a_handler(id_number="510104197001010000")], "/handlers/0/id_number"),
        ([handler, handler], "/handlers/1/id_number"),
        ([a_handler(id_type="LIBRARY_CARD")], "/handlers/0/id_type"),
    ):
        answer = await client.post(path, {"handlers": handlers}, if_match=1)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert "510104" not in answer.text  # numbers are never echoed


async def test_a_unit_exists_once(api, a_unit, basics, a_handler):
    hr = await a_unit()
    client = api.as_unit(hr.id, MANAGE)
    twin = await client.post("drafts", basics(uscc=hr.uscc))
    assert (twin.status_code, twin.json()["code"]) == (409, "unit-already-registered")

    step1 = basics()
    one, two = [(await client.post("drafts", step1)).json()["id"] for _ in range(2)]
    assert (await client.post(f"drafts/{one}/complete", {"handlers": [a_handler()]}, if_match=1)).is_success
    late = await client.post(f"drafts/{two}/complete", {"handlers": [a_handler()]}, if_match=1)
    assert (late.status_code, late.json()["code"]) == (409, "unit-already-registered")


async def test_completing_twice_with_one_key_creates_one_unit(api, emitted, a_unit, basics, a_handler):
    hr = await a_unit()
    client, handlers = api.as_unit(hr.id, MANAGE), {"handlers": [a_handler()]}
    draft = (await client.post("drafts", basics())).json()
    path = f"drafts/{draft['id']}/complete"
    first = await client.post(path, handlers, if_match=1, key="once")
    again = await client.post(path, handlers, if_match=1, key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await emitted()) == 1


async def test_a_draft_changes_by_its_latest_revision_only(api, a_unit, basics):
    hr = await a_unit()
    client, step1 = api.as_unit(hr.id, MANAGE), basics()
    draft = (await client.post("drafts", step1)).json()
    path = f"drafts/{draft['id']}"
    changed = await client.put(path, {**step1, "name": "成都市园艺所"}, if_match=1)
    assert (changed.json()["basic"]["name"], changed.headers["ETag"]) == ("成都市园艺所", '"2"')
    assert (await client.put(path, step1, if_match=1)).status_code == 412
    assert (await client.put(path, step1)).status_code == 428
    assert [item["id"] for item in (await client.get("drafts")).json()["items"]] == [draft["id"]]
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_two_drafts_completed_at_once_make_one_unit(api, emitted, a_unit, basics, a_handler):
    hr = await a_unit()
    client, step1 = api.as_unit(hr.id, MANAGE), basics()
    drafts = [(await client.post("drafts", step1)).json()["id"] for _ in range(2)]
    answers = await asyncio.gather(
        *(
            client.post(f"drafts/{draft}/complete", {"handlers": [a_handler()]}, if_match=1)
            for draft in drafts
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(await emitted()) == 1
