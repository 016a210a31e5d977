"""Certificates: batches to issue, and certificates that their holders are told of."""

from chassis.consume import Delivery
from chassis.known import keep
from contracts.certificates import v1 as certificates
from contracts.certificates.v1 import BatchStatus
from sqlalchemy import Table, delete
from sqlalchemy.ext.asyncio import AsyncSession

from notices import store
from notices.actions import write
from notices.consumers.registry import consumers, every
from notices.domain import texts
from notices.domain.todos import Place, TodoKind
from notices.tables import KnownBatch, Todo

BatchEvent = (
    certificates.IssuingInformationPassed
    | certificates.IssuingInformationReturned
    | certificates.PersonWithdrawn
    | certificates.BatchStarted
    | certificates.BatchIssued
)
CertificateEvent = (
    certificates.CertificateIssued | certificates.CertificateRevoked | certificates.CertificateHolderCorrected
)
_KINDS = (TodoKind.BATCH_TO_ISSUE, TodoKind.ISSUING_INFORMATION_RETURNED)


@consumers.on(*every("certificates.batch"))
async def hear_of_batch(db: AsyncSession, event: BatchEvent, delivery: Delivery) -> None:
    """A batch to issue lies with the issuing unit, a returned one with the committee that sent it."""
    batch, at = event.state, delivery.envelope.time
    await store.hold(db, f"{batch.issuing_unit_id} {batch.document_number}")
    newer = await keep(
        db,
        KnownBatch,
        event,
        campaign_id=batch.campaign_id,
        issuing_unit_id=batch.issuing_unit_id,
        document_number=batch.document_number,
        told_at=at,
        state=batch.state.value,
    )
    if not newer:
        return
    await store.settle(db, event.subject, _KINDS, _todo(event, delivery))
    table: Table = Todo.__table__  # type: ignore[attr-defined]
    await db.execute(
        delete(table).where(
            table.c.kind == TodoKind.ISSUING_INFORMATION_TO_PROCESS.value,
            table.c.place_id == batch.issuing_unit_id,
            table.c.title == batch.document_number,
            table.c.since <= at,
        )
    )


def _todo(event: BatchEvent, delivery: Delivery) -> Todo | None:
    batch, since = event.state, delivery.envelope.time
    title = batch.document_number
    if batch.state == BatchStatus.TO_ISSUE:
        return store.todo(TodoKind.BATCH_TO_ISSUE, event.subject, title, since, place=batch.issuing_unit_id)
    if batch.state == BatchStatus.RETURNED and batch.campaign_id is not None:
        kind, role = TodoKind.ISSUING_INFORMATION_RETURNED, Place.ESTABLISHING
        return store.todo(kind, event.subject, title, since, place=batch.campaign_id, role=role)
    return None


@consumers.on(*every("certificates.certificate"))
async def hear_of_certificate(db: AsyncSession, event: CertificateEvent, delivery: Delivery) -> None:
    """Tell holders what happened to their certificate."""
    if not await store.hear(db, event) or isinstance(event, certificates.CertificateHolderCorrected):
        return  # the correction itself was not theirs, and nothing about the certificate changed for them
    certificate, at = event.state, delivery.envelope.time
    if isinstance(event, certificates.CertificateIssued):
        text = texts.certificate_issued(certificate.title_name, certificate.number)
    else:
        text = texts.certificate_revoked(certificate.title_name, certificate.number, event.reason)
    sender = certificate.issuing_unit_id
    write(db, text, at, to_person=certificate.person, from_unit=sender, about=event.subject)
