"""Copies and batches: told twice, late, and in any order."""

from uuid import uuid4

import pytest
from certificate_builders import issuing_information, surroundings
from certificates.tables import (
    BatchPerson,
    Certificate,
    CertificateBatch,
    KnownApplication,
    KnownCampaign,
    KnownCommittee,
    KnownUnit,
)
from contracts.certificates.v1 import CertificateHolderCorrected, IssuingInformationReceived
from contracts.event import Actor
from contracts.identity.v1 import PersonMerged, PersonState
from sqlalchemy import func, select

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_copies_keep_the_newest(deliver, db):
    unit, committee, campaign = surroundings()
    newer = unit.model_copy(update={"revision": 3, "state": unit.state.model_copy(update={"name": "新名称"})})
    for event in (newer, unit, committee, campaign):
        await deliver(event)
    assert list(await db.scalars(select(KnownUnit.name))) == ["新名称"]
    assert list(await db.scalars(select(KnownCommittee.name))) == [committee.state.name]
    assert list(await db.scalars(select(KnownCampaign.name))) == [campaign.state.name]


async def test_an_application_without_a_number_is_not_copied(deliver, db, an_application):
    from contracts.applications.v1 import ApplicationChanged

    accepted = an_application()
    early = ApplicationChanged(
        subject=accepted.subject,
        revision=2,
        actor=Actor(),
        state=accepted.state.model_copy(update={"id_number": None}),
    )
    await deliver(early)
    assert await db.scalar(select(func.count()).select_from(KnownApplication)) == 0
    await deliver(accepted)
    await deliver(early)
    assert list(await db.scalars(select(KnownApplication.revision))) == [5]


async def test_information_told_again_opens_one_batch(deliver, db, an_application, emitted):
    told = issuing_information(an_application(), an_application())
    await deliver(told)
    await deliver.once(told)
    assert await db.scalar(select(func.count()).select_from(CertificateBatch)) == 1
    assert await db.scalar(select(func.count()).select_from(BatchPerson)) == 2
    assert [type(event) for event in await emitted()] == [IssuingInformationReceived]


async def test_late_information_does_not_undo_newer(deliver, db, an_application):
    told = issuing_information(an_application(), revision=2, document_number="新〔2026〕2号")
    await deliver(told)
    await deliver(
        issuing_information(an_application(), subject=told.subject, document_number="旧〔2026〕1号")
    )
    assert list(await db.scalars(select(CertificateBatch.document_number))) == ["新〔2026〕2号"]


async def test_what_was_accepted_stays_as_it_was(deliver, db, an_application, issuer, a_batch):
    batch_id = await a_batch(2)
    await issuer.must("POST", f"/vetting/{batch_id}/pass", {}, batch_id=batch_id)
    await deliver(issuing_information(an_application(), subject=batch_id, revision=2))
    batch = await issuer.batch(batch_id)
    assert (batch["state"], batch["persons"]) == ("TO_ISSUE", 2)


async def test_a_corrected_number_moves_the_certificates_and_is_told(
    deliver, db, issuer, a_batch, run_jobs, api, emitted
):
    batch_id = await a_batch(1)
    await issuer.prepare(batch_id)
    await issuer.must("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    await run_jobs()
    old, new = await db.scalar(select(Certificate.person)), uuid4()
    state = PersonState.model_construct(**{"name": "王芳甲", "merged_into": new})
    merged = PersonMerged.model_construct(subject=old, revision=2, actor=Actor(), reason="", state=state)
    await deliver(merged)
    assert (await api.as_person(new).get("/mine")).json()["total"] == 1
    assert (await api.as_person(old).get("/mine")).json()["total"] == 0
    told = (await emitted())[-1]
    assert (type(told), told.revision, told.state.person) == (CertificateHolderCorrected, 2, new)
    assert told.state.state == "ISSUED"
    many = len(await emitted())
    await deliver(merged)
    assert len(await emitted()) == many
