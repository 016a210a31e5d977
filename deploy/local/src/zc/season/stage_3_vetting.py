"""How applications travel: employers with their posts, the superior, the committee; each fate in its place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from provinces import working_days

from zc.season.season import Season
from zc.season.session import Session
from zc.season.stage_3_form import APPLICATIONS, fill, settings, submit
from zc.world import Applicant, Unit, files

VETTING = "/applications/vetting"
OWN, SUBORDINATE, ELIGIBILITY = "own-staff", "subordinate-staff", "eligibility"


async def play(season: Season, people: list[Applicant]) -> None:
    """Everything that was handed in goes up, is returned, rejected or accepted as its story says."""
    top = season.world.agriculture
    alive = [one for one in people if one.story["ends"] != "REJECTED"]
    for unit in season.world.employers:
        await _employer(season, unit, [one for one in people if one.employer == unit])
    await season.handler(top).permitted("applications.subordinate-staff.vet", "applications.eligibility.vet")
    await _returns(season, top, SUBORDINATE, _returned(people, "superior"))
    await _rejects(season, top, [one for one in people if one.story["ends"] == "REJECTED"])
    await _decide(season, season.handler(top), SUBORDINATE, alive)
    await _returns(season, top, ELIGIBILITY, _returned(people, "committee"))
    await _decide(season, season.handler(top), ELIGIBILITY, alive)
    states = await season.together("受理结果", people, lambda one: _state(season, one))
    for one, state in zip(people, states, strict=True):
        expected = "REJECTED" if one.story["ends"] == "REJECTED" else "ACCEPTED"
        if state != expected:
            season.check(False, f"{one.person.name} ended as {expected}, not {state}")
    season.proved(
        f"the committee accepted {len(alive)} applications, {len(people) - len(alive)} were rejected"
    )
    season.facts["accepted"] = [one.person.key for one in alive]
    season.count("applications accepted", len(alive))


def _returned(people: Iterable[Applicant], by: str) -> list[Applicant]:
    return [one for one in people if one.story.get("return", {}).get("by") == by]


def _path(season: Season, one: Applicant) -> str:
    return f"{APPLICATIONS}/{season.facts[f'application/{one.person.key}']}"


async def _state(season: Season, one: Applicant) -> str:
    return str((await season.person(one).get(_path(season, one)))["state"])


def _vetters(season: Season, unit: Unit) -> list[Session]:
    """Who decides in a unit: its posts from the lowest, or its one handler."""
    posts = unit.story.get("posts", 0)
    if not posts:
        return [season.handler(unit)]
    return [season.handler(unit, season.world.post(unit, rank)) for rank in range(1, posts + 1)]


# --- the employer ----------------------------------------------------------------------------------------


async def _employer(season: Season, unit: Unit, people: list[Applicant]) -> None:
    """Return what is to be mended, then post after post passes the rest with proof of publicity."""
    if not people:
        return
    vetters = _vetters(season, unit)
    for vetter in vetters:
        await vetter.permitted("applications.own-staff.vet")
    await _returns(season, unit, OWN, _returned(people, "employer"))
    await _employer_refusals(season, unit, vetters, people[0])
    report = await _report(season, vetters[-1])
    for vetter in vetters:
        last = vetter is vetters[-1]
        await _decide(season, vetter, OWN, people, report if last else None)


async def _employer_refusals(season: Season, unit: Unit, vetters: list[Session], one: Applicant) -> None:
    """No pass without publicity and recommendation, out of turn, or of what is foreign (APP-54, LAW-20)."""
    if not season.manner.proofs:
        return
    application = season.facts[f"application/{one.person.key}"]
    path = f"{VETTING}/{OWN}/{application}"
    seen = (await vetters[0].get(path))["application"]
    if "pass" not in seen["allowed_actions"]:
        return
    if len(vetters) > 1:
        await vetters[1].refused(
            "POST", f"{path}/pass", {}, status=403, code="vetting-not-your-turn", if_match=seen["revision"]
        )
    else:
        await vetters[0].refused(
            "POST", f"{path}/pass", {}, status=422, code="employer-files-missing", if_match=seen["revision"]
        )
    await vetters[0].refused(
        "POST", f"{path}/return", {}, status=422, code="vetting-opinion-needed", if_match=seen["revision"]
    )
    untold = {"ground": "MATERIAL", "opinion": "材料不清晰。"}
    if not one.story.get("return"):
        await vetters[0].refused(
            "POST",
            f"{path}/reject",
            untold,
            status=409,
            code="defect-notice-needed",
            if_match=seen["revision"],
        )
    others = [other for other in season.world.employers if other != unit]
    stranger = season.handler(others[0])
    await stranger.permitted("applications.own-staff.vet")
    await stranger.refused("GET", path, status=404, code="not-found")
    again = (await vetters[0].get(path))["application"]
    season.check(again["revision"] == seen["revision"], f"what {unit.name} may not do changed nothing")


async def _report(season: Season, session: Session) -> dict[str, Any]:
    """Proof of a publicity that lasted more than five working days and is over, and the recommendation."""
    last = season.clock.today() - timedelta(days=1)
    first = last
    while working_days.SEED.between(first, last) < 5:
        first -= timedelta(days=1)
    uploads = {}
    for key, title in (("publicity_proof", "公示证明"), ("unit_recommendation", "单位综合推荐意见")):
        done = await season.upload(session, "applications", key, f"{title}.pdf", files.pdf(title))
        uploads[key] = done["id"]
    return {
        **uploads,
        "publicity_from": _day(first),
        "publicity_to": _day(last),
        "opinion": "公示无异议，同意推荐。",
    }


def _day(day: date) -> str:
    return day.isoformat()


# --- any desk --------------------------------------------------------------------------------------------


async def _waiting(session: Session, desk: str, wanted: set[str]) -> dict[str, int]:
    """Applications of these that this person may decide on now, with their revisions."""
    found: dict[str, int] = {}
    page = 1
    while True:
        listed = await session.get(f"{VETTING}/{desk}", page=page, size=100)
        rows = listed["applications"]
        for row in rows["items"]:
            if row["id"] in wanted and "pass" in row["allowed_actions"]:
                found[row["id"]] = row["revision"]
        if page * 100 >= rows["total"]:
            return found
        page += 1


async def _decide(
    season: Season, session: Session, desk: str, people: list[Applicant], report: dict[str, Any] | None = None
) -> None:
    """Pass all that wait: tried first, then done; one answer per row."""
    wanted = {str(season.facts[f"application/{one.person.key}"]) for one in people}
    rows = [{"id": key, "revision": seen} for key, seen in (await _waiting(session, desk, wanted)).items()]
    with season.progress(f"审核 {desk}", len(rows)) as step:
        for start in range(0, len(rows), 100):
            body = {
                "action": "pass", "opinion": "情况属实，同意。", **(report or {}), "rows": rows[start : start + 100],
            }  # fmt: skip
            if start == 0:
                tried = await session.post(f"{VETTING}/{desk}/batch", {**body, "dry_run": True})
                season.check(all(row["ok"] for row in tried), f"{desk}: a trial run says that all would pass")
            done = await session.post(f"{VETTING}/{desk}/batch", body)
            wrong = [row for row in done if not row["ok"]]
            season.check(
                not wrong, f"{desk}: {len(done)} applications passed in one batch {wrong[:1] or ''}".strip()
            )
            step(len(done))


async def _returns(season: Season, unit: Unit, desk: str, people: list[Applicant]) -> None:
    """Return with an opinion on a module; the applicant mends it, and it comes up again to where it was."""
    session = _vetters(season, unit)[0]
    for one in people:
        told = one.story["return"]
        path = f"{VETTING}/{desk}/{season.facts[f'application/{one.person.key}']}"
        seen = (await session.get(path))["application"]
        if "return" not in seen["allowed_actions"]:
            continue
        opinion = {"opinions": [{"module": told["module"], "text": told["opinion"]}]}
        await session.post(f"{path}/return", opinion, if_match=seen["revision"])
        await _mends(season, one)
        if desk != OWN:
            for vetter in _vetters(season, one.employer):
                # What the employer added before is still with the application.
                await _decide(season, vetter, OWN, [one])
        if desk == ELIGIBILITY:
            await _decide(season, session, SUBORDINATE, [one])


async def _mends(season: Season, one: Applicant) -> None:
    """See the highlighted module with its opinion, correct it, hand it in again (APP-38, 39)."""
    session, told = season.person(one), one.story["return"]
    form = await session.get(f"{_path(season, one)}/form", schemas=False)
    said = {module["name"]: module["opinions"] for module in form["modules"] if module["opinions"]}
    season.check(
        said == {told["module"]: [told["opinion"]]}, f"{one.person.name} sees the opinion on {told['module']}"
    )
    await fill(season, session, one, form, only=(told["module"],))
    again = await submit(season, one)
    trail = await session.get(f"{_path(season, one)}/trail")
    season.check(
        again["state"] == "VETTING"
        and [step["action"] for step in trail][-2:] == ["return_to_applicant", "resubmit"],
        f"{one.person.name} corrected it and handed it in again",
    )


async def _rejects(season: Season, unit: Unit, people: list[Applicant]) -> None:
    """Not passed: the year is locked (APP-57)."""
    session = season.handler(unit)
    for one in people:
        path = f"{VETTING}/{SUBORDINATE}/{season.facts[f'application/{one.person.key}']}"
        seen = (await session.get(path))["application"]
        if "reject" not in seen["allowed_actions"]:
            continue
        body = {"ground": "CONDITIONS", "opinion": one.story["reject"]["opinion"]}
        await session.post(f"{path}/reject", body, if_match=seen["revision"])
        chosen = settings(season, one, {"id": str(season.facts["committee"])})
        await season.person(one).refused("POST", APPLICATIONS, chosen, status=409, code="year-locked")
        season.proved(f"{one.person.name} was rejected and cannot apply again this year")
