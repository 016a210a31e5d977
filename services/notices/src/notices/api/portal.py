"""What the portal shows without login (NTC-01, NTC-09): campaigns, policies, publicity, announcements, downloads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis.access import public
from chassis.db import get
from chassis.paging import PagingParams
from chassis.web import Db, Files, Page, Paging, Router
from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from notices import queries
from notices.api.announcements import AttachmentView, attachments
from notices.api.listing import paged, rows_of
from notices.domain import links
from notices.domain.states import AnnouncementStatus
from notices.rules import NoticeRules, Rules
from notices.tables import Announcement, KnownCampaign, KnownPublicity

router = Router(tags=["portal"])
_FEW = PagingParams(page=1, size=5)


class CampaignCard(BaseModel):
    """A published campaign, with its policy and arrangement."""

    id: UUID
    name: str
    committee_id: UUID
    committee_name: str | None
    year: int
    series: str
    eligible_scope: str
    document_number: str
    start: datetime
    first_deadline: datetime = Field(description="Exclusive.")
    receipt_deadline: datetime = Field(description="Exclusive.")
    state: str
    state_label: str
    published_at: datetime | None
    policy_url: str | None = Field(description="Where anybody downloads the policy file.")
    arrangement_url: str | None = Field(description="Where anybody downloads the arrangement.")


class PublicityCard(BaseModel):
    """A publicity announcement, with its document."""

    id: UUID
    campaign_id: UUID
    title: str
    contact: str
    phone: str
    starts_at: datetime
    ends_at: datetime = Field(description="Exclusive: 24:00 of the last day.")
    persons: int
    state: str
    document_name: str
    document_url: str


class AnnouncementCard(BaseModel):
    """An announcement on the portal."""

    id: UUID
    kind: str
    kind_label: str
    title: str
    unit_id: UUID
    unit_name: str | None
    published_at: datetime | None


class AnnouncementPage(AnnouncementCard):
    """An announcement on the portal, opened."""

    body: str
    attachments: list[AttachmentView]


class PolicyCard(BaseModel):
    """A policy document: an announcement, or a campaign's policy file."""

    source: str = Field(examples=["ANNOUNCEMENT", "CAMPAIGN"])
    id: UUID
    title: str
    published_at: datetime | None
    url: str = Field(description="Where anybody reads it.")


class PortalLinks(BaseModel):
    """Where other public things are found."""

    certificate_lookup: str
    committee_directory: str
    openapi: str = "/api/openapi.json"
    asyncapi: str = "/api/asyncapi.json"
    docs: str = "/api/docs"


class PortalView(BaseModel):
    """The newest of everything, and where the rest is."""

    campaigns: list[CampaignCard]
    publicities: list[PublicityCard]
    announcements: list[AnnouncementCard]
    policies: list[PolicyCard]
    announcement_types: dict[str, str]
    links: PortalLinks


@router.get("/portal", access=public())
async def show_portal(db: Db, rules: Rules) -> PortalView:
    """The portal's first page."""
    return PortalView(
        campaigns=(await _campaigns(db, rules, queries.campaigns_on_portal(), _FEW)).items,
        publicities=(await Page.of(db, queries.publicities_on_portal(), _FEW, _publicity)).items,
        announcements=(await _announcements(db, rules, queries.announced(), _FEW)).items,
        policies=(await _policies(db, _FEW)).items,
        announcement_types=dict(rules.announcement_types),
        links=PortalLinks(
            certificate_lookup=links.CERTIFICATE_LOOKUP, committee_directory=links.COMMITTEE_DIRECTORY
        ),
    )


@router.get("/portal/campaigns", access=public())
async def list_campaigns(
    db: Db,
    rules: Rules,
    paging: Paging,
    year: int | None = None,
    series: Annotated[str | None, Query(max_length=50)] = None,
    state: Annotated[str | None, Query(max_length=30)] = None,
) -> Page[CampaignCard]:
    """Published campaigns, newest first."""
    return await _campaigns(db, rules, queries.campaigns_on_portal(year, series, state), paging)


@router.get("/portal/publicities", access=public())
async def list_publicities(
    db: Db, paging: Paging, state: Annotated[str | None, Query(max_length=30)] = None
) -> Page[PublicityCard]:
    """Review results in publicity, newest first."""
    return await Page.of(db, queries.publicities_on_portal(state), paging, _publicity)


@router.get("/portal/policies", access=public())
async def list_policies(db: Db, paging: Paging) -> Page[PolicyCard]:
    """Policy documents: announced ones and those of campaigns, newest first."""
    return await _policies(db, paging)


@router.get("/portal/announcements", access=public())
async def list_portal_announcements(
    db: Db,
    rules: Rules,
    paging: Paging,
    kind: Annotated[str | None, Query(max_length=30)] = None,
    title: Annotated[str, Query(max_length=100)] = "",
) -> Page[AnnouncementCard]:
    """Announcements, of one type if it is named, newest first."""
    return await _announcements(db, rules, queries.announced([kind] if kind else [], title), paging)


@router.get("/portal/announcements/{announcement_id}", access=public())
async def open_announcement(announcement_id: UUID, db: Db, rules: Rules, files: Files) -> AnnouncementPage:
    """An announcement with its text and files."""
    on_portal = Announcement.state == AnnouncementStatus.PUBLISHED
    announcement = await get(db, Announcement, Announcement.id == announcement_id, on_portal)
    return await _page(db, announcement, rules, files)


@router.get("/portal/downloads", access=public())
async def list_downloads(db: Db, rules: Rules, files: Files, paging: Paging) -> Page[AnnouncementPage]:
    """Instructions and templates to download: announcements of the type 上传文件 (NTC-08)."""
    rows, total = await rows_of(db, queries.announced(["UPLOAD"]), paging)
    return paged([await _page(db, row[0], rules, files) for row in rows], total, paging)


async def _campaigns(
    db: AsyncSession, rules: NoticeRules, statement: Select[tuple[KnownCampaign]], paging: PagingParams
) -> Page[CampaignCard]:
    rows, total = await rows_of(db, statement, paging)
    campaigns: list[KnownCampaign] = [row[0] for row in rows]
    names = await queries.committee_names(db, (campaign.committee_id for campaign in campaigns))
    return paged([_campaign(campaign, names, rules) for campaign in campaigns], total, paging)


def _campaign(campaign: KnownCampaign, names: dict[UUID, str], rules: NoticeRules) -> CampaignCard:
    return CampaignCard(
        **campaign.model_dump(include=set(CampaignCard.model_fields)),
        committee_name=names.get(campaign.committee_id),
        state_label=rules.campaign_labels.get(campaign.state, campaign.state),
        policy_url=links.policy_file(campaign.id) if campaign.policy_file else None,
        arrangement_url=links.arrangement_file(campaign.id) if campaign.arrangement_file else None,
    )


def _publicity(publicity: KnownPublicity) -> PublicityCard:
    return PublicityCard(**publicity.model_dump(), document_url=links.publicity_document(publicity.id))


async def _announcements(
    db: AsyncSession, rules: NoticeRules, statement: Select[tuple[Announcement]], paging: PagingParams
) -> Page[AnnouncementCard]:
    rows, total = await rows_of(db, statement, paging)
    found: Sequence[Announcement] = [row[0] for row in rows]
    names = await queries.unit_names(db, (announcement.unit_id for announcement in found))
    cards = [AnnouncementCard(**_card(announcement, names, rules)) for announcement in found]
    return paged(cards, total, paging)


def _card(announcement: Announcement, names: dict[UUID | None, str], rules: NoticeRules) -> dict[str, object]:
    return {
        **announcement.model_dump(include={"id", "kind", "title", "unit_id", "published_at"}),
        "kind_label": rules.announcement_types.get(announcement.kind, announcement.kind),
        "unit_name": names.get(announcement.unit_id),
    }


async def _page(
    db: AsyncSession, announcement: Announcement, rules: NoticeRules, files: Files
) -> AnnouncementPage:
    names = await queries.unit_names(db, [announcement.unit_id])
    card = _card(announcement, names, rules)
    return AnnouncementPage(
        **card, body=announcement.body, attachments=await attachments(announcement, files)
    )


async def _policies(db: AsyncSession, paging: PagingParams) -> Page[PolicyCard]:
    rows, total = await rows_of(db, queries.policies(), paging)
    cards = []
    for source, id_, title, published_at in rows:
        read_at = (
            f"/api/v1/notices/portal/announcements/{id_}"
            if source == "ANNOUNCEMENT"
            else links.policy_file(id_)
        )
        cards.append(PolicyCard(source=source, id=id_, title=title, published_at=published_at, url=read_at))
    return paged(cards, total, paging)
