"""What happens to applications because time passed."""

from datetime import datetime
from uuid import UUID

from chassis import clock
from chassis.audit import audit
from chassis.db import lock
from chassis.jobs import Jobs, Run, due
from chassis.outbox import emit
from chassis.problems import Missing
from contracts.applications.v1 import ApplicationGivenUp
from contracts.event import Actor
from sqlalchemy.ext.asyncio import AsyncSession

from applications import store
from applications.actions import CORRECTION_OVER
from applications.domain.standing import Status
from applications.tables import Application, KnownCampaign

jobs = Jobs()


@jobs.deadline(CORRECTION_OVER)
async def correction_over(db: AsyncSession, subject: UUID, run: Run) -> None:
    """Defects that were told were not mended in time: the application counts as given up (LAW-19)."""
    try:
        row = await lock(db, Application, Application.id == subject)
    except Missing:
        return
    now = clock.now()
    if row.state != Status.RETURNED_TO_APPLICANT or row.correct_by is None:
        return
    until = await _until(db, row, row.correct_by)
    if now < until:
        row.correct_by = until
        await due(db, CORRECTION_OVER, subject=row.id, at=until)
        return
    await store.move(db, row, store.case_of(row).give_up(now, rule="LAW-19"))
    emit(
        db,
        ApplicationGivenUp(
            subject=row.id,
            revision=row.revision,
            actor=Actor(role="SYSTEM"),
            reason="逾期未补正",
            state=store.public_state(row),
        ),
    )
    audit(db, None, "applications.given-up", row.id)


async def _until(db: AsyncSession, row: Application, told: datetime) -> datetime:
    """The date that was told, or the campaign's deadline where that was moved later since."""
    campaign = await db.get(KnownCampaign, row.campaign_id) if row.campaign_id else None
    return max(told, campaign.modified_deadline) if campaign else told
