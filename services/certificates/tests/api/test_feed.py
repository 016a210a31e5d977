"""Other systems pull the events of certificates."""

import pytest
from certificates import webhooks
from chassis.db import transaction
from contracts.certificates.v1 import CertificateIssued, CertificateRevoked
from sqlalchemy import text
from webhook_builders import FEED, a_certificate_event

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def written(runtime, *events):
    for event in events:
        async with transaction(runtime.sessions) as db:
            await webhooks.announce(db, event)


async def test_an_issued_and_a_revoked_certificate_are_read_in_order(api, runtime):
    issued = a_certificate_event(CertificateIssued)
    revoked = a_certificate_event(CertificateRevoked, issued.subject, 2)
    await written(runtime, issued, revoked)
    system = api.as_system(FEED)
    first = (await system.get("/feed", params={"limit": 1})).json()
    assert (first["more"], [event["type"] for event in first["events"]]) == (True, [CertificateIssued.type])
    rest = (await system.get("/feed", params={"cursor": first["next_cursor"]})).json()
    assert [event["data"] for event in rest["events"]] == [revoked.model_dump(mode="json")]
    assert rest["more"] is False


async def test_a_real_batch_comes_through(api, issuer, a_batch, run_jobs):
    batch_id = await a_batch(2)
    await issuer.prepare(batch_id)
    await issuer.must("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    await run_jobs()
    found = (await api.as_system(FEED).get("/feed", params={"types": CertificateIssued.type})).json()
    listed = (await issuer.client.get("/issued")).json()["items"]
    assert {event["subject"] for event in found["events"]} == {row["id"] for row in listed}
    assert len(found["events"]) == 2


async def test_batches_are_nobody_elses_business(api, a_batch, emitted):
    await a_batch(1)
    assert [event.type for event in await emitted()] == ["certificates.batch.received.v1"]
    assert (await api.as_system(FEED).get("/feed")).json()["events"] == []


async def test_the_migration_made_the_index(db):
    made = await db.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'outbox_feed'"))
    assert "(life, xid, seq) WHERE (topic = 'certificates.certificate'" in made


async def test_only_systems_with_the_permission_read_it(api):
    assert (await api.nobody.get("/feed")).status_code == 401
    assert (await api.as_system("certificates.webhook.manage").get("/feed")).status_code == 403
    assert (await api.as_person().get("/feed")).status_code == 403
