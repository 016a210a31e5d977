"""Experts of the committee: a sheet with faulty rows, corrected; submitted, returned, admitted (COM-20 to COM-25)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from python_calamine import CalamineWorkbook

from zc.season.season import Season
from zc.season.session import Session
from zc.world import sheets

_FAULTS: dict[str, Callable[[str], str]] = {
    "证件号码": lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
    "姓名": lambda _: "",
    "出生年月": lambda text: text[:4] + "13",
}


async def fills_the_library(season: Season, owner: Session, bureau: Session, committee: str) -> None:
    """From the empty template to a library of all experts of the world."""
    library = f"/committees/committees/{committee}/experts"
    columns = await _columns(season, owner)
    await _bad_workbooks(season, owner, library, columns)
    await _imported(season, owner, library, columns)
    await _admitted(season, owner, bureau, committee, library)


async def _columns(season: Season, owner: Session) -> list[str]:
    link = await owner.get("/committees/expert-template")
    return sheets.headers(await season.download(link["url"]))


async def _bad_workbooks(season: Season, owner: Session, library: str, columns: list[str]) -> None:
    if not season.manner.proofs:
        return
    macros = sheets.macro_workbook(columns)
    await season.upload_refused(
        owner, "committees", "expert-sheet", "专家.xlsx", macros, code="file-type-refused"
    )
    formulas = sheets.formula_workbook(columns)
    work, _ = await _checked(season, owner, library, formulas)
    season.check(
        (work["state"], work["problem"]["code"]) == ("FAILED", "sheet-formula-refused"),
        "a workbook with formulas is refused with its code",
    )
    season.check((await owner.get(library))["total"] == 0, "refused workbooks changed nothing")


async def _checked(
    season: Season, owner: Session, library: str, content: bytes
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Upload a sheet and wait until it is checked; returns the work and the lists."""
    file = await season.upload(owner, "committees", "expert-sheet", "专家.xlsx", content)
    started = await owner.post(f"{library}/imports", {"file_id": file["id"]})
    work = await _done(season, owner, started["work_id"])
    return work, await owner.get(f"/committees/expert-imports/{started['id']}")


async def _done(season: Season, owner: Session, work_id: str) -> dict[str, Any]:
    return dict(
        await season.eventually(
            lambda: owner.get(f"/committees/work/{work_id}"),
            lambda work: work["state"] != "RUNNING",
            "the sheet to be worked through",
        )
    )


async def _imported(season: Season, owner: Session, library: str, columns: list[str]) -> None:
    world = season.world.experts
    table = _table(sheets.experts(world, columns))
    labels = [label.lstrip("*＊") for label in columns]
    spoiled = [list(row) for row in table]
    faulty = dict(zip((len(world) // 4, len(world) // 2, len(world) - 1), _FAULTS.items(), strict=True))
    for line, (label, spoil) in faulty.items():
        at = labels.index(label)
        spoiled[line][at] = spoil(spoiled[line][at])
    work, lists = await _checked(season, owner, library, sheets.workbook(columns, spoiled))
    season.check(
        (work["result"], [row["row"] for row in lists["bad"]])
        == ({"good": len(world) - 3, "bad": 3}, [line + 2 for line in faulty]),
        "three faulty rows of the sheet are told by their numbers",
    )
    await _imports(season, owner, lists["id"])
    link = await owner.get(f"/committees/expert-imports/{lists['id']}/failures")
    failed = _table(await season.download(link["url"]))
    season.check(len(failed) == 3, "the failures are the same sheet with their reasons")
    corrected = [table[line] for line in faulty]
    work, lists = await _checked(season, owner, library, sheets.workbook(columns, corrected))
    season.check(work["result"] == {"good": 3, "bad": 0}, "the corrected rows are good")
    await _imports(season, owner, lists["id"])
    work, _ = await _checked(season, owner, library, sheets.workbook(columns, corrected))
    season.check(work["result"] == {"good": 0, "bad": 3}, "nobody is imported twice")
    found = await owner.get(library, tab="NEW", size=100)
    season.check(
        (found["total"], {row["complete"] for row in found["items"]}) == (len(world), {True}),
        f"{len(world)} complete experts wait to be submitted",
    )
    season.check(
        all(row["id_masked"].startswith("*") for row in found["items"]), "ID numbers are masked in lists"
    )


async def _imports(season: Season, owner: Session, import_id: str) -> None:
    started = await owner.post(f"/committees/expert-imports/{import_id}/import")
    work = await _done(season, owner, started["work_id"])
    season.check(work["state"] == "FINISHED", "the good rows were imported")


def _table(content: bytes) -> list[list[str]]:
    """The rows under the header of the first sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_index(0).to_python()
    return [[str(cell) for cell in row] for row in rows[1:] if any(str(cell).strip() for cell in row)]


async def _admitted(season: Season, owner: Session, bureau: Session, committee: str, library: str) -> None:
    rows = await _seen(owner, library, tab="NEW")
    sent = await owner.post(f"{library}/submit", {"rows": rows})
    season.check(sent["done"] == len(rows), "all experts were put forward")
    vetting = f"/committees/expert-vetting/{committee}"
    waiting = (await bureau.get(vetting, size=100))["items"]
    waiting.sort(key=lambda row: row["name"] != season.world.experts[0].person.name)
    first, *others = [{"id": row["id"], "revision": row["revision"]} for row in waiting]
    path = f"/committees/experts/{first['id']}"
    empty = {"opinion": ""}
    await bureau.refused(
        "POST", f"{path}/return", empty, status=422, code="opinion-required", if_match=first["revision"]
    )
    back = await bureau.post(f"{path}/return", {"opinion": "请核对工作单位。"}, if_match=first["revision"])
    season.check(back["state"] == "RETURNED", "one expert is returned with a reason")
    passed = await bureau.post("/committees/expert-vetting/batch-pass", {"rows": others})
    season.check(passed["done"] == len(others), "the selected experts were admitted at once")
    again = await owner.post(f"{path}/submit", if_match=back["revision"])
    await bureau.post(f"{path}/pass", {}, if_match=again["revision"])
    await _remembered(season, owner, library)


async def _seen(session: Session, path: str, **tab: str) -> list[dict[str, Any]]:
    found = await session.get(path, size=100, **tab)
    return [{"id": row["id"], "revision": row["revision"]} for row in found["items"]]


async def _remembered(season: Season, owner: Session, library: str) -> None:
    found = await owner.get(library, tab="IN_LIBRARY", size=100)
    by_name = {row["name"]: row for row in found["items"]}
    for expert in season.world.experts:
        season.remember(f"expert/{expert.person.key}", by_name[expert.person.name]["id"])
    chairs = sum(row["duty"] == "CHAIR" for row in found["items"])
    season.check((found["total"], chairs) == (len(season.world.experts), 2), "the library holds everybody")
    season.count("experts", found["total"])
