"""Workbooks as people and attackers make them."""

import datetime
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter
from sheets import Column, Sheet

PERSONS = Sheet(
    name="persons",
    title="人员名单",
    columns=(
        Column("name", "姓名", required=True, max=5, example="张三"),
        Column("id_number", "身份证号", required=True),
        Column("sex", "性别", "select", options=("男", "女")),
        Column("born", "出生日期", "date"),
        Column("since", "任职年月", "month"),
        Column("years", "年限", "number", max=60),
    ),
    instructions=("每行填写一人。",),
    unique=("id_number",),
    max_rows=50,
)
LABELS = [column.label for column in PERSONS.columns]
GOOD = ["张三", "11010119900101123X", "男", "1990-01-01", "2015-07", 9]


def a_workbook(
    *rows: Sequence[Any],
    header: Sequence[str] = LABELS,
    title: str = PERSONS.title,
    more: Callable[[Any, Any], None] | None = None,
    **options: Any,
) -> bytes:
    """A workbook of one sheet; `more(book, page)` adds to it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, **options})
    book.set_properties({"created": datetime.datetime(2000, 1, 1)})
    page = book.add_worksheet(title)
    dates = book.add_format({"num_format": "yyyy-mm-dd"})
    for line, row in enumerate([header, *rows]):
        for at, value in enumerate(row):
            if hasattr(value, "isoformat"):
                page.write_datetime(line, at, value, dates)
            elif value is not None:
                page.write(line, at, value)
    if more is not None:
        more(book, page)
    book.close()
    return out.getvalue()


def repacked(
    content: bytes, changes: Mapping[str, Callable[[bytes], bytes] | bytes], *, twice: str | None = None
) -> bytes:
    """The same package with parts changed or added, or one part's name used twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = changes.get(name)
            part = old.read(name)
            new.writestr(name, change(part) if callable(change) else change if change is not None else part)
        for name in changes.keys() - set(old.namelist()):
            change = changes[name]
            assert isinstance(change, bytes)
            new.writestr(name, change)
        if twice is not None:
            new.writestr(twice, old.read(twice))
    return out.getvalue()


def with_text(old: str, new: str) -> Callable[[bytes], bytes]:
    """A change of a part that fails loudly where there is nothing to change."""

    def change(part: bytes) -> bytes:
        assert old.encode() in part
        return part.replace(old.encode(), new.encode(), 1)

    return change
