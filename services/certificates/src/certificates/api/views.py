"""What responses show of batches and certificates."""

from datetime import date, datetime
from uuid import UUID

from chassis.web import Files, View
from provinces.people import mask_name
from pydantic import BaseModel, Field

from certificates.domain.batch import BATCH, ISSUER, BatchStatus
from certificates.domain.certificate import CERTIFICATE, CertificateStatus
from certificates.rules import CertificateRules
from certificates.tables import BatchPerson, Certificate, FileRecord, KnownApplication


class FileView(BaseModel):
    """A checked file and where to download it for fifteen minutes."""

    sha256: str
    name: str
    size: int
    media_type: str
    url: str


class BatchSummary(View):
    """A batch in a list."""

    document_number: str = Field(examples=["川人社职称〔2026〕18号"])
    campaign_id: UUID
    campaign_name: str | None = None
    committee_id: UUID
    committee_name: str | None = None
    approval_date: date | None
    persons: int = Field(description="Who is to be issued a certificate.")
    withdrawn: int = Field(description="Who was taken out (取消发证).")
    issued: int = Field(description="Certificates that are printed.")
    label: str = Field(examples=["待发证"])
    created_at: datetime


class PersonView(BaseModel):
    """A person of a batch."""

    application_id: UUID
    name: str
    sex: str = ""
    id_number_masked: str = ""
    employer_name: str = ""
    series: str = ""
    level: str = ""
    specialty: str = ""
    title_name: str = ""
    arrived: bool = Field(description="Whether the data to be printed have arrived.")
    withdrawn: bool
    reason: str
    certificate_number: str | None = None
    certificate_state: str | None = None
    failure: str = Field(default="", description="Why printing failed the last time.")
    attempts: int = 0


class BatchView(BatchSummary):
    """A batch with its persons."""

    review_date: date | None
    confirmed_date: date | None
    reason: str
    supplements: UUID | None
    qualification_document: str | None = Field(description="Its name.")
    stamped_summary: FileView | None
    work_id: UUID | None
    issued_at: datetime | None
    failed: int = Field(
        description="Certificates whose printing failed; tried again by itself and by `retry`."
    )
    people: list[PersonView]


class CertificateSummary(View):
    """A certificate in a list."""

    number: str = Field(examples=["5101002026300000010"])
    name: str
    title_name: str
    series: str
    level: str
    specialty: str
    issuing_unit_name: str
    document_number: str
    approval_date: date
    issued_at: datetime
    sha256: str
    label: str = Field(examples=["已发放"])


class CertificateView(CertificateSummary):
    """A certificate as its issuing unit sees it."""

    application_id: UUID | None
    batch_id: UUID | None
    campaign_id: UUID | None
    obtaining_method: str
    sex: str
    birth_date: date | None
    id_number_masked: str
    work_unit: str
    review_body: str
    size: int
    revoked_at: datetime | None
    revocation_reason: str


class Download(BaseModel):
    """Where to download a certificate for fifteen minutes, and what it must hash to."""

    url: str
    name: str
    sha256: str
    size: int


class Validity(BaseModel):
    """What anybody may know of a certificate: whether it is in force (BEY-33)."""

    number: str = Field(examples=["5101002026300000010"])
    name: str = Field(examples=["**芳"], description="Masked.")
    title_name: str
    level: str
    series: str
    specialty: str
    approval_date: date
    issuing_unit: str
    state: CertificateStatus
    label: str = Field(examples=["有效"])
    revoked_on: date | None = None
    sha256: str = Field(description="SHA-256 of the one true PDF.")


def batch_actions(state: str) -> list[str]:
    """What the issuing unit can do with a batch in this state."""
    return list(BATCH.allowed(BatchStatus(state), ISSUER))


def certificate_actions(row: Certificate, who: str) -> list[str]:
    """What somebody can do with a certificate."""
    return list(CERTIFICATE.allowed(CertificateStatus(row.state), who))


async def file_view(file: FileRecord | None, files: Files) -> FileView | None:
    """A file with its address."""
    if file is None:
        return None
    return FileView(**file, url=await files.url(file["sha256"], file["name"], file["media_type"]))


def person_view(
    one: BatchPerson, known: KnownApplication | None, made: Certificate | None, rules: CertificateRules
) -> PersonView:
    """A person of a batch, with what is known of them and of their certificate."""
    view = PersonView(
        application_id=one.application_id,
        name=one.name,
        arrived=known is not None,
        withdrawn=one.withdrawn,
        reason=one.reason,
    )
    if known is not None:
        view.sex, view.id_number_masked = rules.sex_label(known.sex), known.masked
        view.employer_name, view.series = known.employer_name, rules.series_label(known.series)
        view.level, view.specialty = rules.level_label(known.level), known.specialty
        view.title_name = known.title_name
    if made is not None:
        view.certificate_number, view.certificate_state = made.number, made.state
        view.failure, view.attempts = made.failure, made.attempts
    return view


def certificate_summary(row: Certificate, rules: CertificateRules, who: str = "") -> CertificateSummary:
    """A certificate in a list."""
    return CertificateSummary(**_shown(row, rules, who))


def certificate_view(row: Certificate, rules: CertificateRules, masked: str, who: str) -> CertificateView:
    """A certificate with everything but the full ID number."""
    return CertificateView(
        **_shown(row, rules, who),
        application_id=row.application_id,
        batch_id=row.batch_id,
        campaign_id=row.campaign_id,
        obtaining_method=row.content["obtaining_method"],
        sex=row.content["sex"],
        birth_date=row.content["birth_date"],
        id_number_masked=masked,
        work_unit=row.content["work_unit"],
        review_body=row.content["review_body"],
        size=row.size or 0,
        revoked_at=row.revoked_at,
        revocation_reason=row.revocation_reason,
    )


def _shown(row: Certificate, rules: CertificateRules, who: str) -> dict[str, object]:
    return {
        "id": row.id,
        "state": row.state,
        "revision": row.revision,
        "allowed_actions": certificate_actions(row, who),
        "number": row.number,
        "name": row.name,
        "title_name": row.title_name,
        "series": row.content["series"],
        "level": row.content["level"],
        "specialty": row.specialty,
        "issuing_unit_name": row.issuing_unit_name,
        "document_number": row.document_number,
        "approval_date": row.approval_date,
        "issued_at": row.issued_at,
        "sha256": row.sha256,
        "label": rules.label(row.state),
    }


def validity(row: Certificate) -> Validity:
    """What the public lookup discloses."""
    from chassis.clock import local_date

    return Validity(
        number=row.number,
        name=mask_name(row.name),
        title_name=row.title_name,
        level=row.content["level"],
        series=row.content["series"],
        specialty=row.specialty,
        approval_date=row.approval_date,
        issuing_unit=row.issuing_unit_name,
        state=row.state,
        label="有效" if row.state == CertificateStatus.ISSUED else "已撤销",
        revoked_on=local_date(row.revoked_at) if row.revoked_at else None,
        sha256=row.sha256 or "",
    )
