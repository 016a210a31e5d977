"""The meeting: experts drawn by lot, groups, order, two rounds of secret ballots, signed and announced.

Needs `campaign`, `unit/<key>`, `expert/<key>`, `application/<person key>` and the list `accepted`. Leaves `meeting` and
the lists `passed` and `failed` of application ids.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from zc.season.season import Season
from zc.season.session import Session
from zc.season.stage_4_draw import MEETINGS, attends, by_id, draws
from zc.season.stage_4_voting import SEATS, Hall, numbers, two_rounds
from zc.world import Applicant, files, sheets


async def play(season: Season) -> None:
    """From accepted applications to an announced result."""
    office = season.handler(season.world.agriculture)
    await office.permitted("meetings.meeting.manage")
    with season.progress("评审会议", total=6) as step:
        meeting = await _set_up(season, office)
        step()
        await draws(season, office, meeting)
        step()
        seats = await attends(season, office, meeting)
        step()
        hall = _hall(season, office, meeting["id"], seats)
        await _arranged(hall, seats)
        step()
        await two_rounds(hall)
        step()
        await _announced(hall)
        step()


async def _set_up(season: Season, office: Session) -> dict[str, Any]:
    body = {"campaign_id": str(season.facts["campaign"])}
    await office.refused("POST", MEETINGS, body, status=409, code="material-not-received")
    season.proved("no meeting before the deadline of receipt")
    await _receipt_is_over(season)
    made = await season.eventually(
        lambda: office.post(MEETINGS, body),
        lambda row: bool(row["id"]),
        "the meeting after the deadline of receipt",
    )
    season.remember("meeting", made["id"])
    await office.refused("POST", MEETINGS, body, status=409, code="meeting-exists")
    stranger = season.handler(season.world.city_hr)
    await stranger.refused("GET", f"{MEETINGS}/{made['id']}", status=404)
    await season.anonymous.refused("GET", f"{MEETINGS}/{made['id']}", status=401)
    return dict(made)


async def _receipt_is_over(season: Season) -> None:
    """The clock passes the campaign's last deadline; who withdrew and waited is too late (APP-33)."""
    campaign = await season.anonymous.get(f"/committees/public/campaigns/{season.facts['campaign']}")
    season.clock.set(datetime.fromisoformat(campaign["receipt_deadline"]) + timedelta(minutes=1))
    for late in (one for one in season.world.applicants if one.story["ends"] == "WITHDRAWN"):
        path = f"/applications/applications/{season.facts[f'application/{late.person.key}']}"
        mine = await season.person(late).get(path)
        await season.person(late).refused(
            "POST", f"{path}/submit", status=409, code="deadline-passed", if_match=mine["revision"]
        )
        season.proved("a late submission is refused")


def _hall(season: Season, office: Session, meeting: str, seats: list[dict[str, Any]]) -> Hall:
    experts = by_id(season)
    accepted = set(season.facts["accepted"])
    applicants: dict[str, Applicant] = {
        str(season.facts[f"application/{one.person.key}"]): one
        for one in season.world.applicants
        if one.person.key in accepted
    }
    return Hall(
        season, office, meeting, {seat["id"]: experts[seat["expert_id"]] for seat in seats}, applicants
    )


async def _arranged(hall: Hall, seats: list[dict[str, Any]]) -> None:
    season, office = hall.season, hall.office
    by_specialty = {
        name: [seat["id"] for seat in seats if seat["specialty"] == name]
        for name in season.world.committee.specialties
    }
    groups = [
        {"name": f"{name}组", "leader": members[0], "members": members, "specialties": [name]}
        for name, members in by_specialty.items()
    ]
    wrong = [{**groups[0], "members": groups[0]["members"][1:]}, *groups[1:]]
    await office.refused(
        "PUT",
        f"{hall.path}/groups",
        {"groups": wrong},
        status=422,
        code="grouping-invalid",
        if_match=await hall.revision(),
    )
    grouped = await hall.put("/groups", {"groups": groups})
    season.check(grouped["state"] == "ALLOCATING", "every expert is in a specialty group with a leader")
    order = await _ordered(hall)
    await _reviewed(hall, order, by_specialty)
    material = await season.upload(
        office, "meetings", "meeting-material", "评议材料.pdf", files.pdf("评议材料", ["评议要点"])
    )
    await office.post(f"{hall.path}/materials", {"file_id": material["id"]})
    plan = {
        "plan": "先分组评议，再由全体专家投票。",
        "place": "成都市农业农村局会议室",
        "held_on": season.clock.today().isoformat(),
        "supervising_body": "成都市人力资源和社会保障局",
        "scoring_standard": "业绩 60 分，论文 40 分。",
    }
    await hall.put("/plan", plan)
    leaders = [members[0] for members in by_specialty.values()]
    await _recused(hall, leaders)
    ready = await hall.post("/arrange")
    season.check(ready["state"] == "READY", "order and reviewers are complete")
    await hall.refused("/rounds", None, 409, "opinions-missing")
    season.proved("there is no vote on anybody without written opinions")
    await season.together("书面意见", leaders, lambda seat: _opinions(hall, seat))
    for kind in ("roster", "summary", "experts"):
        book = await office.get(f"{hall.path}/exports/{kind}")
        season.check(book.startswith(b"PK"), f"the export {kind} downloads")


async def _ordered(hall: Hall) -> list[dict[str, Any]]:
    """The order comes as a workbook: the template, faulty, then right (MTG-12)."""
    season, office = hall.season, hall.office

    async def pool() -> Any:
        return await office.get(f"{hall.path}/pool")

    await season.eventually(
        pool, lambda rows: {row["id"] for row in rows} == set(hall.applicants), "the accepted applications"
    )
    template = await office.get(f"{hall.path}/order/template")
    columns = sheets.headers(template)
    rows = [
        [str(at), one, applicant.person.name, applicant.employer.name]
        for at, (one, applicant) in enumerate(hall.applicants.items(), 1)
    ]
    faulty = [["x", *rows[0][1:]], *rows[1:]]
    path = f"{hall.path}/order/import"
    for content, good in ((faulty, False), (rows, True)):
        book = sheets.workbook(columns, content)
        file = await season.upload(office, "meetings", "applicant-order", "顺序.xlsx", book)
        answer = await office.post(path, {"file_id": file["id"]}, if_match=await hall.revision())
        if not good:
            season.check(
                ([row["row"] for row in answer["bad"]], answer["imported"]) == ([2], False),
                "a faulty row of the order is told and nothing is imported",
            )
    season.check(answer["imported"], "the order is imported from the workbook")
    return list(answer["order"]["applicants"])


async def _reviewed(hall: Hall, order: list[dict[str, Any]], by_specialty: dict[str, list[str]]) -> None:
    reviewers = []
    for at, row in enumerate(order):
        free = [seat for seat in by_specialty[row["specialty"]] if seat not in row["recused"]]
        turned = free[at % len(free) :] + free[: at % len(free)]
        reviewers.append(
            {"application_id": row["application_id"], "lead": turned[0], "assistants": turned[1:3]}
        )
    await hall.put("/reviewers", {"reviewers": reviewers})
    same = [row for row in order if row["recused"]]
    employers = {expert.work_unit for expert in hall.seats.values()}
    expected = {one for one, applicant in hall.applicants.items() if applicant.employer.name in employers}
    hall.season.check(
        {row["application_id"] for row in same} == expected,
        "experts of the applicant's own work unit are recused by themselves",
    )
    revision = await hall.revision()
    path = f"{hall.path}/reviewers"
    if same:
        group = by_specialty[same[0]["specialty"]]
        body = {"application_id": same[0]["application_id"], "lead": same[0]["recused"][0]}
        others = [seat for seat in group if seat != body["lead"]][:2]
        await hall.office.refused(
            "PUT",
            path,
            {"reviewers": [{**body, "assistants": others}]},
            status=422,
            code="reviewers-invalid",
            if_match=revision,
        )
    changed = reviewers[0]
    changed["assistants"] = list(reversed(changed["assistants"]))
    await hall.office.put(path, {"reviewers": [changed]}, if_match=revision)
    hall.season.proved("lead and assistant reviewers are set and changed")


async def _recused(hall: Hall, leaders: list[str]) -> None:
    """An expert declares an interest: that applicant is not on the ballot."""
    row = (await hall.office.get(f"{hall.path}/order"))["applicants"][-1]
    busy = {*leaders, row["lead"], *row["assistants"], *row["recused"]}
    seat = next(
        one for one, expert in hall.seats.items() if expert.specialty == row["specialty"] and one not in busy
    )
    body = {"application_id": row["application_id"], "reason": "系申报人的硕士导师"}
    await hall.session(seat).post(f"{SEATS}/{seat}/recusals", body)
    shown = await hall.session(seat).get(f"{SEATS}/{seat}")
    hall.season.check(
        row["application_id"] not in {one["application_id"] for one in shown["applicants"]},
        "a recused expert has nothing to do with that applicant any more",
    )


async def _opinions(hall: Hall, seat: str) -> None:
    """The leader writes the group's opinions; on who the leader must not judge, reviewers do."""
    session = hall.session(seat)
    shown = await session.get(f"{SEATS}/{seat}")
    opinions = [
        {"application_id": one["application_id"], "text": "经本组评议，同意提交表决。", "for_group": True}
        for one in shown["applicants"]
    ]
    await session.post(f"{SEATS}/{seat}/opinions", {"opinions": opinions})
    covered = {one["application_id"] for one in opinions}
    order = (await hall.office.get(f"{hall.path}/order"))["applicants"]
    group = next(row["group_number"] for row in order if row["application_id"] in covered)
    for row in order:
        if row["group_number"] == group and row["application_id"] not in covered:
            body = {"application_id": row["application_id"], "text": "材料属实，业绩符合条件。"}
            for other in (row["lead"], *row["assistants"]):
                await hall.session(other).post(f"{SEATS}/{other}/opinions", {"opinions": [body]})


async def _announced(hall: Hall) -> None:
    """The presiding chair reads and signs; only then the result exists for others."""
    season = hall.season
    seat = str((await hall.office.get(hall.path))["presiding"])
    chair = hall.session(seat)
    await hall.put("/minutes", {"paragraphs": ["会议听取了各专业组的评议意见，全体专家独立投票。"]})
    result = await season.eventually(lambda: chair.get(f"{SEATS}/{seat}/result"), what="the printed minutes")
    minutes = await season.download(result["minutes"]["url"])
    season.check(minutes.startswith(b"%PDF"), "the minutes are printed")
    path, body = f"{SEATS}/{seat}/sign", {"minutes_sha256": result["minutes"]["sha256"]}
    other = next(one for one in hall.seats if one != seat)
    await hall.session(other).refused("POST", f"{SEATS}/{other}/sign", body, status=404)
    await chair.refused("POST", path, {"minutes_sha256": "0" * 64}, status=409, code="minutes-changed")
    signed = await chair.post(path, body)
    season.check(signed["state"] == "ANNOUNCED", "the presiding chair signed: the result is announced")
    await chair.refused("POST", path, body, status=409, code="illegal-move")
    passed, failed = numbers(result["rounds"])
    season.check(
        (signed["passed"], signed["failed"]) == (len(passed), len(failed)), "announced as it was counted"
    )
    fates = {one: applicant.story["ends"] != "VOTE_FAILED" for one, applicant in hall.applicants.items()}
    season.check(
        {str(one) for one in passed} == {one for one, through in fates.items() if through},
        "exactly those passed whom two thirds of the attending wanted",
    )
    if len(hall.applicants) >= 40:
        season.check(len(passed) >= 20 and len(failed) >= 3, "at least 20 pass and 3 fail")
    book = await hall.office.get(f"{hall.path}/exports/vote-result")
    season.check(book.startswith(b"PK"), "the vote result is exported in totals")
    public = await season.anonymous.get(f"/meetings/draws/{hall.meeting}")
    season.check(public["record"]["seed"], "after the announcement everybody can verify the draw")
    season.facts["passed"], season.facts["failed"] = sorted(passed), sorted(failed)
    season.count("passed the vote", len(passed))
    season.count("failed the vote", len(failed))
