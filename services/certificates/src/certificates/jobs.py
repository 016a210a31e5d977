"""Certificates are printed one by one: each job ends in one PDF for one number, however often it runs."""

from uuid import UUID

from chassis import clock, work
from chassis.db import get, lock, save
from chassis.failpoint import failpoint
from chassis.jobs import Jobs, Run
from chassis.outbox import emit
from contracts.certificates.v1 import BatchIssued, CertificateIssued
from contracts.event import Actor
from documents import PrintingFailed
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from certificates import delivering, printing, store, webhooks
from certificates.domain.batch import BatchStatus
from certificates.domain.certificate import CERTIFICATE, CertificateAct, CertificateStatus
from certificates.rules import RENDER
from certificates.tables import Certificate, CertificateBatch

jobs = Jobs()
PHOTOS = "applications"  # the bucket that photos lie in; read with a credential of our own
_PDF = "application/pdf"


@jobs.task(RENDER)
async def render(run: Run, certificate_id: str) -> None:
    """Print a certificate, keep it, and declare it issued; nothing happens when that was done before."""
    async with run.session() as db:
        row = await get(db, Certificate, Certificate.id == UUID(certificate_id))
        if row.state != CertificateStatus.PRINTING:
            return
        await _attempt(db, row.id)
    try:
        photo = await run.files.read(row.photo["sha256"], bucket=PHOTOS) if row.photo else None
        await failpoint("certificates.before-render")
        pdf = await printing.certificate_pdf(row, photo, run.settings)
        sha256 = await run.files.put(pdf, _PDF)
        await failpoint("certificates.after-put")
    except Exception as error:
        async with run.session() as db:
            await _failed(db, row.id, error)
        raise
    async with run.session() as db:
        await _issue(db, row.id, sha256, len(pdf))


@jobs.task(webhooks.DELIVER, queue=webhooks.QUEUE)
async def deliver_webhooks(run: Run, subscription_id: str) -> None:
    """Deliver what is due for a subscription; receivers that are slow hold up no printing."""
    await delivering.deliver_due(run, UUID(subscription_id))


jobs.watch(delivering.look_after)


async def _issue(db: AsyncSession, certificate_id: UUID, sha256: str, size: int) -> None:
    """ISSUED, its hash and its event in one transaction; the last one completes the batch."""
    batch_id = await db.scalar(select(Certificate.batch_id).where(Certificate.id == certificate_id))  # type: ignore[arg-type]
    assert batch_id is not None
    # The batch first: two that come last must see each other.
    batch = await store.lock_batch(db, batch_id)
    row = await lock(db, Certificate, Certificate.id == certificate_id)
    if row.state != CertificateStatus.PRINTING:
        return
    row.state = CertificateStatus(CERTIFICATE.next(row.state, CertificateAct.KEEP))
    row.sha256, row.size, row.issued_at, row.failure = sha256, size, clock.now(), ""
    save(db, row)
    told = CertificateIssued(
        subject=row.id,
        revision=row.revision,
        actor=Actor(unit=row.issuing_unit_id, role="ISSUER"),
        state=store.public_certificate(row),
    )
    await webhooks.announce(db, told)
    await db.flush()
    await _count(db, batch)


async def _count(db: AsyncSession, batch: CertificateBatch) -> None:
    of_batch = select(func.count()).select_from(Certificate).where(Certificate.batch_id == batch.id)  # type: ignore[arg-type]
    total = await db.scalar(of_batch) or 0
    left = await db.scalar(of_batch.where(Certificate.state == CertificateStatus.PRINTING)) or 0  # type: ignore[arg-type]
    if batch.work_id is not None:
        await work.progress(db, batch.work_id, total - left, total)
    if left or batch.state != BatchStatus.ISSUING:
        return
    persons = await store.members(db, batch.id)
    batch.issued_at = clock.now()
    store.save_batch(db, batch, persons, store.domain(batch, persons).finish())
    emit(
        db,
        BatchIssued(
            subject=batch.id,
            revision=batch.revision,
            actor=Actor(unit=batch.issuing_unit_id, role="ISSUER"),
            state=store.public_batch(batch, persons),
        ),
    )
    if batch.work_id is not None:
        await work.finish(db, batch.work_id, {"certificates": total})


async def _attempt(db: AsyncSession, certificate_id: UUID) -> None:
    of = update(Certificate).where(Certificate.id == certificate_id)  # type: ignore[arg-type]
    await db.execute(of.values(attempts=Certificate.attempts + 1))


async def _failed(db: AsyncSession, certificate_id: UUID, error: Exception) -> None:
    """Say for people why it is not there yet; what drivers say may hold addresses."""
    said = str(error)[:300] if isinstance(error, PrintingFailed) else type(error).__name__
    of = update(Certificate).where(
        Certificate.id == certificate_id,  # type: ignore[arg-type]
        Certificate.state == CertificateStatus.PRINTING,  # type: ignore[arg-type]
    )
    await db.execute(of.values(failure=said))
