"""What happens because time passed."""

from uuid import UUID

from chassis import clock
from chassis.db import lock, save
from chassis.jobs import Jobs, Run, due
from chassis.outbox import emit
from contracts.committees import v1
from contracts.event import Actor
from sqlalchemy.ext.asyncio import AsyncSession

from committees import queries, store
from committees.domain.campaign import MACHINE, CampaignStatus, Event
from committees.domain.filing import FilingStatus
from committees.tables import Campaign, Committee

jobs = Jobs()


@jobs.deadline("filing-expires")
async def filing_expires(db: AsyncSession, subject: UUID, run: Run) -> None:
    """The last valid day of a filing is over (COM-12)."""
    row = await lock(db, Committee, Committee.id == subject)
    if row.state != FilingStatus.FILED:
        return
    filing = store.filing_of(row).expire(queries.today())
    if filing.state is not FilingStatus.EXPIRED:
        return
    store.save_filing(db, row, filing)
    state = queries.committee_state(row)
    emit(db, v1.FilingExpired(subject=row.id, revision=row.revision, actor=Actor(), state=state))


@jobs.deadline("campaign-starts")
async def campaign_starts(db: AsyncSession, subject: UUID, run: Run) -> None:
    """A published campaign's start is reached: material is received."""
    row = await lock(db, Campaign, Campaign.id == subject)
    if row.state != CampaignStatus.PUBLISHED or row.start_at is None:
        return
    if row.start_at > clock.now():
        await due(db, "campaign-starts", subject=row.id, at=row.start_at)
        return
    _move(db, row, Event.START, v1.CampaignReceiving)


@jobs.deadline("campaign-receipt-ends")
async def campaign_receipt_ends(db: AsyncSession, subject: UUID, run: Run) -> None:
    """A campaign's receipt deadline passed."""
    row = await lock(db, Campaign, Campaign.id == subject)
    if row.receipt_deadline is None or row.state not in (CampaignStatus.PUBLISHED, CampaignStatus.RECEIVING):
        return
    if row.receipt_deadline > clock.now():
        await due(db, "campaign-receipt-ends", subject=row.id, at=row.receipt_deadline)
        return
    if row.state == CampaignStatus.PUBLISHED:  # both were due at once: in their order
        _move(db, row, Event.START, v1.CampaignReceiving)
    _move(db, row, Event.END_RECEIPT, v1.CampaignReceiptClosed)


def _move(
    db: AsyncSession,
    row: Campaign,
    event: Event,
    told: type[v1.CampaignReceiving] | type[v1.CampaignReceiptClosed],
) -> None:
    progress = store.progress_of(row)
    row.state = CampaignStatus(MACHINE.next(progress.state, event))
    save(db, row)
    state = queries.campaign_state(row)
    emit(db, told(subject=row.id, revision=row.revision, actor=Actor(), state=state))
