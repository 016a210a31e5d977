"""Committees: created, edited, listed and read by the unit that establishes them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.caller import Caller as CallerClaims
from chassis.db import save
from chassis.problems import NotYetKnown
from chassis.web import Caller, Config, Db, IfMatch, Model, Page, Paging, Router, View, expect
from contracts.vocabulary import Level
from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field
from refusals import Refusal
from refusals.machine import IllegalMove
from sqlalchemy.ext.asyncio import AsyncSession
from vetting import TrailEntry, from_dict

from committees import queries, store
from committees.domain import filing, scope
from committees.domain.refusals import ScopeRefused, UnitNotCompetent
from committees.rules import Rules, area_path, rules_of
from committees.tables import Committee

router = Router(tags=["committees"])
MANAGE = "committees.committee.manage"


def _once(values: list[Any]) -> list[Any]:
    if len(set(values)) != len(values):
        raise ValueError("不能重复。")
    return values


Once = AfterValidator(_once)
Text50 = Annotated[str, Field(min_length=1, max_length=50)]


class DescribeCommittee(Model):
    """Step ①: basic information and review scope (COM-02); the establishing unit is the acting one."""

    name: str = Field(min_length=1, max_length=100, examples=["成都市农业技术系列中级职称评审委员会"])
    office_body: str = Field(min_length=1, max_length=100, examples=["成都市农业农村局"])
    office: str = Field(min_length=1, max_length=100, examples=["成都市农业农村局人事处"])
    review_type: str = Field(min_length=1, max_length=50, examples=["社会化评审"])
    levels: Annotated[list[Level], Once] = Field(
        min_length=1,
        max_length=4,
        examples=[["INTERMEDIATE"]],
        description="Every level it reviews (COM-03).",
    )
    authorising_unit_id: UUID
    filing_unit_id: UUID
    contact: str = Field(min_length=1, max_length=30, examples=["王办事"])
    phone: str = Field(
        min_length=7, max_length=20, pattern=r"^[0-9][0-9 \-]{6,19}$", examples=["028-86271234"]
    )
    address: str = Field(min_length=1, max_length=200, examples=["成都市青羊区蜀源路1号"])
    funded: bool = Field(default=False, description="Funds from a superior; advised: no (Q19).")
    autonomous: bool = Field(default=False, description="Reviews the unit's own staff only.")
    unit_natures: Annotated[list[Text50], Once] = Field(
        default=[], max_length=20, description="Of applicants' employers; empty = no limit (Q18)."
    )
    composition: Literal["BY_SERIES", "BY_SPECIALTY"]
    series: str = Field(min_length=1, max_length=50, examples=["agriculture"])
    specialties: Annotated[list[Text50], Once] = Field(
        default=[], max_length=200, examples=[["农学", "园艺"]]
    )
    related_series: Annotated[list[Text50], Once] = Field(
        default=[], max_length=10, examples=[[]], description="Whose titles experts may hold too (LAW-18)."
    )
    area: str = Field(
        min_length=1, max_length=20, examples=["510100"], description="Region of direct applicants."
    )
    prescribed_size: int = Field(ge=1, le=999, examples=[11])
    consent_number: str = Field(
        default="",
        max_length=50,
        description="Document of the provincial consent to a smaller body (LAW-05).",
    )


class TrailView(BaseModel):
    """One step of the vetting trail."""

    at: datetime
    action: str
    unit: UUID | None
    unit_name: str | None
    post: str | None
    actor: UUID | None
    opinion: str

    @classmethod
    def of(cls, entry: TrailEntry, names: Mapping[UUID, str]) -> "TrailView":
        """A step with the name of its unit."""
        return cls(
            at=entry.at,
            action=entry.action.value,
            unit=entry.unit,
            unit_name=names.get(entry.unit) if entry.unit else None,
            post=entry.post,
            actor=entry.actor,
            opinion="；".join(opinion.text for opinion in entry.opinions),
        )


class FileShown(BaseModel):
    """A bound file."""

    sha256: str
    name: str
    size: int
    media_type: str


class CommitteeItem(View):
    """A committee in lists."""

    name: str
    series: str
    levels: list[str]
    establishing_unit_id: UUID
    authorising_unit_id: UUID
    authorising_unit: str | None = None
    filing_unit_id: UUID
    filing_unit: str | None = None
    filed_at: datetime | None
    valid_from: date | None
    valid_until: date | None


class CommitteeView(CommitteeItem):
    """A committee with filing data and trail (COM-10)."""

    office_body: str
    office: str
    review_type: str
    contact: str
    phone: str
    address: str
    funded: bool
    autonomous: bool
    unit_natures: list[str]
    composition: str
    specialties: list[str]
    related_series: list[str]
    area: str
    prescribed_size: int
    consent_number: str
    letter: FileShown | None
    warnings: list[str]
    trail: list[TrailView]


def actions(row: Committee, caller: CallerClaims) -> list[str]:
    """What this caller may do with a committee now."""
    found: list[str] = []
    if row.establishing_unit_id == caller.unit_id:
        found += filing.MACHINE.allowed(filing.FilingStatus(row.state), "establishing unit")
    if row.case and caller.unit_id is not None:
        may = from_dict(row.case).allowed(caller.unit_id, caller.person)
        found += ["pass"] * ("pass" in may) + ["return"] * ("return_to_applicant" in may)
    return found


async def committee_view(
    db: AsyncSession, row: Committee, caller: CallerClaims, rules: Rules
) -> CommitteeView:
    """A committee with everything its detail page shows."""
    trail = from_dict(row.case).trail if row.case else ()
    named = {row.authorising_unit_id, row.filing_unit_id, *(entry.unit for entry in trail)}
    names = await queries.unit_names(db, named)
    return CommitteeView(
        **{name: getattr(row, name) for name in _COPIED},
        state=row.state,
        allowed_actions=actions(row, caller),
        authorising_unit=names.get(row.authorising_unit_id),
        filing_unit=names.get(row.filing_unit_id),
        letter=FileShown(**row.letter) if row.letter else None,
        warnings=list(scope.warnings(scope_of(row), rules.facts)),
        trail=[TrailView.of(entry, names) for entry in trail],
    )


_COPIED = [
    name
    for name in (*CommitteeItem.model_fields, *CommitteeView.model_fields)
    if name
    not in ("state", "allowed_actions", "authorising_unit", "filing_unit", "letter", "warnings", "trail")
]
_COPIED = list(dict.fromkeys(_COPIED))


def scope_of(row: Committee | DescribeCommittee) -> scope.Scope:
    """The review scope and size as the domain checks them."""
    return scope.Scope(
        name=row.name,
        levels=tuple(str(level) for level in row.levels),
        composition=row.composition,
        series=row.series,
        specialties=tuple(row.specialties),
        related_series=tuple(row.related_series),
        area=row.area,
        unit_natures=tuple(row.unit_natures),
        prescribed_size=row.prescribed_size,
        consent_number=row.consent_number,
    )


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


async def item_page(
    db: AsyncSession, statement: Any, paging: Any, caller: CallerClaims
) -> Page[CommitteeItem]:
    """A page of committees with the names of their units."""
    page = await Page.of(db, statement, paging, lambda row: row)
    names = await queries.unit_names(
        db, [unit for row in page.items for unit in (row.authorising_unit_id, row.filing_unit_id)]
    )
    shown = [
        CommitteeItem(
            **{
                name: getattr(row, name)
                for name in CommitteeItem.model_fields
                if name not in ("allowed_actions", "authorising_unit", "filing_unit")
            },
            allowed_actions=actions(row, caller),
            authorising_unit=names.get(row.authorising_unit_id),
            filing_unit=names.get(row.filing_unit_id),
        )
        for row in page.items
    ]
    return Page[CommitteeItem](items=shown, total=page.total, page=page.page, size=page.size)


@router.get("/committees/{committee_id}", access=needs(MANAGE, Relation.ESTABLISHING))
async def read_committee(committee_id: UUID, db: Db, caller: Caller) -> CommitteeView:
    """A committee with its filing data and trail (COM-10)."""
    row = await store.get_committee(db, committee_id, establishing=caller.unit)
    return await committee_view(db, row, caller, rules_of(row.pack))
