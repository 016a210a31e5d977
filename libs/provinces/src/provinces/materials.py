"""The table of required materials that a campaign sets, and whether uploads fill it (APP-26)."""

from collections.abc import Mapping, Sequence
from typing import Any

from refusals import Complaint

from provinces.explain import pointer


def complaints_about(data: Mapping[str, Any], table: Sequence[Mapping[str, Any]]) -> list[Complaint]:
    """Return what is wrong with the uploads of module `materials`.

    A row of the table is {id, name, media_types, max_mb, required}; data is {"items": [{material, files}]}.
    """
    rows = {str(row["id"]): row for row in table}
    counted: dict[str, int] = dict.fromkeys(rows, 0)
    complaints = []
    for i, item in enumerate(data.get("items", [])):
        row = rows.get(item.get("material", ""))
        if row is None:
            where = pointer(("items", i, "material"))
            complaints.append(Complaint(where, "required_materials", "本次评审活动不需要该材料，请删除。"))
            continue
        files = item.get("files", [])
        counted[str(row["id"])] += len(files)
        for k, file in enumerate(files):
            complaints += _about_file(file, row, ("items", i, "files", k))
    complaints += [
        Complaint("/items", "required_materials", f"请上传必需材料“{row['name']}”。")
        for key, row in rows.items()
        if row.get("required") and not counted[key]
    ]
    return complaints


def _about_file(
    file: Mapping[str, Any], row: Mapping[str, Any], path: tuple[str | int, ...]
) -> list[Complaint]:
    complaints = []
    if row.get("media_types") and file["media_type"] not in row["media_types"]:
        detail = f"“{row['name']}”不接受该格式的文件，请重新上传。"
        complaints.append(Complaint(pointer((*path, "media_type")), "file_type", detail))
    if row.get("max_mb") and file["size"] > row["max_mb"] * 1024 * 1024:
        detail = f"“{row['name']}”的文件不能超过{row['max_mb']}MB，请压缩后重新上传。"
        complaints.append(Complaint(pointer((*path, "size")), "file_size", detail))
    return complaints
