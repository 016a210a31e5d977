"""A draft is checked leniently, a submission fully, and everybody is told everything at once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provinces import Module, Pack, RuleUse, forms, load_pack
from refusals import Complaint

TODAY = {"today": date(2026, 9, 1)}
FILE = {
    "file_id": "0198f3b4-6b1c-7d5e-8a3a-1b2c3d4e5f60",
    "sha256": "a" * 64,
    "name": "证书.pdf",
    "size": 1024,
    "media_type": "application/pdf",
}


def a_person(**changes: Any) -> dict[str, Any]:
    """A basic-info module that may be submitted."""
    return {
        "id_type": "RESIDENT_ID",
        "id_number": "11010519491231002X",
        "name": "李梅",
        "sex": "FEMALE",
        "birth_date": "1949-12-31",
        "nationality": "CHN",
        "ethnicity": "01",
        "mobile": "13800000000",
        "registered_address": "四川省成都市",
        "usual_residence": "四川省成都市",
        "first_job": "1970-07-01",
        "political_status": "13",
        "performance_overview": "长期从事农业技术推广。",
        "in_service": True,
        "punishment": "NONE",
        **changes,
    }


def a_paper(**changes: Any) -> dict[str, Any]:
    return {
        "title": "川西水稻栽培",
        "published": "2025-03-01",
        "category": "CORE",
        "journal": "农学学报",
        "journal_no": "11-6016/S",
        "author_rank": "1",
        "own_words": 5.5,
        "files": [FILE],
        **changes,
    }


def said(complaints: list[Complaint]) -> set[tuple[str, str]]:
    return {(one.pointer, one.rule) for one in complaints}


def submitted(pack: Pack, name: str, data: Any, **context: Any) -> set[tuple[str, str]]:
    return said(forms.check_submission(pack.module(name), data, context={**TODAY, **context}))


def test_a_complete_module_may_be_submitted(pack: Pack) -> None:
    assert submitted(pack, "basic_info", a_person()) == set()
    assert submitted(pack, "basic_info", a_person(former_name=None, email="", birthplace="  ")) == set()


@pytest.mark.req("APP-27")
def test_an_incomplete_draft_may_be_saved(pack: Pack) -> None:
    for name in pack.section("modules"):
        assert forms.check_draft(pack.module(name), {}) == []
    half = {"items": [{"start": "2020-01-01", "school": None, "education": ""}]}
    assert forms.check_draft(pack.module("education"), half) == []


@pytest.mark.req("APP-30")
def test_every_missing_field_is_named_at_once(pack: Pack) -> None:
    required = {f"/{field.name}" for field in pack.module("basic_info").fields if field.required}
    assert submitted(pack, "basic_info", {}) == {(where, "required") for where in required}
    assert submitted(pack, "education", {}) == {("/items", "required")}
    assert submitted(pack, "education", {"items": []}) == {("/items", "min_items")}


@pytest.mark.req("XCT-05")
def test_texts_are_counted_in_characters_for_drafts_too(pack: Pack) -> None:
    module = pack.module("basic_info")
    assert forms.check_draft(module, {"former_name": "𠮷" * 10}) == []
    (one,) = forms.check_draft(module, {"former_name": "李" * 11})
    assert one == Complaint("/former_name", "max_length", "“曾用名”不能超过10个字，请删减。")


@pytest.mark.req("XCT-05")
def test_every_limit_of_every_text_holds(pack: Pack) -> None:
    for name in pack.section("modules"):
        module = pack.module(name)
        for field in module.fields:
            if field.kind.value not in ("text", "textarea"):
                continue
            limit = field.max or 2000
            for length, wrong in ((limit, False), (limit + 1, True)):
                entry = {field.name: "字" * length}
                data = {"items": [entry]} if module.repeated else entry
                rules = {one.rule for one in forms.check_draft(module, data)}
                assert ("max_length" in rules) is wrong, (name, field.name, length)


def test_unknown_fields_wrong_types_and_foreign_codes_are_refused_in_drafts(pack: Pack) -> None:
    data = {"nickname": "x", "name": 7, "sex": "X", "birth_date": "1949-02-30", "in_service": "是"}
    assert said(forms.check_draft(pack.module("basic_info"), data)) == {
        ("/nickname", "unknown"),
        ("/name", "type"),
        ("/sex", "options"),
        ("/birth_date", "format"),
        ("/in_service", "type"),
    }
    assert said(forms.check_draft(pack.module("basic_info"), [])) == {("", "type")}
    assert said(forms.check_draft(pack.module("basic_info"), {"name": "李\x00"})) == {("/name", "characters")}


@pytest.mark.req("IDN-04")
def test_what_the_identity_provider_said_cannot_be_changed(pack: Pack) -> None:
    context = {"identity": {"name": "李梅", "id_number": "11010519491231002X"}}
    module = pack.module("basic_info")
    assert forms.check_draft(module, {"name": "李梅"}, context) == []
    assert said(forms.check_draft(module, {"name": "李四"}, context)) == {("/name", "locked")}


@pytest.mark.req("XCT-02")
def test_the_photo_is_a_jpeg_of_at_most_500_kb(pack: Pack) -> None:
    def photo(**changes: Any) -> set[tuple[str, str]]:
        return submitted(pack, "basic_info", a_person(photo={**FILE, "media_type": "image/jpeg", **changes}))

    assert photo(size=500 * 1024) == set()
    assert photo(size=500 * 1024 + 1) == {("/photo/size", "file_size")}
    assert photo(media_type="image/png") == {("/photo/media_type", "file_type")}


def test_a_required_field_appears_when_another_asks_for_it(pack: Pack) -> None:
    page = {
        "institution_level": "THIRD_A",
        "institution_nature": "PUBLIC",
        "department": "内科",
        "title_sought": "主任医师",
        "exceptional": True,
        "counterpart_support": {
            "supported": True,
            "foreign_aid": False,
            "tibet_aid": False,
            "xinjiang_aid": False,
            "liangshan_relief": False,
        },
    }
    assert submitted(pack, "health", page) == {
        ("/exceptional_proof", "required"),
        ("/counterpart_support/start", "required"),
        ("/counterpart_support/end", "required"),
        ("/counterpart_support/receiving_unit", "required"),
        ("/counterpart_support/support_type", "required"),
    }


def test_an_items_complaints_speak_of_its_own_template(pack: Pack) -> None:
    items = [
        {"template": "paper", "content": a_paper(title="题" * 51, own_words=1.25, page=3)},
        {"template": "award", "content": {"name": "奖" * 51}},
        {"template": "poem", "content": {}},
        {"content": {}},
    ]
    complaints = forms.check_draft(pack.module("other_achievements"), {"items": items})
    assert said(complaints) == {
        ("/items/0/content/title", "max_length"),
        ("/items/0/content/page", "unknown"),
        ("/items/1/content/name", "max_length"),
        ("/items/2/template", "options"),
        ("/items/3/template", "required"),
    }
    assert [one.detail[1:11] for one in complaints if one.pointer == "/items/1/content/name"] == [
        "奖项（荣誉称号）名称"
    ]
    assert ("/items/0/content/own_words", "decimals") in submitted(
        pack, "other_achievements", {"items": items}
    )


@given(st.integers(min_value=0, max_value=1_000_000))
def test_every_number_with_one_decimal_is_accepted(tenths: int) -> None:
    module = load_pack("sichuan@2026-01-01").module("other_achievements")
    data = {"items": [{"template": "paper", "content": a_paper(own_words=tenths / 10)}]}
    assert forms.check_submission(module, data, context=TODAY) == []


@pytest.mark.req("APP-25")
@pytest.mark.parametrize(
    "template", ["general", "patent", "award", "paper", "science_award", "report", "monograph", "standard"]
)
def test_each_of_the_eight_templates_asks_for_its_fields(pack: Pack, template: str) -> None:
    fields = pack.module("achievements").templates[template].fields
    item = {"requirement": "r1", "template": template, "content": {}}
    missing = {(f"/items/0/content/{field.name}", "required") for field in fields if field.required}
    assert missing
    assert submitted(pack, "achievements", {"items": [item]}, requirements={"r1": [template]}) == missing


@pytest.mark.req("APP-25")
def test_an_achievement_answers_a_requirement_in_a_template_allowed_for_it(pack: Pack) -> None:
    item = {"requirement": "r1", "template": "paper", "content": a_paper()}
    allowed = {"r1": ["paper", "monograph"], "r2": ["award"]}
    assert submitted(pack, "achievements", {"items": [item]}, requirements=allowed) == set()
    for change, where in (({"requirement": "r2"}, "template"), ({"requirement": "r9"}, "requirement")):
        found = submitted(pack, "achievements", {"items": [{**item, **change}]}, requirements=allowed)
        assert found == {(f"/items/0/{where}", "achievement_template")}
    without = {key: value for key, value in item.items() if key != "requirement"}
    assert submitted(pack, "achievements", {"items": [without]}, requirements=allowed) == {
        ("/items/0/requirement", "required")
    }
    assert submitted(pack, "other_achievements", {"items": [without]}) == set()


@pytest.mark.req("APP-26")
def test_required_materials_block_until_they_are_there(pack: Pack) -> None:
    table = [
        {"id": "m1", "name": "承诺书", "media_types": ["application/pdf"], "max_mb": 1, "required": True},
        {"id": "m2", "name": "总结", "media_types": [], "max_mb": None, "required": False},
    ]

    def handed(*items: dict[str, Any]) -> set[tuple[str, str]]:
        return submitted(pack, "materials", {"items": list(items)}, materials=table)

    assert handed() == {("/items", "required_materials")}
    assert submitted(pack, "materials", {}, materials=table) == {("/items", "required_materials")}
    assert handed({"material": "m1", "files": [FILE]}) == set()
    wrong = {**FILE, "media_type": "image/png", "size": 1024 * 1024 + 1}
    assert handed({"material": "m1", "files": [FILE, wrong]}) == {
        ("/items/0/files/1/media_type", "file_type"),
        ("/items/0/files/1/size", "file_size"),
    }
    assert handed({"material": "m1", "files": [FILE]}, {"material": "m3", "files": [FILE]}) == {
        ("/items/1/material", "required_materials")
    }
    assert handed({"material": "m1", "files": []}) == {
        ("/items/0/files", "min_items"),
        ("/items", "required_materials"),
    }


def test_a_service_registers_rules_of_its_own_over_the_standard_ones(pack: Pack) -> None:
    source = pack.module("society").model_dump(exclude={"rules"})
    module = Module.model_validate({**source, "rules": (RuleUse(name="never", params={"word": "否"}),)})

    def never(data: Mapping[str, Any], context: Mapping[str, Any], word: str) -> list[Complaint]:
        return [Complaint("/items", "never", word)]

    assert said(forms.check_submission(module, {}, {"never": never})) == {("/items", "never")}
    with pytest.raises(LookupError, match="never"):
        forms.check_submission(module, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["items", "template", "content", "files", "start", "end", "size", "x/~"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from(sorted(load_pack("sichuan@2026-01-01").section("modules"))))
def test_no_json_whatever_makes_the_check_itself_fail(data: Any, name: str) -> None:
    module = load_pack("sichuan@2026-01-01").module(name)
    for one in [*forms.check_draft(module, data), *forms.check_submission(module, data, context=TODAY)]:
        assert one.pointer == "" or one.pointer.startswith("/")
        assert one.rule
        assert one.detail.endswith("。")
