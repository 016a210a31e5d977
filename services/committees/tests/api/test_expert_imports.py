"""Experts are imported from sheets: bad rows are told, and whoever dies meanwhile leaves nothing standing."""

from io import BytesIO

import pytest
import sheets
import xlsxwriter
from chassis import failpoint
from committees_samples import (
    AGRICULTURE,
    a_committee,
    a_stored_file,
    an_id_number,
    ok,
    refused,
)
from sqlalchemy import text


def a_sheet(rows, *, formula=False):
    """Rows under the template's header."""
    from committees.queries import today
    from committees.rules import rules_of
    from committees.rules.experts import sheet

    columns = sheet(rules_of("sichuan"), today()).columns
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet("专家")
    for at, column in enumerate(columns):
        page.write_string(0, at, column.label)
        for line, row in enumerate(rows, 1):
            page.write_string(line, at, row.get(column.key, ""))
    if formula:
        page.write_formula(1, 1, '="张"&"三"')
    book.close()
    return out.getvalue()


def a_row(n, **changes):
    return {
        "name": f"专家{n}", "id_number": an_id_number(2 * n + 1), "sex": "男", "birth": "197503",
        "work_unit": "成都市农技站", "administrative_post": "无", "phone": f"138{n:08d}", "honours": "无",
        "title_series": "农业技术", "specialty": "农学", "title_name": "高级农艺师", "duty": "委员",
    } | changes  # fmt: skip


async def uploaded(owner, db, runtime, committee, content):
    sha256 = await runtime.files.put(
        content, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    file = await a_stored_file(db, AGRICULTURE, "expert-sheet", sha256)
    path = f"/committees/{committee['id']}/experts/imports"
    return ok(await owner.post(path, {"file_id": str(file)}), 201)


@pytest.mark.req("COM-21", "XCT-06")
async def test_bad_rows_are_told_corrected_and_imported(owner, db, runtime, run_jobs, emitted):
    committee = await a_committee(owner)
    bad = [
        a_row(7, name=""),
        a_row(8, id_number=an_id_number(17)[:-1] + "A"),
        a_row(9, title_name="大农艺师"),
    ]
    started = await uploaded(owner, db, runtime, committee, a_sheet([*(a_row(n) for n in range(5)), *bad]))
    assert started["state"] == "CHECKING"
    await run_jobs()
    work = ok(await owner.get(f"/work/{started['work_id']}"))
    assert (work["state"], work["count"], work["total"], work["result"]) == (
        "FINISHED",
        8,
        8,
        {"good": 5, "bad": 3},
    )
    checked = ok(await owner.get(f"/expert-imports/{started['id']}"))
    assert ([row["row"] for row in checked["good"]], [row["row"] for row in checked["bad"]]) == (
        [2, 3, 4, 5, 6], [7, 8, 9],
    )  # fmt: skip
    assert an_id_number(1) not in str(checked)
    assert ok(await owner.get(f"/committees/{committee['id']}/experts"))["total"] == 0

    imported = ok(await owner.post(f"/expert-imports/{started['id']}/import"))
    await run_jobs()
    assert ok(await owner.get(f"/work/{imported['work_id']}"))["result"] == {"imported": 5, "skipped": 0}
    refused(await owner.post(f"/expert-imports/{started['id']}/import"), 409, "import-not-checked")
    assert ok(await owner.get(f"/expert-imports/{started['id']}/failures"))["url"]

    again = await uploaded(owner, db, runtime, committee, a_sheet([a_row(n) for n in (0, 7, 8, 9)]))
    await run_jobs()
    checked = ok(await owner.get(f"/expert-imports/{again['id']}"))
    assert ([row["row"] for row in checked["good"]], checked["bad"][0]["reasons"]) == (
        [3, 4, 5], ["该专家已在本评委会专家库中，请勿重复导入。"],
    )  # fmt: skip
    ok(await owner.post(f"/expert-imports/{again['id']}/import"))
    await run_jobs()
    listed = ok(await owner.get(f"/committees/{committee['id']}/experts"))
    assert (listed["total"], listed["counts"]["NEW"]) == (8, 8)
    assert {row["complete"] for row in listed["items"]} == {True}
    assert await emitted() == []


async def died_at(boundary, db, run_jobs):
    """Run the tasks, of which one dies there, and give it back as the queue does."""
    failpoint.configure(f"{boundary}=raise")
    with pytest.raises(failpoint.FailpointReached):
        await run_jobs()
    failpoint.configure("")
    await db.execute(text("UPDATE procrastinate_jobs SET status = 'todo'"))
    await db.commit()
    await run_jobs()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("task", "nth"), [*(("check", n) for n in (1, 2, 3, 4)), ("import", 1)])
async def test_whoever_dies_at_a_commit_leaves_no_work_standing(
    owner, db, runtime, run_jobs, when, task, nth
):
    committee = await a_committee(owner)
    started = await uploaded(owner, db, runtime, committee, a_sheet([a_row(n) for n in range(3)]))
    boundary = f"transaction.{when}-commit[task committees.experts.{task}]@{nth}"
    if task == "check":
        await died_at(boundary, db, run_jobs)
    else:
        await run_jobs()
        started = ok(await owner.post(f"/expert-imports/{started['id']}/import"))
        await died_at(boundary, db, run_jobs)
    assert ok(await owner.get(f"/work/{started['work_id']}"))["state"] == "FINISHED"
    listed = ok(await owner.get(f"/committees/{committee['id']}/experts"))
    assert listed["total"] == (3 if task == "import" else 0)


async def test_the_failure_list_can_be_uploaded_again(owner, db, runtime, run_jobs):
    committee = await a_committee(owner)
    started = await uploaded(owner, db, runtime, committee, a_sheet([a_row(1), a_row(2, phone="123")]))
    await run_jobs()
    from committees.tables import ExpertImport

    row = await db.get(ExpertImport, started["id"])
    again = await uploaded(owner, db, runtime, committee, await runtime.files.read(row.failures))
    await run_jobs()
    assert [one["row"] for one in ok(await owner.get(f"/expert-imports/{again['id']}"))["bad"]] == [2]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: a_sheet([a_row(1)], formula=True), "sheet-formula-refused"),
        (lambda: a_sheet([]), "sheet-empty"),
        (lambda: sheets.export("x", ["姓名"], [["张三"]]), "sheet-wrong-header"),
        (lambda: b"PK", "sheet-not-a-workbook"),
    ],
)
@pytest.mark.req("XCT-06")
async def test_a_workbook_that_cannot_be_taken_changes_nothing(owner, db, runtime, run_jobs, content, code):
    committee = await a_committee(owner)
    started = await uploaded(owner, db, runtime, committee, content())
    await run_jobs()
    work = ok(await owner.get(f"/work/{started['work_id']}"))
    assert (work["state"], work["problem"]["code"]) == ("FAILED", code)
    assert ok(await owner.get(f"/expert-imports/{started['id']}"))["state"] == "REFUSED"
    refused(await owner.post(f"/expert-imports/{started['id']}/import"), 409, "import-not-checked")
    assert ok(await owner.get(f"/committees/{committee['id']}/experts"))["total"] == 0
