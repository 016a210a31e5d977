"""Issuing: numbers are given and fixed in one transaction, printing follows (CRT-04, design of numbers)."""

from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import save
from chassis.jobs import defer
from chassis.outbox import emit
from chassis.problems import NotYetKnown
from chassis.web import Caller, Config, Db, Files, IfMatch, Model, Router, expect
from chassis.work import start_work
from contracts.certificates.v1 import BatchStarted, BatchSupplemented
from pydantic import Field
from refusals import Complaint, Kind, Refusal
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificates import printing, queries, store
from certificates.api.preparing import ISSUE
from certificates.api.shown import batch_view
from certificates.api.views import BatchView
from certificates.domain.batch import NotReadyToIssue, NotWithdrawn
from certificates.domain.certificate import CERTIFICATE, CertificateAct, CertificateStatus
from certificates.rules import RENDER, CertificateRules, Rules
from certificates.tables import (
    BatchPerson,
    Certificate,
    CertificateBatch,
    KnownCommittee,
    KnownUnit,
)

router = Router(tags=["issuing"])


class AlreadyIssued(Refusal):
    """有人员已持有此次申报的证书。"""

    slug, kind = "already-issued", Kind.CONFLICT


class SupplementBatch(Model):
    """Open a further batch for persons who had been taken out."""

    application_ids: list[UUID] = Field(min_length=1, max_length=2000)


@router.post(
    "/batches/{batch_id}/issue",
    access=needs(ISSUE, Relation.OWN_UNIT),
    refuses=[IllegalMove, NotReadyToIssue, AlreadyIssued, NotYetKnown],
)
async def issue_batch(
    batch_id: UUID, db: Db, caller: Caller, rules: Rules, settings: Config, files: Files, if_match: IfMatch
) -> BatchView:
    """Issue the batch: numbers are final now; `work_id` tells how far printing is."""
    row = await store.lock_batch(db, batch_id, caller.unit)
    expect(row, if_match)
    persons = await store.members(db, batch_id)
    moved = store.domain(row, persons).issue()
    inside = [one for one in persons if not one.withdrawn]
    await _refuse_second(db, inside)
    certificates = await _number(db, row, inside, rules, settings.public_base_url)
    work = await start_work(db, caller, "certificates.issue", total=len(certificates))
    row.work_id, row.pack = work.id, rules.pack.ref
    store.save_batch(db, row, persons, moved)
    emit(
        db,
        BatchStarted(
            subject=row.id, revision=row.revision, actor=caller.actor, state=store.public_batch(row, persons)
        ),
    )
    audit(db, caller, "certificates.batch.issued", row.id, row.document_number)
    await db.flush()
    for certificate in certificates:
        await defer(db, RENDER, certificate_id=str(certificate.id))
    return await batch_view(db, row, rules, files)


@router.post("/batches/{batch_id}/retry", access=needs(ISSUE, Relation.OWN_UNIT), refuses=[IllegalMove])
async def retry_batch(
    batch_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> BatchView:
    """Print again at once what is not printed yet; otherwise it is tried again by itself, ever more seldom."""
    row = await store.lock_batch(db, batch_id, caller.unit)
    expect(row, if_match)
    persons = await store.members(db, batch_id)
    store.domain(row, persons).retry()
    for certificate in (await queries.made_in(db, batch_id)).values():
        if certificate.state == CertificateStatus.PRINTING:
            await defer(db, RENDER, certificate_id=str(certificate.id))
    audit(db, caller, "certificates.batch.retried", row.id)
    return await batch_view(db, row, rules, files)


@router.post(
    "/batches/{batch_id}/supplement",
    access=needs(ISSUE, Relation.OWN_UNIT),
    refuses=[IllegalMove, NotWithdrawn],
    status_code=201,
)
async def supplement_batch(
    batch_id: UUID,
    body: SupplementBatch,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> BatchView:
    """Open a further batch under the same number for persons whose doubts are settled (Q54)."""
    row = await store.lock_batch(db, batch_id, caller.unit)
    expect(row, if_match)
    persons = [one for one in await store.members(db, batch_id) if not one.supplemented]
    chosen = frozenset(body.application_ids)
    moved = store.domain(row, persons).supplement(chosen)
    further, members = _further(row, [one for one in persons if one.application_id in chosen])
    further.state, further.pack = moved.state, rules.pack.ref
    db.add(save(db, further))
    await db.flush()
    db.add_all(members)
    emit(
        db,
        BatchSupplemented(
            subject=further.id,
            revision=further.revision,
            actor=caller.actor,
            state=store.public_batch(further, members),
        ),
    )
    audit(db, caller, "certificates.batch.supplemented", row.id, f"{len(members)}")
    return await batch_view(db, further, rules, files)


def _further(row: CertificateBatch, persons: list[BatchPerson]) -> tuple[CertificateBatch, list[BatchPerson]]:
    further = CertificateBatch(  # type: ignore[call-arg]
        issuing_unit_id=row.issuing_unit_id,
        campaign_id=row.campaign_id,
        committee_id=row.committee_id,
        document_number=row.document_number,
        review_date=row.review_date,
        confirmed_date=row.confirmed_date,
        qualification_document=row.qualification_document,
        source_revision=0,
        supplements=row.id,
    )
    members = []
    for at, one in enumerate(persons, 1):
        one.supplemented = True
        members.append(
            BatchPerson(
                batch_id=further.id,
                application_id=one.application_id,
                position=at,
                person=one.person,
                name=one.name,
            )
        )
    return further, members


async def _refuse_second(db: AsyncSession, inside: list[BatchPerson]) -> None:
    ids = [one.application_id for one in inside]
    held = await db.scalars(
        select(Certificate.application_id).where(
            Certificate.application_id.in_(ids),  # type: ignore[union-attr]
            Certificate.state != CertificateStatus.REVOKED,  # type: ignore[arg-type]
        )
    )
    if again := set(held):
        complaints = tuple(
            Complaint(f"/persons/{one.application_id}", "issued", f"{one.name}已持有证书，请取消发证。")
            for one in inside
            if one.application_id in again
        )
        raise AlreadyIssued("请先将已持有证书的人员取消发证。", complaints=complaints)


async def _number(
    db: AsyncSession, row: CertificateBatch, inside: list[BatchPerson], rules: CertificateRules, base_url: str
) -> list[Certificate]:
    """Give everybody a number and fix what their certificate says."""
    known = await store.applications(db, [one.application_id for one in inside])
    unit = await db.get(KnownUnit, row.issuing_unit_id)
    committee = await db.get(KnownCommittee, row.committee_id)
    if unit is None or committee is None:
        raise store.not_yet("评审机构或发证单位的信息尚未到达。")
    assert row.approval_date is not None
    year = row.approval_date.year
    serials = await store.take_serials(db, rules.region(unit.jurisdiction), year, len(inside))
    made = []
    for serial, one in zip(serials, inside, strict=True):
        application = known[one.application_id]
        number = rules.number(unit.jurisdiction, year, application.level, serial)
        made.append(
            Certificate(  # type: ignore[call-arg]
                number=number,
                batch_id=row.id,
                application_id=application.id,
                person=application.person,
                name=application.name,
                obtaining_method=rules.method(application.method),
                series=application.series,
                level=application.level,
                title_name=application.title_name,
                specialty=application.specialty,
                campaign_id=row.campaign_id,
                issuing_unit_id=unit.id,
                issuing_unit_name=unit.name,
                document_number=row.document_number,
                approval_date=row.approval_date,
                content=printing.content(
                    number,
                    row,
                    application,
                    review_body=committee.name,
                    issuing_unit=unit.name,
                    rules=rules,
                    url=printing.lookup_url(base_url, number),
                ),
                photo=application.photo,
                ordered_at=clock.now(),
                state=CertificateStatus(CERTIFICATE.next(None, CertificateAct.NUMBER)),
            )
        )
    db.add_all(made)
    return made
