"""Forms: data of a module is checked against its schema and its named rules."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jsonschema_rs import Draft202012Validator
from refusals import Complaint

from provinces.explain import explain, pointer
from provinces.modules import Module, RuleUse
from provinces.rules import STANDARD_RULES
from provinces.schemas import compile, media_types

__all__ = ["Rule", "check_draft", "check_submission", "compile", "media_types"]

Rule = Callable[..., list[Complaint]]  # (data, context, **params of the module) -> complaints


def check_draft(module: Module, data: Any, context: Mapping[str, Any] | None = None) -> list[Complaint]:
    """Return what keeps the data from being saved: unknown fields, types, lengths, locked fields.

    null, "" and blank text count as left out. An empty list means it may be saved.
    """
    kept = _without_empty(data)
    return [*_by_schema(module, kept, strict=False), *_nul(data), *_locked(module, kept, context or {})]


def check_submission(
    module: Module,
    data: Any,
    rules: Mapping[str, Rule] | None = None,
    context: Mapping[str, Any] | None = None,
) -> list[Complaint]:
    """Return everything that keeps the data from being submitted, all at once.

    Named rules of the module run only where every value has its type; `rules` maps their names to functions, laid
    over `provinces.rules.STANDARD_RULES`. Raises LookupError for a rule nobody has registered.
    """
    known = {**STANDARD_RULES, **(rules or {})}
    facts = context or {}
    kept = _without_empty(data)
    complaints = [*_by_schema(module, kept, strict=True), *_nul(data), *_locked(module, kept, facts)]
    shaped = not any(one.rule == "type" for one in complaints)
    for use, part, prefix in _rule_uses(module, _known(module, kept) if shaped else {}):
        if use.name not in known:
            raise LookupError(f"module {module.name} names the rule {use.name}, which is not registered")
        if shaped:
            said = known[use.name](part, facts, **use.params)
            complaints += [replace(one, pointer=prefix + one.pointer) for one in said]
    return list(dict.fromkeys(complaints))


def _known(module: Module, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the module knows of the data: rules never see a field that the form does not have."""
    names = {field.name for field in module.fields}
    if not module.repeated:
        return {key: value for key, value in data.items() if key in names}
    if module.templates:
        names |= {"template", "content"}
    items = [{key: value for key, value in item.items() if key in names} for item in data.get("items", [])]
    for item in items:
        template = module.templates.get(item.get("template", ""))
        if template and "content" in item:
            inner = {field.name for field in template.fields}
            item["content"] = {key: value for key, value in item["content"].items() if key in inner}
    return {"items": items}


def _rule_uses(module: Module, data: Mapping[str, Any]) -> Iterator[tuple[RuleUse, Any, str]]:
    """Yield each rule with the data it looks at and where that is: the module, then each entry's template."""
    for use in module.rules:
        yield use, data, ""
    for i, item in enumerate(data.get("items", [])):
        template = module.templates.get(item.get("template", ""))
        for use in template.rules if template else ():
            yield use, item.get("content", {}), pointer(("items", i, "content"))


def _validator(module: Module, strict: bool) -> Draft202012Validator:
    compiled: dict[bool, Draft202012Validator] = module.compiled
    if strict not in compiled:
        compiled[strict] = Draft202012Validator(compile(module, strict), validate_formats=True)
    return compiled[strict]


def _by_schema(module: Module, data: Any, *, strict: bool) -> list[Complaint]:
    validator = _validator(module, strict)
    return list(
        dict.fromkeys(
            complaint for error in validator.iter_errors(data) for complaint in explain(error, module, data)
        )
    )


def _without_empty(value: Any) -> Any:
    """Leave out nulls and blank texts of objects, at every depth; lists keep their places."""
    if isinstance(value, dict):
        return {
            key: _without_empty(inner)
            for key, inner in value.items()
            if inner is not None and not (isinstance(inner, str) and not inner.strip())
        }
    if isinstance(value, list):
        return [_without_empty(inner) for inner in value]
    return value


def _nul(value: Any, path: tuple[str | int, ...] = ()) -> list[Complaint]:
    """Complain about U+0000, which PostgreSQL's JSONB cannot hold."""
    if isinstance(value, str):
        return [Complaint(pointer(path), "characters", "请删除不可见字符。")] if "\x00" in value else []
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in _nul(inner, (*path, str(key)))]
    if isinstance(value, list):
        return [one for i, inner in enumerate(value) for one in _nul(inner, (*path, i))]
    return []


def _locked(module: Module, data: Any, context: Mapping[str, Any]) -> list[Complaint]:
    """Complain about locked fields that differ from what `context[<lock>]` gives for them (IDN-04)."""
    if not isinstance(data, dict):
        return []
    return [
        Complaint(pointer((field.name,)), "locked", f"“{field.label}”来自身份认证信息，不能修改。")
        for field in module.fields
        if field.locked is not None
        and field.name in data
        and (given := context.get(field.locked, {}).get(field.name)) is not None
        and data[field.name] != given
    ]
