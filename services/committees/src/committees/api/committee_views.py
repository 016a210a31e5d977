"""A committee as it is typed in and shown."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.caller import Caller as CallerClaims
from chassis.web import Model, Page, View
from contracts.vocabulary import Level
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from vetting import TrailEntry, from_dict

from committees import queries
from committees.domain import filing, scope
from committees.rules import Rules
from committees.tables import Committee


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
    cases = [from_dict(case) for case in (*row.past_cases, row.case) if case]
    trail = [entry for case in cases for entry in case.trail]
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
