"""From issuing information to certificates in hand."""

import asyncio
import hashlib
import io
from uuid import UUID

import httpx
import pikepdf
import pytest
from certificate_builders import DOCUMENT
from certificates import jobs as printing_jobs
from certificates.tables import Certificate
from chassis import failpoint
from chassis.jobs import Run
from contracts.certificates.v1 import BatchIssued, BatchStarted, BatchSupplemented, CertificateIssued
from provinces import certificate_number
from sqlalchemy import select

pytestmark = pytest.mark.asyncio(loop_scope="session")


def numbers(count, start=1):
    return [certificate_number("510000", 2026, "DEPUTY_SENIOR", at) for at in range(start, start + count)]


async def issue(issuer, batch_id):
    await issuer.prepare(batch_id)
    return await issuer.must("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)


@pytest.fixture
def failing():
    yield failpoint.configure
    failpoint.configure("")


@pytest.mark.req("CRT-04", "BEY-33", "BEY-37")
async def test_a_batch_is_issued(issuer, a_batch, run_jobs, emitted):
    batch_id = await a_batch(2)
    started = await issue(issuer, batch_id)
    assert (started["state"], started["issued"]) == ("ISSUING", 0)
    assert (await issuer.client.get("/issued")).json()["total"] == 0
    await run_jobs()
    done = await issuer.batch(batch_id)
    assert (done["state"], done["issued"], done["failed"]) == ("ISSUED", 2, 0)
    events = await emitted()
    issued = [event for event in events if isinstance(event, CertificateIssued)]
    assert sorted(event.state.number for event in issued) == numbers(2)
    assert {(event.revision, event.state.document_number) for event in issued} == {(1, DOCUMENT)}
    assert isinstance(events[-1], BatchIssued)
    assert sum(isinstance(event, BatchStarted) for event in events) == 1
    assert [event.revision for event in events if event.subject == batch_id] == [1, 2, 3, 4, 5, 6]
    work = (await issuer.client.get(f"/work/{done['work_id']}")).json()
    assert (work["state"], work["count"], work["total"]) == ("FINISHED", 2, 2)


@pytest.mark.req("CRT-06", "BEY-31")
async def test_the_holder_downloads_what_the_event_tells(issuer, a_batch, run_jobs, emitted, api):
    await issue(issuer, await a_batch(2))
    await run_jobs()
    first = next(event for event in await emitted() if isinstance(event, CertificateIssued))
    holder = api.as_person(first.state.person)
    mine = (await holder.get("/mine")).json()
    assert [row["number"] for row in mine["items"]] == [first.state.number]
    download = (await holder.get(f"/mine/{first.subject}/download")).json()
    async with httpx.AsyncClient() as http:
        answer = await http.get(download["url"])
    assert answer.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(answer.content).hexdigest() == first.state.sha256 == download["sha256"]
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == 1
    assert (await api.as_person().get(f"/mine/{first.subject}/download")).status_code == 404


async def test_who_was_withdrawn_gets_none_until_taken_into_a_further_batch(
    issuer, a_batch, run_jobs, emitted
):
    batch_id = await a_batch(2)
    await issuer.prepare(batch_id)
    person = (await issuer.batch(batch_id))["people"][0]["application_id"]
    path = f"/batches/{batch_id}/persons/{person}/withdraw"
    await issuer.must("POST", path, {"reason": "待核实"}, batch_id=batch_id)
    stamp = {"file_id": await issuer.upload()}
    await issuer.must("PUT", f"/batches/{batch_id}/stamped-summary", stamp, batch_id=batch_id)
    await issuer.must("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    await run_jobs()
    assert (await issuer.batch(batch_id))["issued"] == 1
    body = {"application_ids": [person]}
    further = await issuer.must("POST", f"/batches/{batch_id}/supplement", body, batch_id=batch_id)
    assert (further["state"], further["document_number"], further["persons"]) == ("TO_ISSUE", DOCUMENT, 1)
    assert (await issuer.client.get("/withdrawn")).json()["total"] == 0
    again = await issuer.do("POST", f"/batches/{batch_id}/supplement", body, batch_id=batch_id)
    assert (again.status_code, again.json()["code"]) == (409, "not-withdrawn")
    approval = {"approval_date": "2026-12-18"}
    await issuer.must("PUT", f"/batches/{further['id']}/approval", approval, batch_id=further["id"])
    stamp = {"file_id": await issuer.upload()}
    await issuer.must("PUT", f"/batches/{further['id']}/stamped-summary", stamp, batch_id=further["id"])
    await issuer.must("POST", f"/batches/{further['id']}/issue", batch_id=further["id"])
    await run_jobs()
    events = await emitted()
    issued = [event.state.number for event in events if isinstance(event, CertificateIssued)]
    assert issued == numbers(2)
    assert sum(isinstance(event, BatchSupplemented) for event in events) == 1


async def test_nobody_gets_two_certificates_for_one_application(issuer, deliver, an_application, run_jobs):
    from certificate_builders import issuing_information, surroundings

    accepted = an_application()
    first, second = issuing_information(accepted), issuing_information(accepted)
    for event in [*surroundings(), accepted, first, second]:
        await deliver.once(event)
    await issue(issuer, first.subject)
    await issuer.prepare(second.subject)
    refused = await issuer.do("POST", f"/batches/{second.subject}/issue", batch_id=second.subject)
    assert (refused.status_code, refused.json()["code"]) == (409, "already-issued")
    assert refused.json()["errors"][0]["pointer"] == f"/persons/{accepted.subject}"


async def test_batches_issued_at_the_same_moment_share_no_number(issuer, a_batch, db):
    ids = [await a_batch(3) for _ in range(4)]
    for batch_id in ids:
        await issuer.prepare(batch_id)
    calls = [issuer.do("POST", f"/batches/{one}/issue", batch_id=one) for one in ids]
    answers = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [200] * 4
    given = list(await db.scalars(select(Certificate.number)))
    assert sorted(given) == numbers(12)


async def test_two_orders_to_issue_one_batch_issue_it_once(issuer, a_batch, db):
    batch_id = await a_batch(2)
    await issuer.prepare(batch_id)
    seen = (await issuer.batch(batch_id))["revision"]
    calls = [issuer.client.post(f"/batches/{batch_id}/issue", if_match=seen) for _ in range(5)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*calls))
    assert statuses == [200, 412, 412, 412, 412]
    assert len(list(await db.scalars(select(Certificate.number)))) == 2


async def test_a_job_that_runs_twice_at_once_makes_one_certificate(
    issuer, a_batch, run_jobs, emitted, runtime, db
):
    batch_id = await a_batch(2)
    await issue(issuer, batch_id)
    ids = [str(one) for one in await db.scalars(select(Certificate.id))]
    await asyncio.gather(*(printing_jobs.render(Run.of(runtime), one) for one in [*ids, *ids]))
    await run_jobs()
    events = await emitted()
    assert sum(isinstance(event, CertificateIssued) for event in events) == 2
    assert sum(isinstance(event, BatchIssued) for event in events) == 1


@pytest.mark.parametrize("boundary", ["certificates.before-render", "certificates.after-put"])
async def test_a_failure_is_visible_and_what_is_printed_again_is_the_same(
    issuer, a_batch, run_jobs, emitted, failing, runtime, db, boundary
):
    batch_id = await a_batch(1)
    await issue(issuer, batch_id)
    failing(f"{boundary}@1=raise")
    with pytest.raises(failpoint.FailpointReached):
        await run_jobs()
    stuck = await issuer.batch(batch_id)
    assert (stuck["state"], stuck["failed"]) == ("ISSUING", 1)
    assert (stuck["people"][0]["failure"], stuck["people"][0]["attempts"]) == ("FailpointReached", 1)
    await issuer.must("POST", f"/batches/{batch_id}/retry", batch_id=batch_id)
    await run_jobs()
    done = await issuer.batch(batch_id)
    assert (done["state"], done["failed"], done["people"][0]["attempts"]) == ("ISSUED", 0, 2)
    [issued] = [event for event in await emitted() if isinstance(event, CertificateIssued)]
    row = await db.scalar(select(Certificate))
    from certificates.printing import certificate_pdf

    photo = await runtime.files.read(row.photo["sha256"], bucket="applications")
    again = await certificate_pdf(row, photo, runtime.settings)
    assert hashlib.sha256(again).hexdigest() == issued.state.sha256


async def test_the_issuing_unit_lists_searches_and_looks(issuer, a_batch, run_jobs, db):
    from chassis.audit import AccessLog

    await issue(issuer, await a_batch(2))
    await run_jobs()
    listed = (await issuer.client.get("/issued", params={"level": "DEPUTY_SENIOR"})).json()
    assert listed["total"] == 2
    assert (await issuer.client.get("/issued", params={"state": "REVOKED"})).json()["total"] == 0
    found = (await issuer.client.post("/issued/search", {"name": "王芳乙"})).json()
    assert [row["number"] for row in found["items"]] == numbers(1, start=2)
    shown = (await issuer.client.get(f"/issued/{found['items'][0]['id']}")).json()
    assert (shown["level"], shown["sex"], shown["obtaining_method"]) == ("高级（副高）", "女", "职称评审")
    assert "*" in shown["id_number_masked"]
    assert (await issuer.client.get(f"/issued/{shown['id']}/download")).json()["sha256"] == shown["sha256"]
    looks = list(await db.scalars(select(AccessLog.subject).where(AccessLog.kind == "certificate")))
    assert looks == [UUID(shown["id"])] * 2
