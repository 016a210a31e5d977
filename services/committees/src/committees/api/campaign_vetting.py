"""Vetting campaigns at the authorising unit; the highest post's pass publishes (COM-43)."""

from typing import Annotated, Literal
from uuid import UUID

from chassis.access import Relation, needs
from chassis.web import Caller, Db, Files, IfMatch, Page, Paging, Router
from fastapi import Query
from refusals.machine import IllegalMove
from vetting import NotYourTurn, OpinionNeeded

from committees import actions, queries, store
from committees.api.campaign_views import (
    CampaignItem,
    CampaignView,
    FileKind,
    campaign_item,
    campaign_view,
    file_of,
)
from committees.api.campaigns import VET
from committees.api.filing import LinkView, Vet, VetBatch, link
from committees.domain.refusals import DeadlinePassed, FilingNotValid

router = Router(tags=["campaign vetting"])


@router.get("/campaign-vetting", access=needs(VET))
async def list_campaigns_to_vet(
    db: Db,
    caller: Caller,
    paging: Paging,
    tab: Annotated[Literal["PENDING", "PASSED", "NOT_PASSED"], Query()] = "PENDING",
) -> Page[CampaignItem]:
    """Campaigns that wait at the acting unit, or that it passed or returned."""
    found = queries.campaigns_of_tab(caller.unit, tab)
    return await Page.of(db, found, paging, lambda row: campaign_item(row, caller))


@router.get("/campaign-vetting/{campaign_id}", access=needs(VET, Relation.NODE))
async def read_campaign_to_vet(campaign_id: UUID, db: Db, caller: Caller) -> CampaignView:
    """A campaign with its modules and trail, for the unit that vets it."""
    return await campaign_view(db, await store.campaign_on_route(db, campaign_id, caller.unit), caller)


@router.get("/campaign-vetting/{campaign_id}/files/{kind}", access=needs(VET, Relation.NODE))
async def download_vetted_file(
    campaign_id: UUID, kind: FileKind, db: Db, caller: Caller, files: Files
) -> LinkView:
    """Where the vetting unit downloads a file of the campaign, the work plan included."""
    return await link(files, file_of(await store.campaign_on_route(db, campaign_id, caller.unit), kind))


@router.post(
    "/campaign-vetting/{campaign_id}/pass",
    access=needs(VET, Relation.NODE),
    refuses=[IllegalMove, NotYourTurn, FilingNotValid, DeadlinePassed],
)
async def pass_campaign(
    campaign_id: UUID, body: Vet, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Pass a campaign at the acting post."""
    row = await actions.pass_campaign(db, caller, campaign_id, if_match, body.opinion)
    return await campaign_view(db, row, caller)


@router.post(
    "/campaign-vetting/{campaign_id}/return",
    access=needs(VET, Relation.NODE),
    refuses=[IllegalMove, NotYourTurn, OpinionNeeded],
)
async def return_campaign(
    campaign_id: UUID, body: Vet, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Return a campaign for correction; an opinion is needed."""
    row = await actions.return_campaign(db, caller, campaign_id, if_match, body.opinion)
    return await campaign_view(db, row, caller)


@router.post("/campaign-vetting/batch-pass", access=needs(VET))
async def batch_pass_campaigns(body: VetBatch, db: Db, caller: Caller) -> actions.BatchResult:
    """批量通过: one result per row."""
    return await actions.each(
        db,
        body.seen,
        lambda subject, seen: actions.pass_campaign(db, caller, subject, seen, body.opinion),
        dry_run=body.dry_run,
    )


@router.post("/campaign-vetting/batch-return", access=needs(VET))
async def batch_return_campaigns(body: VetBatch, db: Db, caller: Caller) -> actions.BatchResult:
    """批量退回: one result per row; an opinion is needed."""
    return await actions.each(
        db,
        body.seen,
        lambda subject, seen: actions.return_campaign(db, caller, subject, seen, body.opinion),
        dry_run=body.dry_run,
    )
