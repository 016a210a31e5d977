"""One module becomes one JSON Schema 2020-12, for submissions or for drafts."""

from collections.abc import Iterable
from typing import Any

from provinces.modules import MAX_ITEMS, MAX_TEXT, FieldKind, FormField, Module

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
