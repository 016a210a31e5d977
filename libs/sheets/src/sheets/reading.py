"""Reads an uploaded workbook row by row: good rows, bad rows, never half of either."""

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum
from refusals import Complaint

from sheets import cells
from sheets.cells import Unclear
from sheets.package import LIMITS, Limits, Package, opened
from sheets.refusals import EmptySheet, NotAWorkbook, TooManyColumns, TooManyRows, WrongHeader
from sheets.shapes import BadRow, Column, Reading, Row, Sheet
from sheets.template import REASONS, heading

# Blank lines between filled ones are forgiven, but not without end.
_BLANK_LINES = 1000


def read(sheet: Sheet, content: bytes, limits: Limits = LIMITS) -> Reading:
    """Read an upload; raises the refusals of this library if the workbook cannot be taken at all (XCT-06)."""
    package = opened(content, limits)
    _refuse_size(sheet, package, limits)
    try:
        rows = _rows(package, sheet.title)
    except CalamineError as error:
        raise NotAWorkbook("工作簿无法读取，请用下载的模板重新填写。") from error
    at = _positions(sheet, next(rows, (1, ()))[1])
    checked = [_checked(sheet, number, row, at, package.date1904) for number, row in rows]
    filled = [each for each in checked if any(each.values.values())]
    if not filled:
        raise EmptySheet("请在表头下方填写数据后上传。")
    if len(filled) > sheet.max_rows:
        raise TooManyRows(f"一次最多导入 {sheet.max_rows} 行，此表有 {len(filled)} 行，请分批导入。")
    return _without_duplicates(sheet, filled)


def check_values(sheet: Sheet, values: Mapping[str, str]) -> tuple[dict[str, str], tuple[Complaint, ...]]:
    """Check one row that was corrected in a dialog: normalised values and complaints, none if it is good."""
    return _checked_values(sheet, {c.key: values.get(c.key, "") for c in sheet.columns}, False)


def _refuse_size(sheet: Sheet, package: Package, limits: Limits) -> None:
    """Refuse before the reader lays out a grid as large as the farthest cell."""
    for part in package.sheets.values():
        if part.columns > limits.columns:
            raise TooManyColumns(f"表格不能超过 {limits.columns} 列，此表用到第 {part.columns} 列。")
        if part.rows > sheet.max_rows + _BLANK_LINES + 1:
            raise TooManyRows(f"一次最多导入 {sheet.max_rows} 行，此表用到第 {part.rows} 行，请分批导入。")


def _rows(package: Package, title: str) -> Iterator[tuple[int, Sequence[object]]]:
    """The rows of the sheet of that title, or of the first sheet, each with its number in Excel."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(package.content))
    names = [each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    if not names:
        raise NotAWorkbook("工作簿中没有工作表。")
    found = book.get_sheet_by_name(title if title in names else names[0])
    return enumerate(found.to_python(skip_empty_area=False), start=1)


def _positions(sheet: Sheet, header: Sequence[object]) -> dict[str, int]:
    """Where each column stands; the order is free, but each label is there exactly once and no other."""
    found = [cells.shown(each).lstrip("*＊").strip() for each in header]
    wanted = {c.label: c.key for c in sheet.columns}
    missing = [label for label in wanted if label not in found]
    unknown = [label for label in found if label and label not in wanted and label != REASONS]
    repeated = sorted({label for label in found if label and found.count(label) > 1})
    told = [
        f"{what}：{'、'.join(labels)}"
        for what, labels in (("缺少列", missing), ("多出列", unknown), ("重复列", repeated))
        if labels
    ]
    if told:
        expected = "、".join(heading(c) for c in sheet.columns)
        raise WrongHeader("；".join(told)[:500] + f"。模板的表头应为：{expected}")
    return {key: found.index(label) for label, key in wanted.items()}


def _checked(
    sheet: Sheet, number: int, row: Sequence[object], at: dict[str, int], date1904: bool
) -> Row | BadRow:
    raw = {c.key: row[at[c.key]] if at[c.key] < len(row) else None for c in sheet.columns}
    values, complaints = _checked_values(sheet, raw, date1904)
    return BadRow(number, values, complaints) if complaints else Row(number, values)


def _checked_values(
    sheet: Sheet, raw: Mapping[str, object], date1904: bool
) -> tuple[dict[str, str], tuple[Complaint, ...]]:
    values: dict[str, str] = {}
    complaints: list[Complaint] = []
    for column in sheet.columns:
        cell = raw[column.key]
        try:
            values[column.key] = _normalised(column, cell, date1904)
            _judge(column, values[column.key])
        except Unclear as unclear:
            values.setdefault(column.key, cells.shown(cell) if unclear.typed is None else unclear.typed)
            complaints.append(Complaint(f"/{column.key}", unclear.rule, f"{column.label}：{unclear.detail}"))
    if not complaints and sheet.check is not None:
        complaints.extend(sheet.check(values))
    return values, tuple(complaints)


def _judge(column: Column, value: str) -> None:
    """Raise Unclear if the normalised value breaks a rule of its column."""
    if not value:
        if column.required:
            raise Unclear("required", "必填")
        return
    if column.kind == "text" and column.max is not None and len(value) > column.max:
        raise Unclear("max", f"不能超过 {column.max} 个字，现为 {len(value)} 个字")
    if column.kind == "number" and column.max is not None and Decimal(value) > column.max:
        raise Unclear("max", f"不能大于 {column.max}")
    if column.kind == "select" and value not in column.options:
        raise Unclear("option", f"“{value[:50]}”不在可选范围内，请从下拉列表中选择")
    if column.check is not None and (told := column.check(value)):
        raise Unclear("check", told)


def _normalised(column: Column, cell: object, date1904: bool) -> str:
    match column.kind:
        case "date":
            return cells.date(cell, date1904)
        case "month":
            return cells.month(cell, date1904)
        case "number":
            return cells.number(cell)
        case _:
            return cells.text(cell)


def _without_duplicates(sheet: Sheet, rows: Sequence[Row | BadRow]) -> Reading:
    """Every row of a repeated value is bad: which of them is meant only the office knows."""
    repeats: dict[int, list[Complaint]] = defaultdict(list)
    for group in sheet.unique_groups:
        numbers: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row in rows:
            if all(value := tuple(row.values[key].casefold() for key in group)):
                numbers[value].append(row.number)
        label = "、".join(sheet.column(key).label for key in group)
        for alike in (each for each in numbers.values() if len(each) > 1):
            for number in alike:
                others = "、".join(str(each) for each in alike if each != number)
                repeats[number].append(
                    Complaint(f"/{group[0]}", "unique", f"{label}：与第 {others} 行重复"[:300])
                )
    reading = Reading([], [])
    for row in rows:
        own = row.complaints if isinstance(row, BadRow) else ()
        if own or repeats[row.number]:
            reading.bad.append(BadRow(row.number, row.values, (*own, *repeats[row.number])))
        else:
            reading.good.append(Row(row.number, row.values))
    return reading
