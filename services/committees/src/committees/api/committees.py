"""Committees: created, edited, listed and read by the unit that establishes them."""

from typing import Annotated, Any
from uuid import UUID

from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import save
from chassis.problems import NotYetKnown
from chassis.web import Caller, Config, Db, IfMatch, Page, Paging, Router, expect
from contracts.vocabulary import Level
from fastapi import Query
from refusals import Refusal
from refusals.machine import IllegalMove
from sqlalchemy.ext.asyncio import AsyncSession

from committees import queries, store
from committees.api.committee_views import (
    CommitteeItem,
    CommitteeView,
    DescribeCommittee,
    committee_view,
    item_page,
    scope_of,
)
from committees.domain import filing, scope
from committees.domain.refusals import ScopeRefused, UnitNotCompetent
from committees.rules import Rules, area_path, rules_of
from committees.tables import Committee

router = Router(tags=["committees"])


MANAGE = "committees.committee.manage"


async def check(db: AsyncSession, described: Committee | DescribeCommittee, rules: Rules) -> None:
    """Refuse a scope, size, authorising or filing unit that the rules do not allow."""
    told = scope_of(described)
    if said := scope.complaints(told, rules.facts):
        raise ScopeRefused("请按提示修改后重新保存。", complaints=said)
    units = await store.known_units(db, {described.authorising_unit_id, described.filing_unit_id})
    authorising, filer = units[described.authorising_unit_id], units[described.filing_unit_id]
    path = area_path(described.area, rules)
    if said := scope.check_units(
        told.levels, path, store.office_of(authorising, rules), store.office_of(filer, rules)
    ):
        raise UnitNotCompetent("请重新选择单位。", complaints=said)


def _values(body: DescribeCommittee) -> dict[str, Any]:
    return body.model_dump() | {"levels": sorted((str(level) for level in body.levels), key=scope.rank)}


_REFUSES: list[type[Refusal]] = [ScopeRefused, UnitNotCompetent, NotYetKnown]


@router.post("/committees", access=needs(MANAGE), refuses=_REFUSES, status_code=201)
async def create_committee(body: DescribeCommittee, db: Db, caller: Caller, config: Config) -> CommitteeView:
    """Create a committee that the acting unit establishes."""
    rules = rules_of(config.province)
    await check(db, body, rules)
    row = save(db, Committee(establishing_unit_id=caller.unit, pack=rules.ref, **_values(body)))
    audit(db, caller, "committees.committee.created", row.id)
    return await committee_view(db, row, caller, rules)


@router.put(
    "/committees/{committee_id}",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove, *_REFUSES],
)
async def edit_committee(
    committee_id: UUID, body: DescribeCommittee, db: Db, caller: Caller, config: Config, if_match: IfMatch
) -> CommitteeView:
    """Change a committee that is not filed and not being vetted."""
    row = await store.lock_committee(db, committee_id, establishing=caller.unit)
    expect(row, if_match)
    store.filing_of(row).edit()
    rules = rules_of(config.province)
    await check(db, body, rules)
    for name, value in _values(body).items():
        setattr(row, name, value)
    row.pack = rules.ref
    save(db, row)
    return await committee_view(db, row, caller, rules)


@router.get("/committees", access=needs(MANAGE))
async def list_committees(
    db: Db,
    caller: Caller,
    paging: Paging,
    state: filing.FilingStatus | None = None,
    series: Annotated[str | None, Query(max_length=50)] = None,
    level: Level | None = None,
    name: Annotated[str | None, Query(max_length=50)] = None,
) -> Page[CommitteeItem]:
    """Committees that the acting unit establishes (COM-01)."""
    statement = queries.own_committees(caller.unit, state=state, series=series, level=level, name=name)
    return await item_page(db, statement, paging, caller)


@router.get("/committees/{committee_id}", access=needs(MANAGE, Relation.ESTABLISHING))
async def read_committee(committee_id: UUID, db: Db, caller: Caller) -> CommitteeView:
    """A committee with its filing data and trail (COM-10)."""
    row = await store.get_committee(db, committee_id, establishing=caller.unit)
    return await committee_view(db, row, caller, rules_of(row.pack))
