"""What the province defines: the rules in force, regions and code lists for everybody."""

from typing import Annotated

from chassis import clock
from chassis.access import public
from chassis.problems import Missing
from chassis.web import Config, Router
from fastapi import Depends, Query
from provinces.packs import SectionMissing
from provinces.regions import Region, RegionUnknown
from pydantic import BaseModel

from units.rules import UnitRules, rules_in_force

router = Router(tags=["province"])


async def _rules(settings: Config) -> UnitRules:
    return rules_in_force(settings.province, clock.local_date(clock.now()))


Rules = Annotated[UnitRules, Depends(_rules)]


class RegionView(BaseModel):
    """One region; `jurisdiction` says whether a unit can belong there (省本级, 市本级, county)."""

    code: str
    name: str
    level: str
    parent: str | None
    jurisdiction: bool
    has_children: bool


@router.get("/regions", access=public(), refuses=[RegionUnknown])
async def list_regions(
    rules: Rules, parent: Annotated[str | None, Query(max_length=10, examples=["510000"])] = None
) -> list[RegionView]:
    """The regions right below one; without `parent`, the province."""
    if parent is not None:
        rules.pack.regions.get(parent)
    return [_region_view(rules, region) for region in rules.pack.regions.children(parent)]


@router.get("/code-lists/{name}", access=public())
async def show_code_list(name: str, rules: Rules) -> dict[str, str]:
    """One code list: code → label."""
    try:
        return rules.pack.code_list(name)
    except SectionMissing:
        raise Missing from None


def _region_view(rules: UnitRules, region: Region) -> RegionView:
    regions = rules.pack.regions
    return RegionView(
        code=region.code,
        name=region.name,
        level=region.level,
        parent=region.parent,
        jurisdiction=regions.is_jurisdiction(region.code),
        has_children=bool(regions.children(region.code)),
    )
