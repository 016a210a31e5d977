"""One employer registers itself: refused, applies, is returned, corrects, passes (UNT-08 to UNT-10)."""

from __future__ import annotations

from typing import Any

from zc.season import typed
from zc.season.season import Season
from zc.season.session import Session
from zc.world import Unit, files

_PURPOSE = "business-licence"


async def registers_itself(season: Season, unit: Unit) -> None:
    """Play the story of a unit that nobody created."""
    handler, superior = season.handler(unit), season.handler(season.world.unit(unit.superior))
    if "unit" in await handler.renew():
        season.remember(f"unit/{unit.key}", await handler.unit())
        return
    await _is_refused_business(season, handler)
    asked = await _asks(season, handler, unit)
    season.check(asked["state"] == "PENDING", f"{unit.name} asked for permission")
    await _is_refused_business(season, handler)
    asked = await _is_returned(season, handler, superior, unit)
    corrected = await _request(season, handler, unit, unit.name)
    again = await handler.post("/units/registrations/own/resubmit", corrected, if_match=asked["revision"])
    path = f"/units/registrations/{again['id']}"
    agreed = {"opinion": "材料齐全，情况属实。"}
    await superior.refused(
        "POST", f"{path}/pass", agreed, status=412, code="stale", if_match=asked["revision"] - 1
    )
    passed = await superior.post(f"{path}/pass", agreed, if_match=again["revision"])
    season.check(passed["state"] == "AUTHORISED", "the corrected request passed")
    claims = await handler.permitted("units.unit.edit", "identity.role.manage")
    season.check(claims["unit"] == passed["id"], "its functions opened to the handler who had asked")
    await handler.get("/units/subordinates")
    season.remember(f"unit/{unit.key}", passed["id"])


async def _is_refused_business(season: Season, handler: Session) -> None:
    if not season.manner.proofs:
        return
    claims = await handler.renew()
    season.check(
        claims["perms"] == ["units.permission.request"], "an unauthorised unit may only ask for permission"
    )
    await handler.refused("GET", "/units/subordinates", status=403, code="forbidden")
    await handler.refused("GET", "/units/own", status=403, code="unit-not-authorised")
    await handler.refused("GET", "/identity/roles", status=403, code="forbidden")


async def _asks(season: Season, handler: Session, unit: Unit) -> dict[str, Any]:
    applicant = season.person(season.world.applicants[0])
    found = await applicant.get("/units/employers", name=unit.name)
    season.check(
        unit.uscc not in {row["uscc"] for row in found["items"]},
        "applicants do not find a unit that is not authorised",
    )
    for name, content in (
        ("执照.pdf", files.html_in_disguise()),
        ("执照.pdf", files.docx_in_disguise()),
        ("执照.pdf", b""),
    ):
        await season.upload_refused(handler, "units", _PURPOSE, name, content)
    season.proved("a licence that is no PDF or picture is refused by its content")
    wrong = unit.story.get("wrong", {}).get("name", unit.name)
    body = await _request(season, handler, unit, wrong)
    await handler.refused(
        "POST", "/units/registrations", {**body, "phone": "call me"}, status=422, code="invalid"
    )
    without = {**body, "licence_file_id": None}
    await handler.refused("POST", "/units/registrations", without, status=422, code="licence-needed")
    stranger = {**body, "handlers": [typed.person(season.world.newcomer(f"{unit.key}-stranger"))]}
    await handler.refused("POST", "/units/registrations", stranger, status=422, code="caller-not-handler")
    return dict(await handler.post("/units/registrations", body))


async def _is_returned(season: Season, handler: Session, superior: Session, unit: Unit) -> dict[str, Any]:
    waiting = await superior.get("/units/registrations", name=unit.name)
    season.check(
        [row["name"] for row in waiting["items"]] == [unit.name], "the superior finds the request by name"
    )
    row = waiting["items"][0]
    path = f"/units/registrations/{row['id']}/return"
    await superior.refused("POST", path, {"reason": ""}, status=422, if_match=row["revision"])
    reason = {"reason": unit.story["return"]["opinion"]}
    await superior.post(path, reason, if_match=row["revision"])
    own = await handler.get("/units/registrations/own")
    season.check(own["state"] == "RETURNED", "the superior returned the request with a reason")
    return dict(own)


async def _request(season: Season, handler: Session, unit: Unit, name: str) -> dict[str, Any]:
    """The application, with a licence that shows this name."""
    superior = season.world.unit(unit.superior)
    found = await handler.get("/units/superiors", name=superior.uscc)
    licence = files.pdf(
        "营业执照", [name, f"统一社会信用代码：{unit.uscc}", f"法定代表人：{unit.legal_person}"]
    )
    upload = await season.upload(handler, "units", _PURPOSE, "营业执照.pdf", licence)
    return {
        **typed.basics(unit),
        "superior_id": found["items"][0]["id"],
        "licence_file_id": upload["id"],
        "handlers": [typed.person(season.world.handler(unit).person)],
    }
