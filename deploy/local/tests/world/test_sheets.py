"""Workbooks go through the suite's own import wizard as promised."""

import pytest
from provinces import people
from refusals import Refusal
from sheets import Column, Sheet, read, template
from sheets.refusals import FormulaRefused, MacrosRefused
from zc.world import World
from zc.world import sheets as made

SHEET = Sheet(
    name="experts",
    title="专家名单",
    columns=(
        Column("name", "姓名", required=True, max=10),
        Column(
            "id_number",
            "身份证号码",
            required=True,
            check=lambda text: None if people.is_id_number(text, made.TODAY) else "不正确",
        ),
        Column("sex", "性别", "select", required=True, options=("男", "女")),
        Column("birth", "出生年月", "month", required=True),
        Column("age", "年龄", "number", required=True, max=100),
        Column("work_unit", "工作单位", required=True, max=30),
        Column("phone_2", "备用电话"),
        Column("grade", "职务级别", required=True),
    ),
    unique=("id_number",),
)


@pytest.fixture(scope="module")
def world() -> World:
    return World(11)


def test_good_rows_are_taken_and_faulty_ones_are_not(world: World) -> None:
    columns = made.headers(template(SHEET))
    reading = read(SHEET, made.experts(world.experts, columns, faults=3, extra={"职务级别": "无"}))
    assert [row.values["name"] for row in reading.good] == [one.person.name for one in world.experts]
    assert [row.number for row in reading.bad] == [62, 63, 64]
    rules = [row.complaints[0].pointer for row in reading.bad]
    assert rules == ["/id_number", "/name", "/birth"]
    assert [len(row.complaints) for row in reading.bad] == [1, 1, 1]


def test_a_required_column_nobody_knows_is_told(world: World) -> None:
    with pytest.raises(made.UnknownColumn, match="职务级别"):
        made.experts(world.experts, made.headers(template(SHEET)))


def test_macros_and_formulas_are_refused() -> None:
    columns = made.headers(template(SHEET))
    with pytest.raises(MacrosRefused):
        read(SHEET, made.macro_workbook(columns))
    with pytest.raises(FormulaRefused):
        read(SHEET, made.formula_workbook(columns))
    with pytest.raises(Refusal):
        read(SHEET, made.workbook(["别的"], [["x"]]))
