"""Named rules that schemas cannot say: standard ones that every pack may refer to.

A rule is `(data, context, **params) -> list[Complaint]`: data is the module's (or, for a template's rule, the
entry's content), params come from the pack. Rules run only on data of the right shape.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from refusals import Complaint

from provinces.explain import pointer
from provinces.materials import required_materials
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
    """`field` is filled in wherever `when` has one of the values `among` (None = left out)."""
    return [
        Complaint(pointer((*path, field)), "required_when", "按所选内容，该项为必填，请补充。")
        for path, entry in _entries(data)
        if entry.get(when) in among and not entry.get(field)
    ]


def both_or_neither(data: Data, context: Context, fields: list[str]) -> list[Complaint]:
    """The named fields are filled in together or left out together."""
    return [
        Complaint(pointer((*path, name)), "both_or_neither", "与相关项须同时填写或同时不填，请补充。")
        for path, entry in _entries(data)
        if any(entry.get(name) for name in fields)
        for name in fields
        if not entry.get(name)
    ]


def id_number(
    data: Data, context: Context, field: str = "id_number", type_field: str = "id_type"
) -> list[Complaint]:
    """A resident ID number follows GB 11643 and agrees with sex and birth date; other documents are let be."""
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


def fit_to_apply(data: Data, context: Context) -> list[Complaint]:
    """The applicant is in service and, in a public institution, not under demerit or heavier (LAW-14, BEY-11).

    `context["unit_nature"]` is the employer's; without it the stricter reading holds.
    """
    complaints = []
    if data.get("in_service") is False:
        complaints.append(Complaint("/in_service", "fit_to_apply", "离退休人员不能申报职称。"))
    heavy = data.get("punishment") in ("DEMERIT", "DEMOTION", "DISMISSAL")
    over = str(data.get("punishment_until", "9999-12-31")) < context["today"].isoformat()
    if heavy and not over and context.get("unit_nature", "INSTITUTION") == "INSTITUTION":
        complaints.append(Complaint("/punishment", "fit_to_apply", "受记过以上处分期间不能申报职称。"))
    return complaints


def after_current_title(data: Data, context: Context, field: str) -> list[Complaint]:
    """The date lies on or after `context["current_title_date"]`, where that is given."""
    since: date | None = context.get("current_title_date")
    if since is None or not data.get(field) or data[field] >= since.isoformat():
        return []
    return [Complaint(pointer((field,)), "after_current_title", "只填写取得现职称以后的成果，请核对时间。")]


def achievement_template(
    data: Data, context: Context, field: str = "requirement", given: str = "requirements"
) -> list[Complaint]:
    """An item names a clause of the campaign and uses a template allowed for it (APP-25).

    `context[given]`: clause id → names of its templates.
    """
    clauses: Mapping[str, list[str]] = context.get(given, {})
    complaints = []
    for path, item in _entries(data):
        named = item.get(field)
        if named is None:
            continue  # the schema asks for it
        if named not in clauses:
            detail = "请选择本次评审活动中的条款。"
            complaints.append(Complaint(pointer((*path, field)), "achievement_template", detail))
        elif item.get("template") not in clauses[named]:
            detail = "该条款不能使用所选模板，请更换模板。"
            complaints.append(Complaint(pointer((*path, "template")), "achievement_template", detail))
    return complaints


def verified_entries(data: Data, context: Context, module: str, fields: list[str]) -> list[Complaint]:
    """An entry that claims an outside source agrees with one that source delivered.

    `context["verified"]`: module name → entries as delivered, each with its `source`.
    """
    delivered = context.get("verified", {}).get(module, [])
    known = {(entry.get("source"), *(entry.get(name) for name in fields)) for entry in delivered}
    return [
        Complaint(
            pointer((*path, "source")), "verified_entries", "与共享数据不一致，请重新同步或改为本人填写。"
        )
        for path, entry in _entries(data)
        if entry.get("source", "TYPED") != "TYPED"
        and (entry["source"], *(entry.get(name) for name in fields)) not in known
    ]


def locked_history(data: Data, context: Context) -> list[Complaint]:
    """Ended entries of an earlier passed application are all there, unchanged (APP-24).

    `context["locked_entries"]`: the entries as they were; absent or empty where nothing is locked.
    """
    kept = [dict(entry) for _, entry in _entries(data)]
    return [
        Complaint("/items", "locked_history", f"{entry.get('start', '')}起的工作经历已锁定，不能修改或删除。")
        for entry in context.get("locked_entries", ())
        if dict(entry) not in kept
    ]


def _entries(
    data: Data, within: str | None = None
) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Yield path and fields of each entry: of the module, of its list `within`, or the whole."""
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
            both_or_neither,
            id_number,
            one_open_end,
            unique,
            fit_to_apply,
            after_current_title,
            achievement_template,
            verified_entries,
            locked_history,
            required_materials,
        )
    }
)
