"""certificates: issuing batches and e-certificates. Other systems subscribe to these."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.event import Contract, Event
from contracts.vocabulary import Level


class CertificateStatus(StrEnum):
    """What a certificate is worth."""

    ISSUED = "ISSUED"
    REVOKED = "REVOKED"


class CertificateState(Contract):
    """An e-certificate; the PDF is identified by its SHA-256."""

    number: str
    application_id: UUID | None
    person: UUID
    name: str
    obtaining_method: str  # REVIEW | INITIAL | CONFIRMED | ENTRUSTED
    series: str
    level: Level
    title_name: str
    specialty: str
    campaign_id: UUID | None
    issuing_unit_id: UUID
    issuing_unit_name: str
    document_number: str
    approval_date: date
    issued_at: datetime
    sha256: str
    state: CertificateStatus


class _CertificateEvent(Event):
    state: CertificateState


class CertificateIssued(_CertificateEvent, type="certificates.certificate.issued.v1"):
    """A certificate was issued; its PDF exists."""


class CertificateRevoked(_CertificateEvent, type="certificates.certificate.revoked.v1"):
    """A certificate is no longer valid (LAW-21)."""


class CertificateHolderCorrected(_CertificateEvent, type="certificates.certificate.holder-corrected.v1"):
    """The holder's ID number was corrected, so that the same person goes by another reference."""


class BatchStatus(StrEnum):
    """SM certificate batch, review kind."""

    TO_PROCESS = "TO_PROCESS"
    RETURNED = "RETURNED"
    TO_ISSUE = "TO_ISSUE"
    ISSUING = "ISSUING"  # certificates are being rendered
    ISSUED = "ISSUED"


class BatchState(Contract):
    """Persons to be issued certificates under one document number."""

    campaign_id: UUID | None
    issuing_unit_id: UUID
    document_number: str
    persons: tuple[UUID, ...]  # application ids
    withdrawn: tuple[UUID, ...] = ()
    state: BatchStatus
    committee_id: UUID | None = None
    approval_date: date | None = None
    stamped_summary: str | None = None  # SHA-256 in the certificates bucket
    supplements: UUID | None = None  # the batch whose withdrawn persons these are


class _BatchEvent(Event):
    state: BatchState


class IssuingInformationReceived(_BatchEvent, type="certificates.batch.received.v1"):
    """Issuing information lies before the issuing unit; the batch bears its id."""


class IssuingInformationPassed(_BatchEvent, type="certificates.batch.passed.v1"):
    """The issuing unit accepted the issuing information."""


class IssuingInformationReturned(_BatchEvent, type="certificates.batch.returned.v1"):
    """The issuing unit returned it to the committee."""


class PersonWithdrawn(_BatchEvent, type="certificates.batch.person-withdrawn.v1"):
    """A person was taken out before issuing (取消发证)."""


class PersonPutBack(_BatchEvent, type="certificates.batch.person-put-back.v1"):
    """A person who was taken out is in again."""


class BatchPrepared(_BatchEvent, type="certificates.batch.prepared.v1"):
    """Approval date, document number or stamped summary were set."""


class BatchSupplemented(_BatchEvent, type="certificates.batch.supplemented.v1"):
    """A further batch was opened for persons who had been taken out."""


class BatchStarted(_BatchEvent, type="certificates.batch.started.v1"):
    """Issuing was ordered; certificates are being made."""


class BatchIssued(_BatchEvent, type="certificates.batch.issued.v1"):
    """Every person of the batch has a certificate."""
