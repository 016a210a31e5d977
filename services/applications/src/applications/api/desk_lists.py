"""The lists of the three desks: tabs with counts, filters, paging; a page to read; files (APP-52, 53, 58)."""

from typing import Annotated, Any
from uuid import UUID

from chassis.access import Relation, needs
from chassis.paging import PagingParams
from chassis.web import Caller, Db, Files, Model, Page, Paging, Router
from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from vetting import Tab

from applications import queries, store
from applications.api.submission import FileLink, link_to
from applications.api.vetting import PATHS, PERMISSIONS
from applications.api.vetting_detail import VettingDetail, detail
from applications.api.views import ApplicationView, TrailStep, route_units, trail, vetter_actions, view
from applications.domain.standing import Desk
from applications.tables import Application

Text50 = Annotated[str | None, Query(max_length=50)]


class TabCount(BaseModel):
    """One tab with its label and how many lie under it."""

    tab: Tab
    label: str
    count: int


class DeskList(BaseModel):
    """One page of a desk's list, with the counts of all its tabs."""

    tabs: list[TabCount]
    applications: Page[ApplicationView]


class SearchApplications(Model):
    """Search by what must not stand in an address: a person's name."""

    name: str | None = Field(default=None, max_length=50, examples=["王"])
    employer_name: str | None = Field(default=None, max_length=100)
    tab: Tab | None = None
    series: str | None = Field(default=None, max_length=50)
    level: str | None = Field(default=None, max_length=20)
    specialty: str | None = Field(default=None, max_length=50)
    method: str | None = Field(default=None, max_length=30)
    committee_id: UUID | None = None
    page: int = Field(default=1, ge=1, le=100_000)
    size: int = Field(default=20, ge=1, le=100)


def _router(desk: Desk) -> Router:
    """The reading routes of one desk."""
    router = Router(prefix=f"/vetting/{PATHS[desk]}", tags=["vetting"])
    name = PATHS[desk].replace("-", "_")
    seen = needs(PERMISSIONS[desk], Relation.NODE)

    @router.get("", access=needs(PERMISSIONS[desk]), name=f"{name}_list")
    async def list_desk(
        db: Db,
        caller: Caller,
        paging: Paging,
        tab: Tab | None = None,
        series: Text50 = None,
        level: Text50 = None,
        specialty: Text50 = None,
        method: Text50 = None,
        committee_id: UUID | None = None,
        employer_id: UUID | None = None,
    ) -> DeskList:
        """What lies, or lay, at this desk of one's unit."""
        filters = {
            "series": series, "level": level, "specialty": specialty, "method": method,
            "committee_id": committee_id, "employer_id": employer_id,
        }  # fmt: skip
        return await _listed(db, caller, desk, tab, filters, paging)

    @router.post("/search", access=needs(PERMISSIONS[desk]), idempotent=False, name=f"{name}_search")
    async def search_desk(body: SearchApplications, db: Db, caller: Caller) -> DeskList:
        """The same, narrowed by parts of a person's or work unit's name."""
        filters = body.model_dump(include={"series", "level", "specialty", "method", "committee_id"})
        paging = PagingParams(page=body.page, size=body.size)
        return await _listed(db, caller, desk, body.tab, filters, paging, body.name, body.employer_name)

    @router.get("/{application_id}", access=seen, name=f"{name}_detail")
    async def show_detail(application_id: UUID, db: Db, caller: Caller) -> VettingDetail:
        """The application with its form, trail and route; that it was read is logged."""
        row = await store.at_desk(db, application_id, caller.unit, desk, locked=False)
        actions = vetter_actions(store.case_of(row), caller.unit, caller.person)
        return await detail(db, row, caller, actions)

    @router.get("/{application_id}/trail", access=seen, name=f"{name}_trail")
    async def show_trail(application_id: UUID, db: Db, caller: Caller) -> list[TrailStep]:
        """Every step so far (APP-38)."""
        row = await store.at_desk(db, application_id, caller.unit, desk, locked=False)
        return trail(row, await store.unit_names(db, route_units(row)))

    @router.get("/{application_id}/files/{sha256}", access=seen, name=f"{name}_file")
    async def open_file(application_id: UUID, sha256: str, db: Db, caller: Caller, files: Files) -> FileLink:
        """Where a file of the dossier can be downloaded."""
        row = await store.at_desk(db, application_id, caller.unit, desk, locked=False)
        return await link_to(db, row, sha256, files)

    return router


async def _listed(
    db: AsyncSession,
    caller: Any,
    desk: Desk,
    tab: Tab | None,
    filters: dict[str, Any],
    paging: PagingParams,
    name: str | None = None,
    employer_name: str | None = None,
) -> DeskList:
    statement = queries.desk_list(caller.unit, desk, tab, filters)
    if name:
        statement = statement.where(col(Application.name).contains(name, autoescape=True))
    if employer_name:
        statement = statement.where(col(Application.employer_name).contains(employer_name, autoescape=True))
    found: Page[Application] = await Page.of(db, statement, paging, lambda row: row)
    later = await queries.progress(db, [row.id for row in found.items])
    items = [
        view(row, vetter_actions(store.case_of(row), caller.unit, caller.person), later.get(row.id))
        for row in found.items
    ]
    counts = await queries.tab_counts(db, caller.unit, desk)
    return DeskList(
        tabs=[TabCount(tab=one, label=_LABELS[one], count=counts.get(one, 0)) for one in Tab],
        applications=Page[ApplicationView](items=items, total=found.total, page=found.page, size=found.size),
    )


_LABELS = {
    Tab.FIRST_POST: "初审",
    Tab.LATER_POST: "复审",
    Tab.RETURNED_BY_SUPERIOR: "上级单位退回重审",
    Tab.REPORTED: "已上报",
    Tab.RETURNED: "已退回",
    Tab.REJECTED: "不通过",
}

routers = [_router(desk) for desk in Desk]
