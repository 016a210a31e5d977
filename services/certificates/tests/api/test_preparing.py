"""待发放: withdrawals, approval, summary sheet, and the guard before issuing."""

import io

import pikepdf
import pytest
from chassis.audit import AccessLog
from contracts.certificates.v1 import PersonPutBack, PersonWithdrawn
from python_calamine import CalamineWorkbook
from sqlalchemy import select

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def a_passed_batch(issuer, a_batch, persons=2):
    batch_id = await a_batch(persons)
    await issuer.must("POST", f"/vetting/{batch_id}/pass", {}, batch_id=batch_id)
    return batch_id


@pytest.mark.req("CRT-02")
async def test_a_doubtful_person_is_taken_out_and_put_back(issuer, a_batch, emitted):
    batch_id = await a_passed_batch(issuer, a_batch)
    person = (await issuer.batch(batch_id))["people"][0]["application_id"]
    path = f"/batches/{batch_id}/persons/{person}"
    out = await issuer.must("POST", f"{path}/withdraw", {"reason": "待核实"}, batch_id=batch_id)
    assert (out["persons"], out["withdrawn"]) == (1, 1)
    waiting = (await issuer.client.get("/withdrawn")).json()["items"]
    assert [(one["application_id"], one["reason"]) for one in waiting] == [(person, "待核实")]
    twice = await issuer.do("POST", f"{path}/withdraw", {"reason": "再次"}, batch_id=batch_id)
    assert (twice.status_code, twice.json()["code"]) == (409, "already-withdrawn")
    back = await issuer.must("POST", f"{path}/put-back", batch_id=batch_id)
    assert (back["persons"], back["withdrawn"]) == (2, 0)
    assert [type(event) for event in (await emitted())[-2:]] == [PersonWithdrawn, PersonPutBack]
    nobody = await issuer.do("POST", f"{path}/put-back", batch_id=batch_id)
    assert (nobody.status_code, nobody.json()["code"]) == (409, "not-withdrawn")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"approval_date": "2026-12-19"}, "approval-date-invalid"),
        ({"approval_date": "2026-11-19"}, "approval-date-invalid"),
        ({"approval_date": "2026-12-18", "document_number": "川人社(2026)18号"}, "invalid"),
        ({"approval_date": "十八日"}, "invalid"),
    ],
)
async def test_a_wrong_approval_is_refused(issuer, a_batch, body, code):
    batch_id = await a_passed_batch(issuer, a_batch)
    refused = await issuer.do("PUT", f"/batches/{batch_id}/approval", body, batch_id=batch_id)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


@pytest.mark.req("CRT-03", "CRT-04")
async def test_nothing_is_issued_without_approval_and_stamped_summary(issuer, a_batch):
    batch_id = await a_passed_batch(issuer, a_batch)
    refused = await issuer.do("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    assert (refused.status_code, refused.json()["code"]) == (422, "not-ready-to-issue")
    pointers = [error["pointer"] for error in refused.json()["errors"]]
    assert pointers == ["/approval_date", "/stamped_summary"]


async def test_a_withdrawal_after_the_stamp_asks_for_a_new_sheet(issuer, a_batch):
    batch_id = await a_batch(2)
    await issuer.prepare(batch_id)
    person = (await issuer.batch(batch_id))["people"][0]["application_id"]
    path = f"/batches/{batch_id}/persons/{person}/withdraw"
    out = await issuer.must("POST", path, {"reason": "待核实"}, batch_id=batch_id)
    assert out["stamped_summary"] is None
    refused = await issuer.do("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/stamped_summary"]


async def test_a_file_of_another_purpose_is_not_the_stamped_summary(issuer, a_batch):
    batch_id = await a_passed_batch(issuer, a_batch)
    file_id = await issuer.upload("revocation-document")
    refused = await issuer.do(
        "PUT", f"/batches/{batch_id}/stamped-summary", {"file_id": file_id}, batch_id=batch_id
    )
    assert refused.status_code == 404


@pytest.mark.req("CRT-04", "BEY-37")
async def test_the_summary_sheet_is_exported_and_the_look_recorded(issuer, a_batch, db):
    batch_id = await a_passed_batch(issuer, a_batch, persons=3)
    batch = await issuer.batch(batch_id)
    person = batch["people"][0]["application_id"]
    path = f"/batches/{batch_id}/persons/{person}/withdraw"
    await issuer.must("POST", path, {"reason": "待核实"}, batch_id=batch_id)
    sheet = await issuer.client.get(f"/batches/{batch_id}/summary", params={"format": "xlsx"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows if row[0] in {"王芳甲", "王芳乙", "王芳丙"}] == ["王芳乙", "王芳丙"]
    printed = await issuer.client.get(f"/batches/{batch_id}/summary")
    assert printed.headers["content-disposition"].startswith("attachment")
    with pikepdf.open(io.BytesIO(printed.content)) as pdf:
        assert len(pdf.pages) >= 1
    looks = list(await db.scalars(select(AccessLog.subject).where(AccessLog.kind == "id-number")))
    assert len(looks) == 4
    assert person not in {str(look) for look in looks}
