"""Pushing messages to ticked subordinates and persons (NTC-03)."""

from uuid import uuid4

import pytest
from contracts.applications import v1 as applications
from contracts.committees import v1 as committees
from contracts.identity import v1 as identity
from contracts.units import v1 as units

TEXT = {"title": "关于按时报送的通知", "body": "请于9月20日前完成审核。"}


@pytest.fixture
def sender_id():
    return uuid4()


@pytest.fixture
def sender(api, sender_id):
    return api.as_unit(sender_id, "notices.message.send")


@pytest.fixture
def a_subordinate(deliver, a_fact, sender_id):
    async def make(name="锦田公司", **state):
        unit = uuid4()
        state = {"superior_id": sender_id, "state": "AUTHORISED", "handlers": []} | state
        await deliver(a_fact(units.UnitCreated, unit, name=name, **state))
        return unit

    return make


@pytest.mark.req("NTC-03", "NTC-04")
async def test_ticked_subordinates_receive_it_and_confirm(api, sender, sender_id, a_subordinate, emitted):
    ticked = [await a_subordinate("锦田公司"), await a_subordinate("绿野公司")]
    left_out = await a_subordinate("远山公司")
    await a_subordinate("未授权公司", state="PENDING")
    await a_subordinate("别人的公司", superior_id=str(uuid4()))
    offered = (await sender.get("/receivers/units")).json()
    assert {unit["name"] for unit in offered["items"]} == {"锦田公司", "绿野公司", "远山公司"}
    found = (await sender.get("/receivers/units", params={"name": "绿"})).json()
    assert [unit["id"] for unit in found["items"]] == [str(ticked[1])]
    pushed = await sender.post("/pushes/to-units", {**TEXT, "unit_ids": [*map(str, ticked), str(ticked[0])]})
    assert (pushed.status_code, pushed.json()["receivers"], pushed.json()["read"]) == (201, 2, 0)
    inbox = api.as_unit(ticked[0], "notices.message.unit-inbox")
    (line,) = (await inbox.get("/messages")).json()["items"]
    opened = (await inbox.get(f"/messages/{line['id']}")).json()
    assert (opened["body"], opened["from_unit_id"]) == (TEXT["body"], str(sender_id))
    await inbox.post(f"/messages/{line['id']}/read", if_match=line["revision"])
    nothing = api.as_unit(left_out, "notices.message.unit-inbox")
    assert (await nothing.get("/messages")).json()["total"] == 0
    (sent,) = (await sender.get("/pushes")).json()["items"]
    assert (sent["title"], sent["receivers"], sent["read"]) == (TEXT["title"], 2, 1)
    receivers = (await sender.get(f"/pushes/{sent['id']}/receivers")).json()["items"]
    assert {(one["name"], one["read_at"] is not None) for one in receivers} == {
        ("锦田公司", True), ("绿野公司", False),
    }  # fmt: skip
    events = [event.state for event in await emitted() if event.type == "notices.message.sent.v1"]
    assert [(state.from_unit, state.to_unit) for state in events] == [(sender_id, unit) for unit in ticked]


async def test_one_foreign_unit_and_nobody_receives_it(sender, a_subordinate, emitted):
    own, foreign = await a_subordinate(), await a_subordinate(superior_id=str(uuid4()))
    refused = await sender.post("/pushes/to-units", {**TEXT, "unit_ids": [str(own), str(foreign)]})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "not-a-receiver")
    assert [error["pointer"] for error in problem["errors"]] == ["/unit_ids/1"]
    absent = await sender.post("/pushes/to-units", {**TEXT, "unit_ids": [str(own), str(uuid4())]})
    assert absent.json()["errors"] == problem["errors"]
    assert await emitted() == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": " "}, "/title"),
        ({"body": "长" * 5001}, "/body"),
        ({"unit_ids": []}, "/unit_ids"),
        ({"kind": "SPAM"}, "/kind"),
        ({"to": "everybody"}, "/to"),
    ],
)
async def test_what_is_wrong_is_named(sender, a_subordinate, change, pointer):
    body = {**TEXT, "unit_ids": [str(await a_subordinate())], **change}
    refused = await sender.post("/pushes/to-units", body)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_a_repeated_push_is_sent_once(sender, a_subordinate, emitted):
    body = {**TEXT, "unit_ids": [str(await a_subordinate())]}
    first = await sender.post("/pushes/to-units", body, key="once")
    again = await sender.post("/pushes/to-units", body, key="once")
    assert first.json() == again.json()
    assert len(await emitted()) == 1


@pytest.mark.req("NTC-03", "NTC-05")
async def test_ticked_persons_of_the_own_list_receive_it(api, sender, sender_id, deliver, a_fact):
    clerk, applicant, candidate, stranger, committee = (uuid4() for _ in range(5))
    await deliver(
        a_fact(identity.StaffAssigned, unit_id=sender_id, person=clerk, name="李经办", active=True),
        a_fact(identity.StaffAssigned, unit_id=uuid4(), person=stranger, name="外人", active=True),
        a_fact(
            applications.ApplicationSubmitted,
            employer_id=sender_id,
            person=applicant,
            name="王小芳",
            state="VETTING",
            committee_id=None,
        ),
        a_fact(
            applications.ApplicationAccepted,
            committee_id=committee,
            person=candidate,
            name="赵参评",
            state="ACCEPTED",
        ),
        a_fact(committees.CommitteeFiled, committee, establishing_unit_id=sender_id),
    )
    listed = (await sender.post("/receivers/persons/search", {})).json()
    assert {(one["name"], *one["relations"]) for one in listed["items"]} == {
        ("李经办", "STAFF"), ("王小芳", "APPLICANT"), ("赵参评", "CANDIDATE"),
    }  # fmt: skip
    found = (await sender.post("/receivers/persons/search", {"name": "小芳"})).json()
    assert [one["person"] for one in found["items"]] == [str(applicant)]
    refused = await sender.post("/pushes/to-persons", {**TEXT, "persons": [str(stranger)]})
    assert (refused.status_code, refused.json()["code"]) == (422, "not-a-receiver")
    body = {**TEXT, "kind": "DEFENCE_NOTICE", "persons": [str(applicant), str(candidate)]}
    pushed = (await sender.post("/pushes/to-persons", body)).json()
    accepted, line = reversed((await api.as_person(candidate).get("/my/messages")).json()["items"])
    assert accepted["kind"] == "APPLICATION_ACCEPTED"
    assert (line["kind"], line["title"], line["from_unit_id"]) == (
        "DEFENCE_NOTICE",
        TEXT["title"],
        str(sender_id),
    )
    receivers = (await sender.get(f"/pushes/{pushed['id']}/receivers")).json()["items"]
    assert {one["name"] for one in receivers} == {"王小芳", "赵参评"}
    assert (await api.as_person(clerk).get("/my/messages")).json()["total"] == 0


async def test_who_left_is_no_longer_on_the_list_and_a_corrected_person_stands_there_once(
    sender, sender_id, deliver, a_fact
):
    gone, old, new, membership = (uuid4() for _ in range(4))
    member = {"unit_id": sender_id, "person": gone, "name": "旧员工"}
    await deliver(a_fact(identity.StaffAssigned, membership, active=True, **member))
    await deliver(a_fact(identity.StaffRemoved, membership, 2, active=False, **member))
    for person in (old, new):
        await deliver(
            a_fact(applications.ApplicationSubmitted, employer_id=sender_id, person=person, name="王小芳")
        )
    await deliver(a_fact(identity.PersonMerged, old, name="王小芳", merged_into=new))
    listed = (await sender.post("/receivers/persons/search", {})).json()
    assert [(one["person"], one["name"]) for one in listed["items"]] == [(str(new), "王小芳")]
