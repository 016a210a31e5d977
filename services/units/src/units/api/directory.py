"""Finding units: employers for applicants, superiors for units, the public face of any authorised one."""

from typing import Annotated
from uuid import UUID

from chassis.access import Relation, signed_in
from chassis.problems import Missing
from chassis.web import Db, Page, Paging, Router
from fastapi import Query

from units import queries, store
from units.api.province import Rules
from units.api.views import UnitSummary

router = Router(tags=["directory"])

Keyword = Annotated[
    str, Query(min_length=2, max_length=100, examples=["园艺"], description="Part of the name.")
]


@router.get("/employers", access=signed_in(Relation.NONE))
async def find_employers(name: Keyword, db: Db, rules: Rules, paging: Paging) -> Page[UnitSummary]:
    """Units that a person can apply through: authorised ones only (UNT-14)."""
    return await Page.of(db, queries.employers(name), paging, lambda unit: UnitSummary.of(unit, rules))


@router.get("/superiors", access=signed_in(Relation.NONE))
async def find_superiors(name: Keyword, db: Db, rules: Rules, paging: Paging) -> Page[UnitSummary]:
    """Units that a unit can ask to be its superior, by part of the name or the whole code (UNT-04, UNT-08)."""
    return await Page.of(db, queries.superiors(name), paging, lambda unit: UnitSummary.of(unit, rules))


@router.get("/{unit_id}", access=signed_in(Relation.NONE), refuses=[Missing])
async def show_unit(unit_id: UUID, db: Db, rules: Rules) -> UnitSummary:
    """The public face of an authorised unit."""
    return UnitSummary.of(await store.open_unit(db, unit_id), rules)
