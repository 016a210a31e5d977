"""What everybody may see: the directory of committees and the cards of published campaigns."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.access import public
from chassis.db import get
from chassis.problems import Missing
from chassis.web import Config, Db, Files, Page, Paging, Router
from contracts.vocabulary import Level
from fastapi import Query
from provinces import RegionUnknown
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from committees import queries
from committees.api.filing import LinkView, link
from committees.domain.campaign import CampaignStatus
from committees.rules import Rules, rules_of
from committees.tables import Campaign, Committee

router = Router(prefix="/public", tags=["public"])

PUBLISHED = ("PUBLISHED", "RECEIVING", "RECEIPT_CLOSED", "CLOSED")


class OpenCampaign(BaseModel):
    """A published campaign in the directory."""

    id: UUID
    name: str
    year: int
    state: str


class CommitteeCard(BaseModel):
    """A filed committee: review scope and contact, never its experts (BEY-13)."""

    id: UUID
    name: str
    series: str
    series_name: str
    levels: list[str]
    composition: str
    specialties: list[str]
    area: str
    area_name: str
    autonomous: bool
    unit_natures: list[str]
    office_body: str
    office: str
    contact: str
    phone: str
    address: str
    valid_from: date | None
    valid_until: date | None
    campaigns: list[OpenCampaign]


class CampaignCard(BaseModel):
    """A published campaign: public fields only, never the work plan (Q17)."""

    id: UUID
    committee_id: UUID
    committee: str
    name: str
    eligible_scope: str
    year: int
    category: str
    series: str
    review_mode: str
    written_test: str
    oral_defence: str
    start: datetime
    first_deadline: datetime
    modified_deadline: datetime
    receipt_deadline: datetime
    department_deadline: datetime | None
    committee_deadline: datetime | None
    pages: list[str]
    document_number: str
    state: str
    opened: list[dict[str, Any]]
    requirements: list[dict[str, Any]]
    exceptional_conditions: list[dict[str, Any]]
    materials: list[dict[str, Any]]
    files: list[str]
    published_at: datetime | None


@router.get("/committees", access=public())
async def search_directory(
    db: Db,
    config: Config,
    paging: Paging,
    area: Annotated[str | None, Query(max_length=20, description="Region whose applicants it takes.")] = None,
    series: Annotated[str | None, Query(max_length=50)] = None,
    level: Level | None = None,
    name: Annotated[str | None, Query(max_length=50)] = None,
) -> Page[CommitteeCard]:
    """Filed committees, by area, series, level and name (COM-14)."""
    rules = rules_of(config.province)
    areas = None
    if area is not None:
        areas = [region.code for region in rules.pack.regions.path(area)]
    found = queries.directory(areas, series=series, level=level, name=name)
    rows, total = await queries.page_of(db, found, paging.page, paging.size)
    campaigns = await _campaigns(db, [row.id for row in rows])
    cards = [_committee(row, campaigns.get(row.id, []), rules) for row in rows]
    return Page[CommitteeCard](items=cards, total=total, page=paging.page, size=paging.size)


@router.get("/committees/{committee_id}", access=public())
async def show_committee(committee_id: UUID, db: Db, config: Config) -> CommitteeCard:
    """One filed committee and its published campaigns."""
    found = queries.directory(None, series=None, level=None, name=None).where(Committee.id == committee_id)
    row = await db.scalar(found)
    if row is None:
        raise Missing
    return _committee(row, (await _campaigns(db, [row.id])).get(row.id, []), rules_of(config.province))


async def _campaigns(db: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, list[OpenCampaign]]:
    rows = await db.scalars(
        select(Campaign)
        .where(col(Campaign.committee_id).in_(list(ids)), col(Campaign.state).in_(PUBLISHED))
        .order_by(col(Campaign.year).desc(), col(Campaign.id).desc())
    )
    found: dict[UUID, list[OpenCampaign]] = {}
    for row in rows:
        card = OpenCampaign(id=row.id, name=row.name, year=row.year, state=row.state)
        found.setdefault(row.committee_id, []).append(card)
    return found


def _committee(row: Committee, campaigns: list[OpenCampaign], rules: Rules) -> CommitteeCard:
    computed = {"series_name", "area_name", "campaigns"}
    series = rules.facts.series.get(row.series)
    try:
        area = rules.pack.regions.path_name(row.area)
    except RegionUnknown:  # an area of an earlier pack
        area = row.area
    return CommitteeCard(
        **{name: getattr(row, name) for name in CommitteeCard.model_fields if name not in computed},
        series_name=series.name if series else row.series,
        area_name=area,
        campaigns=campaigns,
    )


@router.get("/campaigns", access=public())
async def list_published(
    db: Db,
    paging: Paging,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    series: Annotated[str | None, Query(max_length=50)] = None,
    committee_id: UUID | None = None,
    state: CampaignStatus | None = None,
) -> Page[OpenCampaign]:
    """Published campaigns, newest first."""
    found = select(Campaign).where(col(Campaign.state).in_(PUBLISHED))
    wanted = (
        (Campaign.year, year),
        (Campaign.series, series),
        (Campaign.committee_id, committee_id),
        (Campaign.state, state),
    )
    for column, value in wanted:
        found = found.where(column == value) if value is not None else found
    return await Page.of(
        db,
        found.order_by(col(Campaign.published_at).desc()),
        paging,
        lambda row: OpenCampaign(id=row.id, name=row.name, year=row.year, state=row.state),
    )


async def _published(db: AsyncSession, campaign_id: UUID) -> Campaign:
    return await get(db, Campaign, Campaign.id == campaign_id, col(Campaign.state).in_(PUBLISHED))


@router.get("/campaigns/{campaign_id}", access=public())
async def show_campaign(campaign_id: UUID, db: Db) -> CampaignCard:
    """The card of a published campaign (COM-37, NTC-09)."""
    row = await _published(db, campaign_id)
    committee = await db.get_one(Committee, row.committee_id)
    told = queries.campaign_state(row).model_dump(mode="json")
    same = set(CampaignCard.model_fields) & set(told)
    return CampaignCard(
        **{name: told[name] for name in same},
        id=row.id,
        committee=committee.name,
        files=[kind for kind, file in _files(row).items() if file],
        published_at=row.published_at,
    )


def _files(row: Campaign) -> dict[str, dict[str, Any] | None]:
    if not row.basic["public"]:
        return {}
    return {"policy": row.policy_file, "arrangement": row.arrangement_file}


@router.get("/campaigns/{campaign_id}/files/{kind}", access=public())
async def download_published_file(
    campaign_id: UUID, kind: Literal["policy", "arrangement"], db: Db, files: Files
) -> LinkView:
    """Where policy file or arrangement of a public campaign can be downloaded."""
    return await link(files, _files(await _published(db, campaign_id)).get(kind))
