"""The form compiler: one module becomes one JSON Schema, and data is checked against it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jsonschema_rs import Draft202012Validator
from refusals import Complaint

from provinces.explain import explain, pointer
from provinces.modules import MAX_ITEMS, MAX_TEXT, FieldKind, FormField, Module, RuleUse
from provinces.rules import STANDARD_RULES

Rule = Callable[..., list[Complaint]]  # (data, context, **params of the module) -> complaints

_MEDIA = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def media_types(extensions: Iterable[str]) -> list[str]:
    """Return the media types of file name extensions, in order and each once."""
    return list(dict.fromkeys(_MEDIA[one.lower()] for one in extensions))


def compile(module: Module, strict: bool = True) -> dict[str, Any]:
    """Return the module's JSON Schema 2020-12: strict for a submission, else for a draft.

    A draft's schema has the same fields, types and lengths, requires nothing and lets null be empty.
    Titles are labels; `x-kind`, `x-choices`, `x-help` and `x-locked` are for rendering.
    """
    if module.repeated:
        entry = _entry(module, strict)
        items = {"type": "array", "items": entry, "maxItems": module.max_items or MAX_ITEMS}
        if strict and module.min_items:
            items["minItems"] = module.min_items
        body: dict[str, Any] = {
            "type": "object",
            "properties": {"items": items},
            "additionalProperties": False,
        }
        if strict and module.min_items:
            body["required"] = ["items"]
    else:
        body = _object(module.fields, strict)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{module.schema_id}:{'submission' if strict else 'draft'}",
        "title": module.label,
        **body,
    }


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
    for use, part, prefix in _rule_uses(module, kept if shaped else {}):
        if use.name not in known:
            raise LookupError(f"module {module.name} names the rule {use.name}, which is not registered")
        if shaped:
            said = known[use.name](part, facts, **use.params)
            complaints += [replace(one, pointer=prefix + one.pointer) for one in said]
    return list(dict.fromkeys(complaints))


def _rule_uses(module: Module, data: Mapping[str, Any]) -> Iterator[tuple[RuleUse, Any, str]]:
    """Yield each rule with the data it looks at and where that is: the module, then each entry's template."""
    whole = {"items": [], **data} if module.repeated else data
    for use in module.rules:
        yield use, whole, ""
    for i, item in enumerate(data.get("items", [])):
        template = module.templates.get(item.get("template", ""))
        for use in template.rules if template else ():
            yield use, item.get("content", {}), pointer(("items", i, "content"))


# --- fields to schemas -----------------------------------------------------------------------------------


def _object(fields: Iterable[FormField], strict: bool) -> dict[str, Any]:
    fields = tuple(fields)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _field(field, strict) for field in fields},
        "additionalProperties": False,
    }
    if strict:
        required = [field.name for field in fields if field.required]
        if required:
            schema["required"] = required
        conditions = [
            {
                "if": {
                    "properties": {name: {"const": value} for name, value in field.required_if.items()},
                    "required": list(field.required_if),
                },
                "then": {"required": [field.name]},
            }
            for field in fields
            if field.required_if
        ]
        if conditions:
            schema["allOf"] = conditions
    return schema


def _entry(module: Module, strict: bool) -> dict[str, Any]:
    schema = _object(module.fields, strict)
    if module.templates:
        schema["properties"]["template"] = {
            "type": "string",
            "title": "模板",
            "enum": list(module.templates),
            "x-choices": {name: template.label for name, template in module.templates.items()},
        }
        schema["properties"]["content"] = {"type": "object", "title": "内容"}
        schema["required"] = [*schema.get("required", []), "template", "content"]
        schema["allOf"] = [
            *schema.get("allOf", []),
            *(
                {
                    "if": {"properties": {"template": {"const": name}}, "required": ["template"]},
                    "then": {"properties": {"content": _object(template.fields, strict)}},
                }
                for name, template in module.templates.items()
            ),
        ]
    return schema


def _field(field: FormField, strict: bool) -> dict[str, Any]:
    schema = _typed(field, strict)
    if not strict:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    notes = {"x-help": field.help, "x-locked": field.locked, "x-choices": field.choices or None}
    return {
        "title": field.label,
        **schema,
        "x-kind": field.kind.value,
        **{key: value for key, value in notes.items() if value},
    }


def _typed(field: FormField, strict: bool) -> dict[str, Any]:
    match field.kind:
        case FieldKind.TEXT | FieldKind.TEXTAREA:
            schema: dict[str, Any] = {"type": "string", "maxLength": field.max or MAX_TEXT}
            if strict and field.pattern:
                schema["pattern"] = field.pattern
            return schema
        case FieldKind.SELECT if field.many:
            return _array({"type": "string", "enum": list(field.choices)}, field, strict)
        case FieldKind.SELECT:
            return {"type": "string", "enum": list(field.choices)}
        case FieldKind.DATE:
            return {"type": "string", "format": "date"}
        case FieldKind.MONTH:
            return {"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])$"}
        case FieldKind.YEAR:
            return {"type": "integer", "minimum": 1900, "maximum": 2200}
        case FieldKind.NUMBER:
            return _number(field, strict)
        case FieldKind.BOOL:
            return {"type": "boolean"}
        case FieldKind.FILE:
            one = _file(field)
            return _array(one, field, strict) if field.many else one
        case FieldKind.LIST:
            return _array(_object(field.fields, strict), field, strict)
        case FieldKind.GROUP:
            return _object(field.fields, strict)


def _number(field: FormField, strict: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "number" if field.decimals else "integer"}
    if strict:
        bounds = {"minimum": field.minimum, "maximum": field.maximum}
        schema |= {key: value for key, value in bounds.items() if value is not None}
        if field.decimals:
            schema["multipleOf"] = 10**-field.decimals
    return schema


def _file(field: FormField) -> dict[str, Any]:
    size: dict[str, Any] = {"type": "integer", "minimum": 1}
    if field.max_kb:
        size["maximum"] = field.max_kb * 1024
    return {
        "type": "object",
        "properties": {
            "file_id": {"type": "string", "format": "uuid"},
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "name": {"type": "string", "minLength": 1, "maxLength": 200},
            "size": size,
            "media_type": {"type": "string", "enum": media_types(field.types)},
        },
        "required": ["file_id", "sha256", "name", "size", "media_type"],
        "additionalProperties": False,
    }


def _array(items: dict[str, Any], field: FormField, strict: bool) -> dict[str, Any]:
    schema = {"type": "array", "items": items, "maxItems": field.max_items or MAX_ITEMS}
    least = field.min_items or (1 if field.required else 0)
    if strict and least:
        schema["minItems"] = least
    return schema


# --- checking --------------------------------------------------------------------------------------------


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
