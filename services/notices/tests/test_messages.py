"""What persons and units are told, and that they are told once."""

from uuid import uuid4

import pytest
from contracts.applications import v1 as applications
from contracts.certificates import v1 as certificates
from contracts.committees import v1 as committees
from contracts.identity import v1 as identity
from contracts.meetings import v1 as meetings
from contracts.units import v1 as units


async def titles(client, path="/my/messages"):
    found = (await client.get(path)).json()
    return [item["title"] for item in found["items"]]


APPLICANT = [
    (applications.ApplicationPassed, {"state": "VETTING"}, "申报审核进展"),
    (applications.ApplicationReturned, {"state": "RETURNED_TO_APPLICANT"}, "申报材料被退回"),
    (applications.ApplicationRejected, {"state": "REJECTED"}, "申报审核不通过"),
    (applications.ApplicationAccepted, {"state": "ACCEPTED"}, "申报材料已接收"),
    (applications.ApplicationGivenUp, {"state": "GIVEN_UP"}, "申报视为放弃"),
    (applications.ApplicationChanged, {"state": "VETTING"}, "申报信息已调整"),
    (meetings.VotePassed, {"state": "VOTE_PASSED"}, "评审结果：通过"),
    (meetings.VoteFailed, {"state": "VOTE_FAILED"}, "评审结果：未通过"),
    (meetings.PublicityStarted, {"state": "IN_PUBLICITY"}, "评审结果公示"),
    (meetings.ResultConfirmed, {"state": "CONFIRMED"}, "评审结果已确认"),
    (meetings.ResultNotConfirmed, {"state": "NOT_CONFIRMED"}, "评审结果未予确认"),
    (meetings.ConfirmationRejected, {"state": "CONFIRM_REJECTED"}, "评审结果未予确认"),
    (certificates.CertificateIssued, {}, "电子职称证书已发放"),
    (certificates.CertificateRevoked, {}, "职称证书已撤销"),
    (meetings.SeatTaken, {}, "参评通知"),
    (meetings.SeatLeft, {}, "参评变更通知"),
]


@pytest.mark.req("NTC-05")
@pytest.mark.parametrize(("event", "state", "title"), APPLICANT)
async def test_a_person_is_told_once(api, deliver, a_fact, event, state, title):
    person = uuid4()
    await deliver(a_fact(event, person=person, **state))
    assert await titles(api.as_person(person)) == [title]
    assert await titles(api.as_person()) == []


async def test_a_corrected_holder_is_told_nothing_of_the_certificate(api, deliver, a_fact):
    person = uuid4()
    await deliver(a_fact(certificates.CertificateHolderCorrected, person=person))
    assert await titles(api.as_person(person)) == []


async def test_what_goes_back_to_a_unit_is_no_message_to_the_applicant(api, deliver, a_fact):
    person = uuid4()
    await deliver(a_fact(applications.ApplicationReturned, person=person, state="RETURNED_TO_UNIT"))
    assert await titles(api.as_person(person)) == []


async def test_a_return_carries_the_opinion_and_the_unit_but_no_name(api, deliver, a_fact):
    person, unit = uuid4(), uuid4()
    await deliver(a_fact(units.UnitCreated, unit, name="成都市农业农村局", handlers=[]))
    await deliver(
        a_fact(
            applications.ApplicationReturned,
            by=unit,
            reason="缺少学历证明",
            person=person,
            name="王小芳",
            title_name="农艺师",
            year=2026,
            state="RETURNED_TO_APPLICANT",
        )
    )
    client = api.as_person(person)
    line = (await client.get("/my/messages")).json()["items"][0]
    message = (await client.get(f"/my/messages/{line['id']}")).json()
    assert message["from_unit_name"] == "成都市农业农村局"
    assert message["body"] == (
        "您2026年度申报的农艺师被退回，请按意见修改后在规定时间内重新提交。意见：缺少学历证明"
    )


@pytest.mark.req("MTG-33", "NTC-05")
async def test_the_objector_sees_the_answer(api, deliver, a_fact):
    objector = uuid4()
    await deliver(
        a_fact(
            meetings.ObjectionAnswered,
            objector=objector,
            state="ANSWERED",
            upheld=False,
            answer="经核查，论文发表情况属实。",
        )
    )
    client = api.as_person(objector)
    line = (await client.get("/my/messages")).json()["items"][0]
    message = (await client.get(f"/my/messages/{line['id']}")).json()
    assert (message["title"], message["body"]) == (
        "公示异议答复",
        "您提出的公示异议已处理。异议不成立。经核查，论文发表情况属实。",
    )


async def test_an_unnamed_objection_is_answered_to_nobody(emitted, deliver, a_fact):
    await deliver(a_fact(meetings.ObjectionAnswered, objector=None, state="ANSWERED"))
    assert await emitted() == []


async def test_what_comes_late_is_told_no_more(api, deliver, a_fact):
    person, application = uuid4(), uuid4()
    accepted = a_fact(
        applications.ApplicationAccepted, application, revision=5, person=person, state="ACCEPTED"
    )
    returned = a_fact(
        applications.ApplicationReturned,
        application,
        revision=3,
        person=person,
        state="RETURNED_TO_APPLICANT",
    )
    await deliver(accepted)
    await deliver.once(returned)
    assert await titles(api.as_person(person)) == ["申报材料已接收"]


async def test_a_person_keeps_messages_after_a_corrected_number(api, deliver, a_fact):
    first, second, third = uuid4(), uuid4(), uuid4()
    await deliver(a_fact(certificates.CertificateIssued, person=first))
    await deliver(a_fact(identity.PersonMerged, first, merged_into=str(second)))
    await deliver(a_fact(identity.PersonMerged, second, merged_into=str(third)))
    assert await titles(api.as_person(third)) == ["电子职称证书已发放"]
    assert (await api.as_person(third).get("/my/messages/unread")).json() == {"unread": 1}


async def test_handlers_are_told_what_became_of_their_registration(api, deliver, a_fact):
    handler, unit, superior = uuid4(), uuid4(), uuid4()
    state = {"handlers": [str(handler)], "superior_id": str(superior), "name": "锦田公司"}
    await deliver(
        a_fact(units.UnitPermissionReturned, unit, reason="证照不清晰", **state | {"state": "RETURNED"})
    )
    await deliver(a_fact(units.UnitAuthorised, unit, revision=2, **state | {"state": "AUTHORISED"}))
    assert await titles(api.as_person(handler)) == ["单位注册审核通过", "单位注册被退回"]


UNIT = [
    (units.SuperiorChanged, {"state": "AUTHORISED"}, "上级单位变更通过"),
    (units.SuperiorChangeRefused, {"state": "AUTHORISED"}, "上级单位变更未通过"),
    (committees.FilingReturned, {"state": "RETURNED"}, "评委会备案被退回"),
    (committees.CommitteeFiled, {"state": "FILED"}, "评委会已备案"),
    (committees.FilingExpired, {"state": "EXPIRED"}, "评委会备案已到期"),
    (committees.CampaignReturned, {"state": "RETURNED"}, "评审活动被退回"),
    (committees.CampaignPublished, {"state": "PUBLISHED"}, "评审活动已发布"),
]


@pytest.mark.parametrize(("event", "state", "title"), UNIT)
async def test_a_unit_is_told(api, deliver, a_fact, event, state, title):
    unit = uuid4()
    subject = unit if event.topic == "units.unit" else uuid4()
    receiver = {} if subject == unit else {"establishing_unit_id": unit}
    await deliver(a_fact(event, subject, **receiver, **state))
    assert await titles(api.as_unit(unit, "notices.message.unit-inbox"), "/messages") == [title]


@pytest.mark.req("NTC-04")
async def test_a_unit_opens_a_message_and_confirms_reading_it(api, deliver, emitted, a_fact):
    unit, handler = uuid4(), uuid4()
    await deliver(a_fact(committees.CommitteeFiled, establishing_unit_id=unit, state="FILED"))
    client = api.as_unit(unit, "notices.message.unit-inbox", person=handler)
    assert (await client.get("/messages/unread")).json() == {"unread": 1}
    line = (await client.get("/messages", params={"state": "SENT"})).json()["items"][0]
    path = f"/messages/{line['id']}/read"
    assert (await client.post(path)).status_code == 428
    assert (await client.post(path, if_match=9)).status_code == 412
    read = await client.post(path, if_match=line["revision"], key="k1")
    assert (read.json()["state"], read.json()["allowed_actions"]) == ("READ", [])
    assert (await client.post(path, if_match=line["revision"], key="k1")).json() == read.json()
    again = await client.post(path, if_match=read.json()["revision"])
    assert (again.status_code, again.json()["code"]) == (409, "illegal-move")
    assert (await client.get("/messages/unread")).json() == {"unread": 0}
    sent, told = await emitted()
    assert (sent.type, told.type) == ("notices.message.sent.v1", "notices.message.read.v1")
    assert (told.subject, told.revision, told.state.state, told.actor.person) == (
        sent.subject,
        2,
        "READ",
        handler,
    )


@pytest.mark.req("NTC-05")
async def test_a_person_confirms_reading(api, deliver, a_fact):
    person = uuid4()
    await deliver(a_fact(meetings.VotePassed, person=person, state="VOTE_PASSED"))
    client = api.as_person(person)
    line = (await client.get("/my/messages")).json()["items"][0]
    foreign = await api.as_person().post(f"/my/messages/{line['id']}/read", if_match=1)
    assert foreign.status_code == 404
    read = await client.post(f"/my/messages/{line['id']}/read", if_match=1)
    assert read.json()["state"] == "READ"
    assert read.headers["etag"] == '"2"'
