"""待处理: issuing information is vetted."""

import pytest
from certificate_builders import ISSUER, VET, issuing_information, surroundings
from contracts.certificates.v1 import IssuingInformationPassed, IssuingInformationReturned

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.req("CRT-04")
async def test_it_lies_under_the_tab_of_its_state(issuer, a_batch):
    batch_id = await a_batch(3)
    page = (await issuer.client.get("/vetting")).json()
    assert [(row["id"], row["persons"], row["label"]) for row in page["items"]] == [
        (str(batch_id), 3, "待处理")
    ]
    assert page["items"][0]["committee_name"] == "四川省农业技术高级职称评审委员会"
    passed = await issuer.must("POST", f"/vetting/{batch_id}/pass", {"opinion": "属实"}, batch_id=batch_id)
    assert passed["state"] == "TO_ISSUE"
    assert "issue" in passed["allowed_actions"]
    assert (await issuer.client.get("/vetting")).json()["total"] == 0
    by_number = {"tab": "to-issue", "document_number": "〔2026〕18号"}
    assert (await issuer.client.get("/batches", params=by_number)).json()["total"] == 1
    assert (await issuer.client.get("/batches", params={"document_number": "〔2025〕"})).json()["total"] == 0


async def test_a_return_needs_a_reason_and_comes_back_corrected(
    issuer, a_batch, deliver, emitted, an_application
):
    batch_id = await a_batch(1)
    refused = await issuer.do("POST", f"/vetting/{batch_id}/return", {"reason": ""}, batch_id=batch_id)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason-needed")
    await issuer.must("POST", f"/vetting/{batch_id}/return", {"reason": "少一人"}, batch_id=batch_id)
    assert isinstance((await emitted())[-1], IssuingInformationReturned)
    assert (await emitted())[-1].reason == "少一人"
    again = [an_application(name="李娜"), an_application(name="赵敏")]
    for event in [*again, issuing_information(*again, subject=batch_id, revision=2)]:
        await deliver(event)
    batch = await issuer.batch(batch_id)
    assert (batch["state"], [one["name"] for one in batch["people"]]) == ("TO_PROCESS", ["李娜", "赵敏"])


async def test_it_waits_for_data_that_have_not_arrived(issuer, deliver, an_application, emitted):
    accepted = an_application()
    told = issuing_information(accepted)
    for event in [told, *surroundings()]:
        await deliver(event)
    batch_id = told.subject
    assert (await issuer.batch(batch_id))["people"][0]["arrived"] is False
    refused = await issuer.do("POST", f"/vetting/{batch_id}/pass", {}, batch_id=batch_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-yet-known")
    assert "retry_at" in refused.json()
    await deliver(accepted)
    await issuer.must("POST", f"/vetting/{batch_id}/pass", {}, batch_id=batch_id)
    assert isinstance((await emitted())[-1], IssuingInformationPassed)


async def test_the_revision_seen_is_asked_for_and_compared(issuer, a_batch):
    batch_id = await a_batch(1)
    without = await issuer.client.post(f"/vetting/{batch_id}/pass", {})
    assert without.status_code == 428
    stale = await issuer.client.post(f"/vetting/{batch_id}/pass", {}, if_match=7)
    assert stale.status_code == 412


async def test_a_repeated_pass_is_answered_again(issuer, a_batch, emitted):
    batch_id = await a_batch(1)
    seen = (await issuer.batch(batch_id))["revision"]
    first = await issuer.client.post(f"/vetting/{batch_id}/pass", {}, if_match=seen, key="once")
    second = await issuer.client.post(f"/vetting/{batch_id}/pass", {}, if_match=seen, key="once")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert sum(isinstance(event, IssuingInformationPassed) for event in await emitted()) == 1
    anew = await issuer.do("POST", f"/vetting/{batch_id}/pass", {}, batch_id=batch_id)
    assert (anew.status_code, anew.json()["code"]) == (409, "illegal-move")


async def test_who_vets_need_not_issue(api, issuer, a_batch):
    batch_id = await a_batch(1)
    vetter = api.as_unit(ISSUER, VET)
    assert (await vetter.get(f"/vetting/{batch_id}")).status_code == 200
    assert (await vetter.get(f"/batches/{batch_id}")).status_code == 403
