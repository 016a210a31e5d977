"""Each standard rule says what is wrong, where, and nothing else."""

from datetime import date
from typing import Any

import pytest
from provinces.rules import STANDARD_RULES

NOW = {"today": date(2026, 9, 1)}


def said(rule: str, data: dict[str, Any], context: dict[str, Any] | None = None, **params: Any) -> set[str]:
    complaints = STANDARD_RULES[rule](data, {**NOW, **(context or {})}, **params)
    assert {one.rule for one in complaints} <= {rule, "file_type", "file_size"}
    return {one.pointer for one in complaints}


def test_an_end_is_not_before_its_start() -> None:
    items = [
        {"start": "2020-01-02", "end": "2020-01-01"},
        {"start": "2020-01-01", "end": "2020-01-01"},
        {"start": "2020-01-01"},
    ]
    assert said("date_order", {"items": items}, first="start", last="end") == {"/items/0/end"}
    nested = {"lessons": items}
    assert said("date_order", nested, first="start", last="end", within="lessons") == {"/lessons/0/end"}
    assert said("date_order", {"a": "2", "b": "1"}, first="a", last="b") == {"/b"}


def test_a_date_a_month_and_a_year_do_not_lie_in_the_future() -> None:
    data = {"day": "2026-09-02", "month": "2026-10", "year": 2027, "today": "2026-09-01", "this": "2026-09"}
    fields = ["day", "month", "year", "today", "this"]
    assert said("not_in_future", data, fields=fields) == {"/day", "/month", "/year"}


def test_a_field_is_required_by_the_value_of_another() -> None:
    data = {"items": [{}, {"source": "TYPED"}, {"source": "CHSI"}, {"diploma": ["x"]}]}
    found = said("required_when", data, field="diploma", when="source", among=[None, "TYPED"])
    assert found == {"/items/0/diploma", "/items/1/diploma"}


def test_fields_go_together() -> None:
    for data, where in (({}, set()), ({"a": 1, "b": 2}, set()), ({"b": 2}, {"/a"})):
        assert said("both_or_neither", data, fields=["a", "b"]) == where


def test_an_id_number_is_checked_and_agrees_with_sex_and_birth() -> None:
    good = {"id_type": "RESIDENT_ID", "id_number": "11010519491231002X"}
    assert said("id_number", {**good, "sex": "FEMALE", "birth_date": "1949-12-31"}) == set()
    assert said("id_number", {**good, "sex": "MALE", "birth_date": "1950-01-01"}) == {"/sex", "/birth_date"}
    assert said("id_number", {**good, "id_number": "110105194912310021"}) == {"/id_number"}
    assert said("id_number", {"id_type": "PASSPORT", "id_number": "E123"}) == set()


def test_one_entry_runs_to_date() -> None:
    assert said("one_open_end", {"items": [{}, {"end": "2020-01-01"}, {}]}) == {"/items/2/end"}


def test_no_entry_is_given_twice() -> None:
    items = [{"year": 2024}, {"year": 2025}, {"year": 2024}]
    assert said("unique", {"items": items}, fields=["year"]) == {"/items/2/year"}


@pytest.mark.req("BEY-11", "LAW-14")
def test_the_retired_and_those_under_demerit_do_not_apply() -> None:
    fit = {"in_service": True, "punishment": "NONE"}
    assert said("fit_to_apply", fit) == set()
    assert said("fit_to_apply", {**fit, "in_service": False}) == {"/in_service"}
    assert said("fit_to_apply", {**fit, "punishment": "WARNING"}) == set()
    barred = {**fit, "punishment": "DEMERIT"}
    assert said("fit_to_apply", barred) == {"/punishment"}
    assert said("fit_to_apply", {**barred, "punishment_until": "2026-09-01"}) == {"/punishment"}
    assert said("fit_to_apply", {**barred, "punishment_until": "2026-08-31"}) == set()
    assert said("fit_to_apply", barred, {"unit_nature": "PRIVATE_ENTERPRISE"}) == set()


def test_a_patent_is_younger_than_the_current_title() -> None:
    since = {"current_title_date": date(2020, 6, 1)}
    assert said("after_current_title", {"date": "2020-05-31"}, since, field="date") == {"/date"}
    assert said("after_current_title", {"date": "2020-06-01"}, since, field="date") == set()
    assert said("after_current_title", {"date": "1999-01-01"}, field="date") == set()


@pytest.mark.req("LAW-15")
def test_an_entry_is_verified_only_as_it_was_delivered() -> None:
    delivered = {"school": "四川农业大学", "source": "CHSI"}
    context = {"verified": {"education": [delivered]}}
    data = {
        "items": [
            {**delivered, "remark": "x"},
            {"school": "某大学", "source": "CHSI"},
            {"source": "TYPED"},
            {},
        ]
    }
    found = said("verified_entries", data, context, module="education", fields=["school"])
    assert found == {"/items/1/source"}


@pytest.mark.req("APP-24")
def test_ended_work_entries_stay_as_they_were() -> None:
    old = {"start": "2010-07-01", "end": "2015-06-30", "work_unit": "甲站"}
    now = {"start": "2015-07-01", "work_unit": "乙站"}
    context = {"locked_entries": [old]}
    assert said("locked_history", {"items": [old, now]}, context) == set()
    assert said("locked_history", {"items": [old, {**now, "work_unit": "丙站"}]}, context) == set()
    assert said("locked_history", {"items": [{**old, "work_unit": "丙站"}, now]}, context) == {"/items"}
    assert said("locked_history", {"items": [now]}, context) == {"/items"}
