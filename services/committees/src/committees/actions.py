"""Use cases with two callers: one row and a batch of rows, a request and a job."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.audit import audit
from chassis.caller import Caller
from chassis.db import save
from chassis.jobs import due
from chassis.outbox import emit
from chassis.web import expect
from contracts.committees import v1
from provinces import NotInCatalogue
from pydantic import BaseModel, Field
from refusals import Refusal
from sqlalchemy.ext.asyncio import AsyncSession

from committees import queries, store
from committees.domain import modules
from committees.domain.campaign import CampaignStatus, CommitteeStanding
from committees.domain.experts import MACHINE, Event, ExpertStatus
from committees.domain.filing import FilingStatus
from committees.domain.modules import Filed, Opened
from committees.domain.refusals import CampaignTooLarge, DeadlinePassed, OpinionRequired, OwnExpert
from committees.rules import Rules, rules_of
from committees.tables import Campaign, Committee, Expert

MAX_CAMPAIGN = 52 * 1024  # an event holds 64 KB, and names and hashes besides


class Problem(BaseModel):
    """Why one row of a batch was refused."""

    code: str
    title: str
    detail: str


class BatchRow(BaseModel):
    """What became of one row."""

    id: UUID
    done: bool
    state: str | None = None
    revision: int | None = None
    problem: Problem | None = None


class BatchResult(BaseModel):
    """One result per row, in the order asked; a refused row leaves the others alone."""

    results: list[BatchRow]
    done: int = Field(description="How many rows were carried out, or would be in a dry run.")
    dry_run: bool


class _DryRun(Exception):
    """Undoes a row."""


async def each(
    db: AsyncSession,
    rows: list[tuple[UUID, int]],
    do: Callable[[UUID, int], Awaitable[Committee | Campaign | Expert]],
    *,
    dry_run: bool,
) -> BatchResult:
    """Do the same to each row in a savepoint of its own; `dry_run` undoes every one."""
    results: dict[int, BatchRow] = {}
    # Crossing batches lock in the same order; answers come in the order asked.
    for place, (subject, revision) in sorted(enumerate(rows), key=lambda asked: asked[1]):
        result = BatchRow(id=subject, done=False)
        try:
            async with db.begin_nested():
                row = await do(subject, revision)
                result = BatchRow(id=subject, done=True, state=row.state, revision=row.revision)
                if dry_run:
                    raise _DryRun
        except _DryRun:
            pass
        except Refusal as refusal:
            told = Problem(code=refusal.slug, title=refusal.title, detail=refusal.detail)
            result = BatchRow(id=subject, done=False, problem=told)
        results[place] = result
    answered = [results[place] for place in sorted(results)]
    return BatchResult(results=answered, done=sum(row.done for row in answered), dry_run=dry_run)


async def pass_filing(
    db: AsyncSession, caller: Caller, committee_id: UUID, revision: int, opinion: str
) -> Committee:
    """Pass a filing at the caller's post; the filing unit's last post files the committee (COM-11, COM-12)."""
    row = await store.committee_on_route(db, committee_id, caller.unit, locked=True)
    expect(row, revision)
    rules, now = rules_of(row.pack), clock.now()
    today = clock.local_date(now)
    filing = store.filing_of(row).pass_(
        caller.person, caller.unit, now, opinion, today=today, years=rules.filing_years
    )
    store.save_filing(db, row, filing)
    told: type[v1.FilingPassed | v1.CommitteeFiled] = v1.FilingPassed
    if filing.state is FilingStatus.FILED and filing.valid_until:
        told = v1.CommitteeFiled
        await due(db, "filing-expires", subject=row.id, at=clock.end_of(filing.valid_until))
    state = queries.committee_state(row)
    emit(db, told(subject=row.id, revision=row.revision, actor=caller.actor, reason=opinion, state=state))
    audit(db, caller, "committees.filing.passed", row.id, opinion)
    return row


async def return_filing(
    db: AsyncSession, caller: Caller, committee_id: UUID, revision: int, opinion: str
) -> Committee:
    """Do not pass a filing: back to the establishing unit with an opinion (COM-11)."""
    row = await store.committee_on_route(db, committee_id, caller.unit, locked=True)
    expect(row, revision)
    filing = store.filing_of(row).return_(caller.person, caller.unit, clock.now(), opinion)
    store.save_filing(db, row, filing)
    state = queries.committee_state(row)
    emit(
        db,
        v1.FilingReturned(
            subject=row.id, revision=row.revision, actor=caller.actor, reason=opinion, state=state
        ),
    )
    audit(db, caller, "committees.filing.returned", row.id, opinion)
    return row


async def vet_expert(
    db: AsyncSession, caller: Caller, row: Expert, revision: int, event: Event, opinion: str
) -> Expert:
    """Pass or return an expert whose row is locked (COM-25)."""
    expect(row, revision)
    if row.person == caller.person:
        raise OwnExpert("请由其他人员审核。")
    if event is Event.RETURN and not opinion:
        raise OpinionRequired("请写明原因，便于对方修改。")
    row.state = ExpertStatus(MACHINE.next(ExpertStatus(row.state), event))
    row.opinion = opinion
    return told_of_expert(db, caller, row, opinion)


_EXPERT_EVENTS = {
    ExpertStatus.TO_VET: v1.ExpertSubmitted,
    ExpertStatus.RETURNED: v1.ExpertReturned,
    ExpertStatus.IN_LIBRARY: v1.ExpertAdmitted,
    ExpertStatus.SUSPENDED: v1.ExpertSuspended,
}


def told_of_expert(db: AsyncSession, caller: Caller, row: Expert, reason: str = "") -> Expert:
    """Save an expert's new state, tell of it and leave it in the trail."""
    save(db, row)
    event = _EXPERT_EVENTS[ExpertStatus(row.state)]
    emit(
        db,
        event(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor,
            reason=reason,
            state=queries.expert_state(row),
        ),
    )
    audit(db, caller, event.type.removesuffix(".v1"), row.id, reason)
    return row


def standing(committee: Committee) -> CommitteeStanding:
    """A committee's filing as its campaigns see it."""
    return CommitteeStanding(FilingStatus(committee.state), committee.valid_from, committee.valid_until)


async def pass_campaign(
    db: AsyncSession, caller: Caller, campaign_id: UUID, revision: int, opinion: str
) -> Campaign:
    """Pass a campaign at the caller's post; the highest post's pass publishes it (COM-43)."""
    row = await store.campaign_on_route(db, campaign_id, caller.unit, locked=True)
    expect(row, revision)
    now = clock.now()
    progress = store.progress_of(row).pass_(caller.person, caller.unit, now, opinion)
    published = progress.state is CampaignStatus.PUBLISHED
    if published:
        await check_publishable(db, row)
        row.published_at = now
    store.save_progress(db, row, progress)
    if published:
        await schedule(db, row)
    event = v1.CampaignPublished if published else v1.CampaignPassed
    state = queries.campaign_state(row)
    emit(db, event(subject=row.id, revision=row.revision, actor=caller.actor, reason=opinion, state=state))
    audit(db, caller, event.type.removesuffix(".v1"), row.id, opinion)
    return row


def check_start(committee: Committee, start: datetime) -> None:
    """Refuse a start on a day that the committee's filing does not cover (BEY-09)."""
    standing(committee).check(clock.local_date(start))


def check_opened(opened: list[dict[str, Any]], committee: Committee, rules: Rules) -> None:
    """Refuse opened titles outside the committee's filing or the catalogue (COM-38)."""
    filed = Filed(tuple(committee.levels), committee.composition, tuple(committee.specialties))

    def known(level: str, specialty: str, title: str) -> bool:
        try:
            rules.pack.catalogue.entry(committee.series, level, specialty, title)
        except NotInCatalogue:
            return False
        return True

    modules.check_opened([Opened(**one) for one in opened], filed, known)


def check_size(row: Campaign) -> None:
    """Refuse a campaign that has grown past what one event may carry."""
    held = [row.basic, row.opened, row.requirements, row.conditions, row.materials]
    if len(json.dumps(held, ensure_ascii=False).encode()) > MAX_CAMPAIGN:
        raise CampaignTooLarge("请精简业绩要求和条件的文字，或减少开设的专业。")


async def check_publishable(db: AsyncSession, row: Campaign) -> None:
    """Refuse a campaign whose filing does not cover its start, or whose first deadline is over."""
    committee = await db.get_one(Committee, row.committee_id)
    now = clock.now()
    assert row.start_at is not None
    assert row.first_deadline is not None
    starts = clock.local_date(max(row.start_at, now))
    standing(committee).check(starts)
    if row.first_deadline <= now:
        raise DeadlinePassed("首次提交截止时间已过，请修改时间后重新提交。")


async def schedule(db: AsyncSession, row: Campaign) -> None:
    """Let reception begin and end at the campaign's instants."""
    assert row.start_at is not None
    assert row.receipt_deadline is not None
    if row.state == CampaignStatus.PUBLISHED:
        await due(db, "campaign-starts", subject=row.id, at=row.start_at)
    await due(db, "campaign-receipt-ends", subject=row.id, at=row.receipt_deadline)


async def return_campaign(
    db: AsyncSession, caller: Caller, campaign_id: UUID, revision: int, opinion: str
) -> Campaign:
    """Return a campaign for correction, with an opinion."""
    row = await store.campaign_on_route(db, campaign_id, caller.unit, locked=True)
    expect(row, revision)
    progress = store.progress_of(row).return_(caller.person, caller.unit, clock.now(), opinion)
    store.save_progress(db, row, progress)
    state = queries.campaign_state(row)
    emit(
        db,
        v1.CampaignReturned(
            subject=row.id, revision=row.revision, actor=caller.actor, reason=opinion, state=state
        ),
    )
    audit(db, caller, "committees.campaign.returned", row.id, opinion)
    return row
