"""Committees, experts and campaigns: what offices have to do, and what the portal shows."""

from chassis.consume import Delivery
from chassis.known import keep
from contracts.committees import v1 as committees
from contracts.committees.v1 import CampaignStatus, ExpertStatus, FilingStatus
from sqlalchemy.ext.asyncio import AsyncSession

from notices import store
from notices.actions import write
from notices.consumers.registry import consumers, every
from notices.domain import texts
from notices.domain.todos import Place, TodoKind
from notices.tables import KnownCampaign, KnownCommittee, Todo

CommitteeEvent = (
    committees.FilingSubmitted
    | committees.FilingPassed
    | committees.FilingReturned
    | committees.CommitteeFiled
    | committees.FilingExpired
)
ExpertEvent = (
    committees.ExpertSubmitted
    | committees.ExpertReturned
    | committees.ExpertAdmitted
    | committees.ExpertSuspended
)
CampaignEvent = (
    committees.CampaignSubmitted
    | committees.CampaignPassed
    | committees.CampaignReturned
    | committees.CampaignPublished
    | committees.CampaignReceiving
    | committees.CampaignReceiptClosed
    | committees.CampaignDeadlinesMoved
    | committees.CampaignClosed
)
_FILINGS = (TodoKind.FILING_TO_VET, TodoKind.FILING_RETURNED, TodoKind.FILING_EXPIRED)
_EXPERTS = (TodoKind.EXPERT_TO_SUBMIT, TodoKind.EXPERT_TO_VET)
_CAMPAIGNS = (TodoKind.CAMPAIGN_TO_VET, TodoKind.CAMPAIGN_RETURNED)
_PUBLISHED = {
    CampaignStatus.PUBLISHED,
    CampaignStatus.RECEIVING,
    CampaignStatus.RECEIPT_CLOSED,
    CampaignStatus.CLOSED,
}


@consumers.on(*every("committees.committee"))
async def hear_of_committee(db: AsyncSession, event: CommitteeEvent, delivery: Delivery) -> None:
    """Keep the committee; a filing lies with who vets it, a returned or expired one with who runs it."""
    committee = event.state
    newer = await keep(
        db,
        KnownCommittee,
        event,
        name=committee.name,
        area=committee.area,
        establishing_unit_id=committee.establishing_unit_id,
        authorising_unit_id=committee.authorising_unit_id,
        filing_unit_id=committee.filing_unit_id,
        state=committee.state.value,
        valid_from=committee.valid_from,
        valid_until=committee.valid_until,
    )
    if newer:
        await store.settle(db, event.subject, _FILINGS, _filing_todo(event, delivery))
        _tell_of_filing(db, event, delivery)


def _filing_todo(event: CommitteeEvent, delivery: Delivery) -> Todo | None:
    committee = event.state
    match committee.state:
        case FilingStatus.AUTHORISING_VETTING:
            kind, place = TodoKind.FILING_TO_VET, committee.node_unit_id or committee.authorising_unit_id
        case FilingStatus.FILING_VETTING:
            kind, place = TodoKind.FILING_TO_VET, committee.node_unit_id or committee.filing_unit_id
        case FilingStatus.RETURNED:
            kind, place = TodoKind.FILING_RETURNED, committee.establishing_unit_id
        case FilingStatus.EXPIRED:
            kind, place = TodoKind.FILING_EXPIRED, committee.establishing_unit_id
        case _:
            return None
    return store.todo(kind, event.subject, committee.name, delivery.envelope.time, place=place)


def _tell_of_filing(db: AsyncSession, event: CommitteeEvent, delivery: Delivery) -> None:
    committee = event.state
    match event:
        case committees.FilingReturned():
            text = texts.filing_returned(committee.name, event.reason)
        case committees.CommitteeFiled():
            text = texts.committee_filed(committee.name, str(committee.valid_until or ""))
        case committees.FilingExpired():
            text = texts.filing_expired(committee.name)
        case _:
            return
    unit = committee.establishing_unit_id
    write(db, text, delivery.envelope.time, to_unit=unit, from_unit=event.actor.unit, about=event.subject)


@consumers.on(*every("committees.expert"))
async def hear_of_expert(db: AsyncSession, event: ExpertEvent, delivery: Delivery) -> None:
    """An expert to vet lies with the authorising unit, a returned one with who runs the committee."""
    if not await store.hear(db, event):
        return
    expert, since, todo = event.state, delivery.envelope.time, None
    place = expert.committee_id
    if expert.state == ExpertStatus.TO_VET:
        kind, role = TodoKind.EXPERT_TO_VET, Place.AUTHORISING
        todo = store.todo(kind, event.subject, expert.name, since, place=place, role=role)
    elif expert.state in (ExpertStatus.TO_SUBMIT, ExpertStatus.RETURNED):
        kind, role = TodoKind.EXPERT_TO_SUBMIT, Place.ESTABLISHING
        todo = store.todo(kind, event.subject, expert.name, since, place=place, role=role)
    await store.settle(db, event.subject, _EXPERTS, todo)


@consumers.on(*every("committees.campaign"))
async def hear_of_campaign(db: AsyncSession, event: CampaignEvent, delivery: Delivery) -> None:
    """Keep the campaign for the portal; one to vet lies with its node, a returned one with who runs it."""
    campaign, at = event.state, delivery.envelope.time
    known = await db.get(KnownCampaign, event.subject)
    published_at = known.published_at if known else None
    if published_at is None and campaign.state in _PUBLISHED:
        published_at = at
    newer = await keep(
        db,
        KnownCampaign,
        event,
        committee_id=campaign.committee_id,
        establishing_unit_id=campaign.establishing_unit_id,
        name=campaign.name,
        year=campaign.year,
        series=campaign.series,
        eligible_scope=campaign.eligible_scope,
        document_number=campaign.document_number,
        start=campaign.start,
        first_deadline=campaign.first_deadline,
        receipt_deadline=campaign.receipt_deadline,
        public=campaign.public,
        policy_file=campaign.policy_file is not None,
        arrangement_file=campaign.arrangement_file is not None,
        state=campaign.state.value,
        published_at=published_at,
    )
    if newer:
        await store.settle(db, event.subject, _CAMPAIGNS, _campaign_todo(event, delivery))
        _tell_of_campaign(db, event, delivery)


def _campaign_todo(event: CampaignEvent, delivery: Delivery) -> Todo | None:
    campaign, since = event.state, delivery.envelope.time
    if campaign.state == CampaignStatus.VETTING:
        kind, unit = TodoKind.CAMPAIGN_TO_VET, campaign.node_unit_id or campaign.authorising_unit_id
        if unit is not None:
            return store.todo(kind, event.subject, campaign.name, since, place=unit)
        role = Place.AUTHORISING
    elif campaign.state == CampaignStatus.RETURNED:
        kind, role = TodoKind.CAMPAIGN_RETURNED, Place.ESTABLISHING
    else:
        return None
    return store.todo(kind, event.subject, campaign.name, since, place=campaign.committee_id, role=role)


def _tell_of_campaign(db: AsyncSession, event: CampaignEvent, delivery: Delivery) -> None:
    campaign = event.state
    if campaign.establishing_unit_id is None:
        return  # told by an early release: the to-do alone says it
    match event:
        case committees.CampaignReturned():
            text = texts.campaign_returned(campaign.name, event.reason)
        case committees.CampaignPublished():
            text = texts.campaign_published(campaign.name)
        case _:
            return
    unit = campaign.establishing_unit_id
    write(db, text, delivery.envelope.time, to_unit=unit, from_unit=event.actor.unit, about=event.subject)
