"""Workbooks that people upload to an import wizard: filled ones, faulty ones and forbidden ones."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import xlsxwriter
from python_calamine import CalamineWorkbook

from zc.world.model import Expert
from zc.world.numbers import resident_id

_CREATED = datetime(2026, 1, 1)
TODAY = date(2026, 6, 1)

_DUTIES = {"CHAIR": "主任委员", "VICE_CHAIR": "副主任委员", "MEMBER": "委员"}
_ID_HEADERS = ("证件号码", "身份证号", "身份证号码", "居民身份证号码")
_PHONE_HEADERS = ("联系电话1", "联系电话", "手机号码", "手机号", "手机")

# Header, without the star of required columns → the expert's value; several wordings may share one value.
_VALUES: dict[tuple[str, ...], Callable[[Expert], str]] = {
    ("国籍",): lambda e: "中国",
    ("姓名", "专家姓名"): lambda e: e.person.name,
    ("证件类型", "身份证件类型"): lambda e: "居民身份证",
    _ID_HEADERS: lambda e: e.person.id_number,
    ("性别",): lambda e: e.person.sex_label,
    ("出生年月",): lambda e: f"{e.person.birth_date:%Y%m}",
    ("出生日期",): lambda e: f"{e.person.birth_date:%Y-%m-%d}",
    ("年龄",): lambda e: str(e.person.age(TODAY.year)),
    ("民族",): lambda e: e.person.ethnicity,
    ("是否退休", "退休"): lambda e: "是" if e.retired else "否",
    ("工作单位",): lambda e: e.work_unit,
    ("主管单位", "主管部门", "单位主管部门"): lambda e: e.supervising_unit,
    ("行政职务",): lambda e: e.post,
    _PHONE_HEADERS: lambda e: e.person.phone,
    ("联系电话2",): lambda e: "",
    ("所获荣誉", "荣誉", "荣誉情况", "获得荣誉"): lambda e: e.honours,
    ("现职称系列", "职称系列", "系列"): lambda e: e.series,
    ("现职称专业", "现从事专业", "职称专业", "专业"): lambda e: e.specialty,
    ("现职称", "现职称名称", "职称名称", "职称"): lambda e: e.title,
    ("评委会职务", "职务", "专家类别", "担任职务"): lambda e: _DUTIES[e.duty],
}
_BY_HEADER = {header: value for headers, value in _VALUES.items() for header in headers}

_FAULTS: tuple[tuple[tuple[str, ...], Callable[[str], str]], ...] = (
    (_ID_HEADERS, lambda number: number[:-1] + ("0" if number[-1] != "0" else "1")),
    (("姓名", "专家姓名"), lambda _: ""),
    (("出生年月",), lambda month: f"{month[:4]}13"),
    (_PHONE_HEADERS, lambda phone: phone[:10]),
)


class UnknownColumn(ValueError):
    """The template asks for something that this world does not know."""


def headers(template: bytes) -> list[str]:
    """Returns the header row of the first sheet of a downloaded template."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(template))
    return [str(cell).strip() for cell in book.get_sheet_by_index(0).to_python()[0]]


def experts(
    rows: Sequence[Expert],
    columns: Sequence[str],
    faults: int = 0,
    extra: Mapping[str, str | Callable[[Expert], str]] | None = None,
    title: str = "专家",
) -> bytes:
    """Returns a filled workbook: a good row for each expert, then as many faulty rows as asked for.

    `columns` are the template's headers (a leading star is understood), `extra` gives values for headers
    that this module does not know. Faulty rows tell of nobody in the good ones and repeat no number.
    """
    values = _values_of(columns, extra or {})
    table = [[value(expert) for value in values] for expert in [*rows, *_others(rows, faults)]]
    _spoil([column.lstrip("*＊") for column in columns], table[len(rows) :])
    return workbook(columns, table, title)


def _others(rows: Sequence[Expert], count: int) -> list[Expert]:
    """Returns experts that differ from the given ones in their numbers."""
    others = []
    for index in range(count):
        one = rows[index % len(rows)]
        sequence = 998 - 2 * index + (one.person.sex == "MALE")
        number = resident_id(one.person.id_number[:6], one.person.birth_date, sequence)
        person = replace(one.person, id_number=number, phone=f"199{index:08d}")
        others.append(replace(one, person=person))
    return others


def _spoil(columns: Sequence[str], table: Sequence[list[str]]) -> None:
    """Gives each row one fault, in turn: check digit, missing name, month 13, short phone number."""
    places = [
        (at, spoil)
        for headers, spoil in _FAULTS
        if (at := next((i for i, column in enumerate(columns) if column in headers), None)) is not None
    ]
    if table and not places:
        raise UnknownColumn("身份证号码")
    for index, row in enumerate(table):
        at, spoil = places[index % len(places)]
        row[at] = spoil(row[at])


def workbook(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "数据") -> bytes:
    """Returns a workbook with one sheet of text cells under a header row."""
    return _written(title, [list(columns), *[list(row) for row in rows]], formulas=False)


def formula_workbook(columns: Sequence[str] = ("姓名", "证件号码")) -> bytes:
    """Returns a workbook whose first data row holds formulas."""
    row = ['=HYPERLINK("http://elsewhere.example/","张三")', "=1+1"] + ["无"] * (len(columns) - 2)
    return _written("数据", [list(columns), row[: len(columns)]], formulas=True)


def macro_workbook(columns: Sequence[str] = ("姓名", "证件号码")) -> bytes:
    """Returns a macro-enabled workbook under an xlsx name."""
    plain = workbook(columns, [["张三"] * len(columns)])
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(plain)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for entry in before.infolist():
            after.writestr(entry, _with_macro(entry.filename, before.read(entry)))
        # The container of a VBA project is a compound file: eight signature bytes and a first sector.
        after.writestr(zipfile.ZipInfo("xl/vbaProject.bin"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    return out.getvalue()


def _with_macro(name: str, content: bytes) -> bytes:
    """Declares the VBA project in the parts of the package that list it."""
    if name == "[Content_Types].xml":
        content = content.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        )
        project = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
        return content.replace(b"</Types>", project)
    if name == "xl/_rels/workbook.xml.rels":
        link = (
            b'<Relationship Id="rIdMacro" Type="http://schemas.microsoft.com/office/2006/relationships/'
            b'vbaProject" Target="vbaProject.bin"/></Relationships>'
        )
        return content.replace(b"</Relationships>", link)
    return content


def _values_of(
    columns: Sequence[str], extra: Mapping[str, str | Callable[[Expert], str]]
) -> list[Callable[[Expert], str]]:
    given = {header.lstrip("*＊"): value for header, value in extra.items()}
    found, unknown = [], []
    for column in columns:
        header = column.lstrip("*＊")
        value = given.get(header, _BY_HEADER.get(header))
        if value is None and column == header:
            value = ""  # an optional column may stay empty
        if value is None:
            unknown.append(header)
            continue
        found.append(value if callable(value) else _constant(value))
    if unknown:
        raise UnknownColumn("、".join(unknown))
    return found


def _constant(text: str) -> Callable[[Expert], str]:
    return lambda _: text


def _written(title: str, rows: Sequence[Sequence[str]], *, formulas: bool) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": formulas, "strings_to_urls": False}
    )
    book.set_properties({"created": _CREATED})
    page = book.add_worksheet(title)
    text = book.add_format({"num_format": "@"})
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if formulas and value.startswith("="):
                page.write_formula(line, column, value)
            else:
                page.write_string(line, column, value, text)
    book.close()
    return out.getvalue()
