"""What happens because time passed, or takes long."""

import asyncio
import json
from typing import Any
from uuid import UUID

import sheets
from chassis import clock, work
from chassis.db import lock, save
from chassis.jobs import Jobs, Run, due
from chassis.outbox import emit
from chassis.persons import RESIDENT_ID, ref, seal, unseal
from chassis.sniff import XLSX
from contracts.applications.v1 import SealedText
from contracts.committees import v1
from contracts.event import Actor
from provinces import people
from refusals import Complaint, Refusal
from sqlalchemy.ext.asyncio import AsyncSession

from committees import queries, store
from committees.domain.campaign import MACHINE, CampaignStatus, Event
from committees.domain.filing import FilingStatus
from committees.rules import Rules, rules_of
from committees.rules.experts import checked, of_row, sheet
from committees.tables import Campaign, Committee, Expert, ExpertImport

jobs = Jobs()


@jobs.deadline("filing-expires")
async def filing_expires(db: AsyncSession, subject: UUID, run: Run) -> None:
    """The last valid day of a filing is over (COM-12)."""
    row = await lock(db, Committee, Committee.id == subject)
    if row.state != FilingStatus.FILED:
        return
    filing = store.filing_of(row).expire(queries.today())
    if filing.state is not FilingStatus.EXPIRED:
        await due(db, "filing-expires", subject=row.id, at=clock.end_of(filing.valid_until))
        return
    store.save_filing(db, row, filing)
    state = queries.committee_state(row)
    emit(db, v1.FilingExpired(subject=row.id, revision=row.revision, actor=Actor(), state=state))


@jobs.deadline("campaign-starts")
async def campaign_starts(db: AsyncSession, subject: UUID, run: Run) -> None:
    """A published campaign's start is reached: material is received."""
    row = await lock(db, Campaign, Campaign.id == subject)
    if row.state != CampaignStatus.PUBLISHED or row.start_at is None:
        return
    if row.start_at > clock.now():
        await due(db, "campaign-starts", subject=row.id, at=row.start_at)
        return
    _move(db, row, Event.START, v1.CampaignReceiving)


@jobs.deadline("campaign-receipt-ends")
async def campaign_receipt_ends(db: AsyncSession, subject: UUID, run: Run) -> None:
    """A campaign's receipt deadline passed."""
    row = await lock(db, Campaign, Campaign.id == subject)
    if row.receipt_deadline is None or row.state not in (CampaignStatus.PUBLISHED, CampaignStatus.RECEIVING):
        return
    if row.receipt_deadline > clock.now():
        await due(db, "campaign-receipt-ends", subject=row.id, at=row.receipt_deadline)
        return
    if row.state == CampaignStatus.PUBLISHED:  # both were due at once: in their order
        _move(db, row, Event.START, v1.CampaignReceiving)
    _move(db, row, Event.END_RECEIPT, v1.CampaignReceiptClosed)


def _move(
    db: AsyncSession,
    row: Campaign,
    event: Event,
    told: type[v1.CampaignReceiving] | type[v1.CampaignReceiptClosed],
) -> None:
    progress = store.progress_of(row)
    row.state = CampaignStatus(MACHINE.next(progress.state, event))
    save(db, row)
    state = queries.campaign_state(row)
    emit(db, told(subject=row.id, revision=row.revision, actor=Actor(), state=state))


@jobs.task("committees.experts.check")
async def check_experts(run: Run, import_id: str, work_id: str) -> None:
    """Check an uploaded sheet row by row: who may be imported, who not and why (COM-21)."""
    async with run.session() as db:
        row = await lock(db, ExpertImport, ExpertImport.id == UUID(import_id))
        if row.state != "CHECKING":
            return
    content = await run.files.read(row.file_sha256)
    rules, today = rules_of(run.settings.province), queries.today()
    wanted = sheet(rules, today)
    try:
        reading = await asyncio.to_thread(sheets.read, wanted, content)
    except Refusal as refusal:
        async with run.session() as db:
            row = await lock(db, ExpertImport, ExpertImport.id == row.id)
            row.state = "REFUSED"
            await work.fail(db, UUID(work_id), refusal)
        return
    total = len(reading.good) + len(reading.bad)
    await run.progress(work_id, len(reading.bad), total)
    good, bad = await _new_ones(run, row.committee_id, reading, rules)
    failures = None
    if bad:
        again = await asyncio.to_thread(sheets.failures, wanted, bad)
        failures = await run.files.put(again, XLSX)
    async with run.session() as db:
        await _keep_checked(db, row.id, good, bad, failures)
        # What happened and that it has ended are one: who dies in between would find nothing left to do.
        await work.progress(db, UUID(work_id), total)
        await work.finish(db, UUID(work_id), {"good": len(good), "bad": len(bad)})


async def _new_ones(
    run: Run, committee_id: UUID, reading: sheets.Reading, rules: Rules
) -> tuple[list[sheets.Row], list[sheets.BadRow]]:
    """The good rows of people whom the committee does not have yet, and all others with their reasons."""
    good, bad = [], list(reading.bad)
    taken = Complaint("/id_number", "exists", "该专家已在本评委会专家库中，请勿重复导入。")
    async with run.session() as db:
        for one in reading.good:
            typed = of_row(one.values, rules)
            person = ref(typed["id_type"] or RESIDENT_ID, typed["id_number"])
            if await queries.same_expert(db, committee_id, person):
                bad.append(sheets.BadRow(one.number, one.values, (taken,)))
            else:
                good.append(one)
    return good, sorted(bad, key=lambda one: one.number)


async def _keep_checked(
    db: AsyncSession, import_id: UUID, good: list[sheets.Row], bad: list[sheets.BadRow], failures: str | None
) -> None:
    row = await lock(db, ExpertImport, ExpertImport.id == import_id)
    if row.state != "CHECKING":
        return  # another run of this task was faster
    # The rows hold ID numbers: they lie sealed until they are imported.
    row.sealed = seal(json.dumps([one.values for one in good], ensure_ascii=False)).model_dump()
    row.good_rows = [
        {
            "row": one.number,
            "name": one.values["name"],
            "id_masked": people.mask_id(one.values["id_number"]),
            "work_unit": one.values["work_unit"],
            "title_name": one.values["title_name"],
        }
        for one in good
    ]
    row.bad_rows = [
        {
            "row": one.number,
            "name": one.values.get("name", ""),
            "reasons": [complaint.detail for complaint in one.complaints],
        }
        for one in bad
    ]
    row.good_count, row.bad_count, row.failures = len(good), len(bad), failures
    row.state = "CHECKED"


@jobs.task("committees.experts.import")
async def import_experts(run: Run, import_id: str, work_id: str) -> None:
    """Add the good rows of a checked sheet to the library, all or none of them."""
    async with run.session() as db:
        row = await lock(db, ExpertImport, ExpertImport.id == UUID(import_id))
        if row.state != "IMPORTING" or row.sealed is None:
            return
        committee = await db.get_one(Committee, row.committee_id)
        rows: list[dict[str, Any]] = json.loads(unseal(SealedText(**row.sealed)))
        rules, today = rules_of(run.settings.province), queries.today()
        added = 0
        for place, values in enumerate(rows, 1):
            expert, said = checked(of_row(values, rules), rules, today)
            if said or await queries.same_expert(db, committee.id, expert["person"]):
                continue  # added by hand since the check
            db.add(
                Expert(
                    **expert,
                    revision=1,
                    committee_id=committee.id,
                    vetting_unit_id=committee.authorising_unit_id,
                )
            )
            added += 1
            if place % 20 == 0:
                await db.flush()
                await run.progress(work_id, place)
        row.state, row.sealed, row.imported_count = "IMPORTED", None, added
        await work.progress(db, UUID(work_id), len(rows))
        await work.finish(db, UUID(work_id), {"imported": added, "skipped": len(rows) - added})
