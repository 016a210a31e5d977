"""The five modules of a campaign, saved in order (COM-30), and its files."""

from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.access import Relation, needs
from chassis.db import save
from chassis.files import FileNotUploaded, use_file
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from contracts.vocabulary import Level
from pydantic import AwareDatetime, Field
from refusals.machine import IllegalMove
from sqlalchemy.ext.asyncio import AsyncSession

from committees import actions, store
from committees.api.campaign_views import CampaignView, FileKind, campaign_view
from committees.api.campaigns import MANAGE, check_annual
from committees.api.committee_views import Once
from committees.api.filing import BindFile
from committees.api.uploads import CAMPAIGN_FILES
from committees.domain.campaign import MACHINE, CampaignStatus, Deadlines, Event, Module
from committees.domain.modules import Clause, check_clauses, check_groups, check_materials
from committees.domain.refusals import (
    AnnualExists,
    CampaignTooLarge,
    DeadlinesOutOfOrder,
    FilingNotValid,
    GroupMethodRefused,
    ModuleOutOfOrder,
    ModuleRefused,
    OpenedOutsideFiling,
)
from committees.rules import Rules, rules_of
from committees.tables import Campaign, Committee

router = Router(tags=["campaign modules"])


class SaveBasic(Model):
    """Module 1: public and internal basic information (COM-31, COM-32)."""

    name: str = Field(min_length=1, max_length=50, examples=["2026年度农业技术中级职称评审"])
    eligible_scope: str = Field(min_length=1, max_length=50, examples=["成都市农业技术人员"])
    year: int = Field(ge=2000, le=2100, examples=[2026])
    category: Literal["ANNUAL", "SPECIAL"] = "ANNUAL"
    review_mode: Literal["EXPERT", "NATIONAL_EXAM_PLUS_EXPERT"]
    written_test: Literal["ALL", "WITHOUT_EDUCATION", "SOME", "NONE"]
    oral_defence: Literal["SOME", "ALL", "NONE"]
    start: AwareDatetime = Field(examples=["2026-07-01T00:00:00+08:00"])
    first_deadline: AwareDatetime = Field(examples=["2026-08-01T00:00:00+08:00"], description="Exclusive.")
    modified_deadline: AwareDatetime = Field(examples=["2026-08-15T00:00:00+08:00"])
    receipt_deadline: AwareDatetime = Field(examples=["2026-09-01T00:00:00+08:00"])
    department_deadline: AwareDatetime | None = Field(default=None, description="COM-44.")
    committee_deadline: AwareDatetime | None = Field(default=None, description="COM-44.")
    health_page: bool
    school_teacher_page: bool
    vocational_teacher_page: bool
    document_number: str = Field(default="", max_length=50, examples=["成人社发〔2026〕12号"])
    public: bool = Field(description="Publishes policy file and arrangement, never the work plan (Q17).")
    exceptional_deliberation: bool
    specialty_groups: bool
    group_method: Literal["VOTE", "SCORE"] | None = None


class OpenedTitle(Model):
    """One title of one specialty."""

    level: Level
    specialty: str = Field(min_length=1, max_length=50, examples=["农学"])
    title_name: str = Field(min_length=1, max_length=50, examples=["农艺师"])


class SaveOpened(Model):
    """Module 2: what may be applied for (COM-38)."""

    opened: list[OpenedTitle] = Field(min_length=1, max_length=300)


class Requirement(Model):
    """A requirement or condition that achievements answer (COM-39)."""

    serial: int = Field(ge=1, le=999, examples=[1])
    title: str = Field(min_length=1, max_length=50, examples=["论文论著"])
    templates: Annotated[list[str], Once] = Field(
        min_length=1, max_length=8, examples=[["paper", "monograph"]]
    )
    text: str = Field(min_length=1, max_length=1000, examples=["公开发表本专业论文1篇以上"])


class SaveRequirements(Model):
    """Module 3."""

    requirements: list[Requirement] = Field(min_length=1, max_length=60)


class SaveConditions(Model):
    """Module 4: exceptional conditions, none where the campaign knows none (COM-42)."""

    conditions: list[Requirement] = Field(default=[], max_length=60)


class Material(Model):
    """An upload slot."""

    key: str = Field(min_length=1, max_length=36, pattern=r"^[A-Za-z0-9_\-]+$", examples=["pledge"])
    name: str = Field(min_length=1, max_length=50, examples=["真实性承诺书"])
    type: Literal["PDF", "IMAGE", "IMAGE_OR_PDF"]
    max_mb: int = Field(ge=1, le=1000, examples=[10])
    required: bool


class SaveMaterials(Model):
    """Module 5 (COM-42)."""

    materials: list[Material] = Field(default=[], max_length=50)


_EDIT = [IllegalMove, ModuleOutOfOrder]


async def _open(
    db: AsyncSession, campaign_id: UUID, caller: Caller, revision: int, module: Module
) -> Campaign:
    row = await store.lock_campaign(db, campaign_id, establishing=caller.unit)
    expect(row, revision)
    row.saved = store.progress_of(row).save(module).saved
    return row


async def _close(db: AsyncSession, row: Campaign, caller: Caller) -> CampaignView:
    actions.check_size(row)
    save(db, row)
    return await campaign_view(db, row, caller)


@router.put(
    "/campaigns/{campaign_id}/basic",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[*_EDIT, DeadlinesOutOfOrder, GroupMethodRefused, AnnualExists, FilingNotValid],
)
async def save_basic(
    campaign_id: UUID, body: SaveBasic, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Save module 1, basic information."""
    row = await _open(db, campaign_id, caller, if_match, Module.BASIC)
    Deadlines(body.start, body.first_deadline, body.modified_deadline, body.receipt_deadline).check()
    check_groups(body.specialty_groups, body.group_method)
    await check_annual(db, row.committee_id, body.year, body.category, row.id)
    committee = await db.get_one(Committee, row.committee_id)
    actions.check_start(committee, body.start)
    row.name, row.year, row.category = body.name, body.year, body.category
    row.start_at, row.first_deadline = body.start, body.first_deadline
    row.modified_deadline, row.receipt_deadline = body.modified_deadline, body.receipt_deadline
    pages = {
        "HEALTH": body.health_page,
        "TEACHER": body.school_teacher_page,
        "VOCATIONAL_TEACHER": body.vocational_teacher_page,
    }
    row.basic = body.model_dump(mode="json", include=_BASIC) | {
        "pages": [name for name, on in pages.items() if on]
    }
    return await _close(db, row, caller)


_BASIC = {
    "eligible_scope", "review_mode", "written_test", "oral_defence", "department_deadline", "committee_deadline",
    "health_page", "school_teacher_page", "vocational_teacher_page", "document_number", "public",
    "exceptional_deliberation", "specialty_groups", "group_method",
}  # fmt: skip


@router.put(
    "/campaigns/{campaign_id}/opened",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[*_EDIT, OpenedOutsideFiling, CampaignTooLarge],
)
async def save_opened(
    campaign_id: UUID, body: SaveOpened, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Save module 2, opened specialties: within what the committee is filed for."""
    row = await _open(db, campaign_id, caller, if_match, Module.OPENED)
    opened = [one.model_dump(mode="json") for one in body.opened]
    committee = await db.get_one(Committee, row.committee_id)
    actions.check_opened(opened, committee, rules_of(row.pack))
    row.opened = opened
    return await _close(db, row, caller)


def checked_clauses(clauses: list[Requirement], field: str, rules: Rules) -> list[dict[str, Any]]:
    """The clauses as they are kept, ascending by serial; raises ModuleRefused."""
    told = [Clause(one.serial, one.title, tuple(one.templates)) for one in clauses]
    check_clauses(told, field, rules.displays, rules.templates)
    return [one.model_dump(mode="json") for one in sorted(clauses, key=lambda one: one.serial)]


@router.put(
    "/campaigns/{campaign_id}/requirements",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[*_EDIT, ModuleRefused, CampaignTooLarge],
)
async def save_requirements(
    campaign_id: UUID, body: SaveRequirements, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Save module 3, achievement requirements."""
    row = await _open(db, campaign_id, caller, if_match, Module.REQUIREMENTS)
    row.requirements = checked_clauses(body.requirements, "requirements", rules_of(row.pack))
    return await _close(db, row, caller)


@router.put(
    "/campaigns/{campaign_id}/conditions",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[*_EDIT, ModuleRefused, CampaignTooLarge],
)
async def save_conditions(
    campaign_id: UUID, body: SaveConditions, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Save module 4, exceptional conditions."""
    row = await _open(db, campaign_id, caller, if_match, Module.CONDITIONS)
    row.conditions = checked_clauses(body.conditions, "conditions", rules_of(row.pack))
    return await _close(db, row, caller)


@router.put(
    "/campaigns/{campaign_id}/materials",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[*_EDIT, ModuleRefused, CampaignTooLarge],
)
async def save_materials(
    campaign_id: UUID, body: SaveMaterials, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Save module 5, required materials."""
    row = await _open(db, campaign_id, caller, if_match, Module.MATERIALS)
    found = body.materials
    check_materials(
        [one.name for one in found],
        [one.key for one in found],
        [one.max_mb for one in found],
        rules_of(row.pack).max_mb,
    )
    row.materials = [one.model_dump(mode="json") for one in found]
    return await _close(db, row, caller)


@router.put(
    "/campaigns/{campaign_id}/files/{kind}",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[IllegalMove, FileNotUploaded],
)
async def bind_campaign_file(
    campaign_id: UUID, kind: FileKind, body: BindFile, db: Db, caller: Caller, if_match: IfMatch
) -> CampaignView:
    """Bind policy file, arrangement or (internal) work plan: a PDF uploaded for `campaign-<kind>`."""
    row = await store.lock_campaign(db, campaign_id, establishing=caller.unit)
    expect(row, if_match)
    MACHINE.next(CampaignStatus(row.state), Event.EDIT)
    file = store.file_ref(await use_file(db, body.file_id, caller, purpose=CAMPAIGN_FILES[kind]))
    setattr(row, f"{kind}_file", file)
    return await _close(db, row, caller)
