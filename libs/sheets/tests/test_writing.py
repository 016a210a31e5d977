"""Templates and exports as another reader sees them."""

import datetime
import io
import re
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sheets import Column, Sheet, escaped, export, failures, read, template
from workbooks import GOOD, LABELS, PERSONS, a_workbook


def rows(content: bytes, title: str | None = None) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_name(title or book.sheet_names[0]).to_python()


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


@pytest.mark.req("XCT-06", "COM-21")
def test_a_template_has_header_drop_downs_a_frozen_row_and_instructions() -> None:
    content = template(PERSONS)
    assert rows(content) == [["*姓名", "*身份证号", *LABELS[2:]]]
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names == ["人员名单", "填写说明", "选项"]
    page = part(content, "xl/worksheets/sheet1.xml")
    assert 'state="frozen"' in page
    assert re.search(r'<dataValidation type="list"[^>]*sqref="C2:C51"', page)
    assert "<formula1>'选项'!$C$1:$C$2</formula1>" in page
    told = [str(cell) for row in rows(content, "填写说明") for cell in row]
    assert {"每行填写一人。", "张三", "男、女", "必填", "一次最多导入 50 行。"} <= set(told)
    assert 'name="选项" sheetId="3" state="hidden"' in part(content, "xl/workbook.xml")


def test_many_long_options_fit_a_drop_down() -> None:
    options = tuple(f"选项{n}" * 5 for n in range(400))
    sheet = Sheet("many", "很多", (Column("one", "一项", "select", options=options),))
    assert "<formula1>'选项'!$A$1:$A$400</formula1>" in part(template(sheet), "xl/worksheets/sheet1.xml")
    assert [row.values["one"] for row in read(sheet, a_workbook([options[399]], header=["一项"])).good] == [
        options[399]
    ]


def test_a_template_is_the_same_bytes_each_time() -> None:
    assert template(PERSONS) == template(PERSONS)


def test_failures_mark_the_bad_fields_and_give_reasons_last() -> None:
    reading = read(PERSONS, a_workbook([*GOOD[:2], "?", *GOOD[3:]], ["", "2"]))
    written = rows(failures(PERSONS, reading))
    assert written[0][-1] == "错误原因"
    assert [row[-1] for row in written[1:]] == [bad.reasons for bad in reading.bad]
    assert "FFD9D9" in part(failures(PERSONS, reading), "xl/styles.xml")


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"]
)
def test_nothing_exported_can_become_a_formula(text: str) -> None:
    content = export("名单", ["姓名", text], [[text, "安全"]])
    assert "<f>" not in part(content, "xl/worksheets/sheet1.xml")
    assert [str(cell)[0] for cell in rows(content)[1]] == ["'", "安"]
    assert str(rows(content)[0][1]).startswith("'")


@given(st.text(max_size=20))
def test_escaping_leaves_no_dangerous_start_and_changes_nothing_else(text: str) -> None:
    assert not escaped(text).startswith(tuple("=+-@\t\r\n"))
    assert escaped(text).removeprefix("'" if escaped(text) != text else "") == text


def test_cells_of_an_export_keep_their_kind() -> None:
    at = datetime.datetime(2026, 6, 30, 16, 30, tzinfo=datetime.UTC)
    row = [
        "张三",
        12,
        Decimal("2.5"),
        10**17 + 1,
        True,
        None,
        datetime.date(2026, 6, 30),
        at,
        -3,
        float("nan"),
    ]
    content = export("名单", [str(n) for n in range(len(row))], [row])
    assert rows(content)[1] == [
        "张三", 12.0, 2.5, "100000000000000001", "是", "", "2026-06-30", "2026-07-01 00:30:00", -3.0, "nan",
    ]  # fmt: skip


def test_rows_may_be_mappings_by_key() -> None:
    content = export("名单", PERSONS.columns, ({"name": name, "extra": 1} for name in ("甲", "乙")))
    assert [row[0] for row in rows(content)] == ["姓名", "甲", "乙"]
    with pytest.raises(ValueError, match="2 cells under 1"):
        export("名单", ["姓名"], [["甲", "乙"]])


def test_a_title_that_excel_refuses_is_made_fit_and_a_long_text_says_that_it_is_cut() -> None:
    content = export("[2026]/证书:列表?" + "长" * 40, ["说明"], [["字" * 40_000]])
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names[0]) == 31
    text = str(rows(content)[1][0])
    assert len(text) == 32_767
    assert text.endswith("已截断）")
    assert rows(export("", ["空"], [])) == [["空"]]


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        ((), {}),
        ((Column("a", "甲"), Column("a", "乙")), {}),
        ((Column("a", "甲"), Column("b", "甲")), {}),
        ((Column("a", "甲"),), {"unique": ("b",)}),
        ((Column("a", "甲"),), {"title": "a/b"}),
    ],
)
def test_a_sheet_that_cannot_work_is_a_mistake_of_the_programmer(
    columns: tuple[Column, ...], options: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="sheet x"):
        Sheet(**{"name": "x", "title": "名单", "columns": columns, **options})  # type: ignore[arg-type]


def test_a_select_without_options_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="options"):
        Column("a", "甲", "select")
