"""What a reading takes, and what it complains about."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from refusals import Complaint
from sheets import (
    Column,
    EmptySheet,
    Sheet,
    TooManyColumns,
    TooManyRows,
    WrongHeader,
    check_values,
    failures,
    read,
    template,
)
from workbooks import GOOD, LABELS, PERSONS, a_workbook


def a_row(**changes: object) -> list[object]:
    keys = [column.key for column in PERSONS.columns]
    return [changes.get(key, value) for key, value in zip(keys, GOOD, strict=True)]


def rules(content: bytes, sheet: Sheet = PERSONS) -> list[tuple[int, str, str]]:
    return [
        (bad.number, each.pointer, each.rule) for bad in read(sheet, content).bad for each in bad.complaints
    ]


@pytest.mark.req("XCT-06", "COM-21")
def test_good_rows_and_bad_rows_are_told_apart_with_their_numbers_in_the_sheet() -> None:
    reading = read(PERSONS, a_workbook(a_row(), a_row(name="", id_number="2"), [], a_row(id_number="3")))
    assert [row.number for row in reading.good] == [2, 5]
    assert reading.good[0].values == {
        "name": "张三",
        "id_number": "11010119900101123X",
        "sex": "男",
        "born": "1990-01-01",
        "since": "2015-07",
        "years": "9",
    }
    assert [(bad.number, bad.reasons) for bad in reading.bad] == [(3, "姓名：必填")]


@pytest.mark.req("XCT-06")
@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("name", None, "required"),
        ("name", "　 ", "required"),
        ("name", "一二三四五六", "max"),
        ("id_number", 110101199001011234, "precision"),
        ("id_number", "1.10101199001011E+17", "precision"),
        ("sex", "未知", "option"),
        ("born", "1990-02-30", "date"),
        ("born", "去年", "date"),
        ("born", "1799-01-01", "date"),
        ("born", 999999999, "date"),
        ("since", "2015-13", "month"),
        ("since", 2015.1, "month"),
        ("since", 2015, "month"),
        ("years", "九", "number"),
        ("years", "NaN", "number"),
        ("years", "1e999", "number"),
        ("years", 61, "max"),
    ],
)
def test_a_wrong_cell_is_a_complaint_about_its_field(key: str, value: object, rule: str) -> None:
    assert rules(a_workbook(a_row(**{key: value}))) == [(2, f"/{key}", rule)]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("id_number", 13800000000, "13800000000"),
        ("id_number", 999999999999999, "999999999999999"),
        ("name", "\u200b 李四\u3000", "李四"),
        ("name", True, "TRUE"),
        ("sex", None, ""),
        ("born", datetime.datetime(1990, 5, 7), "1990-05-07"),
        ("born", 33000, "1990-05-07"),
        ("born", 59, "1900-02-28"),
        ("born", 61, "1900-03-01"),
        ("born", "1990/5/7", "1990-05-07"),
        ("born", "1990.05.07", "1990-05-07"),
        ("born", "１９９０年５月７日", "1990-05-07"),
        ("born", "19900507", "1990-05-07"),
        ("born", 19900507, "1990-05-07"),
        ("born", "1990-05-07 00:00:00", "1990-05-07"),
        ("since", datetime.datetime(2015, 10, 1), "2015-10"),
        ("since", "2015年7月", "2015-07"),
        ("since", "2015.10", "2015-10"),
        ("since", 201510, "2015-10"),
        ("since", "2015-10-31", "2015-10"),
        ("years", "1,2.50", "12.5"),
        ("years", 0, "0"),
        ("years", 2.5, "2.5"),
    ],
)
def test_a_cell_is_normalised(key: str, value: object, text: str) -> None:
    reading = read(PERSONS, a_workbook(a_row(**{key: value})))
    assert [row.values[key] for row in reading.good] == [text]


def test_dates_of_a_1904_workbook_are_the_same_dates() -> None:
    day = datetime.datetime(1990, 5, 7)
    content = a_workbook(a_row(born=day), a_row(born=33000 - 1462, id_number="2"), date_1904=True)
    assert [row.values["born"] for row in read(PERSONS, content).good] == ["1990-05-07", "1990-05-07"]


@pytest.mark.req("XCT-06")
def test_every_row_of_a_repeated_value_is_bad_and_names_the_others() -> None:
    rows = [a_row(), a_row(id_number="2"), a_row(id_number="11010119900101123x", name="")]
    reading = read(PERSONS, a_workbook(*rows))
    assert [row.number for row in reading.good] == [3]
    assert [bad.reasons for bad in reading.bad] == [
        "身份证号：与第 4 行重复",
        "姓名：必填；身份证号：与第 2 行重复",
    ]


def test_values_may_repeat_unless_they_repeat_together() -> None:
    sheet = replace(PERSONS, unique=(("id_number", "since"),))
    rows = [a_row(), a_row(since="2016-07"), a_row(since=None), a_row(since=None), a_row(since="201507")]
    assert rules(a_workbook(*rows), sheet) == [(2, "/id_number", "unique"), (6, "/id_number", "unique")]


def test_checks_of_a_column_and_of_a_row_are_asked_with_normalised_text() -> None:
    def born_before(values: Mapping[str, str]) -> Iterable[Complaint]:
        if values["since"] and values["since"] < values["born"][:7]:
            yield Complaint("/since", "order", "任职年月：早于出生日期")

    columns = (
        PERSONS.columns[0],
        Column("id_number", "身份证号", check=lambda text: None if len(text) == 18 else "应为 18 位"),
        *PERSONS.columns[2:],
    )
    sheet = replace(PERSONS, columns=columns, check=born_before)
    content = a_workbook(a_row(), a_row(id_number="1"), a_row(since="198001", id_number="1" * 18))
    assert rules(content, sheet) == [(3, "/id_number", "check"), (4, "/since", "order")]


@pytest.mark.req("COM-21")
def test_failures_are_the_same_sheet_with_reasons_and_are_read_again() -> None:
    rows = [
        a_row(),
        a_row(name="=1+1", id_number=110101199001011234, born=33000),
        a_row(sex="?", id_number="007", since=2015.1),
    ]
    reading = read(PERSONS, a_workbook(*rows))
    again = read(PERSONS, failures(PERSONS, reading))
    assert again.good == []
    assert [bad.values for bad in again.bad] == [bad.values for bad in reading.bad]
    assert again.bad[0].values["name"] == "=1+1"
    assert again.bad[0].values["born"] == "1990-05-07"
    assert [each.rule for bad in again.bad for each in bad.complaints] == ["precision", "option", "month"]


def test_a_corrected_list_of_failures_is_all_good() -> None:
    reading = read(PERSONS, a_workbook(a_row(name="")))
    corrected = [replace(bad, values={**bad.values, "name": "李四"}) for bad in reading.bad]
    assert [row.values["name"] for row in read(PERSONS, failures(PERSONS, corrected)).good] == ["李四"]


@pytest.mark.req("CRT-12")
def test_one_row_corrected_in_a_dialog_is_checked_the_same_way() -> None:
    values, complaints = check_values(PERSONS, {"name": " 李四 ", "id_number": "2", "born": "1990/5/7"})
    assert complaints == ()
    assert values == {
        "name": "李四",
        "id_number": "2",
        "sex": "",
        "born": "1990-05-07",
        "since": "",
        "years": "",
    }
    _, complaints = check_values(PERSONS, {"id_number": "2", "sex": "?"})
    assert [(each.pointer, each.rule) for each in complaints] == [("/name", "required"), ("/sex", "option")]


def test_columns_may_stand_in_any_order_and_carry_stars() -> None:
    content = a_workbook(list(reversed(GOOD)), header=[f"*{label} " for label in reversed(LABELS)])
    assert [row.values["name"] for row in read(PERSONS, content).good] == ["张三"]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (LABELS[1:], "缺少列：姓名"),
        ([*LABELS, "备注"], "多出列：备注"),
        ([*LABELS, "姓名"], "重复列：姓名"),
        ([], "缺少列：姓名"),
    ],
)
def test_a_wrong_header_refuses_the_workbook(header: list[str], told: str) -> None:
    with pytest.raises(WrongHeader) as refused:
        read(PERSONS, a_workbook(GOOD, header=header))
    assert told in refused.value.detail


def test_a_sheet_of_another_title_is_taken_if_it_is_the_first() -> None:
    assert len(read(PERSONS, a_workbook(GOOD, title="Sheet1")).good) == 1


def test_a_sheet_without_rows_is_refused() -> None:
    for content in (template(PERSONS), a_workbook(), a_workbook([" "], [None, "　"])):
        with pytest.raises(EmptySheet):
            read(PERSONS, content)


def test_too_many_rows_or_columns_are_refused() -> None:
    rows = [a_row(id_number=str(n)) for n in range(51)]
    assert len(read(PERSONS, a_workbook(*rows[:50])).good) == 50
    with pytest.raises(TooManyRows, match="有 51 行"):
        read(PERSONS, a_workbook(*rows))
    with pytest.raises(TooManyRows, match="第 1048576 行"):
        read(PERSONS, a_workbook(GOOD, more=lambda _, page: page.write(1048575, 0, "x")))
    with pytest.raises(TooManyColumns, match="第 16384 列"):
        read(PERSONS, a_workbook(GOOD, more=lambda _, page: page.write(1, 16383, "x")))


def test_formatted_but_empty_cells_far_away_do_no_harm() -> None:
    def blanks(book: object, page: object) -> None:
        page.write_blank(1048575, 16383, None, book.add_format({"bold": True}))  # type: ignore[attr-defined]

    assert len(read(PERSONS, a_workbook(GOOD, more=blanks)).good) == 1
