"""待处理: the issuing unit vets the issuing information that the committee sent (CRT-04)."""

from uuid import UUID

from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.outbox import emit
from chassis.problems import NotYetKnown
from chassis.web import Caller, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from contracts.certificates.v1 import IssuingInformationPassed, IssuingInformationReturned
from pydantic import Field
from refusals.machine import IllegalMove

from certificates import queries, store
from certificates.api.shown import batch_summaries, batch_view
from certificates.api.views import BatchSummary, BatchView
from certificates.domain.batch import ReasonNeeded
from certificates.queries import Tab
from certificates.rules import Rules

router = Router(tags=["vetting"])
VET = "certificates.batch.vet"


class PassIssuingInformation(Model):
    """Accept it."""

    opinion: str = Field(default="", max_length=500, examples=["信息属实"])


class ReturnIssuingInformation(Model):
    """Send it back to the committee."""

    reason: str = Field(max_length=500, examples=["第3名人员专业名称有误"])


@router.get("/vetting", access=needs(VET, Relation.OWN_UNIT))
async def list_issuing_information(
    db: Db,
    caller: Caller,
    paging: Paging,
    rules: Rules,
    tab: Tab = Tab.TO_PROCESS,
    document_number: str = "",
    campaign_id: UUID | None = None,
    committee_id: UUID | None = None,
) -> Page[BatchSummary]:
    """Issuing information sent to this unit."""
    found = queries.batches(caller.unit, tab, document_number, campaign_id, committee_id)
    page = await Page.of(db, found, paging, lambda row: row)
    items = await batch_summaries(db, page.items, rules)
    return Page(items=items, total=page.total, page=page.page, size=page.size)


@router.get("/vetting/{batch_id}", access=needs(VET, Relation.OWN_UNIT))
async def show_issuing_information(
    batch_id: UUID, db: Db, caller: Caller, rules: Rules, files: Files
) -> BatchView:
    """One of them, with its persons."""
    return await batch_view(db, await store.batch_of(db, batch_id, caller.unit), rules, files)


@router.post(
    "/vetting/{batch_id}/pass", access=needs(VET, Relation.OWN_UNIT), refuses=[IllegalMove, NotYetKnown]
)
async def pass_issuing_information(
    batch_id: UUID,
    body: PassIssuingInformation,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> BatchView:
    """Accept issuing information: 待发放; refused while data of a person have not arrived yet."""
    row = await store.lock_batch(db, batch_id, caller.unit)
    expect(row, if_match)
    persons = await store.members(db, batch_id)
    moved = store.domain(row, persons).pass_()
    await store.applications(db, [one.application_id for one in persons])
    row.pack = rules.pack.ref
    store.save_batch(db, row, persons, moved)
    emit(
        db,
        IssuingInformationPassed(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor,
            reason=body.opinion,
            state=store.public_batch(row, persons),
        ),
    )
    audit(db, caller, "certificates.batch.passed", row.id, body.opinion)
    return await batch_view(db, row, rules, files)


@router.post(
    "/vetting/{batch_id}/return", access=needs(VET, Relation.OWN_UNIT), refuses=[IllegalMove, ReasonNeeded]
)
async def return_issuing_information(
    batch_id: UUID,
    body: ReturnIssuingInformation,
    db: Db,
    caller: Caller,
    rules: Rules,
    files: Files,
    if_match: IfMatch,
) -> BatchView:
    """Return issuing information to the committee, which corrects it and submits it again."""
    row = await store.lock_batch(db, batch_id, caller.unit)
    expect(row, if_match)
    persons = await store.members(db, batch_id)
    moved = store.domain(row, persons).return_(body.reason)
    row.reason = body.reason
    store.save_batch(db, row, persons, moved)
    emit(
        db,
        IssuingInformationReturned(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor,
            reason=body.reason,
            state=store.public_batch(row, persons),
        ),
    )
    audit(db, caller, "certificates.batch.returned", row.id, body.reason)
    return await batch_view(db, row, rules, files)
