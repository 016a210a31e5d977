"""The printer of this process, and what is printed."""

import asyncio
from typing import Any

from chassis.health import NotReady
from chassis.persons import unseal
from chassis.service import Runtime
from contracts.applications.v1 import SealedText
from documents import Printer, PrintingUnavailable, check_printing

from certificates.rules import CertificateRules
from certificates.settings import Settings
from certificates.tables import BatchPerson, Certificate, CertificateBatch, KnownApplication

_printer: Printer | None = None
_check: "asyncio.Future[None] | None" = None


def printer(settings: Any) -> Printer:
    """The one printer of this process, as wide as its settings say; it starts with the first document."""
    global _printer
    if _printer is None:
        workers = settings.print_workers if isinstance(settings, Settings) else 1
        _printer = Printer(workers=workers)
    return _printer


async def ready(runtime: Runtime) -> None:
    """Raise `NotReady` with what is missing unless Chinese can be printed; looked at until it succeeds once."""
    global _check
    if _check is None or (_check.done() and (_check.cancelled() or _check.exception())):
        _check = asyncio.ensure_future(asyncio.to_thread(check_printing))
    try:
        await asyncio.shield(_check)
    except PrintingUnavailable as missing:
        raise NotReady(str(missing)) from missing


def lookup_url(public_base_url: str, number: str) -> str:
    """What the QR code holds: whoever scans it sees whether the certificate is in force."""
    return f"{public_base_url.rstrip('/')}/c/{number}"


def content(
    number: str,
    batch: CertificateBatch,
    application: KnownApplication,
    *,
    review_body: str,
    issuing_unit: str,
    rules: CertificateRules,
    url: str,
) -> dict[str, Any]:
    """What a certificate says, fixed when its number is given; the ID number stays sealed."""
    return {
        "authority": rules.authority,
        "name": application.name,
        "sex": rules.sex_label(application.sex),
        "birth_date": application.birth_date.isoformat() if application.birth_date else None,
        "id_number": dict(application.id_number),
        "title_name": application.title_name,
        "series": rules.series_label(application.series),
        "level": rules.level_label(application.level),
        "specialty": application.specialty,
        "work_unit": application.employer_name,
        "review_body": review_body,
        "approval_date": batch.approval_date.isoformat() if batch.approval_date else None,
        "issuing_unit": issuing_unit,
        "document_number": batch.document_number,
        "certificate_number": number,
        "obtaining_method": rules.method_label(rules.method(application.method)),
        "lookup_url": url,
    }


async def certificate_pdf(row: Certificate, photo: bytes | None, settings: Any) -> bytes:
    """Print a certificate; the same row gives the same bytes, however often."""
    context = {**row.content, "id_number": unseal(SealedText(**row.content["id_number"]))}
    images = {"photo": photo} if photo else {}
    return await printer(settings).arender("certificate.html", context, images, printed_at=row.ordered_at)


def summary_rows(
    persons: list[BatchPerson], known: dict[Any, KnownApplication], rules: CertificateRules
) -> list[dict[str, str]]:
    """The lines of the summary sheet: who is to be issued a certificate, with full ID numbers."""
    return [
        {
            "name": one.name,
            "sex": rules.sex_label(application.sex),
            "id_number": unseal(SealedText(**application.id_number)),
            "work_unit": application.employer_name,
            "series": rules.series_label(application.series),
            "level": rules.level_label(application.level),
            "specialty": application.specialty,
            "title_name": application.title_name,
        }
        for one in persons
        if not one.withdrawn
        for application in (known[one.application_id],)
    ]
