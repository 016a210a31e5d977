"""Which batches, persons and certificates a list shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from certificates.domain.batch import BatchStatus
from certificates.domain.certificate import CertificateStatus
from certificates.tables import (
    BatchPerson,
    Certificate,
    CertificateBatch,
    KnownApplication,
    KnownCampaign,
    KnownCommittee,
)


class Tab(StrEnum):
    """待处理, 待发放, 已发放, and what was returned."""

    TO_PROCESS = "to-process"
    TO_ISSUE = "to-issue"
    ISSUED = "issued"
    RETURNED = "returned"


_STATES = {
    Tab.TO_PROCESS: (BatchStatus.TO_PROCESS,),
    Tab.TO_ISSUE: (BatchStatus.TO_ISSUE, BatchStatus.ISSUING),
    Tab.ISSUED: (BatchStatus.ISSUED,),
    Tab.RETURNED: (BatchStatus.RETURNED,),
}


def batches(
    unit: UUID, tab: Tab | None, document_number: str, campaign_id: UUID | None, committee_id: UUID | None
) -> Select[tuple[CertificateBatch]]:
    """An issuing unit's batches, the latest first."""
    table: Any = CertificateBatch
    found = select(CertificateBatch).where(table.issuing_unit_id == unit)
    if tab is not None:
        found = found.where(table.state.in_(_STATES[tab]))
    if document_number:
        found = found.where(table.document_number.contains(document_number, autoescape=True))
    if campaign_id is not None:
        found = found.where(table.campaign_id == campaign_id)
    if committee_id is not None:
        found = found.where(table.committee_id == committee_id)
    return found.order_by(table.created_at.desc(), table.id)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many persons of a batch there are in each respect."""

    persons: int = 0
    withdrawn: int = 0
    issued: int = 0
    failed: int = 0


async def tallies(db: AsyncSession, batch_ids: list[UUID]) -> dict[UUID, Tally]:
    """The counts of these batches."""
    person, made = BatchPerson, Certificate
    rows = await db.execute(
        select(
            person.batch_id,
            func.count().filter(~person.withdrawn),  # type: ignore[operator]
            func.count().filter(person.withdrawn),
            func.count().filter(made.sha256.is_not(None)),  # type: ignore[union-attr]
            func.count().filter(made.failure != ""),
        )
        .outerjoin(
            made,
            (made.batch_id == person.batch_id) & (made.application_id == person.application_id),  # type: ignore[arg-type]
        )
        .where(person.batch_id.in_(batch_ids))  # type: ignore[attr-defined]
        .group_by(person.batch_id)
    )
    return {row[0]: Tally(*row[1:]) for row in rows}


async def names(
    db: AsyncSession, table: type[KnownCampaign] | type[KnownCommittee], ids: Iterable[UUID]
) -> dict[UUID, str]:
    """The names of these campaigns or committees, as far as they are known."""
    rows = await db.execute(select(table.id, table.name).where(table.id.in_(list(ids))))  # type: ignore[attr-defined]
    return {row[0]: row[1] for row in rows}


async def known_of(db: AsyncSession, ids: list[UUID]) -> dict[UUID, KnownApplication]:
    """What has arrived of these applications."""
    rows = await db.scalars(select(KnownApplication).where(KnownApplication.id.in_(ids)))  # type: ignore[attr-defined]
    return {row.id: row for row in rows}


async def made_in(db: AsyncSession, batch_id: UUID) -> dict[UUID, Certificate]:
    """The certificates of a batch by application."""
    rows = await db.scalars(select(Certificate).where(Certificate.batch_id == batch_id))  # type: ignore[arg-type]
    return {row.application_id: row for row in rows if row.application_id is not None}


def withdrawn(unit: UUID) -> Select[tuple[BatchPerson]]:
    """Persons taken out of this unit's batches and not taken up again: back in 待处理 (Q54)."""
    of_unit = select(CertificateBatch.id).where(CertificateBatch.issuing_unit_id == unit)  # type: ignore[arg-type]
    table: Any = BatchPerson
    found = select(BatchPerson).where(table.batch_id.in_(of_unit), table.withdrawn, ~table.supplemented)
    return found.order_by(table.batch_id, table.position)


def _printed() -> Select[tuple[Certificate]]:
    return select(Certificate).where(Certificate.state != CertificateStatus.PRINTING)  # type: ignore[arg-type]


def issued(
    unit: UUID,
    *,
    document_number: str = "",
    campaign_id: UUID | None = None,
    level: str | None = None,
    state: str | None = None,
    name: str = "",
    number: str = "",
    person: UUID | None = None,
) -> Select[tuple[Certificate]]:
    """Certificates of an issuing unit, the latest first."""
    table: Any = Certificate
    found = _printed().where(table.issuing_unit_id == unit)
    if document_number:
        found = found.where(table.document_number.contains(document_number, autoescape=True))
    for column, value in (
        (table.campaign_id, campaign_id),
        (table.level, level),
        (table.state, state),
        (table.name, name),
        (table.number, number),
        (table.person, person),
    ):
        if value:
            found = found.where(column == value)
    return found.order_by(table.issued_at.desc(), table.id)


def own(person: UUID) -> Select[tuple[Certificate]]:
    """A person's certificates, the latest first (CRT-06)."""
    table: Any = Certificate
    return _printed().where(table.person == person).order_by(table.issued_at.desc(), table.id)


def by_number(number: str, name: str = "") -> Select[tuple[Certificate]]:
    """The certificate of this number, of this name if one is given."""
    table: Any = Certificate
    found = _printed().where(table.number == number)
    return found.where(table.name == name) if name else found


def by_holder(person: UUID, name: str) -> Select[tuple[Certificate]]:
    """All certificates of who bears this name and this ID number."""
    return own(person).where(Certificate.name == name).limit(50)  # type: ignore[arg-type]


def by_content(sha256: str) -> Select[tuple[Certificate]]:
    """The certificate whose PDF this is."""
    return _printed().where(Certificate.sha256 == sha256)  # type: ignore[arg-type]
