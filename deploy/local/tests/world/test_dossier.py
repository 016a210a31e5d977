"""The generated dossiers may be submitted under the real Sichuan pack."""

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from provinces import FieldKind, Module, Pack, available, forms, load_pack
from provinces.rules import STANDARD_RULES
from refusals import Complaint
from zc.world import Applicant, File, World, attached, dossier
from zc.world.achievements import TEMPLATES

TODAY = date(2026, 3, 1)
REQUIREMENTS = {f"requirement-{number}": list(TEMPLATES[number:]) for number in range(8)}
MATERIALS = [
    {
        "id": "publicity",
        "name": "公示证明",
        "media_types": ["application/pdf"],
        "max_mb": 1,
        "required": True,
    },
    {"id": "picture", "name": "工作照", "media_types": ["image/jpeg"], "max_mb": 1, "required": True},
    {"id": "extra", "name": "其他", "media_types": ["application/pdf"], "max_mb": 1, "required": False},
]


def held(file: File) -> dict[str, Any]:
    """Holds a file as a form field does after its upload."""
    digest = hashlib.sha256(file.content)
    return {
        "file_id": str(UUID(bytes=digest.digest()[:16], version=4)),
        "sha256": digest.hexdigest(),
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
    }


@pytest.fixture(scope="module")
def world() -> World:
    return World(21)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("sichuan", TODAY)


def _complaints(pack: Pack, one: Applicant, name: str, data: dict[str, Any]) -> list[Complaint]:
    module = pack.module(name)
    person = one.person
    identity = {
        "name": person.name,
        "id_number": person.id_number,
        "sex": person.sex,
        "id_type": person.id_type,
    }
    context = {
        "today": TODAY,
        "identity": {**identity, "birth_date": person.birth_date.isoformat()},
        "requirements": REQUIREMENTS,
        "materials": MATERIALS,
        "current_title_since": one.current_title_since.isoformat(),
    }
    return forms.check_submission(module, data, _service_rules(module), context)


def _service_rules(module: Module) -> dict[str, forms.Rule]:
    """The rules that a service registers: those about dates are checked here, the others need its records."""
    uses = [*module.rules, *(rule for template in module.templates.values() for rule in template.rules)]
    missing = {use.name for use in uses} - set(STANDARD_RULES)
    return {name: _after_title if name == "after_current_title" else _of_the_service for name in missing}


def _after_title(data: Any, context: Any, field: str) -> list[Complaint]:
    late = data[field] > context["current_title_since"]
    return [] if late else [Complaint(f"/{field}", "after_current_title", "早于现职称。")]


def _of_the_service(data: Any, context: Any, **params: Any) -> list[Complaint]:
    return []


def test_forty_dossiers_may_be_submitted(world: World, pack: Pack) -> None:
    for one in world.applicants:
        data = dossier(one, held, requirements=REQUIREMENTS, materials=MATERIALS, pack=pack)
        assert len(data) == 10
        for name, content in data.items():
            assert _complaints(pack, one, name, content) == [], (name, content)


def test_every_achievement_template_is_used_and_proven(world: World, pack: Pack) -> None:
    data = dossier(world.applicants[0], held, requirements=REQUIREMENTS, pack=pack)
    items = data["achievements"]["items"]
    assert (
        {item["template"] for item in items} == set(TEMPLATES) == set(pack.module("achievements").templates)
    )
    assert all(item["content"]["files"] for item in items)


def test_the_photo_and_the_certificates_are_attached(world: World, pack: Pack) -> None:
    files: list[File] = []
    dossier(world.applicants[1], lambda file: files.append(file) or held(file), pack=pack)
    names = {file.name for file in files}
    assert {"照片.jpg", "学历证书.pdf", "学位证书.pdf", "现职称证书.pdf"} <= names


async def test_files_can_be_uploaded_afterwards(world: World, pack: Pack) -> None:
    one = world.applicants[2]

    async def upload(file: File) -> dict[str, Any]:
        return held(file)

    later = await attached(dossier(one, requirements=REQUIREMENTS, pack=pack), upload)
    assert later == dossier(one, held, requirements=REQUIREMENTS, pack=pack)


def test_a_wrong_dossier_is_noticed(world: World, pack: Pack) -> None:
    one, other = world.applicants[:2]
    data = dossier(one, held, requirements={"unknown": []}, pack=pack)
    assert _complaints(pack, one, "achievements", data["achievements"])
    assert _complaints(pack, other, "basic_info", data["basic_info"])


@pytest.mark.parametrize("method", ["REVIEW", "INITIAL"])
def test_every_module_of_the_form_has_the_right_shape(world: World, pack: Pack, method: str) -> None:
    everything = {"teacher_page": True, "health_page": True, "vocational_page": True}
    names = [name for name in pack.form(method, everything) if not pack.module(name).readonly]
    data = dossier(world.applicants[3], held, requirements=REQUIREMENTS, modules=names, pack=pack)
    for name in names:
        assert forms.check_draft(pack.module(name), data[name]) == [], name
        for field in pack.module(name).fields:
            if field.required and field.kind is FieldKind.FILE and not pack.module(name).repeated:
                assert data[name][field.name]


def test_forms_of_all_provinces_can_be_filled(world: World) -> None:
    refs = available()
    assert any(ref.startswith("sichuan@") for ref in refs)
    for ref in refs:
        pack = load_pack(ref)
        names = [name for name in pack.form("REVIEW", {}) if not pack.module(name).readonly]
        data = dossier(world.applicants[4], held, modules=names, pack=pack)
        for name in names:
            assert forms.check_draft(pack.module(name), data[name]) == [], (ref, name)
