"""Applications: in whose inbox each lies, and what its applicant is told."""

from chassis.consume import Delivery
from chassis.known import keep
from contracts.applications import v1 as applications
from contracts.applications.v1 import ApplicationStatus
from sqlalchemy.ext.asyncio import AsyncSession

from notices import store
from notices.actions import write
from notices.consumers.registry import consumers, every
from notices.domain import texts
from notices.domain.texts import Text
from notices.domain.todos import Place, TodoKind
from notices.tables import KnownApplicant, Todo

ApplicationEvent = (
    applications.ApplicationSubmitted
    | applications.ApplicationWithdrawn
    | applications.ApplicationPassed
    | applications.ApplicationReturned
    | applications.ApplicationRejected
    | applications.ApplicationAccepted
    | applications.ApplicationGivenUp
    | applications.ApplicationDiscarded
    | applications.ApplicationChanged
)
_KINDS = (
    TodoKind.OWN_APPLICATION_TO_VET,
    TodoKind.SUBORDINATE_APPLICATION_TO_VET,
    TodoKind.ELIGIBILITY_TO_VET,
)
_WITH_UNIT = (ApplicationStatus.VETTING, ApplicationStatus.RETURNED_TO_UNIT)


@consumers.on(*every("applications.application"))
async def hear_of_application(db: AsyncSession, event: ApplicationEvent, delivery: Delivery) -> None:
    """Keep who applied from where; the application lies with its node, its applicant is told."""
    application = event.state
    newer = await keep(
        db,
        KnownApplicant,
        event,
        person=application.person,
        name=application.name,
        employer_id=application.employer_id,
        committee_id=application.committee_id,
        accepted=application.state == ApplicationStatus.ACCEPTED,
    )
    if not newer:
        return
    await store.settle(db, event.subject, _KINDS, _todo(event, delivery))
    if text := _text(event):
        at, sender = delivery.envelope.time, event.actor.unit
        write(db, text, at, to_person=application.person, from_unit=sender, about=event.subject)


def _todo(event: ApplicationEvent, delivery: Delivery) -> Todo | None:
    application, since = event.state, delivery.envelope.time
    title = f"{application.name}（{application.title_name}）"
    unit = application.node_unit_id
    if application.state == ApplicationStatus.COMMITTEE_PENDING:
        kind = TodoKind.ELIGIBILITY_TO_VET
        if unit is None and application.committee_id is not None:
            place, role = application.committee_id, Place.ESTABLISHING
            return store.todo(kind, event.subject, title, since, place=place, role=role)
    elif application.state in _WITH_UNIT:
        own = unit == application.employer_id
        kind = TodoKind.OWN_APPLICATION_TO_VET if own else TodoKind.SUBORDINATE_APPLICATION_TO_VET
    else:
        return None
    return store.todo(kind, event.subject, title, since, place=unit) if unit else None


def _text(event: ApplicationEvent) -> Text | None:
    application = event.state
    year, title = application.year, application.title_name
    match event:
        case applications.ApplicationPassed():
            return texts.application_passed(
                year, title, application.state == ApplicationStatus.COMMITTEE_PENDING
            )
        case applications.ApplicationReturned():
            # What goes back to a unit is between units.
            to_applicant = application.state == ApplicationStatus.RETURNED_TO_APPLICANT
            return texts.application_returned(year, title, event.reason) if to_applicant else None
        case applications.ApplicationRejected():
            return texts.application_rejected(year, title, event.reason)
        case applications.ApplicationAccepted():
            return texts.application_accepted(year, title)
        case applications.ApplicationGivenUp():
            return texts.application_given_up(year, title)
        case applications.ApplicationChanged():
            return texts.application_changed(year, title, event.reason)
        case _:
            return None
