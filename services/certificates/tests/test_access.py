"""Every route refuses nobody, who lacks the permission, and strangers to the object."""

import pytest
from certificates.app import service
from certificates.tables import Certificate
from chassis.testing.access import STRANGER, access_cases, check_case
from sqlalchemy import select

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("case", access_cases(service))
async def test_access(case, api, issuer, a_batch, db):
    if case.role != STRANGER:  # refused before any object is looked for
        await check_case(case, api)
        return
    batch_id = await a_batch(1)
    person = (await issuer.batch(batch_id))["people"][0]["application_id"]
    objects = {"batch_id": batch_id, "application_id": person}
    if "certificate_id" in case.operation.path:
        objects["certificate_id"] = await a_certificate(db, batch_id, person)
    if "webhook_id" in case.operation.path:
        objects |= await a_webhook(db)
    await check_case(case, api, objects)


async def a_webhook(db):
    from uuid import uuid4

    from certificates.tables import WebhookSubscription
    from certificates.webhooks import write_ping

    row = WebhookSubscription(
        revision=1, owner=uuid4(), url="https://1.1.1.1/", types=[], state="ACTIVE", secret={}
    )
    db.add(row)
    await db.flush()
    ping = await write_ping(db, row.id)
    await db.commit()
    return {"webhook_id": row.id, "delivery_id": ping.id}


async def a_certificate(db, batch_id, application_id):
    from datetime import UTC, date, datetime
    from uuid import UUID, uuid4

    from certificate_builders import ISSUER
    from chassis import persons

    moment = datetime(2026, 12, 18, tzinfo=UTC)
    row = Certificate(
        revision=1, number="5100002026300000012", batch_id=batch_id, application_id=UUID(application_id),
        person=uuid4(), name="王芳", obtaining_method="REVIEW", series="农业技术", level="DEPUTY_SENIOR",
        title_name="高级农艺师", specialty="园艺", issuing_unit_id=ISSUER, issuing_unit_name="省厅",
        document_number="川〔2026〕1号", approval_date=date(2026, 12, 18), ordered_at=moment, state="ISSUED",
        sha256="ab" * 32, size=9, issued_at=moment,
        content={"id_number": persons.seal("11010119850315411X").model_dump(), "series": "农业技术"},
    )  # fmt: skip
    db.add(row)
    await db.commit()
    return await db.scalar(select(Certificate.id))
