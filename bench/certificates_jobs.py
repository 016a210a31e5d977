"""Certificates per second and core through the service's own jobs, beside bare WeasyPrint in the same run.

A job is the whole way of one certificate: the row read, the photo read from the store, the page printed, the PDF put
into the store, its hash and the event committed. PostgreSQL and the S3 store are real and run on the same cores.

.venv/bin/python bench/certificates_jobs.py [--certificates 40] [--rounds 3] [--workers 2]
"""

import argparse
import asyncio
import io
import logging
import os
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from certificates import jobs, printing
from certificates.app import service
from certificates.tables import BatchPerson, Certificate, CertificateBatch
from certificates_render import a_certificate, bare
from chassis import persons
from chassis.files import Files
from chassis.jobs import Run
from chassis.migrate import migrate
from chassis.service import Runtime
from chassis.testing.postgres import destroy_postgres, start_postgres
from chassis.testing.s3 import start_s3
from documents import TEMPLATES
from machine import machine
from PIL import Image
from provinces import certificate_number

ABREAST = 4  # jobs that a process of the service works on at a time
UNIT, DAY = uuid4(), date(2026, 6, 30)


@asynccontextmanager
async def a_service(folder: Path, workers: int) -> AsyncIterator[Runtime]:
    """The service with a PostgreSQL and a store of its own, as its worker process holds it."""
    postgres = start_postgres(folder / "postgres")
    store = start_s3(folder / "s3")
    try:
        postgres.create_database("certificates", "certificates_owner", "certificates_app")
        owner = postgres.dsn("certificates", "certificates_owner")
        app = postgres.dsn("certificates", "certificates_app")
        os.environ |= {
            "CERTIFICATES_DATABASE_URL": app,
            "CERTIFICATES_S3_ACCESS_KEY": store.access_key,
            "CERTIFICATES_S3_SECRET_KEY": store.secret_key,
            "CERTIFICATES_PRINT_WORKERS": str(workers),
            "S3_ENDPOINT": store.endpoint,
            "S3_PUBLIC_ENDPOINT": store.endpoint,
            "PERSON_REF_KEY": "a key that only this measurement knows",
            "SEAL_KEY": "5a" * 32,
        }
        migrate(service.migrations, owner, app)
        runtime = service.runtime(service.settings_class())
        await runtime.files.ensure_buckets()
        yield runtime
        await runtime.engine.dispose()
    finally:
        store.stop()
        destroy_postgres(postgres.directory)


async def portraits(runtime: Runtime, count: int) -> list[dict[str, Any]]:
    """Different photos in the bucket of applications, of the size that applicants upload."""
    files = Files(runtime.settings, jobs.PHOTOS)
    await files.ensure_buckets()
    kept = []
    for number in range(count):
        out = io.BytesIO()
        noise = Image.effect_noise((75, 105), 60).resize((413, 579)).convert("RGB")
        noise.putpixel((0, 0), (number % 256, number // 256 % 256, 0))
        noise.save(out, "JPEG", quality=90)
        sha256 = await files.put(out.getvalue(), "image/jpeg")
        kept.append({"sha256": sha256, "name": "照片.jpg", "size": out.tell(), "media_type": "image/jpeg"})
    return kept


async def ordered(runtime: Runtime, photos: list[dict[str, Any]], first: int) -> list[UUID]:
    """A batch whose numbers are given and whose certificates wait to be printed."""
    now = datetime.now(UTC)
    batch = CertificateBatch(
        revision=1, issuing_unit_id=UNIT, campaign_id=uuid4(), committee_id=uuid4(), state="ISSUING",
        document_number="示人社职称〔2026〕18号", source_revision=1, approval_date=DAY,
        stamped_summary={"sha256": "00" * 32, "name": "", "size": 1, "media_type": "application/pdf"},
    )  # fmt: skip
    rows: list[Certificate] = []
    members = []
    for at, photo in enumerate(photos):
        content = a_certificate(first + at)
        plain, application, person = content["id_number"], uuid4(), uuid4()
        content["id_number"] = persons.seal(plain).model_dump()
        number = certificate_number("510000", 2026, "DEPUTY_SENIOR", first + at + 1)
        rows.append(
            Certificate(
                number=number, batch_id=batch.id, application_id=application, person=person, name=content["name"],
                obtaining_method="REVIEW", series=content["series"], level="DEPUTY_SENIOR",
                title_name=content["title_name"], specialty=content["specialty"], issuing_unit_id=UNIT,
                issuing_unit_name=content["issuing_unit"], document_number=batch.document_number,
                approval_date=DAY, content=content, photo=photo, ordered_at=now, state="PRINTING",
            )
        )  # fmt: skip
        members.append(
            BatchPerson(
                batch_id=batch.id,
                application_id=application,
                position=at,
                person=person,
                name=content["name"],
            )
        )
    async with runtime.sessions() as db:
        db.add(batch)
        await db.flush()
        db.add_all([*rows, *members])
        await db.commit()
    return [row.id for row in rows]


async def worked_off(runtime: Runtime, ids: list[UUID]) -> float:
    """Seconds for all jobs, as many abreast as in the service."""
    run, gate = Run.of(runtime), asyncio.Semaphore(ABREAST)

    async def one(certificate: UUID) -> None:
        async with gate:
            await jobs.render(run, str(certificate))

    started = time.perf_counter()
    await asyncio.gather(*(one(certificate) for certificate in ids))
    return time.perf_counter() - started


@dataclass
class Measured:
    """Seconds by the clock of each round, and of processor in all."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    own_cpu: float = 0.0  # the service's own process
    printing_cpu: float = 0.0  # its printing processes, their start included
    bare_cpu: float = 0.0


def ended() -> float:
    """Processor seconds of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def measure(args: argparse.Namespace) -> Measured:
    """Measure in turns: our jobs, then bare WeasyPrint on as many pages."""
    stylesheet = (TEMPLATES / "official.css").read_text()
    contexts = [a_certificate(number) for number in range(args.certificates)]
    found = Measured()
    with tempfile.TemporaryDirectory() as folder:
        async with a_service(Path(folder), args.workers) as runtime:
            photos = await portraits(runtime, args.certificates)
            await worked_off(runtime, await ordered(runtime, photos[: 2 * args.workers], 1_000_000))
            bare(contexts[:2], stylesheet)
            for turn in range(args.rounds):
                waiting = await ordered(runtime, photos, turn * args.certificates)
                before = time.process_time()
                found.ours.append(await worked_off(runtime, waiting))
                between = time.process_time()
                found.bare.append(bare(contexts, stylesheet))
                found.own_cpu += between - before
                found.bare_cpu += time.process_time() - between
                rates = args.certificates / found.ours[-1], args.certificates / found.bare[-1]
                print(f"round {turn + 1}: service {rates[0]:.2f}/s, bare {rates[1]:.2f}/s")
            others = ended()
            printing.printer(runtime.settings).close()
            found.printing_cpu = ended() - others
    return found


def main() -> None:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--certificates", type=int, default=40, help="per round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="printing processes")
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    print(machine())
    print(f"{args.rounds} rounds of {args.certificates} certificates, {args.workers} printing processes")
    report(args, asyncio.run(measure(args)))


def report(args: argparse.Namespace, found: Measured) -> None:
    """Print medians by the clock, and processor seconds, which other work on the machine disturbs least."""
    service_rate = args.certificates / statistics.median(found.ours)
    bare_rate = args.certificates / statistics.median(found.bare)
    cores = min(args.workers, os.cpu_count() or 1)
    printed = args.certificates * args.rounds
    own, page = found.own_cpu / printed, found.printing_cpu / (printed + 2 * args.workers)
    alone = found.bare_cpu / printed
    print(
        f"service: {service_rate:6.2f} certificates/s, {service_rate / cores:6.2f} per core, from row to event;"
        f" {page:.3f} CPU s printing (with start) + {own:.3f} for row, photo, store and event"
    )
    print(f"bare   : {bare_rate:6.2f} certificates/s, {bare_rate:6.2f} per core; {alone:.3f} CPU s, no photo")
    print(
        f"ratio  : {service_rate / bare_rate:.2f} in all, {service_rate / cores / bare_rate:.2f} per core by the"
        f" clock; {alone / (page + own):.2f} by CPU"
    )


if __name__ == "__main__":
    main()
