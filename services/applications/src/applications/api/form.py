"""The form: read with its schemas, saved module by module."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis.access import Relation, needs
from chassis.files import FileState, StoredFile
from chassis.problems import Invalid, NotYetKnown
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from provinces.explain import pointer
from pydantic import BaseModel, Field
from refusals import Complaint
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from vetting import Action

from applications import store
from applications.api.applications import APPLY
from applications.api.uploads import ATTACHMENT, MATERIAL, PHOTO
from applications.api.views import ApplicationView, own_view
from applications.domain import refusals as no
from applications.domain.dossier import Path, files_in
from applications.domain.standing import EDITABLE, Status
from applications.rules.form import Form
from applications.tables import Applicant, Application, FormModule

router = Router("form")
BASIC = "basic_info"


class ModuleView(BaseModel):
    """One module of the form: its schema, what is filled in, and what vetters said about it (APP-39)."""

    name: str
    label: str
    readonly: bool
    repeated: bool
    schema_: dict[str, Any] | None = Field(default=None, serialization_alias="schema")
    data: dict[str, Any]
    revision: int = Field(description="To be named as If-Match when saving; 0 = never saved.")
    opinions: list[str]


class FormView(BaseModel):
    """The whole form in the order of its navigation (APP-20)."""

    application: ApplicationView
    notices: list[str]
    modules: list[ModuleView]
    requirements: list[dict[str, Any]] = Field(description="Clauses that achievements answer (APP-25).")
    clauses_met: int = Field(description="How many clauses are answered; other achievements do not count.")
    exceptional_conditions: list[dict[str, Any]]
    materials: list[dict[str, Any]] = Field(
        description="The table of required materials with counts (APP-26)."
    )
    opinions: list[str] = Field(description="What vetters said about the whole.")


class SaveModule(Model):
    """Save one module as it stands, complete or not."""

    data: dict[str, Any] = Field(examples=[{"items": []}])


_NOTICES = ["严禁上传涉密信息。", "请及时保存，避免信息丢失。"]  # APP-28


@router.get("/applications/{application_id}/form", access=needs(APPLY, Relation.OWN), refuses=[NotYetKnown])
async def show_form(application_id: UUID, db: Db, caller: Caller, schemas: bool = True) -> FormView:
    """The form with its data, schemas and the opinions of who returned it."""
    row = await store.own(db, application_id, caller.person, locked=False)
    saved = await store.modules(db, row.id)
    form = await store.form(db, row, saved)
    applicant = await db.get(Applicant, row.person)
    assert applicant is not None
    shown = form_modules(form, saved, applicant, opinions_on(row), schemas=schemas)
    return FormView(
        application=own_view(row),
        notices=_NOTICES,
        modules=shown,
        requirements=_clauses(form, "requirements"),
        clauses_met=_clauses_met(saved),
        exceptional_conditions=_clauses(form, "exceptional_conditions"),
        materials=_material_table(form, saved),
        opinions=opinions_on(row).get(None, []),
    )


@router.get(
    "/applications/{application_id}/modules/{module}",
    access=needs(APPLY, Relation.OWN),
    refuses=[no.ModuleUnknown],
)
async def show_module(application_id: UUID, module: str, db: Db, caller: Caller) -> ModuleView:
    """One module; its revision is the ETag."""
    row = await store.own(db, application_id, caller.person, locked=False)
    saved = await store.modules(db, row.id)
    return await _shown(db, row, await store.form(db, row, saved), saved, module)


@router.put(
    "/applications/{application_id}/modules/{module}",
    access=needs(APPLY, Relation.OWN),
    refuses=[no.ModuleUnknown, no.ModuleReadOnly, no.Frozen, NotYetKnown],
)
async def save_module(
    application_id: UUID, module: str, body: SaveModule, db: Db, caller: Caller, if_match: IfMatch
) -> ModuleView:
    """Save one module of a draft, complete or not; what could never become right is refused with its place."""
    row = await store.own(db, application_id, caller.person)
    form = await store.form(db, row)
    if module not in form.names:
        raise no.ModuleUnknown("请刷新页面后重试。")
    held = await db.scalar(
        select(FormModule).where(col(FormModule.application_id) == row.id, col(FormModule.name) == module)
    )
    held = held or FormModule(
        application_id=row.id, name=module, schema_id=form.module(module).schema_id, data={}
    )
    expect(held, if_match)
    if row.state not in EDITABLE:
        raise no.Frozen("请先撤回或等待退回后再修改。")
    if form.module(module).readonly:
        raise no.ModuleReadOnly("该模块的内容由共享数据提供。")
    held.data = await _checked(db, row, form, module, body.data)
    store.count(db, held)
    return await _shown(db, row, form, {module: held}, module)


async def _checked(
    db: AsyncSession, row: Application, form: Form, module: str, given: dict[str, Any]
) -> dict[str, Any]:
    """The data as it is kept, or `Invalid` with every complaint."""
    data = dict(given)
    if module == BASIC:
        applicant = await db.get(Applicant, row.person)
        if applicant is not None and data.get("id_number") == applicant.id_number_masked:
            data.pop("id_number")
    complaints = await _true_files(db, row, module, data)
    complaints += form.check_draft(module, data)
    if complaints:
        raise Invalid("请按提示修改后重新保存。", complaints=tuple(dict.fromkeys(complaints)))
    if module == BASIC:
        data.pop("id_number", None)
        data |= {name: form.identity[name] for name in store.LOCKED if name in form.identity}
    return data


async def _true_files(
    db: AsyncSession, row: Application, module: str, data: dict[str, Any]
) -> list[Complaint]:
    """Put what the store says in the place of what the client says of each file; complain about foreign ones."""
    found = list(files_in(data))
    ids = {one for _, file in found if (one := _uuid(file["file_id"])) is not None}
    rows = await db.scalars(
        select(StoredFile).where(
            col(StoredFile.id).in_(ids),
            StoredFile.owner_person == row.person,
            col(StoredFile.owner_unit).is_(None),
            StoredFile.state == FileState.CLEAN,
        )
    )
    stored = {one.id: one for one in rows}
    complaints = []
    for path, file in found:
        held = stored.get(_uuid(file["file_id"]))  # type: ignore[arg-type]
        if held is None or not _meant_for(held, row, module, path, data):
            complaints.append(Complaint(pointer(path), "file", "请在此处上传文件。"))
            continue
        file.clear()
        file.update(store.file_ref(held))
    return complaints


def _meant_for(held: StoredFile, row: Application, module: str, path: Path, data: dict[str, Any]) -> bool:
    """Whether a file was uploaded under the rule of the place where it is used."""
    if module == "materials":
        item = data["items"][path[1]] if path[:1] == ("items",) else {}
        return held.subject == row.id and held.purpose == f"{MATERIAL}{item.get('material')}"
    return held.purpose == (PHOTO if (module, *path) == (BASIC, "photo") else ATTACHMENT)


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


async def _shown(
    db: AsyncSession, row: Application, form: Form, saved: dict[str, FormModule], name: str
) -> ModuleView:
    applicant = await db.get(Applicant, row.person)
    assert applicant is not None
    if name not in form.names:
        raise no.ModuleUnknown("请刷新页面后重试。")
    return form_modules(replace(form, names=(name,)), saved, applicant, opinions_on(row), schemas=False)[0]


def form_modules(
    form: Form,
    saved: dict[str, FormModule],
    applicant: Applicant,
    opinions: dict[str | None, list[str]],
    *,
    schemas: bool,
) -> list[ModuleView]:
    """The form's modules with data; the ID number is masked for everybody."""
    shown = []
    for name in form.names:
        module = form.module(name)
        held = saved.get(name)
        data = dict(held.data) if held else {}
        if name == BASIC:
            data["id_number"] = applicant.id_number_masked
        shown.append(
            ModuleView(
                name=name,
                label=module.label,
                readonly=module.readonly,
                repeated=module.repeated,
                schema_=form.rules.schema(name) if schemas else None,
                data=data,
                revision=held.revision if held else 0,
                opinions=opinions.get(name, []),
            )
        )
    return shown


def opinions_on(row: Application) -> dict[str | None, list[str]]:
    """What was said by who returned it last, by module, as long as it lies with the applicant."""
    if row.state != Status.RETURNED_TO_APPLICANT:
        return {}
    returns = [one for one in store.case_of(row).trail if one.action is Action.RETURN_TO_APPLICANT]
    said: dict[str | None, list[str]] = {}
    for opinion in returns[-1].opinions:
        said.setdefault(opinion.module, []).append(opinion.text)
    return said


def _clauses(form: Form, kind: str) -> list[dict[str, Any]]:
    templates = form.clauses(kind)
    given = getattr(form.campaign, kind) if form.campaign else ()
    return [
        {"id": str(one.serial), "title": one.title, "text": one.text, "templates": templates[str(one.serial)]}
        for one in sorted(given, key=lambda one: one.serial)
    ]


def _clauses_met(saved: dict[str, FormModule]) -> int:
    items = saved["achievements"].data.get("items") or [] if "achievements" in saved else []
    return len({item["requirement"] for item in items if item.get("requirement")})


def _material_table(form: Form, saved: dict[str, FormModule]) -> list[dict[str, Any]]:
    held = saved["materials"].data.get("items") or [] if "materials" in saved else []
    return [
        {
            **row,
            "purpose": f"{MATERIAL}{row['id']}",
            "uploaded": sum(
                len(item.get("files") or []) for item in held if item.get("material") == row["id"]
            ),
        }
        for row in form.materials()
    ]
