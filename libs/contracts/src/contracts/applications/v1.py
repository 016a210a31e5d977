"""applications: a person's request for a title, from submission to acceptance by the committee."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.event import Contract, Event
from contracts.vocabulary import EvaluationMethod, Level


class ApplicationStatus(StrEnum):
    """The states that applications owns (SM application, first half)."""

    DRAFT = "DRAFT"
    VETTING = "VETTING"
    RETURNED_TO_APPLICANT = "RETURNED_TO_APPLICANT"
    RETURNED_TO_UNIT = "RETURNED_TO_UNIT"
    COMMITTEE_PENDING = "COMMITTEE_PENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    GIVEN_UP = "GIVEN_UP"
    DISCARDED = "DISCARDED"


class SealedText(Contract):
    """Authenticated encryption of a text (AES-256-GCM, base64 of nonce + ciphertext) under a named key."""

    key_id: str
    box: str


class FileRef(Contract):
    """A file in a service's clean bucket, named by its content."""

    sha256: str
    name: str
    size: int
    media_type: str


class ApplicationState(Contract):
    """An application's public state: never form modules. `person` is the applicant's reference."""

    person: UUID
    name: str
    year: int
    campaign_id: UUID | None
    committee_id: UUID | None
    employer_id: UUID
    employer_name: str
    method: EvaluationMethod
    application_type: str  # NORMAL | EXCEPTIONAL | CONVERSION …
    series: str
    level: Level
    specialty: str
    title_name: str
    state: ApplicationStatus
    node_unit_id: UUID | None = None  # the unit in whose inbox it lies
    node_index: int | None = None
    post_rank: int | None = None
    route: tuple[UUID, ...] = ()
    letter_unit_id: UUID | None = None  # the unit that entrusted, which issues the certificate
    submitted_at: datetime | None = None
    # From acceptance on, what a certificate must print:
    sex: str | None = None
    birth_date: date | None = None
    id_number: SealedText | None = None
    id_number_masked: str | None = None
    photo: FileRef | None = None  # in the applications bucket
    dossier_sha256: str | None = None  # binds modules and files of the submission
    pack: str


class _ApplicationEvent(Event):
    state: ApplicationState


class ApplicationSubmitted(_ApplicationEvent, type="applications.application.submitted.v1"):
    """The applicant submitted, or resubmitted after a return or a withdrawal."""


class ApplicationWithdrawn(_ApplicationEvent, type="applications.application.withdrawn.v1"):
    """The applicant took the submission back; it is a draft again."""


class ApplicationPassed(_ApplicationEvent, type="applications.application.passed.v1"):
    """A post or a unit passed it on; the state says where it lies now."""


class ApplicationReturned(_ApplicationEvent, type="applications.application.returned.v1"):
    """Returned to the applicant or to an earlier unit, with opinions."""


class ApplicationRejected(_ApplicationEvent, type="applications.application.rejected.v1"):
    """不通过 for this year: the year is locked."""


class ApplicationAccepted(_ApplicationEvent, type="applications.application.accepted.v1"):
    """The committee accepted the material (eligibility passed)."""


class ApplicationGivenUp(_ApplicationEvent, type="applications.application.given-up.v1"):
    """Defects were not mended in time (LAW-19); the year is not locked."""


class ApplicationDiscarded(_ApplicationEvent, type="applications.application.discarded.v1"):
    """A once submitted application was discarded by its applicant."""


class ApplicationChanged(_ApplicationEvent, type="applications.application.changed.v1"):
    """Level or method changed after submission, logged (APP-61), or marked entrusted (APP-59)."""
