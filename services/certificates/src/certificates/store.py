"""Batches and certificates: loaded, locked, numbered, saved; and what of them the world may know."""

from uuid import UUID

from chassis.db import get, lock, save
from chassis.outbox import emit
from chassis.problems import NotYetKnown
from contracts.certificates.v1 import BatchState, CertificateState, IssuingInformationReceived
from contracts.event import Actor
from contracts.meetings.v1 import IssuingInformationSubmitted
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from certificates.domain.batch import Batch, BatchStatus, takes_submission
from certificates.tables import (
    BatchPerson,
    Certificate,
    CertificateBatch,
    FileRecord,
    KnownApplication,
    NumberCounter,
)


async def batch_of(db: AsyncSession, batch_id: UUID, unit: UUID) -> CertificateBatch:
    """A batch of this issuing unit; raises `Missing`."""
    return await get(
        db, CertificateBatch, CertificateBatch.id == batch_id, CertificateBatch.issuing_unit_id == unit
    )


async def lock_batch(db: AsyncSession, batch_id: UUID, unit: UUID | None = None) -> CertificateBatch:
    """The same, locked until the transaction ends; of any unit when none is named."""
    where: list[ColumnElement[bool] | bool] = [CertificateBatch.id == batch_id]
    if unit is not None:
        where.append(CertificateBatch.issuing_unit_id == unit)
    return await lock(db, CertificateBatch, *where)


async def members(db: AsyncSession, batch_id: UUID) -> list[BatchPerson]:
    """The persons of a batch in the order in which they were sent."""
    found = select(BatchPerson).where(BatchPerson.batch_id == batch_id)  # type: ignore[arg-type]
    return list(await db.scalars(found.order_by(BatchPerson.position, BatchPerson.id)))  # type: ignore[arg-type]


def domain(row: CertificateBatch, persons: list[BatchPerson]) -> Batch:
    """The batch as the domain sees it."""
    return Batch(
        state=BatchStatus(row.state),
        document_number=row.document_number,
        review_date=row.review_date,
        persons=frozenset(one.application_id for one in persons),
        withdrawn=frozenset(one.application_id for one in persons if one.withdrawn),
        approval_date=row.approval_date,
        stamped=row.stamped_summary is not None,
    )


def save_batch(
    db: AsyncSession, row: CertificateBatch, persons: list[BatchPerson], moved: Batch
) -> CertificateBatch:
    """Save the batch's next revision as the domain decided."""
    row.state, row.approval_date = moved.state, moved.approval_date
    row.document_number = moved.document_number
    if not moved.stamped:
        row.stamped_summary = None
    for one in persons:
        one.withdrawn = one.application_id in moved.withdrawn
    return save(db, row)


def public_batch(row: CertificateBatch, persons: list[BatchPerson]) -> BatchState:
    """What every service may know of a batch."""
    return BatchState(
        campaign_id=row.campaign_id,
        committee_id=row.committee_id,
        issuing_unit_id=row.issuing_unit_id,
        document_number=row.document_number,
        persons=tuple(one.application_id for one in persons),
        withdrawn=tuple(one.application_id for one in persons if one.withdrawn),
        state=row.state,
        approval_date=row.approval_date,
        stamped_summary=row.stamped_summary["sha256"] if row.stamped_summary else None,
        supplements=row.supplements,
    )


async def applications(db: AsyncSession, ids: list[UUID]) -> dict[UUID, KnownApplication]:
    """What is known of these applications; raises `NotYetKnown` unless it is all of them."""
    found = await db.scalars(select(KnownApplication).where(KnownApplication.id.in_(ids)))  # type: ignore[attr-defined]
    known = {row.id: row for row in found}
    if missing := len(set(ids) - set(known)):
        raise not_yet(f"还有 {missing} 名人员的申报信息尚未到达。")
    return known


async def take_in(
    db: AsyncSession, event: IssuingInformationSubmitted, document: FileRecord
) -> CertificateBatch | None:
    """Open a batch for issuing information, or renew one that is not passed yet; None when it is too late."""
    state = event.state
    own = select(CertificateBatch).where(CertificateBatch.id == event.subject).with_for_update()  # type: ignore[arg-type]
    row = await db.scalar(own)
    if row is not None and row.source_revision >= event.revision:
        return None
    if not takes_submission(BatchStatus(row.state) if row else None):
        return None
    if row is None:
        row = CertificateBatch(id=event.subject, state=BatchStatus.TO_PROCESS, source_revision=0)  # type: ignore[call-arg]
    row.issuing_unit_id, row.document_number = state.issuing_unit_id, state.document_number
    row.campaign_id, row.committee_id = state.campaign_id, state.committee_id
    row.review_date, row.confirmed_date = state.review_date, state.confirmed_date
    row.qualification_document, row.source_revision = document, event.revision
    row.state, row.reason = BatchStatus.TO_PROCESS, ""
    save(db, row)
    await db.flush()
    await db.execute(delete(BatchPerson).where(BatchPerson.batch_id == row.id))  # type: ignore[arg-type]
    persons = [
        BatchPerson(
            batch_id=row.id, application_id=one.application_id, position=at, person=one.person, name=one.name
        )
        for at, one in enumerate(state.persons, 1)
    ]
    db.add_all(persons)
    emit(
        db,
        IssuingInformationReceived(
            subject=row.id,
            revision=row.revision,
            actor=Actor(role="SYSTEM"),
            state=public_batch(row, persons),
        ),
    )
    return row


async def take_serials(db: AsyncSession, region: str, year: int, count: int) -> range:
    """The next serials of a region and year; whoever comes at the same time waits, none is ever given twice."""
    row = insert(NumberCounter).values(region=region, year=year, last=count)
    grown = row.on_conflict_do_update(
        index_elements=["region", "year"], set_={"last": NumberCounter.last + row.excluded.last}
    ).returning(NumberCounter.last)
    last = int((await db.execute(grown)).scalar_one())
    return range(last - count + 1, last + 1)


async def certificate_of(db: AsyncSession, certificate_id: UUID, *where: ColumnElement[bool]) -> Certificate:
    """A certificate that the world may know of; raises `Missing`."""
    return await get(
        db, Certificate, Certificate.id == certificate_id, Certificate.state != "PRINTING", *where
    )


def public_certificate(row: Certificate) -> CertificateState:
    """What every system may know of a certificate that is printed."""
    assert row.sha256 is not None
    assert row.issued_at is not None
    return CertificateState(
        number=row.number,
        application_id=row.application_id,
        person=row.person,
        name=row.name,
        obtaining_method=row.obtaining_method,
        series=row.series,
        level=row.level,
        title_name=row.title_name,
        specialty=row.specialty,
        campaign_id=row.campaign_id,
        issuing_unit_id=row.issuing_unit_id,
        issuing_unit_name=row.issuing_unit_name,
        document_number=row.document_number,
        approval_date=row.approval_date,
        issued_at=row.issued_at,
        sha256=row.sha256,
        state=row.state,
    )


async def follow_person(db: AsyncSession, old: UUID, new: UUID) -> list[Certificate]:
    """Everything that belongs to the old reference belongs to the new one; returns its certificates."""
    for table in (BatchPerson, KnownApplication):
        await db.execute(update(table).where(table.person == old).values(person=new))  # type: ignore[attr-defined]
    mine = select(Certificate).where(Certificate.person == old).order_by(Certificate.id)  # type: ignore[arg-type]
    rows = list(await db.scalars(mine.with_for_update()))
    for row in rows:
        row.person = new
    return rows


def not_yet(detail: str) -> NotYetKnown:
    """A copy has not arrived: try again in a moment (real time)."""
    from datetime import timedelta

    from chassis.clock import real_now

    return NotYetKnown(detail, retry_at=(real_now() + timedelta(seconds=2)).isoformat())


async def numbers_of(db: AsyncSession, batch_id: UUID) -> dict[UUID, str]:
    """Certificate numbers of a batch by application, once they are given."""
    rows = await db.execute(
        select(Certificate.application_id, Certificate.number).where(Certificate.batch_id == batch_id)  # type: ignore[arg-type]
    )
    return {row[0]: row[1] for row in rows}
