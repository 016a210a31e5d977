"""Named rules that schemas cannot say: standard ones that every pack may refer to."""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from refusals import Complaint

from provinces.explain import pointer
from provinces.people import IdNumberInvalid, parse_id_number

Data = Mapping[str, Any]
Context = Mapping[str, Any]


def date_order(
    data: Data, context: Context, first: str, last: str, within: str | None = None
) -> list[Complaint]:
    """The date `first` of an entry is not after its date `last`."""
    return [
        Complaint(pointer((*path, last)), "date_order", "结束时间不能早于开始时间，请核对。")
        for path, entry in _entries(data, within)
        if entry.get(first) and entry.get(last) and entry[first] > entry[last]
    ]


def not_in_future(data: Data, context: Context, fields: list[str]) -> list[Complaint]:
    """The named dates, months or years do not lie after `context["today"]`."""
    today: date = context["today"]
    return [
        Complaint(pointer((*path, name)), "not_in_future", "不能晚于今天，请核对。")
        for path, entry in _entries(data)
        for name in fields
        if entry.get(name) and str(entry[name]) > today.isoformat()[: len(str(entry[name]))]
    ]


def required_when(data: Data, context: Context, field: str, when: str, among: list[Any]) -> list[Complaint]:
    """`field` is filled in wherever `when` has one of the values `among`."""
    return [
        Complaint(pointer((*path, field)), "required_when", "按所选内容，该项为必填，请补充。")
        for path, entry in _entries(data)
        if entry.get(when) in among and not entry.get(field)
    ]


def id_number(
    data: Data, context: Context, field: str = "id_number", type_field: str = "id_type"
) -> list[Complaint]:
    """A resident ID number follows GB 11643; numbers of other documents are not looked at."""
    number = data.get(field)
    if data.get(type_field) != "RESIDENT_ID" or not number:
        return []
    try:
        person = parse_id_number(number, context["today"])
    except IdNumberInvalid as refusal:
        return [Complaint(pointer((field,)), "id_number", refusal.detail)]
    said = {"sex": person.sex.value, "birth_date": person.birth.isoformat()}
    return [
        Complaint(pointer((name,)), "id_number", "与身份证号码不一致，请核对。")
        for name, value in said.items()
        if data.get(name) and data[name] != value
    ]


def one_open_end(data: Data, context: Context, end: str = "end") -> list[Complaint]:
    """At most one entry has no end: what one does to date."""
    open_ends = [path for path, entry in _entries(data) if not entry.get(end)]
    return [
        Complaint(
            pointer((*path, end)), "one_open_end", "只能有一条未填结束时间（至今），请补充其余结束时间。"
        )
        for path in open_ends[1:]
    ]


def unique(data: Data, context: Context, fields: list[str]) -> list[Complaint]:
    """No two entries agree in all the named fields."""
    seen: set[tuple[Any, ...]] = set()
    complaints = []
    for path, entry in _entries(data):
        key = tuple(entry.get(name) for name in fields)
        if key in seen:
            complaints.append(Complaint(pointer((*path, fields[0])), "unique", "与前面的条目重复，请删除。"))
        seen.add(key)
    return complaints


def achievement_template(data: Data, context: Context) -> list[Complaint]:
    """An item names a requirement of the campaign and uses a template allowed for it (APP-25).

    `context["requirements"]`: requirement id → names of its templates.
    """
    requirements: Mapping[str, list[str]] = context.get("requirements", {})
    complaints = []
    for path, item in _entries(data):
        named = item.get("requirement")
        if named is None:
            continue  # the schema asks for it
        if named not in requirements:
            detail = "请选择本次评审活动中的业绩要求。"
            complaints.append(Complaint(pointer((*path, "requirement")), "achievement_template", detail))
        elif item.get("template") not in requirements[named]:
            detail = "该业绩要求不能使用所选模板，请更换模板。"
            complaints.append(Complaint(pointer((*path, "template")), "achievement_template", detail))
    return complaints


def required_materials(data: Data, context: Context) -> list[Complaint]:
    """Every required material of the campaign is there, with types and sizes it accepts (APP-26).

    `context["materials"]`: list of {id, name, media_types, max_mb, required}.
    """
    from provinces.materials import complaints_about

    return complaints_about(data, context.get("materials", []))


def _entries(
    data: Data, within: str | None = None
) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Yield path and fields of each entry: of the repeated module, of its list field `within`, or of the whole."""
    holder = "items" if within is None else within
    if within is None and holder not in data:
        yield (), data
        return
    for i, item in enumerate(data.get(holder, [])):
        yield (holder, i), item


STANDARD_RULES = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            date_order,
            not_in_future,
            required_when,
            id_number,
            one_open_end,
            unique,
            achievement_template,
            required_materials,
        )
    }
)
