"""What is chosen before the form opens: settings, committees, campaigns."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from chassis import clock
from chassis.access import needs
from chassis.problems import NotYetKnown
from chassis.web import Caller, Config, Db, Router
from contracts.committees.v1 import CampaignState
from fastapi import Query
from provinces import NotInCatalogue
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from applications import queries, store
from applications.api.choice import best, committees_of, opens
from applications.domain.choosing import Choice, WorkingStatus, working_status
from applications.rules import ApplicationRules, rules_on
from applications.tables import KnownCampaign, KnownUnit

APPLY = "applications.application.apply"
router = Router("settings")
Text50 = Annotated[str | None, Query(max_length=50)]


class SettingsView(BaseModel):
    """The ordered fields of the settings, and when to choose which method (APP-01, 10)."""

    fields: list[dict[str, Any]]
    methods: dict[str, dict[str, Any]]
    application_types: dict[str, dict[str, Any]]
    help: list[dict[str, Any]]
    pack: str


class CatalogueOptions(BaseModel):
    """What may still be chosen after what was chosen already (APP-02)."""

    series: list[dict[str, str]] = Field(description="`code` and `name`.")
    levels: list[str]
    specialties: list[str]
    titles: list[str]


class ListedCommittee(BaseModel):
    """A row of the committee query (APP-03)."""

    number: int
    id: UUID
    name: str
    series: str
    area: str
    area_name: str
    phone: str
    contact: str
    working_status: str
    working_status_label: str
    campaign_id: UUID | None
    admits_employer: bool = Field(description="Whether staff of such a unit may apply there (APP-06).")


class CommitteeTable(BaseModel):
    """One of the two tables with its count."""

    total: int
    items: list[ListedCommittee]


class CommitteeChoice(BaseModel):
    """Committees directly applicable, and those that need entrustment (APP-04)."""

    jurisdiction: str
    jurisdiction_name: str
    open_areas: list[str] = Field(description="Areas whose committees are directly applicable.")
    direct: CommitteeTable
    entrusted: CommitteeTable


class CampaignCard(BaseModel):
    """The card of the chosen committee's campaign (APP-07), or the warning that there is none (APP-08)."""

    committee_id: UUID
    committee_name: str
    phone: str
    warning: str | None = None
    id: UUID | None = None
    name: str | None = None
    eligible_scope: str | None = None
    start: datetime | None = None
    first_deadline: datetime | None = None
    modified_deadline: datetime | None = None
    receipt_deadline: datetime | None = None
    review_mode: str | None = None
    written_test: str | None = None
    oral_defence: str | None = None
    specialty_groups: bool | None = None
    policy_file: str | None = None
    arrangement_file: str | None = None
    working_status: str = WorkingStatus.NONE
    applicable: bool = False
    opened: list[dict[str, str]] = []


@router.get("/settings", access=needs(APPLY))
async def show_settings(settings: Config) -> SettingsView:
    """The settings to be filled in before the form opens."""
    rules = _rules(settings)
    section = rules.pack.section("settings_fields")
    return SettingsView(
        fields=section["fields"],
        methods={name: {**one, **section["methods"].get(name, {})} for name, one in rules.methods.items()},
        application_types={name: dict(one) for name, one in rules.types.items()},
        help=section.get("help", []),
        pack=rules.pack.ref,
    )


@router.get("/settings/catalogue", access=needs(APPLY), refuses=[NotInCatalogue])
async def narrow_catalogue(
    settings: Config,
    series: Text50 = None,
    level: Text50 = None,
    specialty: Text50 = None,
    title: Text50 = None,
) -> CatalogueOptions:
    """Series, level, specialty and title restrict each other; nothing chosen gives everything."""
    catalogue = _rules(settings).pack.catalogue
    code = catalogue.series(series).code if series else None
    left = catalogue.options(series=code, level=level, specialty=specialty, title=title)
    return CatalogueOptions(
        series=[{"code": one.code, "name": one.name} for one in left.series],
        levels=list(left.levels),
        specialties=list(left.specialties),
        titles=list(left.titles),
    )


@router.get("/settings/committees", access=needs(APPLY), refuses=[NotInCatalogue, NotYetKnown])
async def find_committees(
    db: Db,
    settings: Config,
    employer_id: UUID,
    year: Annotated[int, Query(ge=2000, le=2200)],
    series: Annotated[str, Query(max_length=50)],
    level: Annotated[str, Query(max_length=20)],
    specialty: Annotated[str, Query(max_length=50)],
    title: Annotated[str, Query(max_length=50)],
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 10,
) -> CommitteeChoice:
    """Committees for these choices in two tables: directly applicable, and needing entrustment."""
    rules = _rules(settings)
    choice = Choice(rules.pack.catalogue.series(series).code, level, specialty, title)
    employer = await store.unit(db, employer_id)
    rows = await _listed(db, rules, choice, employer, year)
    direct = [row for row in rows if row.area in employer.path]
    others = [row for row in rows if row.area not in employer.path]
    return CommitteeChoice(
        jurisdiction=employer.jurisdiction,
        jurisdiction_name=rules.pack.regions.path_name(employer.jurisdiction),
        open_areas=[rules.pack.regions.path_name(code) for code in reversed(employer.path)],
        direct=_table(direct, page, size),
        entrusted=_table(others, page, size),
    )


@router.get("/settings/campaign", access=needs(APPLY), refuses=[NotYetKnown])
async def show_campaign_card(
    db: Db, caller: Caller, committee_id: UUID, year: Annotated[int, Query(ge=2000, le=2200)]
) -> CampaignCard:
    """The campaign of a committee in a year with all its dates, or a warning with the phone to ask."""
    now = clock.now()
    committee = await store.committee(db, committee_id)
    head = {
        "committee_id": committee.id,
        "committee_name": committee.name,
        "phone": committee.content["phone"],
    }
    held = await queries.campaigns(db, [committee_id], year)
    if not held:
        return CampaignCard(**head, warning="所选年度暂未发布评审活动")
    row = best(held, now)
    state = CampaignState.model_validate(row.content)
    status = working_status(row.state, row.start, row.first_deadline, now)
    shown = state.model_dump(include=set(CampaignCard.model_fields) - {"opened", "committee_id"})
    return CampaignCard(
        **head,
        **shown,
        id=row.id,
        working_status=status,
        applicable=status is WorkingStatus.RECEIVING,
        opened=[one.model_dump(mode="json") for one in state.opened],
    )


async def _listed(
    db: AsyncSession, rules: ApplicationRules, choice: Choice, employer: KnownUnit, year: int
) -> list[ListedCommittee]:
    """Every committee that reviews the choice, with what it does in the year, without numbers yet."""
    now = clock.now()
    facts = {one.id: one for one in await committees_of(db, rules, choice.series) if one.reviews(choice)}
    held: dict[UUID, list[KnownCampaign]] = {}
    for campaign in await queries.campaigns(db, facts, year):
        if opens(campaign, choice):
            held.setdefault(campaign.committee_id, []).append(campaign)
    listed = []
    for one in facts.values():
        current = best(held[one.id], now) if one.id in held else None
        state = (current.state, current.start, current.first_deadline) if current else (None, now, now)
        status = working_status(*state, now)
        committee = await store.committee(db, one.id)
        listed.append(
            ListedCommittee(
                number=0,
                id=one.id,
                name=one.name,
                series=rules.pack.catalogue.series(choice.series).name,
                area=one.area,
                area_name=rules.pack.regions.path_name(one.area),
                phone=committee.content["phone"],
                contact=committee.content["contact"],
                working_status=status,
                working_status_label=rules.label("campaign", status),
                campaign_id=current.id if current else None,
                admits_employer=one.admits(employer.nature),
            )
        )
    return listed


def _table(rows: list[ListedCommittee], page: int, size: int) -> CommitteeTable:
    numbered = [row.model_copy(update={"number": number}) for number, row in enumerate(rows, start=1)]
    return CommitteeTable(total=len(rows), items=numbered[(page - 1) * size : page * size])


def _rules(settings: Config) -> ApplicationRules:
    return rules_on(settings.province, clock.local_date(clock.now()))
