"""What Sichuan's manuals and the default fields say about single modules."""

from datetime import date
from typing import Any

import pytest
from provinces import Pack, forms

CONTEXT = {"today": date(2026, 9, 1)}
FILE = {
    "file_id": "0198f3b4-6b1c-7d5e-8a3a-1b2c3d4e5f60",
    "sha256": "0" * 64,
    "name": "证明.pdf",
    "size": 1024,
    "media_type": "application/pdf",
}


def wrong(pack: Pack, module: str, data: Any, **context: Any) -> set[tuple[str, str]]:
    complaints = forms.check_submission(pack.module(module), data, context={**CONTEXT, **context})
    return {(one.pointer, one.rule) for one in complaints}


def a_degree(**changes: Any) -> dict[str, Any]:
    return {
        "start": "2008-09-01",
        "graduation": "2012-06-30",
        "school": "四川农业大学",
        "major": "农学",
        "education": "BACHELOR",
        "degree": "BACHELOR",
        "study_length": "4",
        "before_first_job": True,
        "diploma": [FILE],
        **changes,
    }


def a_title(**changes: Any) -> dict[str, Any]:
    return {
        "title_name": "助理农艺师",
        "level": "JUNIOR",
        "specialty": "农学",
        "issuer": "成都市人力资源和社会保障局",
        "obtained": "2016-12-01",
        "document_number": "成人社职〔2016〕60号",
        "present_specialty": "农学",
        "appointed_title": "助理农艺师",
        "appointed_since": "2017-01-01",
        **changes,
    }


def test_education_typed_by_hand_needs_its_certificate_and_synchronised_education_does_not(
    pack: Pack,
) -> None:
    typed = a_degree(diploma=None)
    synced = {**typed, "source": "CHSI"}
    assert wrong(pack, "education", {"items": [a_degree()]}) == set()
    assert wrong(pack, "education", {"items": [typed]}) == {("/items/0/diploma", "required_when")}
    delivered = {"education": [synced]}
    assert wrong(pack, "education", {"items": [synced]}, verified=delivered) == set()
    assert wrong(pack, "education", {"items": [synced]}) == {("/items/0/source", "verified_entries")}


def test_foreign_education_needs_its_authentication(pack: Pack) -> None:
    foreign = a_degree(country="FOREIGN")
    assert wrong(pack, "education", {"items": [a_degree(), foreign]}) == {
        ("/items/1/foreign_authentication", "required")
    }
    assert wrong(pack, "education", {"items": [{**foreign, "foreign_authentication": [FILE]}]}) == set()


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("某人社职〔2020〕60号", True),
        ("川人社职〔2020〕第60号", True),
        ("某人社职(2020)60号", False),
        ("某人社职[2020]60号", False),
        ("〔2020〕60号", False),
        ("某人社职〔20〕60号", False),
    ],
)
def test_a_document_number_has_six_corner_brackets(pack: Pack, number: str, right: bool) -> None:
    found = wrong(pack, "qualification", {"items": [a_title(document_number=number)]})
    assert found == (set() if right else {("/items/0/document_number", "pattern")})


@pytest.mark.req("XCT-05")
def test_work_history_runs_to_date_at_most_once_and_keeps_to_its_limits(pack: Pack) -> None:
    now = {"start": "2012-07-01", "work_unit": "成都市农业技术推广总站", "content": "主持水稻栽培推广。"}
    before = {**now, "start": "2010-01-01", "end": "2009-01-01"}
    assert wrong(pack, "work_history", {"items": [now]}) == set()
    assert wrong(pack, "work_history", {"items": [{**now, "content": "字" * 501}]}) == {
        ("/items/0/content", "max_length")
    }
    assert wrong(pack, "work_history", {"items": [now, now, before]}) == {
        ("/items/1/end", "one_open_end"),
        ("/items/2/end", "date_order"),
    }


def test_a_year_is_assessed_once(pack: Pack) -> None:
    items = [{"year": year, "result": "COMPETENT"} for year in (2024, 2025, 2025, 2027)]
    assert wrong(pack, "assessment", {"items": items}) == {
        ("/items/2/year", "unique"),
        ("/items/3/year", "not_in_future"),
    }


@pytest.mark.req("CRT-22")
def test_a_specialty_that_is_not_listed_is_typed(pack: Pack) -> None:
    claim = {
        "obtaining_method": "REVIEW",
        "series": "agriculture",
        "level": "INTERMEDIATE",
        "title_name": "农艺师",
        "specialty": "其他",
        "document_number": "成人社职〔2016〕60号",
        "certificate_no": "0001",
        "review_body": "成都市农业系列中级评审委员会",
        "approval_date": "2016-12-01",
        "issuer": "成都市人力资源和社会保障局",
        "file": [FILE],
    }
    assert wrong(pack, "certificate_claim", claim) == {("/specialty_text", "required")}
    assert wrong(pack, "certificate_claim", {**claim, "specialty_text": "蜂业"}) == set()


def test_sub_lists_of_a_page_are_checked_where_they_are(pack: Pack) -> None:
    lesson = {"start": "2020-02-01", "end": "2020-01-01", "place": "成都市某小学", "content": "x" * 201}
    found = wrong(pack, "teacher", {"lessons": [lesson, {}]})
    assert {
        ("/lessons/0/content", "max_length"),
        ("/lessons/0/end", "date_order"),
        ("/lessons/1/place", "required"),
    } <= found


def test_an_exceptional_applicant_answers_the_campaigns_conditions(pack: Pack) -> None:
    award = {
        "name": "科技进步奖",
        "awarding_unit": "四川省人民政府",
        "award_level": "PROVINCIAL",
        "award_class": "SECOND",
        "date": "2022-05-01",
    }
    item = {"condition": "c1", "template": "award", "content": award}
    assert wrong(pack, "exceptional_conditions", {"items": [item]}, conditions={"c1": ["award"]}) == set()
    assert wrong(pack, "exceptional_conditions", {"items": [item]}, conditions={"c1": ["paper"]}) == {
        ("/items/0/template", "achievement_template")
    }
    assert wrong(pack, "exceptional_conditions", {}) == {("/items", "required")}


def test_a_patent_has_type_and_number_and_a_standard_neither(pack: Pack) -> None:
    patent = {"name": "水稻直播机", "date": "2022-05-01", "rank": "1", "authorised_by": "中国"}
    given = {"requirements": {"r": ["patent"]}, "current_title_date": date(2020, 1, 1)}

    def said(**changes: Any) -> set[tuple[str, str]]:
        item = {"requirement": "r", "template": "patent", "content": {**patent, **changes}}
        return wrong(pack, "achievements", {"items": [item]}, **given)

    assert said() == set()
    assert said(patent_type="INVENTION") == {("/items/0/content/patent_no", "both_or_neither")}
    assert said(date="2019-12-31") == {("/items/0/content/date", "after_current_title")}
