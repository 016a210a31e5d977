"""我的证书: a person lists and downloads the own certificates (CRT-06)."""

from uuid import UUID

from chassis.access import Relation, needs
from chassis.web import Caller, Db, Files, Page, Paging, Router

from certificates import queries, store
from certificates.api.views import CertificateSummary, Download, certificate_summary
from certificates.rules import Rules
from certificates.tables import Certificate

router = Router(tags=["mine"])
OWN = "certificates.certificate.own"


@router.get("/mine", access=needs(OWN, Relation.OWN))
async def list_own_certificates(
    db: Db, caller: Caller, paging: Paging, rules: Rules
) -> Page[CertificateSummary]:
    """The caller's certificates, the latest first."""
    return await Page.of(db, queries.own(caller.person), paging, lambda row: certificate_summary(row, rules))


@router.get("/mine/{certificate_id}/download", access=needs(OWN, Relation.OWN))
async def download_own_certificate(certificate_id: UUID, db: Db, caller: Caller, files: Files) -> Download:
    """Where the caller's certificate can be downloaded, as a PDF to print oneself."""
    row = await store.certificate_of(db, certificate_id, Certificate.person == caller.person)  # type: ignore[arg-type]
    return await download_of(row, files)


async def download_of(row: Certificate, files: Files) -> Download:
    """The address of a certificate's PDF."""
    assert row.sha256 is not None
    assert row.size is not None
    name = f"职称证书-{row.name}-{row.number}.pdf"
    url = await files.url(row.sha256, name, "application/pdf")
    return Download(url=url, name=name, sha256=row.sha256, size=row.size)
