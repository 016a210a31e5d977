"""A province is data: packs load, overlay a common base, and are pinned by their ref."""

from datetime import date
from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator, meta
from provinces import FieldKind, Pack, PackMissing, SectionMissing, available, forms, load_pack
from provinces.modules import FormField
from provinces.packs import merge
from provinces.rules import STANDARD_RULES
from pydantic import BaseModel, ConfigDict, ValidationError

MODULES = [(ref, name) for ref in available() for name in load_pack(ref).section("modules")]


@pytest.mark.req("XCT-01")
@pytest.mark.parametrize("ref", available())
def test_every_pack_loads_and_is_whole(ref: str) -> None:
    pack = load_pack(ref)
    modules = pack.section("modules")
    for method, entries in pack.section("forms").items():
        assert {entry["module"] for entry in entries} <= set(modules), method
    for method, entry in pack.section("evaluation_methods").items():
        assert entry["form"] in pack.section("forms"), method
        assert method in pack.section("settings_fields")["methods"]
    switches = {e["switch"] for entries in pack.section("forms").values() for e in entries if "switch" in e}
    assert switches == set(pack.section("campaigns")["switches"])
    assert set(pack.section("campaigns")["templates"]) == set(pack.module("achievements").templates)
    assert pack.catalogue.entries
    assert pack.regions.children()


@pytest.mark.req("XCT-01")
@pytest.mark.parametrize(("ref", "name"), MODULES)
def test_every_module_compiles_to_one_valid_schema(ref: str, name: str) -> None:
    module = load_pack(ref).module(name)
    for strict in (True, False):
        schema = forms.compile(module, strict)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"urn:form:{ref}:{name}:{'submission' if strict else 'draft'}"
        assert meta.is_valid(schema)
        Draft202012Validator(schema)


@pytest.mark.parametrize(("ref", "name"), MODULES)
def test_every_rule_that_a_module_names_is_known_and_has_its_parameters(ref: str, name: str) -> None:
    module = load_pack(ref).module(name)
    uses = [*module.rules, *(use for template in module.templates.values() for use in template.rules)]
    for use in uses:
        STANDARD_RULES[use.name]({}, {"today": date(2026, 9, 1)}, **use.params)


@pytest.mark.parametrize(("ref", "name"), MODULES)
def test_every_text_has_a_limit_and_every_file_types_and_a_size(ref: str, name: str) -> None:
    module = load_pack(ref).module(name)

    def check(field: FormField) -> None:
        if field.kind is FieldKind.FILE:
            assert field.max_kb
            assert forms.media_types(field.types)
        for inner in field.fields:
            check(inner)

    for field in [*module.fields, *(f for t in module.templates.values() for f in t.fields)]:
        check(field)


def test_the_newest_pack_in_force_is_taken_and_a_ref_pins_one(tmp_path: Path) -> None:
    for where, text in {
        "common/2020-01-01/thresholds.yaml": "{publicity_days: 5, quorum: {numerator: 2, denominator: 3}}",
        "common/2026-01-01/thresholds.yaml": "{publicity_days: 7, quorum: {numerator: 2, denominator: 3}}",
        "here/2025-01-01/thresholds.yaml": "{quorum: {denominator: 4}}",
        "here/2026-06-01/thresholds.yaml": "{publicity_days: null, extra: [1]}",
    }.items():
        file = tmp_path / where
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    assert available(tmp_path) == ("here@2025-01-01", "here@2026-06-01")
    old = load_pack("here", date(2026, 5, 31), tmp_path)
    assert old.ref == "here@2025-01-01"
    assert old.section("thresholds") == {"publicity_days": 5, "quorum": {"numerator": 2, "denominator": 4}}
    new = load_pack("here", date(2026, 6, 1), tmp_path)
    assert new.section("thresholds") == {"quorum": {"numerator": 2, "denominator": 3}, "extra": [1]}
    assert load_pack("here@2025-01-01", root=tmp_path) is old
    for province, on in (
        ("here", date(2024, 1, 1)),
        ("there", None),
        ("here@2025-02-02", None),
        ("../x", None),
    ):
        with pytest.raises(PackMissing):
            load_pack(province, on, tmp_path)


def test_merging_lays_mappings_key_by_key_and_replaces_the_rest() -> None:
    base = {"a": {"x": 1, "y": 2}, "b": [1, 2], "c": 3, "d": 4}
    over = {"a": {"y": 5}, "b": [9], "d": None, "e": {"f": None, "g": 1}}
    assert merge(base, over) == {"a": {"x": 1, "y": 5}, "b": [9], "c": 3, "e": {"f": None, "g": 1}}
    assert base["a"] == {"x": 1, "y": 2}


def test_a_section_is_read_as_the_model_of_the_service_that_uses_it(pack: Pack) -> None:
    class Deadlines(BaseModel):
        model_config = ConfigDict(extra="ignore")
        opens: str

    assert pack.section_as("deadlines", Deadlines).opens == "application_start"
    with pytest.raises(ValidationError):
        pack.section_as("labels", Deadlines)
    with pytest.raises(SectionMissing):
        pack.section("nonsense")
    with pytest.raises(SectionMissing):
        pack.module("nonsense")
    with pytest.raises(SectionMissing):
        pack.code_list("nonsense")


def test_a_copy_of_a_section_can_be_changed_without_harm(pack: Pack) -> None:
    pack.section("labels")["application"]["DRAFT"] = "?"
    assert pack.section("labels")["application"]["DRAFT"] == "未提交"


@pytest.mark.req("APP-20")
def test_the_campaigns_switches_choose_pages(pack: Pack) -> None:
    plain = pack.form("REVIEW")
    assert {"teacher", "health", "vocational_teacher", "exceptional_conditions"}.isdisjoint(plain)
    assert set(pack.form("REVIEW", {"health_page": True})) - set(plain) == {"health"}
    exceptional = pack.form("REVIEW", application_type="EXCEPTIONAL")
    assert set(exceptional) - set(plain) == {"exceptional_conditions"}
    with pytest.raises(SectionMissing):
        pack.form("NOTHING")


@pytest.mark.req("APP-09")
def test_initial_determination_has_nine_modules_and_no_committee(pack: Pack) -> None:
    assert len(pack.form("INITIAL")) == 9
    assert pack.section("settings_fields")["methods"]["INITIAL"] == {
        "omit": ["committee", "application_type"]
    }


@pytest.mark.req("XCT-01", "APP-36", "LAW-01", "LAW-02", "LAW-05", "LAW-07", "BEY-07")
def test_sichuans_rules_are_data(pack: Pack) -> None:
    limits = pack.section("thresholds")
    assert (limits["quorum"]["numerator"], limits["quorum"]["denominator"]) == (2, 3)
    assert (limits["majority"]["numerator"], limits["majority"]["denominator"]) == (2, 3)
    assert (limits["majority_recused"], limits["ballot_secrecy"]) == ("attending", "secret")
    assert (limits["publicity_days"], limits["employer_publicity_days"], limits["filing_years"]) == (5, 5, 3)
    assert limits["prescribed_size"]["SENIOR"] == {"BY_SERIES": 25, "BY_SPECIALTY": 11}
    assert (limits["group_min"], limits["group_vote_eliminates"]) == (3, True)
    assert limits["draw_multipliers"] == [1.5, 2, 3]
    assert pack.section("routing")["withdrawal"] == "DECIDED"


@pytest.mark.req("APP-54")
def test_what_the_employer_adds(pack: Pack) -> None:
    employer = pack.section("materials")["employer"]
    assert {key: row["required"] for key, row in employer.items()} == {
        "publicity_proof": True,
        "unit_recommendation": True,
        "post_table": False,
    }
