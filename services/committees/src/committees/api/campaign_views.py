"""A campaign as it is shown to those who run and vet it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.caller import Caller as CallerClaims
from chassis.problems import Missing
from chassis.web import View
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from vetting import from_dict

from committees import queries
from committees.api.committee_views import FileShown, TrailView
from committees.domain.campaign import MACHINE, CampaignStatus
from committees.tables import Campaign


class CampaignItem(View):
    """A campaign in lists."""

    committee_id: UUID
    name: str
    year: int
    category: str
    series: str
    start: datetime | None
    first_deadline: datetime | None
    modified_deadline: datetime | None
    receipt_deadline: datetime | None
    published_at: datetime | None


class CampaignView(CampaignItem):
    """A campaign with its modules and trail; for the establishing and the authorising unit."""

    authorising_unit_id: UUID
    saved: list[str] = Field(description="Modules saved so far, in their order (COM-30).")
    basic: dict[str, Any]
    policy_file: FileShown | None
    arrangement_file: FileShown | None
    plan_file: FileShown | None
    opened: list[dict[str, Any]]
    requirements: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    materials: list[dict[str, Any]]
    pack: str
    trail: list[TrailView]


def allowed(row: Campaign, caller: CallerClaims) -> list[str]:
    """What this caller may do with a campaign now."""
    found: list[str] = []
    if row.establishing_unit_id == caller.unit_id:
        found += MACHINE.allowed(CampaignStatus(row.state), "establishing unit")
    if row.case and caller.unit_id is not None:
        may = from_dict(row.case).allowed(caller.unit_id, caller.person)
        found += ["pass"] * ("pass" in may) + ["return"] * ("return_to_applicant" in may)
    return found


def _listed(row: Campaign, caller: CallerClaims) -> dict[str, Any]:
    same = [name for name in CampaignItem.model_fields if name not in ("allowed_actions", "start")]
    return {
        **{name: getattr(row, name) for name in same},
        "start": row.start_at,
        "allowed_actions": allowed(row, caller),
    }


def campaign_item(row: Campaign, caller: CallerClaims) -> CampaignItem:
    """A campaign as a row of a list."""
    return CampaignItem(**_listed(row, caller))


async def campaign_view(db: AsyncSession, row: Campaign, caller: CallerClaims) -> CampaignView:
    """A campaign as its page shows it."""
    trail = from_dict(row.case).trail if row.case else ()
    names = await queries.unit_names(db, [entry.unit for entry in trail])
    files = {
        name: FileShown(**file) if (file := getattr(row, name)) else None
        for name in ("policy_file", "arrangement_file", "plan_file")
    }
    return CampaignView(
        **_listed(row, caller),
        **files,
        authorising_unit_id=row.authorising_unit_id,
        saved=queries.modules_saved(row),
        basic=row.basic,
        opened=row.opened,
        requirements=row.requirements,
        conditions=row.conditions,
        materials=row.materials,
        pack=row.pack,
        trail=[TrailView.of(entry, names) for entry in trail],
    )


FileKind = Literal["policy", "arrangement", "plan"]


def file_of(row: Campaign, kind: FileKind) -> Mapping[str, Any] | None:
    """A campaign's bound file; raises Missing for an unknown kind."""
    found = {"policy": row.policy_file, "arrangement": row.arrangement_file, "plan": row.plan_file}
    if kind not in found:
        raise Missing
    return found[kind]
