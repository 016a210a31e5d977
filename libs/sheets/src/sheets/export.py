"""Writes lists for people to open in Excel, where nothing that was typed can become a formula."""

import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sheets.refusals import TooManyRows
from sheets.shapes import Column

# Excel reads the full-width signs of a Chinese keyboard as formulas, too.
_DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")
_LONGEST = 32_767
_CUT = "……（内容过长，已截断）"
_LAST_ROW = 1_048_575
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_FONT = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}


def escaped(text: str) -> str:
    """The text with an apostrophe before anything a spreadsheet might run; a reading takes it off again."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def export(
    title: str, columns: Sequence[Column | str], rows: Iterable[Sequence[object] | Mapping[str, object]]
) -> bytes:
    """Write rows (sequences, or mappings by key) under a header; raises TooManyRows beyond Excel's end."""
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": title, "created": datetime.datetime(2000, 1, 1)})
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31] or "导出")
    text = book.add_format({**_FONT, "num_format": "@"})
    head = book.add_format({**_FONT, "bold": True, "align": "center", "border": 1, "bg_color": "#E7EEF7"})
    labels = [each if isinstance(each, str) else each.label for each in columns]
    page.freeze_panes(1, 0)
    for at, label in enumerate(labels):
        page.set_column(at, at, min(max(len(label) * 2 + 4, 14), 40))
        page.write_string(0, at, escaped(label), head)
    line = 0
    for line, row in enumerate(rows, start=1):
        if line > _LAST_ROW:
            book.close()
            raise TooManyRows(f"一次最多导出 {_LAST_ROW} 行，请缩小范围。")
        for at, value in enumerate(_cells(columns, row)):
            _write(page, line, at, value, text)
    if labels:
        page.autofilter(0, 0, max(line, 1), len(labels) - 1)
    book.close()
    return out.getvalue()


def _cells(columns: Sequence[Column | str], row: Sequence[object] | Mapping[str, object]) -> Iterable[object]:
    if isinstance(row, Mapping):
        return (row.get(each if isinstance(each, str) else each.key) for each in columns)
    if len(row) != len(columns):
        raise ValueError(f"a row has {len(row)} cells under {len(columns)} columns")
    return row


def _write(page: Worksheet, line: int, at: int, value: object, style: Format) -> None:
    if value is None or value == "":
        return
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        amount = float(value)
        # Excel keeps 15 digits: what has more is written as text.
        if abs(amount) < 1e15:
            page.write_number(line, at, amount)
            return
    page.write_string(line, at, _text(value), style)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        local = value.astimezone(_SHANGHAI) if value.tzinfo else value
        return local.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, datetime.date):
        return value.isoformat()
    text = escaped(str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT
