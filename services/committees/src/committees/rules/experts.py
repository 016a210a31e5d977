"""What is typed in about an expert, checked by pack, catalogue and ID number; and the same as a sheet."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from chassis import persons
from provinces import NotInCatalogue, people
from refusals import Complaint
from sheets import Column, Sheet

from committees.domain.experts import PHONE, birth_month
from committees.domain.filing import years_after
from committees.rules import Rules

DUTIES = {"CHAIR": "主任委员", "VICE_CHAIR": "副主任委员", "MEMBER": "委员"}
_YES = {"是": True, "否": False}


def checked(typed: Mapping[str, Any], rules: Rules, today: date) -> tuple[dict[str, Any], list[Complaint]]:
    """The columns of an expert and what is wrong; blanks are left blank, for drafts may be incomplete."""
    values = dict(typed)
    number = str(values.pop("id_number")).strip().upper()
    said = [*_about_number(values, number, today), *_about_codes(values, rules), *_about_title(values, rules)]
    if values["birth"]:
        month = birth_month(values["birth"])
        if month is None or not int(month[:4]) >= 1900 or month > today.isoformat()[:7]:
            said.append(Complaint("/birth", "month", "出生年月：请填写如 197503 的年月。"))
        values["birth"] = month or values["birth"]
    for key in ("phone", "phone2"):
        if values[key] and not PHONE.fullmatch(values[key]):
            said.append(Complaint(f"/{key}", "phone", "联系电话：请填写11位手机号码。"))
    values["term_from"] = values.get("term_from") or today
    values["term_until"] = values.get("term_until") or years_after(
        values["term_from"], min(rules.term_years, 3)
    )
    if not said:
        values |= {
            "person": persons.ref(values["id_type"], number),
            "id_number": persons.seal(number).model_dump(),
            "id_masked": people.mask_id(number),
        }
    return values, said


def _about_number(values: dict[str, Any], number: str, today: date) -> list[Complaint]:
    if values["id_type"] != persons.RESIDENT_ID:
        return [] if number else [Complaint("/id_number", "required", "证件号码：此项必填。")]
    try:
        said = people.parse_id_number(number, today)
    except people.IdNumberInvalid as refusal:
        return [Complaint("/id_number", "id_number", f"证件号码：{refusal.detail}")]
    complaints = []
    if values["sex"] and values["sex"] != said.sex.value:
        complaints.append(Complaint("/sex", "id_number", "性别：与身份证号码不一致，请核对。"))
    month = birth_month(values["birth"]) if values["birth"] else None
    if month and month != said.birth.isoformat()[:7]:
        complaints.append(Complaint("/birth", "id_number", "出生年月：与身份证号码不一致，请核对。"))
    values["sex"] = values["sex"] or said.sex.value
    values["birth"] = values["birth"] or said.birth.isoformat()[:7]
    return complaints


def _about_codes(values: dict[str, Any], rules: Rules) -> list[Complaint]:
    said = []
    for key, name in (("id_type", "id_type"), ("nationality", "nationality"), ("post_grade", "post_grade")):
        if values[key] and values[key] not in rules.pack.code_list(name):
            said.append(Complaint(f"/{key}", "options", "请从列表中选择。"))
    return said


def _about_title(values: dict[str, Any], rules: Rules) -> list[Complaint]:
    values["title_level"] = ""
    if not values["title_series"]:
        return []
    try:
        series = rules.pack.catalogue.series(values["title_series"]).code
    except NotInCatalogue as refusal:
        return [Complaint("/title_series", "catalogue", f"现职称系列：{refusal.detail}")]
    values["title_series"] = series
    if not values["title_name"]:
        return []
    try:
        values["title_level"] = rules.pack.catalogue.level_of(series, values["title_name"])
    except NotInCatalogue as refusal:
        return [Complaint("/title_name", "catalogue", f"现职称：{refusal.detail}")]
    return []


def sheet(rules: Rules, today: date) -> Sheet:
    """The sheet on which experts are imported (COM-21)."""
    labels = {
        name: tuple(rules.pack.code_list(name).values()) for name in ("nationality", "id_type", "post_grade")
    }
    series = tuple(one.name for one in rules.facts.series.values())
    return Sheet(
        name="experts",
        title="专家",
        columns=(
            Column("nationality", "国籍", "select", options=labels["nationality"], example="中国"),
            Column("name", "姓名", required=True, max=10, example="张三"),
            Column("id_type", "证件类型", "select", options=labels["id_type"], example="居民身份证"),
            Column("id_number", "证件号码", required=True, max=18),
            Column("sex", "性别", "select", required=True, options=("男", "女")),
            Column("birth", "出生年月", required=True, max=10, example="197503", check=_month),
            Column("retired", "是否退休", "select", options=("是", "否"), example="否"),
            Column("work_unit", "工作单位", required=True, max=30),
            Column("supervising_unit", "主管单位", max=30),
            Column("administrative_post", "行政职务", required=True, max=20, example="无"),
            Column("post_grade", "岗位等级", "select", options=labels["post_grade"]),
            Column("phone", "联系电话1", required=True, max=11, check=_phone),
            Column("phone2", "联系电话2", max=11, check=_phone),
            Column("honours", "所获荣誉", required=True, max=300, example="无"),
            Column("title_series", "现职称系列", "select", required=True, options=series),
            Column("specialty", "现职称专业", required=True, max=30),
            Column("title_name", "现职称", required=True, max=30, example="高级农艺师"),
            Column("duty", "评委会职务", "select", required=True, options=tuple(DUTIES.values())),
            Column("term_until", "聘期至", "date", example="2028-12-31"),
        ),
        instructions=("每行填写一名专家；年龄由系统计算。", "聘期不超过三年，不填按三年计。"),
        unique=("id_number",),
        max_rows=1000,
        check=partial(_row_complaints, rules=rules, today=today),
    )


def _month(text: str) -> str | None:
    return None if birth_month(text) else "请填写如 197503 的年月。"


def _phone(text: str) -> str | None:
    return None if PHONE.fullmatch(text) else "请填写11位手机号码。"


def _row_complaints(row: Mapping[str, str], *, rules: Rules, today: date) -> list[Complaint]:
    return checked(of_row(row, rules), rules, today)[1]


def of_row(row: Mapping[str, str], rules: Rules) -> dict[str, Any]:
    """A good row of the sheet as an expert is typed in."""
    codes = {
        name: {label: code for code, label in rules.pack.code_list(name).items()}
        for name in ("nationality", "id_type", "post_grade", "sex")
    }
    until = row["term_until"]
    return {
        **{key: row[key] for key in _AS_TYPED},
        "nationality": codes["nationality"].get(row["nationality"], "CHN"),
        "id_type": codes["id_type"].get(row["id_type"], persons.RESIDENT_ID),
        "sex": codes["sex"].get(row["sex"], ""),
        "retired": _YES.get(row["retired"], False),
        "post_grade": codes["post_grade"].get(row["post_grade"], ""),
        "duty": next((code for code, label in DUTIES.items() if label == row["duty"]), "MEMBER"),
        "term_from": None,
        "term_until": date.fromisoformat(until) if until else None,
    }


_AS_TYPED = (
    "name", "id_number", "birth", "work_unit", "supervising_unit", "administrative_post", "phone", "phone2",
    "honours", "title_series", "specialty", "title_name",
)  # fmt: skip
