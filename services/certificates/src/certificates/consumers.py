"""What certificates learns from other services: issuing information, and what certificates must print."""

from typing import cast
from uuid import UUID

from chassis import clock
from chassis.consume import Consumers, Delivery
from chassis.db import save
from chassis.known import keep
from contracts.applications.v1 import ApplicationAccepted, ApplicationChanged, FileRef
from contracts.certificates.v1 import CertificateHolderCorrected
from contracts.committees.v1 import (
    CampaignClosed,
    CampaignDeadlinesMoved,
    CampaignPublished,
    CampaignReceiptClosed,
    CampaignReceiving,
    CommitteeFiled,
    FilingExpired,
)
from contracts.event import Actor
from contracts.identity.v1 import (
    PersonMerged,
    SystemAllowed,
    SystemDisabled,
    SystemEnabled,
    SystemRegistered,
)
from contracts.meetings.v1 import IssuingInformationSubmitted
from contracts.units.v1 import (
    SuperiorChanged,
    SuperiorChangeRefused,
    SuperiorChangeRequested,
    UnitAuthorised,
    UnitCreated,
    UnitEdited,
)
from sqlalchemy.ext.asyncio import AsyncSession

from certificates import delivering, store, webhooks
from certificates.domain.certificate import CertificateStatus
from certificates.domain.webhook import WebhookAct
from certificates.tables import (
    FileRecord,
    KnownApplication,
    KnownCampaign,
    KnownCommittee,
    KnownSystem,
    KnownUnit,
)

consumers = Consumers()


@consumers.on(
    UnitCreated, UnitAuthorised, UnitEdited, SuperiorChangeRequested, SuperiorChanged, SuperiorChangeRefused
)
async def keep_unit(db: AsyncSession, event: UnitCreated, delivery: Delivery) -> None:
    """Keep the names and regions of units, which certificates and their numbers carry."""
    await keep(db, KnownUnit, event, name=event.state.name, jurisdiction=event.state.jurisdiction)


@consumers.on(CommitteeFiled, FilingExpired)
async def keep_committee(db: AsyncSession, event: CommitteeFiled, delivery: Delivery) -> None:
    """Keep the names of review bodies."""
    await keep(db, KnownCommittee, event, name=event.state.name)


@consumers.on(
    CampaignPublished, CampaignReceiving, CampaignReceiptClosed, CampaignDeadlinesMoved, CampaignClosed
)
async def keep_campaign(db: AsyncSession, event: CampaignPublished, delivery: Delivery) -> None:
    """Keep the names of campaigns."""
    await keep(db, KnownCampaign, event, name=event.state.name, year=event.state.year)


@consumers.on(ApplicationAccepted, ApplicationChanged)
async def keep_application(
    db: AsyncSession, event: ApplicationAccepted | ApplicationChanged, delivery: Delivery
) -> None:
    """Keep what a certificate must print, once it is told: from acceptance on."""
    state = event.state
    if state.id_number is None:
        return
    await keep(
        db,
        KnownApplication,
        event,
        person=state.person,
        name=state.name,
        sex=state.sex or "",
        birth_date=state.birth_date,
        id_number=state.id_number.model_dump(),
        masked=state.id_number_masked or "",
        employer_name=state.employer_name,
        photo=_record(state.photo) if state.photo else None,
        method=state.method.value,
        series=state.series,
        level=state.level.value,
        specialty=state.specialty,
        title_name=state.title_name,
        campaign_id=state.campaign_id,
    )


@consumers.on(IssuingInformationSubmitted)
async def take_issuing_information(
    db: AsyncSession, event: IssuingInformationSubmitted, delivery: Delivery
) -> None:
    """Put issuing information before the issuing unit; submitted again after a return it replaces what was there."""
    await store.take_in(db, event, _record(event.state.qualification_document))


@consumers.on(PersonMerged)
async def merge_person(db: AsyncSession, event: PersonMerged, delivery: Delivery) -> None:
    """Follow a corrected ID number: certificates go by the new reference, and whoever knows them is told."""
    if event.state.merged_into is None:
        return
    for row in await store.follow_person(db, cast(UUID, event.subject), event.state.merged_into):
        if row.state != CertificateStatus.PRINTING:
            save(db, row)
            state = store.public_certificate(row)
            told = CertificateHolderCorrected(
                subject=row.id, revision=row.revision, actor=Actor(), state=state
            )
            await webhooks.announce(db, told)


@consumers.on(SystemRegistered, SystemAllowed, SystemDisabled, SystemEnabled)
async def keep_system(db: AsyncSession, event: SystemRegistered, delivery: Delivery) -> None:
    """Tell a system nothing any more once identity has disabled it, or taken the permission from it."""
    state = event.state
    may = state.enabled and webhooks.PERMISSION in state.permissions
    newer = await keep(db, KnownSystem, event, client_id=state.client_id, may_subscribe=may)
    if newer and not may:
        for subscription in await webhooks.active_of(db, event.subject):
            await delivering.disable(db, subscription, WebhookAct.BAR, clock.real_now())


def _record(file: FileRef) -> FileRecord:
    return FileRecord(sha256=file.sha256, name=file.name, size=file.size, media_type=file.media_type)
