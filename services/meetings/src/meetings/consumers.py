"""What meetings learns from other services."""

from chassis.consume import Consumers, Delivery
from chassis.known import keep
from contracts.applications.v1 import ApplicationAccepted
from contracts.certificates import v1 as certificates
from contracts.committees import v1 as committees
from contracts.identity.v1 import PersonMerged
from contracts.meetings.v1 import SeatChanged, TakenBack
from contracts.units import v1 as units
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from meetings.actions import move_candidacy, open_candidacies, tell_candidacy, tell_seat
from meetings.domain.candidacy import CandidacyStatus
from meetings.domain.candidacy import Event as CandidacyEvent
from meetings.tables import (
    Candidacy,
    IssuingInformation,
    KnownApplication,
    KnownCampaign,
    KnownCertificate,
    KnownCommittee,
    KnownExpert,
    KnownUnit,
    Seat,
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
async def keep_unit(db: AsyncSession, event: units.UnitCreated, delivery: Delivery) -> None:
    """Keep the copy of the unit tree: who manages an establishing unit (MTG-04)."""
    await keep(db, KnownUnit, event, name=event.state.name, superior_id=event.state.superior_id)


@consumers.on(
    committees.FilingSubmitted,
    committees.FilingPassed,
    committees.FilingReturned,
    committees.CommitteeFiled,
    committees.FilingExpired,
)
async def keep_committee(db: AsyncSession, event: committees.CommitteeFiled, delivery: Delivery) -> None:
    """Keep the copy of committees; accepted applications that waited for it become candidacies."""
    state = event.state
    await keep(
        db,
        KnownCommittee,
        event,
        name=state.name,
        establishing_unit_id=state.establishing_unit_id,
        authorising_unit_id=state.authorising_unit_id,
        composition=state.composition,
        prescribed_size=state.prescribed_size,
        contact=state.contact,
        phone=state.phone,
        address=state.address,
        state=state.state.value,
        valid_from=state.valid_from,
        valid_until=state.valid_until,
    )
    await open_candidacies(db, event.subject)


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
async def keep_campaign(db: AsyncSession, event: committees.CampaignPublished, delivery: Delivery) -> None:
    """Keep the copy of campaigns that meetings are held for."""
    state = event.state
    await keep(
        db,
        KnownCampaign,
        event,
        committee_id=state.committee_id,
        name=state.name,
        year=state.year,
        receipt_deadline=state.receipt_deadline,
        specialty_groups=state.specialty_groups,
        group_method=state.group_method,
        state=state.state.value,
    )


@consumers.on(
    committees.ExpertSubmitted,
    committees.ExpertReturned,
    committees.ExpertAdmitted,
    committees.ExpertSuspended,
)
async def keep_expert(db: AsyncSession, event: committees.ExpertAdmitted, delivery: Delivery) -> None:
    """Keep the copy of the library that experts are drawn from."""
    state = event.state
    await keep(
        db,
        KnownExpert,
        event,
        committee_id=state.committee_id,
        person=state.person,
        name=state.name,
        sex=state.sex,
        work_unit=state.work_unit,
        duty=state.duty.value,
        title_series=state.title_series,
        title_name=state.title_name,
        title_level=state.title_level.value,
        specialty=state.specialty,
        term_until=state.term_until,
        state=state.state.value,
    )


@consumers.on(ApplicationAccepted)
async def open_candidacy(db: AsyncSession, event: ApplicationAccepted, delivery: Delivery) -> None:
    """An accepted application of a campaign waits for a meeting; opened once its committee is known."""
    state = event.state
    if state.campaign_id is None or state.committee_id is None:
        return
    accepted = {
        "campaign_id": str(state.campaign_id),
        "person": str(state.person),
        "name": state.name,
        "sex": state.sex or "",
        "id_masked": state.id_number_masked or "",
        "employer_id": str(state.employer_id),
        "employer_name": state.employer_name,
        "series": state.series,
        "level": state.level.value,
        "specialty": state.specialty,
        "title_name": state.title_name,
        "application_type": state.application_type,
        "letter_unit_id": str(state.letter_unit_id) if state.letter_unit_id else None,
    }
    await keep(db, KnownApplication, event, committee_id=state.committee_id, accepted=accepted)
    await open_candidacies(db, state.committee_id)


@consumers.on(
    certificates.CertificateIssued, certificates.CertificateRevoked, certificates.CertificateHolderCorrected
)
async def keep_certificate(
    db: AsyncSession, event: certificates.CertificateIssued, delivery: Delivery
) -> None:
    """Keep the copy of certificates for the committee's view."""
    state = event.state
    await keep(
        db,
        KnownCertificate,
        event,
        application_id=state.application_id,
        number=state.number,
        issued_at=state.issued_at,
        state=state.state.value,
    )


@consumers.on(certificates.IssuingInformationReturned)
async def take_back(
    db: AsyncSession, event: certificates.IssuingInformationReturned, delivery: Delivery
) -> None:
    """What the issuing unit returned can be submitted again (MTG-46); its batch bears the information's id."""
    information = await db.get(IssuingInformation, event.subject, with_for_update=True)
    if information is None or information.returned:
        return
    information.returned = True
    rows = await db.scalars(
        select(Candidacy)
        .where(Candidacy.issuing_information_id == information.id)
        .order_by(col(Candidacy.id))
        .with_for_update()
    )
    for row in rows:
        row.issuing_information_id = None
        if row.state == CandidacyStatus.READY_TO_ISSUE:
            move_candidacy(db, None, row, CandidacyEvent.TAKE_BACK, TakenBack, reason=event.reason)
        else:
            tell_candidacy(db, None, row, TakenBack, reason=event.reason)


@consumers.on(PersonMerged)
async def merge_person(db: AsyncSession, event: PersonMerged, delivery: Delivery) -> None:
    """Follow a corrected ID number: who is drawn, seated or reviewed is known by the new reference."""
    old, new = event.subject, event.state.merged_into
    if new is None:
        return
    for table in (KnownExpert, Candidacy):
        await db.execute(update(table).where(col(table.person) == old).values(person=new))
    for seat in await db.scalars(select(Seat).where(Seat.person == old).with_for_update()):
        seat.person = new
        await tell_seat(db, None, seat, SeatChanged, "人员身份信息更正")
