"""What committees keeps of other services' facts."""

from chassis import clock
from chassis.consume import Consumers, Delivery
from chassis.known import keep
from contracts.certificates.v1 import CertificateHolderCorrected, CertificateIssued, CertificateRevoked
from contracts.event import registry
from contracts.identity.v1 import PersonMerged
from contracts.meetings import v1 as meetings
from contracts.units import v1 as units
from contracts.vocabulary import Matter
from refusals import Refusal
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from vetting import from_dict, to_dict

from committees.store import posts_of, waiting_at
from committees.tables import (
    Campaign,
    Committee,
    Expert,
    KnownCandidacy,
    KnownCertificate,
    KnownPostPlan,
    KnownUnit,
)

consumers = Consumers()

_AUTHORISED = {units.UnitStatus.AUTHORISED, units.UnitStatus.SUPERIOR_CHANGE_PENDING}


@consumers.on(
    units.UnitCreated,
    units.UnitPermissionRequested,
    units.UnitPermissionReturned,
    units.UnitAuthorised,
    units.UnitEdited,
    units.SuperiorChangeRequested,
    units.SuperiorChanged,
    units.SuperiorChangeRefused,
)
async def keep_unit(db: AsyncSession, event: units.UnitCreated, delivery: Delivery) -> None:
    """Keep the copy of units that authorise, file and establish committees."""
    await keep(
        db,
        KnownUnit,
        event,
        name=event.state.name,
        kinds=[kind.value for kind in event.state.kinds],
        jurisdiction=event.state.jurisdiction,
        superior_id=event.state.superior_id,
        authorised=event.state.state in _AUTHORISED,
    )


_TABLES: dict[Matter, type[Committee] | type[Campaign]] = {
    Matter.COMMITTEE_FILING: Committee,
    Matter.CAMPAIGN: Campaign,
}


@consumers.on(units.PostsConfigured)
async def keep_posts(db: AsyncSession, event: units.PostsConfigured, delivery: Delivery) -> None:
    """Keep the copy of posts, and give what is being vetted there the new ones (UNT-13)."""
    plan = event.state
    posts = [post.model_dump(mode="json") for post in plan.posts]
    kept = await keep(db, KnownPostPlan, event, unit_id=plan.unit_id, matter=plan.matter.value, posts=posts)
    table = _TABLES.get(plan.matter)
    if not kept or table is None:
        return
    for row in await waiting_at(db, table, plan.unit_id):
        try:
            case = from_dict(row.case).reassign(plan.unit_id, posts_of(posts), clock.now())
        except Refusal:
            continue  # nobody could vet it at the new posts: it stays with the old ones
        # The public state is the same, so neither revision nor event tells of it.
        row.case = to_dict(case)
        db.add(row)


# All of them: only the state counts here, whatever led to it.
_CANDIDACIES = [event for event in registry().values() if event.topic == meetings.CandidacyOpened.topic]


@consumers.on(*_CANDIDACIES)
async def keep_candidacy(db: AsyncSession, event: meetings.CandidacyOpened, delivery: Delivery) -> None:
    """Keep the copy of who is under review, for closing campaigns (MTG-47)."""
    await keep(db, KnownCandidacy, event, campaign_id=event.state.campaign_id, state=event.state.state.value)


@consumers.on(CertificateIssued, CertificateRevoked, CertificateHolderCorrected)
async def keep_certificate(db: AsyncSession, event: CertificateIssued, delivery: Delivery) -> None:
    """Keep the copy of which certificates exist, for closing campaigns (MTG-47)."""
    await keep(
        db,
        KnownCertificate,
        event,
        application_id=event.state.application_id,
        campaign_id=event.state.campaign_id,
        state=event.state.state.value,
    )


@consumers.on(PersonMerged)
async def merge_person(db: AsyncSession, event: PersonMerged, delivery: Delivery) -> None:
    """Let experts go by the corrected reference, unless the committee already has that person."""
    merged = event.state.merged_into
    if merged is None:
        return
    rows = await db.scalars(select(Expert).where(Expert.person == event.subject).with_for_update())
    for row in rows:
        taken = await db.scalar(
            select(Expert.id).where(Expert.committee_id == row.committee_id, Expert.person == merged)
        )
        if taken is None:
            row.person = merged
            db.add(row)
