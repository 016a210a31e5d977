"""What a JSON Schema error means to the person who fills in the form."""

from collections.abc import Iterable
from typing import Any

from refusals import Complaint

from provinces.modules import FieldKind, FormField, Module

_TYPE_HINTS = {
    FieldKind.TEXT: "请填写文字",
    FieldKind.TEXTAREA: "请填写文字",
    FieldKind.SELECT: "请从列表中选择",
    FieldKind.DATE: "请填写日期，格式为2026-09-19",
    FieldKind.MONTH: "请填写年月，格式为2026-09",
    FieldKind.YEAR: "请填写四位年份",
    FieldKind.NUMBER: "请填写数字",
    FieldKind.BOOL: "请选择是或否",
    FieldKind.FILE: "请上传文件",
    FieldKind.LIST: "请逐条填写",
    FieldKind.GROUP: "请填写本组内容",
}


def pointer(path: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def explain(error: Any, module: Module, data: Any) -> list[Complaint]:
    """Turn one error of jsonschema-rs into complaints: where, which rule, what to do."""
    path = tuple(error.instance_path)
    kind = error.kind
    match kind.name:
        case "required":
            missing = (*path, kind.property)
            return [Complaint(pointer(missing), "required", _required(module, missing, data))]
        case "additionalProperties":
            return [
                Complaint(pointer((*path, name)), "unknown", "表单中没有该项，请删除。")
                for name in kind.unexpected
            ]
        case _:
            rule, detail = _said(kind, find(module, path, data), path)
            return [Complaint(pointer(path), rule, detail)]


def find(module: Module, path: tuple[str | int, ...], data: Any) -> FormField | None:
    """Return the field that a path into the module's data leads to, or None for the module itself."""
    fields, rest = module.fields, path
    if module.repeated:
        rest = path[2:]
        if module.templates and rest[:1] == ("content",):
            template = module.templates.get(data["items"][path[1]].get("template"))
            fields, rest = (template.fields if template else ()), rest[1:]
    found: FormField | None = None
    for part in rest:
        if isinstance(part, int):
            continue
        inner = next((one for one in fields if one.name == part), None)
        if inner is None:
            return found  # inside a file
        found, fields = inner, inner.fields
    return found


def _required(module: Module, path: tuple[str | int, ...], data: Any) -> str:
    if path == ("items",):
        return f"请至少填写{module.min_items}条“{module.label}”。"
    if path[-1] == "template":
        return "请选择模板。"
    field = find(module, path, data)
    if field is None:
        return "请填写该项。"
    verb = {FieldKind.SELECT: "选择", FieldKind.FILE: "上传"}.get(field.kind, "填写")
    return f"请{verb}“{field.label}”。"


def _said(kind: Any, field: FormField | None, path: tuple[str | int, ...]) -> tuple[str, str]:
    label = f"“{field.label}”" if field else "该项"
    hint = _TYPE_HINTS[field.kind] if field else "请按格式填写"
    match kind.name:
        case "maxLength":
            return "max_length", f"{label}不能超过{kind.limit}个字，请删减。"
        case "enum" if path and path[-1] == "media_type" and field:
            return "file_type", f"{label}只接受{'、'.join(field.types)}格式的文件，请重新上传。"
        case "maximum" if path and path[-1] == "size" and field:
            return "file_size", f"{label}的文件不能超过{_size(field.max_kb or 0)}，请压缩后重新上传。"
        case "enum" if path and path[-1] == "template" and field is None:
            return "options", "请选择模板。"
        case "enum":
            return "options", f"{label}{hint}。"
        case "format" | "type":
            return kind.name, f"{label}格式不正确，{hint}。"
        case "pattern":
            wanted = (field.pattern_hint if field else None) or hint
            return "pattern", f"{label}格式不正确，{wanted}。"
        case "minimum":
            return "minimum", f"{label}不能小于{kind.limit}。"
        case "maximum":
            return "maximum", f"{label}不能大于{kind.limit}。"
        case "multipleOf":
            return "decimals", f"{label}最多保留{field.decimals if field else 0}位小数。"
        case "minItems":
            return "min_items", f"{label}至少需要{kind.limit}条，请补充。"
        case "maxItems":
            return "max_items", f"{label}最多{kind.limit}条，请删减。"
        case other:
            return str(other), f"{label}不符合要求，{hint}。"


def _size(kb: int) -> str:
    return f"{kb // 1024}MB" if kb >= 1024 and kb % 1024 == 0 else f"{kb}KB"
