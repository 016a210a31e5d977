"""Requirements from a sheet, and those that a committee's new campaigns start with (COM-39)."""

import asyncio
from uuid import UUID

import sheets
from chassis.access import Relation, needs
from chassis.db import save
from chassis.files import FileNotUploaded, use_file
from chassis.sniff import XLSX
from chassis.web import Caller, Config, Db, Files, IfMatch, Router, expect
from pydantic import BaseModel
from sheets import Column, Sheet

from committees import store
from committees.api.campaign_modules import SaveConditions, checked_clauses
from committees.api.campaigns import MANAGE
from committees.api.committee_views import CommitteeView, committee_view
from committees.api.filing import BindFile, LinkView
from committees.api.uploads import REQUIREMENT_SHEET
from committees.domain.refusals import (
    ModuleRefused,
)
from committees.rules import Rules, rules_of

router = Router(tags=["campaign modules"])


@router.put(
    "/committees/{committee_id}/requirements",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[ModuleRefused],
)
async def save_default_requirements(
    committee_id: UUID, body: SaveConditions, db: Db, caller: Caller, if_match: IfMatch
) -> CommitteeView:
    """Set the requirements that every new campaign of the committee starts with (COM-39)."""
    committee = await store.lock_committee(db, committee_id, establishing=caller.unit)
    expect(committee, if_match)
    rules = rules_of(committee.pack)
    committee.requirements = checked_clauses(body.conditions, "conditions", rules)
    save(db, committee)
    return await committee_view(db, committee, caller, rules)


class RequirementRow(BaseModel):
    """A row of a requirement sheet that may be saved."""

    serial: int
    title: str
    templates: list[str]
    text: str


class BadRequirement(BaseModel):
    """A row that may not, and why."""

    row: int
    reasons: list[str]


class RequirementSheetView(BaseModel):
    """Success and failure lists of a requirement sheet; saving the module imports the good ones."""

    good: list[RequirementRow]
    bad: list[BadRequirement]


def _sheet(rules: Rules) -> Sheet:
    names = rules.template_labels
    said = "请填写模板名称，以顿号分隔：" + "、".join(names)

    def known(text: str) -> str | None:
        return None if all(one in names for one in text.split("、")) else said

    return Sheet(
        name="requirements",
        title="业绩要求",
        columns=(
            Column("serial", "序号", "number", required=True, max=999, example="1"),
            Column("title", "展示标题", "select", required=True, options=rules.displays),
            Column(
                "templates", "模板类别", required=True, max=100, example="论文、著作（译著）", check=known
            ),
            Column("text", "业绩要求描述", required=True, max=1000),
        ),
        instructions=said,
        unique=("serial",),
        max_rows=60,
    )


@router.get("/requirement-template", access=needs(MANAGE))
async def download_requirement_template(db: Db, files: Files, config: Config) -> LinkView:
    """Where the empty sheet can be downloaded."""
    content = await asyncio.to_thread(sheets.template, _sheet(rules_of(config.province)))
    url = await files.url(await files.put(content, XLSX), _TEMPLATE, XLSX)
    return LinkView(url=url, name=_TEMPLATE)


_TEMPLATE = "业绩要求导入模板.xlsx"


@router.post(
    "/campaigns/{campaign_id}/requirements/check",
    access=needs(MANAGE, Relation.ESTABLISHING),
    refuses=[
        FileNotUploaded,
        sheets.NotAWorkbook,
        sheets.WrongHeader,
        sheets.EmptySheet,
        sheets.FormulaRefused,
    ],
)
async def check_requirement_sheet(
    campaign_id: UUID, body: BindFile, db: Db, caller: Caller, files: Files
) -> RequirementSheetView:
    """Check a sheet of at most 60 requirements uploaded for `requirement-sheet` (COM-39)."""
    row = await store.lock_campaign(db, campaign_id, establishing=caller.unit)
    file = await use_file(db, body.file_id, caller, purpose=REQUIREMENT_SHEET)
    rules = rules_of(row.pack)
    reading = await asyncio.to_thread(sheets.read, _sheet(rules), await files.read(str(file.sha256)))
    codes = rules.template_labels
    good = [
        RequirementRow(
            serial=int(float(one.values["serial"])),
            title=one.values["title"],
            templates=[codes[name] for name in one.values["templates"].split("、")],
            text=one.values["text"],
        )
        for one in reading.good
    ]
    bad = [BadRequirement(row=one.number, reasons=[c.detail for c in one.complaints]) for one in reading.bad]
    return RequirementSheetView(good=good, bad=bad)
