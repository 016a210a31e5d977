"""The form data of an applicant, module by module, as the province's pack wants it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from provinces import Pack, load_pack

from zc.world import achievements, facts
from zc.world.filling import MEDIA_TYPES, Attach, File, Filler, document, keep, portrait
from zc.world.model import Applicant

MODULES = (
    "basic_info",
    "education",
    "qualification",
    "work_history",
    "achievements",
    "other_achievements",
    "society",
    "continuing_education",
    "assessment",
)


def dossier(
    applicant: Applicant,
    attach: Attach = keep,
    *,
    requirements: Mapping[str, Sequence[str]] | None = None,
    materials: Sequence[Mapping[str, Any]] | None = None,
    modules: Sequence[str] | None = None,
    pack: Pack | None = None,
) -> dict[str, dict[str, Any]]:
    """Returns module name → data that may be submitted.

    `attach` turns a file into what a form field holds; without it the files stay in the data, for `attached`.
    `requirements` maps the campaign's requirement ids to their templates, `materials` is its table of
    required materials ({id, name, media_types, max_mb, required}). Modules of another pack are filled with
    what is known here and with plausible values for the rest.
    """
    held = pack or load_pack("sichuan", date(applicant.year, 6, 1))
    known: dict[str, Any] = {
        "basic_info": facts.basic_info(applicant),
        "education": facts.education(applicant),
        "qualification": facts.qualification(applicant),
        "work_history": facts.work_history(applicant),
        "achievements": achievements.answering(applicant, requirements or {}),
        "other_achievements": achievements.others(applicant),
        "society": facts.society(applicant),
        "continuing_education": facts.continuing_education(applicant),
        "assessment": facts.assessment(applicant),
        "materials": _materials(applicant, materials or ()),
    }
    filler = Filler(applicant.person, attach, f"{applicant.year - 1}-06-30")
    names = modules or (*MODULES, *(("materials",) if materials else ()))
    return {name: _filled(filler, held, name, known) for name in names}


def _filled(filler: Filler, pack: Pack, name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    module = pack.module(name)
    nothing: Any = [] if module.repeated else {}
    return filler.module(module, known.get(name, nothing))


def _materials(one: Applicant, table: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns a file for each required material, of a type that it accepts."""
    return [
        {"material": str(row["id"]), "files": _material(one, row)}
        for row in table
        if row.get("required", True)
    ]


def _material(one: Applicant, row: Mapping[str, Any]) -> File:
    accepted = row.get("media_types") or [MEDIA_TYPES["pdf"]]
    if MEDIA_TYPES["pdf"] in accepted:
        return document(str(row["name"]), one.person)
    if MEDIA_TYPES["jpg"] in accepted:
        return portrait(one.person)
    raise LookupError(f"no file for {row['name']}: neither PDF nor JPEG is accepted")
