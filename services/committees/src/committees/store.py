"""Loading, locking and saving aggregates, and asking the known copies."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.db import get, lock, save
from chassis.files import StoredFile
from chassis.problems import Missing, NotYetKnown
from contracts.vocabulary import Matter
from provinces import RegionLevel, RegionUnknown
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from vetting import Case, Node, Post, Route, from_dict, to_dict

from committees.domain.campaign import CampaignStatus, Progress
from committees.domain.filing import Filing, FilingStatus
from committees.domain.scope import Office
from committees.rules import Rules
from committees.tables import Campaign, Committee, Expert, KnownPostPlan, KnownUnit, on_route

RETRY_AFTER = timedelta(seconds=2)


async def lock_committee(db: AsyncSession, committee_id: UUID, *, establishing: UUID) -> Committee:
    """A committee that this unit establishes, locked; raises Missing."""
    return await lock(
        db, Committee, Committee.id == committee_id, Committee.establishing_unit_id == establishing
    )


async def get_committee(db: AsyncSession, committee_id: UUID, *, establishing: UUID) -> Committee:
    """A committee that this unit establishes; raises Missing."""
    return await get(
        db, Committee, Committee.id == committee_id, Committee.establishing_unit_id == establishing
    )


async def committee_on_route(
    db: AsyncSession, committee_id: UUID, unit: UUID, *, locked: bool = False
) -> Committee:
    """A committee whose filing this unit vets or has vetted; raises Missing."""
    row = await (lock if locked else get)(
        db, Committee, Committee.id == committee_id, on_route(Committee, unit)
    )
    return _reached(row, unit)


async def campaign_on_route(
    db: AsyncSession, campaign_id: UUID, unit: UUID, *, locked: bool = False
) -> Campaign:
    """A campaign that this unit vets or has vetted; raises Missing."""
    row = await (lock if locked else get)(db, Campaign, Campaign.id == campaign_id, on_route(Campaign, unit))
    return _reached(row, unit)


def _reached(row: Any, unit: UUID) -> Any:
    # A case that has not come as far as the unit is none of its business yet.
    if reached(from_dict(row.case), unit):
        return row
    raise Missing


def reached(case: Case, unit: UUID) -> bool:
    """Whether the case lies with this unit or has been there."""
    here = case.inbox()
    return (here is not None and here.unit == unit and not here.with_applicant) or any(
        entry.unit == unit and entry.node is not None for entry in case.trail
    )


def filing_of(row: Committee) -> Filing:
    """A committee's filing as the domain sees it."""
    case = from_dict(row.case) if row.case else None
    return Filing(FilingStatus(row.state), case, row.filed_at, row.valid_from, row.valid_until)


def save_filing(db: AsyncSession, row: Committee, filing: Filing) -> Committee:
    """Write the filing's new standing; revision + 1."""
    row.state, row.filed_at = filing.state, filing.filed_at
    row.valid_from, row.valid_until = filing.valid_from, filing.valid_until
    before = row.case
    row.case, row.node_unit_id = _case(filing.case)
    if before and row.case and before["trail"] != row.case["trail"][: len(before["trail"])]:
        row.past_cases = [*row.past_cases, before]  # a new filing: the records of the earlier one are kept
    return save(db, row)


async def lock_campaign(db: AsyncSession, campaign_id: UUID, *, establishing: UUID) -> Campaign:
    """A campaign of this unit's, locked; raises Missing."""
    return await lock(db, Campaign, Campaign.id == campaign_id, Campaign.establishing_unit_id == establishing)


def progress_of(row: Campaign) -> Progress:
    """A campaign's progress as the domain sees it."""
    return Progress(CampaignStatus(row.state), from_dict(row.case) if row.case else None, row.saved)


def save_progress(db: AsyncSession, row: Campaign, progress: Progress) -> Campaign:
    """Write the campaign's new standing; revision + 1."""
    row.state, row.saved = progress.state, progress.saved
    row.case, row.node_unit_id = _case(progress.case)
    return save(db, row)


def _case(case: Case | None) -> tuple[dict[str, Any] | None, UUID | None]:
    if case is None:
        return None, None
    inbox = case.inbox()
    return to_dict(case), inbox.unit if inbox and not inbox.with_applicant else None


async def known_units(db: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, KnownUnit]:
    """The known units by id; raises NotYetKnown while one has not arrived."""
    wanted = set(ids)
    found = {
        unit.id: unit for unit in await db.scalars(select(KnownUnit).where(col(KnownUnit.id).in_(wanted)))
    }
    if missing := wanted - set(found):
        retry_at = (clock.real_now() + RETRY_AFTER).isoformat()
        raise NotYetKnown(f"尚未收到 {len(missing)} 个单位的信息，请稍后重试。", retry_at=retry_at)
    return found


async def route_through(db: AsyncSession, matter: Matter, *units: UUID) -> Route:
    """The route through these units with their posts for the matter; no plan means one step."""
    plans = await db.scalars(
        select(KnownPostPlan).where(
            col(KnownPostPlan.unit_id).in_(units), KnownPostPlan.matter == matter.value
        )
    )
    posts = {plan.unit_id: posts_of(plan.posts) for plan in plans}
    return Route(tuple(Node(unit, posts.get(unit, ())) for unit in units))


def posts_of(plan: list[dict[str, Any]]) -> tuple[Post, ...]:
    """A plan's posts as vetting takes them."""
    return tuple(
        Post(post["rank"], post["name"], frozenset(UUID(str(person)) for person in post["persons"]))
        for post in plan
    )


async def waiting_at(db: AsyncSession, table: type[Committee] | type[Campaign], unit: UUID) -> list[Any]:
    """The rows under vetting whose route has this unit, locked."""
    vetted = ("AUTHORISING_VETTING", "FILING_VETTING", "VETTING")
    rows = await db.scalars(
        select(table).where(on_route(table, unit), col(table.state).in_(vetted)).with_for_update()
    )
    return list(rows)


async def lock_expert(
    db: AsyncSession, expert_id: UUID, *, establishing: UUID | None = None, keeper: UUID | None = None
) -> tuple[Expert, Committee]:
    """An expert of a committee that this unit establishes, or whom it keeps, locked; raises Missing.

    Who recommended an expert keeps them: corrects and submits again after a return.
    """
    mine = select(Committee.id).where(Committee.establishing_unit_id == (establishing or keeper))
    own: Any = col(Expert.committee_id).in_(mine)
    if keeper is not None:
        kept = and_(own, col(Expert.recommended_by).is_(None))
        own = or_(kept, Expert.recommended_by == keeper)
    expert = await lock(db, Expert, Expert.id == expert_id, own)
    return expert, await get(db, Committee, Committee.id == expert.committee_id)


async def get_visible_expert(db: AsyncSession, expert_id: UUID, unit: UUID) -> tuple[Expert, Committee]:
    """An expert whom this unit manages, vets or recommended; raises Missing."""
    mine = select(Committee.id).where(Committee.establishing_unit_id == unit)
    vetted = and_(Expert.vetting_unit_id == unit, Expert.state != "TO_SUBMIT")
    seen = or_(col(Expert.committee_id).in_(mine), vetted, Expert.recommended_by == unit)
    expert = await get(db, Expert, Expert.id == expert_id, seen)
    return expert, await get(db, Committee, Committee.id == expert.committee_id)


def file_ref(file: StoredFile) -> dict[str, Any]:
    """A checked upload as it is bound into an aggregate."""
    return {
        "sha256": file.sha256,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
    }


def office_of(unit: KnownUnit, rules: Rules) -> Office:
    """A known unit as the rules of competence see it."""
    try:
        region = rules.pack.regions.get(unit.jurisdiction)
        height, code = region.level.value, region.gb
    except RegionUnknown:
        height, code = RegionLevel.COUNTY.value, unit.jurisdiction
    return Office(
        id=unit.id,
        name=unit.name,
        hr="HR" in unit.kinds,
        supervising="SUPERVISING" in unit.kinds,
        authorised=unit.authorised,
        height=height,
        region=code,
    )
