"""The table of required materials that a campaign sets, and whether uploads fill it (APP-26)."""

from collections.abc import Mapping
from typing import Any

from refusals import Complaint

from provinces.explain import pointer

_MB = 1024 * 1024


def required_materials(data: Mapping[str, Any], context: Mapping[str, Any]) -> list[Complaint]:
    """Every required material is there, with the types and sizes its row accepts (APP-26).

    `context["materials"]`: list of {id, name, media_types, max_mb, required}; data: {"items": [{material, files}]}.
    """
    table = {str(row["id"]): row for row in context.get("materials", ())}
    counts = dict.fromkeys(table, 0)
    complaints = []
    for i, item in enumerate(data.get("items", [])):
        row = table.get(item.get("material", ""))
        if row is None:
            where = pointer(("items", i, "material"))
            complaints.append(Complaint(where, "required_materials", "本次评审活动不需要该材料，请删除。"))
            continue
        counts[str(row["id"])] += len(item.get("files", []))
        for k, file in enumerate(item.get("files", [])):
            complaints += about_file(file, row, ("items", i, "files", k))
    complaints += [
        Complaint("/items", "required_materials", f"请上传必需材料“{row['name']}”。")
        for key, row in table.items()
        if row.get("required") and not counts[key]
    ]
    return complaints


def about_file(
    file: Mapping[str, Any], row: Mapping[str, Any], path: tuple[str | int, ...] = ()
) -> list[Complaint]:
    """Return what is wrong with one uploaded file for one row of the table: its type, its size."""
    complaints = []
    if row.get("media_types") and file.get("media_type") not in row["media_types"]:
        detail = f"“{row['name']}”不接受该格式的文件，请重新上传。"
        complaints.append(Complaint(pointer((*path, "media_type")), "file_type", detail))
    if row.get("max_mb") and file.get("size", 0) > row["max_mb"] * _MB:
        detail = f"“{row['name']}”的文件不能超过{row['max_mb']}MB，请压缩后重新上传。"
        complaints.append(Complaint(pointer((*path, "size")), "file_size", detail))
    return complaints
