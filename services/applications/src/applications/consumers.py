"""What applications keeps of other services' events; a copy is never the truth."""

from typing import Any

from chassis.consume import Consumers, Delivery
from chassis.known import keep
from contracts.certificates import v1 as certificates
from contracts.committees import v1 as committees
from contracts.identity.v1 import PersonMerged
from contracts.meetings import v1 as meetings
from contracts.units import v1 as units
from contracts.vocabulary import Matter
from sqlalchemy.ext.asyncio import AsyncSession

from applications.actions import lock_year, merge_person, reassign_posts
from applications.tables import (
    KnownCampaign,
    KnownCandidacy,
    KnownCertificate,
    KnownCommittee,
    KnownPosts,
    KnownSeat,
    KnownSupervision,
    KnownUnit,
)

consumers = Consumers()


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
async def keep_unit(db: AsyncSession, event: Any, delivery: Delivery) -> None:
    """Keep the tree of units that routes and choices are computed from."""
    state: units.UnitState = event.state
    await keep(
        db,
        KnownUnit,
        event,
        name=state.name,
        kinds=list(state.kinds),
        nature=state.nature,
        jurisdiction=state.jurisdiction,
        path=list(state.jurisdiction_path),
        superior_id=state.superior_id,
        state=state.state,
    )


@consumers.on(units.PostsConfigured)
async def keep_posts(db: AsyncSession, event: units.PostsConfigured, delivery: Delivery) -> None:
    """Keep a unit's posts, and give them to the applications that lie before or on the way to it."""
    if event.state.matter is not Matter.APPLICATION:
        return
    posts = [post.model_dump(mode="json") for post in event.state.posts]
    if await keep(db, KnownPosts, event, unit_id=event.state.unit_id, posts=posts):
        await reassign_posts(db, event.state.unit_id, posts)


@consumers.on(units.SupervisionConfigured)
async def keep_supervision(db: AsyncSession, event: units.SupervisionConfigured, delivery: Delivery) -> None:
    """Keep through which department an area's submissions pass (UNT-15)."""
    state = event.state
    await keep(
        db,
        KnownSupervision,
        event,
        area=state.area,
        level=state.level,
        supervising_unit_id=state.supervising_unit_id,
    )


@consumers.on(
    committees.FilingSubmitted,
    committees.FilingPassed,
    committees.FilingReturned,
    committees.CommitteeFiled,
    committees.FilingExpired,
)
async def keep_committee(db: AsyncSession, event: Any, delivery: Delivery) -> None:
    """Keep the committees that applicants choose from."""
    state: committees.CommitteeState = event.state
    await keep(
        db,
        KnownCommittee,
        event,
        name=state.name,
        series=state.series,
        area=state.area,
        establishing_unit_id=state.establishing_unit_id,
        authorising_unit_id=state.authorising_unit_id,
        state=state.state,
        content=state.model_dump(mode="json"),
    )


@consumers.on(
    committees.CampaignSubmitted,
    committees.CampaignPassed,
    committees.CampaignReturned,
    committees.CampaignPublished,
    committees.CampaignReceiving,
    committees.CampaignReceiptClosed,
    committees.CampaignDeadlinesMoved,
    committees.CampaignClosed,
)
async def keep_campaign(db: AsyncSession, event: Any, delivery: Delivery) -> None:
    """Keep campaigns with their deadlines, requirements and materials."""
    state: committees.CampaignState = event.state
    await keep(
        db,
        KnownCampaign,
        event,
        committee_id=state.committee_id,
        year=state.year,
        name=state.name,
        state=state.state,
        start=state.start,
        first_deadline=state.first_deadline,
        modified_deadline=state.modified_deadline,
        receipt_deadline=state.receipt_deadline,
        content=state.model_dump(mode="json"),
    )


@consumers.on(meetings.SeatTaken, meetings.SeatChanged, meetings.SeatLeft)
async def keep_seat(db: AsyncSession, event: Any, delivery: Delivery) -> None:
    """Keep who may read the dossiers of a campaign, and whose not."""
    state: meetings.SeatState = event.state
    await keep(
        db,
        KnownSeat,
        event,
        campaign_id=state.campaign_id,
        person=state.person,
        active=state.active and not isinstance(event, meetings.SeatLeft),
        recused_from=[str(one) for one in state.recused_from],
    )


@consumers.on(
    meetings.CandidacyOpened,
    meetings.CandidacyReviewed,
    meetings.VotePassed,
    meetings.VoteFailed,
    meetings.PublicityStarted,
    meetings.PublicityEnded,
    meetings.SupplementRequested,
    meetings.Supplemented,
    meetings.ResultConfirmed,
    meetings.ResultNotConfirmed,
    meetings.ConfirmationRejected,
    meetings.DocumentNumberSet,
    meetings.HandedOver,
    meetings.TakenBack,
)
async def keep_candidacy(db: AsyncSession, event: Any, delivery: Delivery) -> None:
    """Keep what becomes of accepted applications; a rejection at confirmation locks the year (Q11)."""
    state: meetings.CandidacyState = event.state
    await keep(db, KnownCandidacy, event, state=state.state, confirming_unit_id=state.confirming_unit_id)
    if isinstance(event, meetings.ConfirmationRejected):
        await lock_year(db, event.subject, "CONFIRM_REJECTED", delivery.envelope.time)


@consumers.on(
    certificates.CertificateIssued, certificates.CertificateRevoked, certificates.CertificateHolderCorrected
)
async def keep_certificate(db: AsyncSession, event: Any, delivery: Delivery) -> None:
    """Keep the certificate that an application ended in."""
    state: certificates.CertificateState = event.state
    if state.application_id is not None:
        await keep(
            db,
            KnownCertificate,
            event,
            application_id=state.application_id,
            number=state.number,
            state=state.state,
        )


@consumers.on(PersonMerged)
async def merge_persons(db: AsyncSession, event: PersonMerged, delivery: Delivery) -> None:
    """Hand everything of a person's old reference to the corrected one."""
    if event.state.merged_into is not None and event.state.merged_into != event.subject:
        await merge_person(db, event.subject, event.state.merged_into)
