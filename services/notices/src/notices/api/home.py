"""A unit's home (NTC-06): who it is, messages, to-dos by type, and review supervision (NTC-07)."""

from datetime import date, datetime
from uuid import UUID

from chassis.access import Relation, needs
from chassis.paging import PagingParams
from chassis.problems import NotYetKnown
from chassis.web import Caller, Db, Page, Paging, Router
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from notices import queries
from notices.api.inbox import MessageLine, lines
from notices.api.listing import paged, rows_of
from notices.domain.progress import progress
from notices.domain.todos import KINDS, TodoKind, concerning
from notices.rules import NoticeRules, Rules
from notices.tables import KnownCampaign, KnownCommittee, KnownUnit, Todo

router = Router(tags=["home"])
_UNIT = needs("notices.message.unit-inbox", Relation.OWN_UNIT)
_SHOWN = 5
_FIRST = PagingParams(page=1, size=_SHOWN)


class HomeUnit(BaseModel):
    """The acting unit."""

    id: UUID
    name: str
    uscc: str
    kinds: list[str]
    nature: str
    jurisdiction: str
    jurisdiction_name: str
    superior_id: UUID | None
    superior_name: str | None
    state: str


class TodoItem(BaseModel):
    """One thing to do; `subject` is the registration, filing, application … it is about."""

    subject: UUID
    kind: TodoKind
    title: str
    since: datetime


class TodoGroup(BaseModel):
    """The to-dos of one type; only the oldest few are shown."""

    kind: TodoKind
    label: str = Field(examples=["待审核的下级单位申报人员"])
    count: int
    link: str = Field(description="The list where they are done.")
    items: list[TodoItem]


class SupervisionCounts(BaseModel):
    """The committees that a unit supervises."""

    committees: int
    filed: int
    not_filed: int
    campaigns_running: int


class SupervisionRow(BaseModel):
    """A committee and one of its campaigns."""

    committee_id: UUID
    committee_name: str
    area: str
    area_name: str
    filing_state: str
    filing_label: str
    valid_from: date | None
    valid_until: date | None = Field(description="The last valid day.")
    campaign_id: UUID | None
    campaign_name: str | None
    applications_from: datetime | None
    applications_until: datetime | None = Field(description="Exclusive.")
    progress: str


class SupervisionView(BaseModel):
    """The panel: counts, and a page of rows."""

    counts: SupervisionCounts
    rows: Page[SupervisionRow]


class HomeView(BaseModel):
    """A unit's first page."""

    unit: HomeUnit
    unread: int
    messages: list[MessageLine]
    todos: list[TodoGroup]
    supervision: SupervisionView


@router.get("/home", access=_UNIT, refuses=[NotYetKnown])
async def show_home(db: Db, caller: Caller, rules: Rules) -> HomeView:
    """The acting unit's first page; to-dos are those that the caller can do something about."""
    mine = queries.of_unit(caller.unit)
    return HomeView(
        unit=await _unit(db, caller.unit, rules),
        unread=await queries.unread(db, mine),
        messages=(await lines(db, queries.inbox(mine), _FIRST)).items,
        todos=await _groups(db, caller),
        supervision=await _supervision(db, caller.unit, _FIRST, rules),
    )


@router.get("/todos", access=_UNIT)
async def list_todo_groups(db: Db, caller: Caller) -> list[TodoGroup]:
    """To-dos of the acting unit by type, with counts and the oldest few."""
    return await _groups(db, caller)


@router.get("/todos/{kind}", access=needs("notices.message.unit-inbox"))
async def list_todos(kind: TodoKind, db: Db, caller: Caller, paging: Paging) -> Page[TodoItem]:
    """To-dos of one type, longest waiting first."""
    kinds = [kind] if kind in concerning(caller.permissions) else []
    return await Page.of(db, queries.todos(caller.unit, kinds), paging, _item)


@router.get("/supervision", access=_UNIT)
async def show_supervision(db: Db, caller: Caller, rules: Rules, paging: Paging) -> SupervisionView:
    """Review supervision: committees that the unit runs, authorises or files, or stands above."""
    return await _supervision(db, caller.unit, paging, rules)


async def _unit(db: AsyncSession, unit_id: UUID, rules: NoticeRules) -> HomeUnit:
    unit = await db.get(KnownUnit, unit_id)
    if unit is None:
        raise NotYetKnown("单位信息正在同步，请稍后重试。")
    names = await queries.unit_names(db, [unit.superior_id])
    return HomeUnit(
        **unit.model_dump(exclude={"revision"}),
        jurisdiction_name=rules.region_name(unit.jurisdiction),
        superior_name=names.get(unit.superior_id),
    )


async def _groups(db: AsyncSession, caller: Caller) -> list[TodoGroup]:
    kinds = concerning(caller.permissions)
    found = await queries.counted_todos(db, caller.unit, kinds, _SHOWN)
    return [
        TodoGroup(
            kind=kind,
            label=KINDS[kind].label,
            link=KINDS[kind].link,
            count=found[kind][0],
            items=[_item(todo) for todo in found[kind][1]],
        )
        for kind in kinds
        if kind in found
    ]


def _item(todo: Todo) -> TodoItem:
    return TodoItem(subject=todo.subject, kind=TodoKind(todo.kind), title=todo.title, since=todo.since)


async def _supervision(
    db: AsyncSession, unit: UUID, paging: PagingParams, rules: NoticeRules
) -> SupervisionView:
    committees, filed, running = await queries.supervision_counts(db, unit)
    rows, total = await rows_of(db, queries.supervision_rows(unit), paging)
    return SupervisionView(
        counts=SupervisionCounts(
            committees=committees, filed=filed, not_filed=committees - filed, campaigns_running=running
        ),
        rows=paged([_row(*row, rules) for row in rows], total, paging),
    )


def _row(
    committee: KnownCommittee, campaign: KnownCampaign | None, meeting: str | None, rules: NoticeRules
) -> SupervisionRow:
    return SupervisionRow(
        committee_id=committee.id,
        committee_name=committee.name,
        area=committee.area,
        area_name=rules.region_name(committee.area),
        filing_state=committee.state,
        filing_label=rules.filing_labels.get(committee.state, committee.state),
        valid_from=committee.valid_from,
        valid_until=committee.valid_until,
        campaign_id=campaign.id if campaign else None,
        campaign_name=campaign.name if campaign else None,
        applications_from=campaign.start if campaign else None,
        applications_until=campaign.first_deadline if campaign else None,
        progress=progress(campaign.state if campaign else None, meeting, rules.campaign_labels),
    )
