"""What applicants must not get away with: each refused with its code, and nothing changes."""

from __future__ import annotations

from typing import Any

from zc.season.season import Season
from zc.season.session import Session
from zc.season.stage_3_form import APPLICATIONS, settings
from zc.world import Applicant, files

MISSING = "00000000-0000-7000-8000-000000000000"


async def before_the_draft(season: Season, one: Applicant, found: dict[str, Any]) -> None:
    """Settings that are wrong (IDN-04, APP-01, LAW-14)."""
    session = season.person(one)
    if not season.manner.proofs or (await session.get(APPLICATIONS))["total"]:
        return  # this stack was played before
    right, number = settings(season, one, found), one.person.id_number
    wrong_digit = number[:17] + ("0" if number[17] != "0" else "1")
    other = season.world.applicants[1].person.id_number if len(season.world.applicants) > 1 else wrong_digit
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"id_number": wrong_digit}, 422, "id-number-invalid"),
        ({"colour": "red"}, 422, "invalid"),
        ({"specialty": "炼金术"}, 422, "not-in-catalogue"),
        ({"specialty": "长" * 51}, 422, "invalid"),
        ({"in_service": False}, 409, "not-in-service"),
        ({"method": "ENTRUSTED"}, 409, "entrustment-not-offered"),
        ({"year": one.year - 3}, 409, "no-campaign"),
    ]
    if other != wrong_digit:
        cases.append(({"id_number": other}, 422, "id-number-not-yours"))
    for change, status, code in cases:
        await session.refused("POST", APPLICATIONS, {**right, **change}, status=status, code=code)
    season.check((await session.get(APPLICATIONS))["total"] == 0, "wrong settings leave no draft behind")
    await season.anonymous.refused("POST", APPLICATIONS, right, status=401, code="unauthenticated")


async def incomplete(season: Season, session: Session, draft: dict[str, Any]) -> None:
    """An empty form is refused with everything that is missing, at once (APP-30)."""
    if not season.manner.proofs:
        return
    path = f"{APPLICATIONS}/{draft['id']}"
    problem = await session.refused(
        "POST", f"{path}/submit", status=422, code="application-incomplete", if_match=draft["revision"]
    )
    modules = {error["pointer"].split("/")[2] for error in problem["errors"]}
    season.check(
        {"basic_info", "education", "work_history"} <= modules and len(problem["errors"]) > 8,
        "an incomplete application is refused with all complaints at once",
    )
    await session.refused(
        "POST", f"{path}/withdraw", status=409, code="vetting-illegal-move", if_match=draft["revision"]
    )


async def bad_input(season: Season, session: Session, one: Applicant, draft: dict[str, Any]) -> None:
    """Wrong texts, fields, files and owners, on a form that is complete."""
    if not season.manner.proofs:
        return
    path = f"{APPLICATIONS}/{draft['id']}"
    before = await session.get(f"{path}/form", schemas=False)
    revision = {module["name"]: module["revision"] for module in before["modules"]}
    unasked = {"items": [{"requirement": "999", "template": "paper", "content": {}}]}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("basic_info", {"former_name": "超过了十个字的曾用名不行"}, "max_length"),
        ("basic_info", {"name": "另有其人"}, "locked"),
        ("basic_info", {"colour": "red"}, "unknown"),
        ("work_history", {"items": [{"content": "长" * 501}]}, "max_length"),
        ("achievements", unasked, "achievement_template"),
        ("basic_info", {"photo": _file_of_nobody()}, "file"),
    ]  # fmt: skip
    for module, data, rule in cases:
        problem = await session.refused(
            "PUT",
            f"{path}/modules/{module}",
            {"data": data},
            status=422,
            code="invalid",
            if_match=revision[module],
        )
        season.check(rule in {error["rule"] for error in problem["errors"]}, f"{module}: {rule} is refused")
    await session.refused(
        "PUT", f"{path}/modules/basic_info", {"data": {}}, status=412, code="stale", if_match=999
    )
    await session.refused(
        "PUT", f"{path}/modules/basic_info", {"data": {}}, status=428, code="revision-required"
    )
    await _bad_files(season, session, one, draft)
    after = await session.get(f"{path}/form", schemas=False)
    season.check(after["modules"] == before["modules"], "what was refused changed nothing in the form")


def _file_of_nobody() -> dict[str, Any]:
    return {"file_id": MISSING, "sha256": "0" * 64, "name": "照片.jpg", "size": 1, "media_type": "image/jpeg"}


async def _bad_files(season: Season, session: Session, one: Applicant, draft: dict[str, Any]) -> None:
    """Files that are not what they pretend to be, or too large (XCT-02, 03, BEY-31)."""
    person, subject = one.person, draft["id"]
    for purpose, name, content, code in (
        ("photo", "照片.jpg", files.oversize_photo(person), "file-too-large"),
        ("photo", "照片.jpg", files.bad_photo_png(person), "file-type-refused"),
        ("photo", "照片.jpg", files.truncated_photo(person), "file-broken"),
        ("attachment", "证书.pdf", files.docx_in_disguise(), "file-type-refused"),
        ("attachment", "证书.pdf", files.html_in_disguise(), "file-type-refused"),
        ("material:nothing", "材料.pdf", files.pdf("材料"), "file-purpose-unknown"),
    ):
        await season.upload_refused(session, "applications", purpose, name, content, subject, code=code)
    season.proved("photos and proofs are refused by content and size, whatever they are called")


async def after_submission(season: Season, people: list[Applicant]) -> None:
    """Frozen for its owner, invisible for others (APP-35)."""
    if not season.manner.proofs:
        return
    one = people[0]
    session = season.person(one)
    path = f"{APPLICATIONS}/{season.facts[f'application/{one.person.key}']}"
    seen = await session.get(path)
    if seen["state"] != "VETTING":
        return
    for _ in range(2):
        await session.refused(
            "POST", f"{path}/submit", status=409, code="application-frozen", if_match=seen["revision"]
        )
    module = await session.get(f"{path}/modules/basic_info")
    await session.refused(
        "PUT",
        f"{path}/modules/basic_info",
        {"data": {}},
        status=409,
        code="application-frozen",
        if_match=module["revision"],
    )
    await session.refused(
        "POST", f"{path}/discard", status=409, code="application-not-discardable", if_match=seen["revision"]
    )
    if len(people) > 1:
        other = season.person(people[1])
        for method, end, body in (("GET", "", None), ("GET", "/form", None), ("GET", "/trail", None)):
            await other.refused(method, path + end, body, status=404, code="not-found")
        await other.refused(
            "POST", f"{path}/withdraw", status=404, code="not-found", if_match=seen["revision"]
        )
    again = await session.get(path)
    season.check(again == seen, "a submitted application is frozen, and hidden from others")
