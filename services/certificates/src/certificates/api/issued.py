"""已发放: the issuing unit's certificates; revocation (LAW-21)."""

from uuid import UUID

from chassis import clock, persons
from chassis.access import Relation, needs
from chassis.audit import accessed, audit
from chassis.db import lock, save
from chassis.files import FileNotUploaded, use_file
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from contracts.applications.v1 import SealedText
from contracts.certificates.v1 import CertificateRevoked
from contracts.vocabulary import Level
from provinces.people import mask_id
from pydantic import Field
from refusals.machine import IllegalMove

from certificates import queries, store, webhooks
from certificates.api.mine import download_of
from certificates.api.preparing import ISSUE
from certificates.api.views import (
    CertificateSummary,
    CertificateView,
    Download,
    certificate_summary,
    certificate_view,
)
from certificates.domain.certificate import CERTIFICATE, CertificateAct, CertificateStatus
from certificates.rules import REVOCATION, CertificateRules, Rules
from certificates.tables import Certificate, FileRecord

router = Router(tags=["issued"])
ISSUER = "issuing unit"


class SearchIssued(Model):
    """Look for certificates of this unit by holder or number."""

    name: str = Field(default="", max_length=50, examples=["王芳"])
    id_number: str = Field(default="", max_length=18)
    number: str = Field(default="", max_length=40)


class RevokeCertificate(Model):
    """撤销: say why and name the decision (file purpose `revocation-document`)."""

    reason: str = Field(min_length=1, max_length=500, examples=["经查实存在业绩造假"])
    file_id: UUID


@router.get("/issued", access=needs(ISSUE, Relation.OWN_UNIT))
async def list_issued(
    db: Db,
    caller: Caller,
    paging: Paging,
    rules: Rules,
    document_number: str = "",
    campaign_id: UUID | None = None,
    level: Level | None = None,
    state: CertificateStatus | None = None,
) -> Page[CertificateSummary]:
    """Certificates that this unit issued, the latest first."""
    found = queries.issued(
        caller.unit, document_number=document_number, campaign_id=campaign_id, level=level, state=state
    )
    return await Page.of(db, found, paging, lambda row: certificate_summary(row, rules, ISSUER))


@router.post("/issued/search", access=needs(ISSUE, Relation.OWN_UNIT), idempotent=False)
async def search_issued(
    body: SearchIssued, db: Db, caller: Caller, paging: Paging, rules: Rules
) -> Page[CertificateSummary]:
    """Certificates of this unit by name, ID number or certificate number."""
    person = persons.ref(persons.RESIDENT_ID, body.id_number) if body.id_number else None
    found = queries.issued(caller.unit, name=body.name, number=body.number.upper(), person=person)
    return await Page.of(db, found, paging, lambda row: certificate_summary(row, rules, ISSUER))


@router.get("/issued/{certificate_id}", access=needs(ISSUE, Relation.OWN_UNIT))
async def show_issued(certificate_id: UUID, db: Db, caller: Caller, rules: Rules) -> CertificateView:
    """A certificate in detail; the look is recorded."""
    row = await store.certificate_of(db, certificate_id, Certificate.issuing_unit_id == caller.unit)  # type: ignore[arg-type]
    accessed(db, caller, "certificate", row.id)
    return _view(row, rules)


@router.get("/issued/{certificate_id}/download", access=needs(ISSUE, Relation.OWN_UNIT))
async def download_issued(certificate_id: UUID, db: Db, caller: Caller, files: Files) -> Download:
    """Where the PDF can be downloaded; the look is recorded, for it shows the full ID number."""
    row = await store.certificate_of(db, certificate_id, Certificate.issuing_unit_id == caller.unit)  # type: ignore[arg-type]
    accessed(db, caller, "certificate", row.id)
    return await download_of(row, files)


@router.post(
    "/issued/{certificate_id}/revoke",
    access=needs(ISSUE, Relation.OWN_UNIT),
    refuses=[IllegalMove, FileNotUploaded],
)
async def revoke_certificate(
    certificate_id: UUID, body: RevokeCertificate, db: Db, caller: Caller, rules: Rules, if_match: IfMatch
) -> CertificateView:
    """Revoke a certificate: the lookup says so from now on; its number is never given again."""
    await store.certificate_of(db, certificate_id, Certificate.issuing_unit_id == caller.unit)  # type: ignore[arg-type]
    row = await lock(db, Certificate, Certificate.id == certificate_id)
    expect(row, if_match)
    state = CertificateStatus(CERTIFICATE.next(CertificateStatus(row.state), CertificateAct.REVOKE))
    file = await use_file(db, body.file_id, caller, purpose=REVOCATION)
    row.state, row.revoked_at, row.revocation_reason = state, clock.now(), body.reason
    row.revocation_document = FileRecord(
        sha256=file.sha256 or "", name=file.name, size=file.size, media_type=file.media_type or ""
    )
    save(db, row)
    told = CertificateRevoked(
        subject=row.id,
        revision=row.revision,
        actor=caller.actor,
        reason=body.reason,
        state=store.public_certificate(row),
    )
    await webhooks.announce(db, told)
    audit(db, caller, "certificates.certificate.revoked", row.id, body.reason)
    return _view(row, rules)


def _view(row: Certificate, rules: CertificateRules) -> CertificateView:
    masked = mask_id(persons.unseal(SealedText(**row.content["id_number"])))
    return certificate_view(row, rules, masked, ISSUER)
