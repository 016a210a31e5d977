"""A self-registered unit asks for permission; its superior passes or returns the request."""

from uuid import UUID, uuid4

import pytest
from chassis import persons

REQUEST, VET = "units.permission.request", "units.registration.vet"


@pytest.fixture
def newcomer(api, db, a_uscc, a_handler, a_unit):
    """A legal person without an authorised unit: its client, and a request it could make of a superior."""

    async def make(superior_id, **changes):
        from chassis.files import StoredFile

        handler, uscc = a_handler(), a_uscc()
        person = persons.ref("RESIDENT_ID", handler["id_number"])
        licence = StoredFile(
            purpose="business-licence", name="营业执照.pdf", owner_person=person, state="CLEAN",
            quarantine_key="units/x", sha256="ab" * 32, size=3, media_type="application/pdf",
        )  # fmt: skip
        db.add(licence)
        await db.commit()
        client = api.as_unit(None, REQUEST, person=person, uscc=uscc, unit_name="成都锦田农业科技公司")
        request = {
            "superior_id": str(superior_id),
            "kinds": ["DECLARING"],
            "nature": "PRIVATE_ENTERPRISE",
            "jurisdiction": "510114",
            "location": "四川省/成都市/新都区",
            "contact_person": "李明",
            "phone": "13900139000",
            "postal_address": "成都市新都区蓉都大道8号",
            "licence_file_id": str(licence.id),
            "handlers": [handler],
            **changes,
        }
        return client, request

    return make


@pytest.mark.req("UNT-08")
async def test_a_unit_asks_is_returned_corrects_and_is_authorised(api, emitted, a_unit, newcomer):
    superior = await a_unit(kinds=["SUPERVISING"])
    client, request = await newcomer(superior.id)
    assert (await client.get("registrations/own")).status_code == 404  # has not asked yet
    assert (await client.get("own")).json()["code"] == "unit-not-authorised"

    unit = (await client.post("registrations", request)).json()
    assert (unit["state"], unit["revision"], unit["name"]) == ("PENDING", 1, "成都锦田农业科技公司")
    assert unit["licence"]["sha256"] == "ab" * 32
    assert unit["allowed_actions"] == []

    office = api.as_unit(superior.id, VET)
    path = f"registrations/{unit['id']}"
    returned = await office.post(f"{path}/return", {"reason": "营业执照与名称不一致"}, if_match=1)
    assert returned.json()["state"] == "RETURNED"
    seen = (await client.get("registrations/own")).json()
    assert (seen["reason"], seen["allowed_actions"]) == ("营业执照与名称不一致", ["resubmit"])

    again = await client.post("registrations/own/resubmit", {**request, "location": "新都区"}, if_match=2)
    assert (again.json()["state"], again.json()["location"]) == ("PENDING", "新都区")
    passed = await office.post(f"{path}/pass", {"opinion": "情况属实"}, if_match=3)
    assert (passed.json()["state"], passed.json()["revision"]) == ("AUTHORISED", 4)

    events = await emitted()
    assert [type(event).__name__ for event in events] == [
        "UnitPermissionRequested", "UnitPermissionReturned", "UnitPermissionRequested", "UnitAuthorised",
    ]  # fmt: skip
    assert [event.revision for event in events] == [1, 2, 3, 4]
    assert events[1].reason == "营业执照与名称不一致"
    assert not any("13900139000" in event.model_dump_json() for event in events)  # no phone in events


@pytest.mark.req("UNT-08")
async def test_name_and_code_are_those_of_the_login(a_unit, newcomer):
    superior = await a_unit()
    client, request = await newcomer(superior.id)
    for locked in ("name", "uscc"):
        answer = await client.post("registrations", {**request, locked: "别的单位"})
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{locked}"]


@pytest.mark.req("UNT-08")
async def test_a_name_corrected_at_the_platform_comes_with_the_resubmission(api, a_unit, newcomer):
    superior = await a_unit()
    client, request = await newcomer(superior.id)
    unit = (await client.post("registrations", request)).json()
    office = api.as_unit(superior.id, VET)
    await office.post(f"registrations/{unit['id']}/return", {"reason": "名称不符"}, if_match=1)
    person = UUID(unit["handlers"][0]["person"])
    corrected = api.as_unit(
        None, REQUEST, person=person, uscc=unit["uscc"], unit_name="成都锦田现代农业科技有限公司"
    )
    again = await corrected.post("registrations/own/resubmit", request, if_match=2)
    assert again.json()["name"] == "成都锦田现代农业科技有限公司"


async def test_what_a_request_lacks_is_refused(api, a_unit, a_handler, newcomer):
    superior = await a_unit(kinds=["DECLARING"])
    pending = await a_unit(state="PENDING", superior_id=superior.id)
    client, request = await newcomer(superior.id)
    for change, code in (
        ({"licence_file_id": None}, "licence-needed"),
        ({"licence_file_id": str(uuid4())}, "not-found"),
        ({"handlers": [a_handler()]}, "caller-not-handler"),
        ({"superior_id": str(uuid4())}, "superior-invalid"),
        ({"superior_id": str(pending.id)}, "superior-invalid"),
        ({"kinds": ["SUPERVISING"]}, "kind-not-offered"),
        ({"jurisdiction": "510100"}, "invalid"),
        ({"handlers": []}, "invalid"),
    ):
        answer = await client.post("registrations", {**request, **change})
        assert (answer.json()["code"], answer.status_code < 500) == (code, True)
    person = await api.as_unit(None, REQUEST).post("registrations", request)
    assert (person.status_code, person.json()["code"]) == (403, "legal-person-login-needed")


async def test_a_unit_asks_once(a_unit, newcomer):
    superior = await a_unit()
    client, request = await newcomer(superior.id)
    assert (await client.post("registrations", request)).status_code == 201
    again = await client.post("registrations", request)
    assert (again.status_code, again.json()["code"]) == (409, "unit-already-registered")
    early = await client.post("registrations/own/resubmit", request, if_match=1)
    assert (early.status_code, early.json()["code"]) == (409, "illegal-move")


@pytest.mark.req("UNT-10")
async def test_the_list_shows_who_waits_filtered_by_name(api, a_unit, newcomer):
    superior, other = await a_unit(), await a_unit()
    created = await a_unit(superior_id=superior.id)  # made by the superior: nothing to vet
    client, request = await newcomer(superior.id)
    unit = (await client.post("registrations", request)).json()
    office = api.as_unit(superior.id, VET)

    [line] = (await office.get("registrations", params={"name": "锦田"})).json()["items"]
    assert {key: line[key] for key in LIST_COLUMNS} == {key: unit[key] for key in LIST_COLUMNS}
    assert line["allowed_actions"] == ["pass", "return"]
    assert (await office.get("registrations", params={"name": "%"})).json()["total"] == 0
    assert (await office.get("registrations", params={"state": "RETURNED"})).json()["total"] == 0
    assert (await api.as_unit(other.id, VET).get("registrations")).json()["total"] == 0
    assert (await office.get(f"registrations/{created.id}")).status_code == 404


LIST_COLUMNS = (
    "id", "name", "uscc", "jurisdiction_name", "nature", "contact_person", "phone", "postal_address", "revision",
)  # fmt: skip


@pytest.mark.req("UNT-10")
async def test_a_batch_answers_row_by_row_and_rehearses(api, emitted, a_unit, newcomer):
    superior = await a_unit()
    office = api.as_unit(superior.id, VET)
    one, two = [
        (await client.post("registrations", request)).json()["id"]
        for client, request in [await newcomer(superior.id) for _ in range(2)]
    ]
    foreign = await a_unit(state="PENDING", superior_id=(await a_unit()).id)
    rows = [
        {"id": two, "revision": 1},
        {"id": one, "revision": 7},
        {"id": str(foreign.id), "revision": 1},
    ]
    decision = {"decision": "PASS", "units": rows}
    before = len(await emitted())

    rehearsed = (await office.post("registrations/decide", {**decision, "dry_run": True})).json()
    assert [(row["id"], row["ok"], row["state"]) for row in rehearsed] == [
        (two, True, "AUTHORISED"), (one, False, None), (str(foreign.id), False, None),
    ]  # fmt: skip
    assert len(await emitted()) == before

    decided = (await office.post("registrations/decide", decision)).json()
    assert [(row["ok"], row["revision"], row["code"]) for row in decided] == [
        (True, 2, None), (False, None, "stale"), (False, None, "not-found"),
    ]  # fmt: skip
    assert len(await emitted()) == before + 1

    no_reason = {"decision": "RETURN", "units": [{"id": one, "revision": 1}, {"id": two, "revision": 2}]}
    refused = (await office.post("registrations/decide", no_reason)).json()
    assert [row["code"] for row in refused] == ["reason-needed", "illegal-move"]
    returned = (await office.post("registrations/decide", {**no_reason, "reason": "请更正"})).json()
    assert [row["state"] for row in returned] == ["RETURNED", None]


async def test_a_decision_is_made_once_with_the_latest_revision_and_a_reason(api, a_unit, newcomer):
    superior = await a_unit()
    client, request = await newcomer(superior.id)
    path = f"registrations/{(await client.post('registrations', request)).json()['id']}"
    office = api.as_unit(superior.id, VET)
    assert (await office.post(f"{path}/pass", {})).status_code == 428
    assert (await office.post(f"{path}/pass", {}, if_match=9)).status_code == 412
    silent = await office.post(f"{path}/return", {"reason": "  "}, if_match=1)
    assert (silent.status_code, silent.json()["code"]) == (422, "reason-needed")
    first = await office.post(f"{path}/pass", {}, if_match=1, key="k")
    assert (await office.post(f"{path}/pass", {}, if_match=1, key="k")).json() == first.json()
    twice = await office.post(f"{path}/pass", {}, if_match=2)
    assert (twice.status_code, twice.json()["code"]) == (409, "illegal-move")


@pytest.mark.req("UNT-08")
async def test_a_licence_goes_through_the_checks_of_files(api, a_unit):
    hr = await a_unit()
    client = api.as_unit(hr.id)
    upload = {"purpose": "business-licence", "name": "执照.pdf", "size": 5 * 1024 * 1024 + 1}
    big = await client.post("files", upload)
    assert (big.status_code, big.json()["code"]) == (422, "file-too-large")
    assert (await client.post("files", {**upload, "size": 100})).is_success


async def test_nobody_passes_a_unit_they_handle(api, a_unit, newcomer):
    superior = await a_unit()
    client, request = await newcomer(superior.id)
    unit = (await client.post("registrations", request)).json()
    both = api.as_unit(superior.id, VET, person=UUID(unit["handlers"][0]["person"]))
    answer = await both.post(f"registrations/{unit['id']}/pass", {}, if_match=1)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-request")
    rows = {"decision": "PASS", "dry_run": True, "units": [{"id": unit["id"], "revision": 1}]}
    assert (await both.post("registrations/decide", rows)).json()[0]["code"] == "own-request"


async def test_a_request_named_twice_in_a_batch_is_decided_once_and_told_so(api, emitted, a_unit, newcomer):
    superior = await a_unit()
    client, request = await newcomer(superior.id)
    row = {"id": (await client.post("registrations", request)).json()["id"], "revision": 1}
    before = len(await emitted())
    office = api.as_unit(superior.id, VET)
    decided = (await office.post("registrations/decide", {"decision": "PASS", "units": [row, row]})).json()
    assert [(line["ok"], line["state"]) for line in decided] == [(True, "AUTHORISED")] * 2
    assert len(await emitted()) == before + 1
