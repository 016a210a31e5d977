"""Campaigns of the acting unit: created, submitted, deadlines moved, closed."""

from typing import Annotated, Literal
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get, save
from chassis.outbox import emit
from chassis.web import Caller, Config, Db, Files, IfMatch, Model, Page, Paging, Router, expect
from contracts.committees import v1
from contracts.vocabulary import Matter
from fastapi import Query
from pydantic import AwareDatetime, Field
from refusals.machine import IllegalMove
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from vetting import PostWithoutPerson

from committees import actions, queries, store
from committees.api.campaign_views import (
    CampaignItem,
    CampaignView,
    FileKind,
    campaign_item,
    campaign_view,
    file_of,
)
from committees.api.filing import LinkView, link
from committees.domain.campaign import MACHINE, CampaignStatus, Deadlines, Event
from committees.domain.refusals import (
    AnnualExists,
    CertificatesMissing,
    DeadlineMovedEarlier,
    DeadlinePassed,
    DeadlinesOutOfOrder,
    FilingNotValid,
    ModulesMissing,
    OpenedOutsideFiling,
)
from committees.rules import rules_of
from committees.tables import Campaign, Committee

router = Router(tags=["campaigns"])


MANAGE, VET = "committees.campaign.manage", "committees.campaign.vet"


class CreateCampaign(Model):
    """Begin a campaign of a filed committee; its modules follow."""

    committee_id: UUID
    name: str = Field(min_length=1, max_length=50, examples=["2026年度农业技术中级职称评审"])
    year: int = Field(ge=2000, le=2100, examples=[2026])
    category: Literal["ANNUAL", "SPECIAL"] = Field(default="ANNUAL", description="Q16.")


class SubmitCampaign(Model):
    """Hand the campaign to the authorising unit."""


class CloseCampaign(Model):
    """办结."""


class MoveDeadlines(Model):
    """Move deadlines of a published campaign later; what is left out stays."""

    start: AwareDatetime | None = None
    first_deadline: AwareDatetime | None = None
    modified_deadline: AwareDatetime | None = None
    receipt_deadline: AwareDatetime | None = None
    reason: str = Field(default="", max_length=500, examples=["系统维护"])


async def check_annual(
    db: AsyncSession, committee_id: UUID, year: int, category: str, own: UUID | None
) -> None:
    """Refuse a second annual campaign of a committee in a year (COM-33)."""
    if category != "ANNUAL":
        return
    twin = await db.scalar(
        select(Campaign.id).where(
            Campaign.committee_id == committee_id, Campaign.year == year, Campaign.category == "ANNUAL"
        )
    )
    if twin is not None and twin != own:
        raise AnnualExists("如需再开展，请选择专项评审活动。")


@router.post("/campaigns", access=needs(MANAGE), refuses=[FilingNotValid, AnnualExists], status_code=201)
async def create_campaign(body: CreateCampaign, db: Db, caller: Caller, config: Config) -> CampaignView:
    """Begin a campaign of a committee whose filing is valid (COM-13); its default requirements are carried in."""
    committee = await store.lock_committee(db, body.committee_id, establishing=caller.unit)
    actions.standing(committee).check_chosen(queries.today())
    await check_annual(db, committee.id, body.year, body.category, None)
    rules = rules_of(config.province)
    row = save(
        db,
        Campaign(
            **body.model_dump(),
            establishing_unit_id=caller.unit,
            authorising_unit_id=committee.authorising_unit_id,
            series=committee.series,
            requirements=committee.requirements,
            materials=rules.materials,
            pack=rules.ref,
        ),
    )
    audit(db, caller, "committees.campaign.created", row.id)
    return await campaign_view(db, row, caller)


@router.get("/campaigns", access=needs(MANAGE))
async def list_campaigns(
    db: Db,
    caller: Caller,
    paging: Paging,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    state: CampaignStatus | None = None,
    committee_id: UUID | None = None,
) -> Page[CampaignItem]:
    """Campaigns of the acting unit, newest first."""
    found = select(Campaign).where(Campaign.establishing_unit_id == caller.unit)
    for column, value in (
        (Campaign.year, year),
        (Campaign.state, state),
        (Campaign.committee_id, committee_id),
    ):
        found = found.where(column == value) if value is not None else found
    return await Page.of(
        db, found.order_by(col(Campaign.id).desc()), paging, lambda row: campaign_item(row, caller)
    )


@router.get("/campaigns/{campaign_id}", access=needs(MANAGE, Relation.ESTABLISHING))
async def read_campaign(campaign_id: UUID, db: Db, caller: Caller) -> CampaignView:
    """A campaign of the acting unit with its modules."""
    row = await get(db, Campaign, Campaign.id == campaign_id, Campaign.establishing_unit_id == caller.unit)
    return await campaign_view(db, row, caller)


@router.delete(
    "/campaigns/{campaign_id}",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove],
    status_code=204,
)
async def delete_campaign(campaign_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> None:
    """Throw away a campaign that was never submitted."""
    row = await store.lock_campaign(db, campaign_id, establishing=caller.unit)
    expect(row, if_match)
    if row.state != CampaignStatus.EDITING:
        raise IllegalMove("已提交过的评审活动不能删除。")
    await db.delete(row)
    audit(db, caller, "committees.campaign.deleted", row.id)


@router.post(
    "/campaigns/{campaign_id}/submit",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[
        IllegalMove,
        ModulesMissing,
        FilingNotValid,
        DeadlinePassed,
        OpenedOutsideFiling,
        PostWithoutPerson,
    ],
)
async def submit_campaign(
    campaign_id: UUID, body: SubmitCampaign, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Hand a campaign with all five modules to the authorising unit (COM-30)."""
    row = await store.lock_campaign(db, campaign_id, establishing=caller.unit)
    expect(row, if_match)
    committee = await get(db, Committee, Committee.id == row.committee_id)
    route = await store.route_through(db, Matter.CAMPAIGN, committee.authorising_unit_id)
    progress = store.progress_of(row).submit(route, caller.person, caller.unit, clock.now())
    await actions.check_publishable(db, row)
    actions.check_opened(row.opened, committee, rules_of(row.pack))
    row.authorising_unit_id = committee.authorising_unit_id
    store.save_progress(db, row, progress)
    state = queries.campaign_state(row)
    emit(db, v1.CampaignSubmitted(subject=row.id, revision=row.revision, actor=caller.actor, state=state))
    audit(db, caller, "committees.campaign.submitted", row.id)
    return await campaign_view(db, row, caller)


@router.post(
    "/campaigns/{campaign_id}/move-deadlines",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove, DeadlineMovedEarlier, DeadlinePassed, DeadlinesOutOfOrder, FilingNotValid],
)
async def move_deadlines(
    campaign_id: UUID, body: MoveDeadlines, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Move deadlines of a published campaign later; nothing else of it changes any more."""
    row = await store.lock_campaign(db, campaign_id, establishing=caller.unit)
    expect(row, if_match)
    MACHINE.next(CampaignStatus(row.state), Event.MOVE_DEADLINES)
    before = deadlines_of(row)
    wanted = Deadlines(
        body.start or before.start,
        body.first_deadline or before.first,
        body.modified_deadline or before.modified,
        body.receipt_deadline or before.receipt,
    )
    after = before.moved(wanted, clock.now())
    if after.start != before.start:
        committee = await get(db, Committee, Committee.id == row.committee_id)
        actions.standing(committee).check(clock.local_date(after.start))
    row.start_at, row.first_deadline = after.start, after.first
    row.modified_deadline, row.receipt_deadline = after.modified, after.receipt
    save(db, row)
    await actions.schedule(db, row)
    state = queries.campaign_state(row)
    told = {"subject": row.id, "revision": row.revision, "actor": caller.actor, "reason": body.reason}
    emit(db, v1.CampaignDeadlinesMoved(**told, state=state))
    audit(db, caller, "committees.campaign.deadlines-moved", row.id, body.reason)
    return await campaign_view(db, row, caller)


def deadlines_of(row: Campaign) -> Deadlines:
    """The deadlines of a campaign beyond editing."""
    assert row.start_at is not None
    assert row.first_deadline is not None
    assert row.modified_deadline is not None
    assert row.receipt_deadline is not None
    return Deadlines(row.start_at, row.first_deadline, row.modified_deadline, row.receipt_deadline)


@router.post(
    "/campaigns/{campaign_id}/close",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove, CertificatesMissing],
)
async def close_campaign(
    campaign_id: UUID, body: CloseCampaign, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """办结: possible once everybody who passed has a certificate (MTG-47)."""
    row = await store.lock_campaign(db, campaign_id, establishing=caller.unit)
    expect(row, if_match)
    progress = store.progress_of(row).close(*await queries.to_close(db, row.id))
    store.save_progress(db, row, progress)
    state = queries.campaign_state(row)
    emit(db, v1.CampaignClosed(subject=row.id, revision=row.revision, actor=caller.actor, state=state))
    audit(db, caller, "committees.campaign.closed", row.id)
    return await campaign_view(db, row, caller)


@router.get("/campaigns/{campaign_id}/files/{kind}", access=needs(MANAGE, Relation.ESTABLISHING))
async def download_campaign_file(
    campaign_id: UUID, kind: FileKind, db: Db, caller: Caller, files: Files
) -> LinkView:
    """Where the establishing unit downloads a file of its campaign."""
    row = await get(db, Campaign, Campaign.id == campaign_id, Campaign.establishing_unit_id == caller.unit)
    return await link(files, file_of(row, kind))
