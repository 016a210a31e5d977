"""Batches and their persons, put together for responses."""

from chassis.web import Files
from sqlalchemy.ext.asyncio import AsyncSession

from certificates import queries, store
from certificates.api.views import BatchSummary, BatchView, batch_actions, file_view, person_view
from certificates.queries import Tally
from certificates.rules import CertificateRules
from certificates.tables import CertificateBatch, KnownCampaign, KnownCommittee


async def batch_summaries(
    db: AsyncSession, rows: list[CertificateBatch], rules: CertificateRules
) -> list[BatchSummary]:
    """Batches of a list with their counts and names."""
    tallies = await queries.tallies(db, [row.id for row in rows])
    campaigns = await queries.names(db, KnownCampaign, {row.campaign_id for row in rows})
    committees = await queries.names(db, KnownCommittee, {row.committee_id for row in rows})
    return [
        BatchSummary(
            **_head(row, tallies.get(row.id, Tally()), rules),
            campaign_name=campaigns.get(row.campaign_id),
            committee_name=committees.get(row.committee_id),
        )
        for row in rows
    ]


async def batch_view(
    db: AsyncSession, row: CertificateBatch, rules: CertificateRules, files: Files
) -> BatchView:
    """A batch with its persons and what became of them."""
    await db.flush()
    [summary] = await batch_summaries(db, [row], rules)
    persons = await store.members(db, row.id)
    known = await queries.known_of(db, [one.application_id for one in persons])
    made = await queries.made_in(db, row.id)
    return BatchView(
        **dict(summary),
        review_date=row.review_date,
        confirmed_date=row.confirmed_date,
        reason=row.reason,
        supplements=row.supplements,
        qualification_document=row.qualification_document["name"] if row.qualification_document else None,
        stamped_summary=await file_view(row.stamped_summary, files),
        work_id=row.work_id,
        issued_at=row.issued_at,
        failed=sum(1 for one in made.values() if one.failure),
        people=[
            person_view(one, known.get(one.application_id), made.get(one.application_id), rules)
            for one in persons
        ],
    )


def _head(row: CertificateBatch, tally: Tally, rules: CertificateRules) -> dict[str, object]:
    return {
        "id": row.id,
        "state": row.state,
        "revision": row.revision,
        "allowed_actions": batch_actions(row.state),
        "document_number": row.document_number,
        "campaign_id": row.campaign_id,
        "committee_id": row.committee_id,
        "approval_date": row.approval_date,
        "persons": tally.persons,
        "withdrawn": tally.withdrawn,
        "issued": tally.issued,
        "label": "发放中" if row.state == "ISSUING" else rules.label(row.state),
        "created_at": row.created_at,
    }
