"""Writes the sheet people fill in, empty or with the rows that failed."""

import datetime
import io
from collections.abc import Iterable
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sheets.export import escaped
from sheets.shapes import BadRow, Column, Reading, Sheet

# The last column of a list of failures; a reading ignores it, so the corrected sheet is uploaded as it is.
REASONS = "错误原因"

_INSTRUCTIONS = "填写说明"
_OPTIONS = "选项"
_KINDS = {"text": "文本", "select": "下拉选择", "date": "日期", "month": "年月", "number": "数字"}
_FORMATS = {"text": "@", "select": "@", "date": "yyyy-mm-dd", "month": "@", "number": "General"}
_FONT = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
# The same sheet is the same bytes whenever it is asked for.
_CREATED = datetime.datetime(2000, 1, 1)


def template(sheet: Sheet) -> bytes:
    """The empty sheet with drop-downs, frozen header and instructions (XCT-06, COM-21)."""
    return _written(sheet, ())


def failures(sheet: Sheet, reading: Reading | Iterable[BadRow]) -> bytes:
    """The bad rows as the same sheet with their reasons, to be corrected and uploaded again."""
    return _written(sheet, reading.bad if isinstance(reading, Reading) else reading, reasons=True)


def heading(column: Column) -> str:
    """The label in the header; a star marks what must be filled."""
    return f"*{column.label}" if column.required else column.label


def _written(sheet: Sheet, bad: Iterable[BadRow], *, reasons: bool = False) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": sheet.title, "created": _CREATED})
    page = book.add_worksheet(sheet.title)
    _header(book, page, sheet, reasons)
    right = book.add_format({**_FONT, "num_format": "@"})
    wrong = book.add_format({**_FONT, "num_format": "@", "bg_color": "#FFD9D9"})
    for line, row in enumerate(bad, start=1):
        _failure(page, sheet, line, row, right, wrong)
    _explain(book, sheet)
    _restrict(book, page, sheet)
    book.close()
    return out.getvalue()


def _header(book: Any, page: Worksheet, sheet: Sheet, reasons: bool) -> None:
    style = {**_FONT, "bold": True, "align": "center", "border": 1, "text_wrap": True}
    must = book.add_format({**style, "bg_color": "#FBE4D5"})
    may = book.add_format({**style, "bg_color": "#E7EEF7"})
    for at, column in enumerate(sheet.columns):
        body = book.add_format({**_FONT, "num_format": _FORMATS[column.kind]})
        page.set_column(at, at, _width(column), body)
        page.write_string(0, at, heading(column), must if column.required else may)
    if reasons:
        at = len(sheet.columns)
        page.set_column(at, at, 60, book.add_format({**_FONT, "font_color": "#C00000", "text_wrap": True}))
        page.write_string(0, at, REASONS, book.add_format({**style, "bg_color": "#F4B6B6"}))
    page.set_row(0, 30)
    page.freeze_panes(1, 0)


def _failure(page: Worksheet, sheet: Sheet, line: int, row: BadRow, right: Format, wrong: Format) -> None:
    marked = {each.pointer.lstrip("/") for each in row.complaints}
    for at, column in enumerate(sheet.columns):
        look = wrong if column.key in marked else right
        # Text throughout: a long number stays as it is, and nothing becomes a formula.
        page.write_string(line, at, escaped(row.values.get(column.key, "")), look)
    page.write_string(line, len(sheet.columns), escaped(row.reasons))


def _explain(book: Any, sheet: Sheet) -> None:
    page = book.add_worksheet(_INSTRUCTIONS)
    bold = book.add_format({**_FONT, "bold": True, "border": 1, "bg_color": "#E7EEF7", "align": "center"})
    plain = book.add_format({**_FONT, "border": 1, "text_wrap": True})
    free = book.add_format({**_FONT, "text_wrap": True})
    page.set_column(0, 0, 22)
    page.set_column(1, 3, 12)
    page.set_column(4, 5, 44)
    texts = [sheet.instructions] if isinstance(sheet.instructions, str) else list(sheet.instructions)
    texts += [
        "带 * 的列必填；请勿修改表头；不要使用公式、宏和外部链接。",
        "身份证号等长数字请保持“文本”格式。",
        f"一次最多导入 {sheet.max_rows} 行。",
    ]
    page.write_string(0, 0, sheet.title, book.add_format({**_FONT, "bold": True, "font_size": 14}))
    for line, text in enumerate(filter(None, texts), start=1):
        page.merge_range(line, 0, line, 5, escaped(text), free)
    top = len(texts) + 2
    for at, label in enumerate(("列", "是否必填", "类型", "上限", "可选值", "示例")):
        page.write_string(top, at, label, bold)
    for line, column in enumerate(sheet.columns, start=top + 1):
        for at, text in enumerate(_explained(column)):
            page.write_string(line, at, escaped(text), plain)


def _explained(column: Column) -> tuple[str, ...]:
    limit = "" if column.max is None else (f"{column.max} 字" if column.kind == "text" else str(column.max))
    options = "、".join(column.options[:30]) + ("……" if len(column.options) > 30 else "")
    must = "必填" if column.required else "选填"
    return column.label, must, _KINDS[column.kind], limit, options, column.example


def _restrict(book: Any, page: Worksheet, sheet: Sheet) -> None:
    """Drop-downs come from a hidden sheet: a list inside a cell's rule ends at 255 characters."""
    if any(column.options for column in sheet.columns):
        hidden = book.add_worksheet(_OPTIONS)
        hidden.hide()
    for at, column in enumerate(sheet.columns):
        for line, option in enumerate(column.options):
            hidden.write_string(line, at, option)
        if rule := _rule(column, at):
            page.data_validation(1, at, sheet.max_rows, at, rule)


def _rule(column: Column, at: int) -> dict[str, Any] | None:
    rule: dict[str, Any] = {"ignore_blank": True, "error_title": column.label[:32]}
    if column.kind == "select":
        letter = xlsxwriter.utility.xl_col_to_name(at, col_abs=True)
        source = f"='{_OPTIONS}'!{letter}$1:{letter}${len(column.options)}"
        return {**rule, "validate": "list", "source": source, "error_message": "请从下拉列表中选择。"}
    if column.kind == "text" and column.max is not None:
        told = f"不能超过 {column.max} 个字。"
        return {**rule, "validate": "length", "criteria": "<=", "value": column.max, "error_message": told}
    if column.kind == "number" and column.max is not None:
        told = f"请填写不大于 {column.max} 的数字。"
        return {**rule, "validate": "decimal", "criteria": "<=", "value": column.max, "error_message": told}
    return None


def _width(column: Column) -> int:
    options = max((len(each) for each in column.options), default=0)
    return min(max(len(heading(column)) * 2 + 4, options * 2 + 4, len(column.example) + 4, 12), 40)
