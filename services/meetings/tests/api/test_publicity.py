"""Publicity, objections, confirmation and issuing information."""

from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
from chassis import clock
from chassis.clock import PLACE
from contracts.certificates import v1 as certificates
from contracts.event import Actor
from contracts.meetings import v1
from sqlalchemy import text

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
NUMBER = "成人社职〔2026〕60号"
BODY = {"title": "2026年度农艺师评审通过人员公示", "contact": "张科长", "phone": "028-86740101"}


async def upload(client, purpose, name="文件.pdf"):
    opened = (await client.post("/files", {"purpose": purpose, "name": name, "size": len(PDF)})).json()
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.put(opened["put_url"], content=PDF)).is_success
    done = await client.post(f"/files/{opened['id']}/complete")
    assert done.is_success, done.text
    return opened["id"]


@pytest.fixture
def published(office, run_jobs):
    async def make(**kw):
        await office.told(applicants=kw.pop("applicants", 3))
        meeting = await office.announced(run_jobs, **kw)
        made = await office.ok(await office.staff.post("/publicities", {"meeting_id": meeting, **BODY}), 201)
        assert made["state"] == "DRAFT"
        await run_jobs()
        return meeting, made["id"]

    return make


@pytest.mark.req("MTG-30", "LAW-09", "BEY-08")
async def test_a_publicity_is_printed_public_and_lasts_five_working_days(office, published, emitted):
    _, publicity = await published()
    shown = await office.ok(await office.api.nobody.get(f"/public/publicities/{publicity}"))
    # Monday 2 November does not count; the fifth working day is Monday the 9th, until 24:00.
    assert datetime.fromisoformat(shown["ends_at"]) == datetime(2026, 11, 10, tzinfo=PLACE)
    assert [person["name"] for person in shown["persons"]] == ["申报人00", "申报人01", "申报人02"]
    document = await office.ok(await office.api.nobody.get(f"/public/publicities/{publicity}/document"))
    async with httpx.AsyncClient(trust_env=False) as http:
        content = (await http.get(document["url"])).content
    assert content.startswith(b"%PDF")
    listed = await office.ok(await office.api.nobody.get("/public/publicities?running=true"))
    assert [row["id"] for row in listed["items"]] == [publicity]
    told = [
        event for event in await emitted() if isinstance(event, (v1.PublicityPublished, v1.PublicityStarted))
    ]
    assert len(told) == 4


@pytest.mark.req("MTG-30", "BEY-08")
async def test_an_end_that_a_clock_set_back_finds_too_early_comes_again(office, published, run_jobs, db):
    _, publicity = await published()
    office.clock.set(datetime(2026, 11, 9, 23, 59, tzinfo=PLACE))
    await db.execute(
        text("UPDATE deadline SET due_at = '2026-11-09T15:58:00Z' WHERE kind = 'publicity-over'")
    )
    await db.commit()
    await run_jobs()
    assert (await office.get(f"/publicities/{publicity}"))["state"] == "PUBLISHED"
    office.clock.set(datetime(2026, 11, 10, tzinfo=PLACE))
    await run_jobs()
    assert (await office.get(f"/publicities/{publicity}"))["state"] == "ENDED"


@pytest.mark.req("LAW-09")
async def test_a_publicity_is_not_too_short_nor_in_an_unknown_year(office, run_jobs):
    await office.told()
    meeting = await office.announced(run_jobs)
    body = {"meeting_id": meeting, **BODY}
    short = await office.staff.post("/publicities", {**body, "working_days": 4})
    assert (short.status_code, short.json()["code"]) == (422, "period-too-short")
    office.clock.set(datetime(2026, 12, 29, 9, tzinfo=PLACE))
    unknown = await office.staff.post("/publicities", body)
    assert (unknown.status_code, unknown.json()["code"]) == (409, "working-days-not-loaded")


@pytest.mark.req("MTG-31", "MTG-33", "LAW-10", "LAW-11", "MTG-04")
async def test_objections_decide_who_goes_on(office, published, run_jobs, emitted):
    _, publicity = await published(applicants=4)
    clear, dismissed, upheld, still_open = (str(one) for one in office.applicants)
    path = f"/public/publicities/{publicity}/objections"
    incomplete = await office.api.nobody.post(path, {"application_id": clear, "reason": "不实"})
    assert incomplete.json()["code"] == "objector-incomplete"
    objector = office.api.as_person()
    body = {"application_id": dismissed, "reason": "业绩排名不实"}
    first = await office.ok(await objector.post(f"/publicities/{publicity}/own-objections", body), 201)
    body = {"application_id": upheld, "reason": "论文不实", "unnamed": True, "name": "某"}
    second = await office.ok(await office.api.nobody.post(path, body), 201)
    body = {"application_id": still_open, "reason": "单位不实", "name": "王某", "phone": "13800000000"}
    third = await office.ok(
        await office.api.nobody.post(path, {**body, "id_number": "510104199001011234"}), 201
    )
    seen = (await office.get(f"/publicities/{publicity}/objections"))["items"]
    assert [row["objector_name"] for row in seen] == ["张三", "", "王某"]
    answer = {"upheld": False, "answer": "经核实，排名属实。"}
    done = await office.staff.post(f"/objections/{first['id']}/answer", answer, if_match=1)
    await office.ok(done)
    again = await office.staff.post(f"/objections/{first['id']}/answer", answer, if_match=2)
    assert again.json()["code"] == "illegal-move"
    answer = {"upheld": True, "answer": "经核实，情况属实。"}
    await office.ok(await office.staff.post(f"/objections/{second['id']}/answer", answer, if_match=1))
    mine = await office.ok(await objector.get("/own-objections"))
    assert [row["answer"] for row in mine] == ["经核实，排名属实。"]
    superior = office.api.as_unit(office.superior, "meetings.publicity.manage")
    listed = await office.ok(await superior.get("/objected-persons"))
    assert [(row["objections"], row["open"], row["upheld"]) for row in listed] == [
        (1, 0, 0),
        (1, 0, 1),
        (1, 1, 0),
    ]
    assert await office.get("/objected-persons") == []

    office.clock.set(datetime(2026, 11, 10, tzinfo=PLACE))
    late = await office.api.nobody.post(path, {"application_id": clear, "reason": "晚了", "unnamed": True})
    assert (late.status_code, late.json()["code"]) == (409, "outside-period")
    await run_jobs()
    states = {str(e.subject): e.state.state for e in await emitted() if e.topic == "meetings.candidacy"}
    assert [states[one] for one in (clear, dismissed, upheld, still_open)] == [
        "CONFIRMING",
        "CONFIRMING",
        "NOT_CONFIRMED",
        "IN_PUBLICITY",
    ]
    answer = {"upheld": False, "answer": "不属实。"}
    await office.ok(await office.staff.post(f"/objections/{third['id']}/answer", answer, if_match=1))
    told = (await emitted())[-1]
    assert (str(told.subject), type(told)) == (still_open, v1.PublicityEnded)
    answered = [event for event in await emitted() if isinstance(event, v1.ObjectionAnswered)]
    assert [event.state.upheld for event in answered] == [False, True, False]


@pytest.mark.req("MTG-31", "LAW-11")
async def test_whoever_reads_the_announcement_may_object_though_the_clock_that_answers_is_behind(
    office, published
):
    _, publicity = await published()
    office.clock.set(clock.now() - timedelta(seconds=1))
    body = {"application_id": str(office.applicants[0]), "reason": "业绩不实"}
    path = f"/public/publicities/{publicity}/objections"
    await office.ok(await office.api.nobody.post(path, {**body, "unnamed": True}), 201)
    await office.ok(await office.api.as_person().post(f"/publicities/{publicity}/own-objections", body), 201)


@pytest.mark.req("MTG-32", "LAW-11", "LAW-10")
async def test_an_offline_objection_needs_evidence_and_hinders_confirmation(office, published, run_jobs):
    meeting, publicity = await published()
    office.clock.set(datetime(2026, 11, 10, tzinfo=PLACE))
    await run_jobs()
    person = str(office.applicants[0])
    path = f"/publicities/{publicity}/objections"
    body = {"application_id": person, "name": "王某", "phone": "13800000000", "reason": "来信反映"}
    missing = await office.staff.post(path, {**body, "received_on": "2026-11-09"})
    assert (missing.status_code, missing.json()["code"]) == (422, "invalid")
    evidence = [await upload(office.staff, "objection-evidence")]
    late = await office.staff.post(path, {**body, "received_on": "2026-11-10", "evidence": evidence})
    assert late.json()["code"] == "outside-period"
    made = await office.ok(
        await office.staff.post(path, {**body, "received_on": "2026-11-09", "evidence": evidence}), 201
    )
    document = {"file_id": await upload(office.confirmer, "qualification-document"), "number": NUMBER}
    await office.ok(await office.confirmer.put(f"/confirmations/meetings/{meeting}/document", document))
    row = await office.ok(await office.confirmer.get(f"/confirmations/{person}"))
    refused = await office.confirmer.post(f"/confirmations/{person}/pass", if_match=row["revision"])
    assert refused.json()["code"] == "objection-open"
    all_passed = await office.ok(
        await office.confirmer.post("/confirmations/pass-all", {"meeting_id": meeting})
    )
    assert [one["ok"] for one in all_passed] == [False, True, True]
    answer = {"upheld": True, "answer": "情况属实。"}
    await office.ok(await office.staff.post(f"/objections/{made['id']}/answer", answer, if_match=1))
    row = await office.ok(await office.confirmer.get(f"/confirmations/{person}"))
    assert row["state"] == "NOT_CONFIRMED"


@pytest.mark.req("MTG-40", "MTG-41", "MTG-42", "MTG-43", "MTG-44", "MTG-46")
async def test_confirmation_and_what_follows_keep_their_order(office, published, run_jobs, emitted):
    meeting, _ = await published()
    office.clock.set(datetime(2026, 11, 10, tzinfo=PLACE))
    await run_jobs()
    confirmer = office.confirmer
    first, second, third = (str(one) for one in office.applicants)
    waiting = await office.ok(await confirmer.get("/confirmations?state=CONFIRMING"))
    assert waiting["total"] == 3
    rows = {row["id"]: row for row in waiting["items"]}
    refused = await confirmer.post(f"/confirmations/{first}/pass", if_match=rows[first]["revision"])
    assert (refused.status_code, refused.json()["code"]) == (409, "qualification-document-missing")
    back = await office.ok(
        await confirmer.post(
            f"/confirmations/{first}/return", {"reason": "请补充"}, if_match=rows[first]["revision"]
        )
    )
    assert back["state"] == "SUPPLEMENT"
    added = await office.staff.post(
        f"/candidacies/{first}/supplement",
        {"note": "已补充", "files": [await upload(office.staff, "supplement")]},
        if_match=back["revision"],
    )
    assert (await office.ok(added))["state"] == "CONFIRMING"
    file_id = await upload(confirmer, "qualification-document")
    path = f"/confirmations/meetings/{meeting}/document"
    for number in ("六十号", "成人社职〔2027〕60号", "成人社职〔2019〕60号"):
        refused = await confirmer.put(path, {"file_id": file_id, "number": number})
        assert refused.json()["code"] == "document-number-invalid"
    await office.ok(await confirmer.put(path, {"file_id": file_id, "number": NUMBER}))
    early = await office.staff.put(
        f"/meetings/{meeting}/document-number",
        {"number": NUMBER},
        if_match=(await office.meeting(meeting))["revision"],
    )
    assert early.json()["code"] == "nobody-to-issue"
    rejected = await confirmer.post(
        f"/confirmations/{third}/reject", {"reason": "不符合条件"}, if_match=rows[third]["revision"]
    )
    assert (await office.ok(rejected))["state"] == "CONFIRM_REJECTED"
    row = await office.ok(await confirmer.get(f"/confirmations/{first}"))
    passed = await confirmer.post(f"/confirmations/{first}/pass", if_match=row["revision"])
    assert (await office.ok(passed))["state"] == "CONFIRMED"
    done = await office.ok(await confirmer.post("/confirmations/pass-all", {"meeting_id": meeting}))
    assert [(one["id"], one["ok"]) for one in done] == [(second, True)]
    exported = await confirmer.get("/confirmations/export")
    assert exported.content.startswith(b"PK")

    await office.refused("/issuing-information", None, meeting, 409, "document-number-missing")
    revision = (await office.meeting(meeting))["revision"]
    report = {"file_id": await upload(office.staff, "work-report")}
    early = await office.staff.put(f"/meetings/{meeting}/work-report", report, if_match=revision)
    assert early.json()["code"] == "issuing-information-missing"
    other = await office.staff.put(
        f"/meetings/{meeting}/document-number", {"number": "成人社职〔2026〕61号"}, if_match=revision
    )
    assert other.json()["code"] == "document-number-differs"
    numbered = await office.put("/document-number", {"number": NUMBER}, meeting)
    assert numbered["persons"] == 2
    sent = await office.post("/issuing-information", None, meeting)
    assert [(one["document_number"], one["persons"]) for one in sent] == [(NUMBER, 2)]
    told = next(event for event in await emitted() if isinstance(event, v1.IssuingInformationSubmitted))
    assert {str(person.application_id) for person in told.state.persons} == {first, second}
    assert told.state.issuing_unit_id == office.authorising
    await office.refused("/issuing-information", None, meeting, 409, "nobody-to-issue")
    ready = await office.put("/work-report", report, meeting)
    assert {person["state"] for person in ready} == {"READY_TO_ISSUE"}

    # The issuing unit returns it: submitted again, it is the same information in a new revision.
    state = certificates.BatchState(
        campaign_id=office.campaign,
        issuing_unit_id=office.authorising,
        document_number=NUMBER,
        persons=[UUID(first), UUID(second)],
        state=certificates.BatchStatus.RETURNED,
    )
    returned = certificates.IssuingInformationReturned(
        subject=told.subject, revision=2, actor=Actor(), reason="请核对", state=state
    )
    await office.deliver(returned)
    followed = (await office.get(f"/candidacies?meeting_id={meeting}&state=CONFIRMED"))["items"]
    assert [person["submitted"] for person in followed] == [False, False]
    await office.post("/issuing-information", None, meeting)
    last = [event for event in await emitted() if isinstance(event, v1.IssuingInformationSubmitted)][-1]
    assert (last.subject, last.revision) == (told.subject, 2)


@pytest.mark.req("MTG-14", "MTG-19", "BEY-03")
async def test_exports_download(office, published):
    meeting, _ = await published()
    for kind in ("roster", "summary", "vote-result", "experts"):
        answer = await office.staff.get(f"/meetings/{meeting}/exports/{kind}")
        assert (answer.status_code, answer.content[:2]) == (200, b"PK")
