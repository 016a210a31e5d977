"""Publicity and confirmation: a printed announcement, objections answered, results confirmed, handed over for issuing.

Needs `meeting`, `passed`, `unit/<key>` and `application/<person key>`. Leaves `publicity`, `confirmed` (application
ids) and `document_number`; the campaign's issuing information is submitted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from provinces.working_days import is_working_day

from zc.season.season import Season
from zc.season.session import Session
from zc.world import Applicant, files

CONFIRMATIONS = "/meetings/confirmations"
_PLACE = ZoneInfo("Asia/Shanghai")


async def play(season: Season) -> None:
    """From the announced result to issuing information."""
    world = season.world
    office, bureau = season.handler(world.agriculture), season.handler(world.city_hr)
    await office.permitted("meetings.publicity.manage", "meetings.issuing-information.submit")
    await bureau.permitted("meetings.confirmation.decide")
    with season.progress("公示与确认", total=5) as step:
        publicity = await _published(season, office)
        step()
        upheld = await _objections(season, office, publicity)
        step()
        await _over(season, office, bureau, publicity, upheld)
        step()
        number = await _confirmed(season, office, bureau, upheld)
        step()
        await _handed_over(season, office, number)
        step()


async def _published(season: Season, office: Session) -> dict[str, Any]:
    body = {
        "meeting_id": str(season.facts["meeting"]),
        "title": f"{season.world.year}年度成都市农艺师评审通过人员公示",
        "contact": season.world.committee.contact,
        "phone": season.world.committee.phone,
        "address": season.world.committee.address,
    }
    path = "/meetings/publicities"
    await office.refused("POST", path, {**body, "working_days": 4}, status=422, code="period-too-short")
    made = await office.post(path, body)
    season.remember("publicity", made["id"])
    public = f"/meetings/public/publicities/{made['id']}"
    shown = await season.eventually(lambda: season.anonymous.get(public), what="the announcement in public")
    listed = await season.anonymous.get("/meetings/public/publicities", running=True)
    season.check(
        made["id"] in {row["id"] for row in listed["items"]}, "the announcement is on the public pages"
    )
    season.check(
        {one["application_id"] for one in shown["persons"]} == {str(one) for one in season.facts["passed"]},
        "it names exactly those who passed",
    )
    season.check(
        _working_days(season, shown) >= 5 and shown["ends_at"] > shown["starts_at"],
        "the period lasts five working days, the day of publication not counted",
    )
    document = await season.anonymous.get(f"{public}/document")
    season.check(
        (await season.download(document["url"])).startswith(b"%PDF"),
        "anybody downloads the printed announcement",
    )
    season.check("expert" not in str(shown).lower(), "no expert is named")
    return dict(shown)


def _working_days(season: Season, shown: dict[str, Any]) -> int:
    """Weekdays after the day of publication up to the last day: never fewer than the working days."""
    first = datetime.fromisoformat(shown["starts_at"]).astimezone(_PLACE).date()
    last = (datetime.fromisoformat(shown["ends_at"]) - timedelta(seconds=1)).astimezone(_PLACE).date()
    return sum(is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


async def _objections(season: Season, office: Session, publicity: dict[str, Any]) -> set[str]:
    """Signed in, without an account, by letter; each is answered once."""
    people = _passed(season)
    told = {one: person for one, person in people.items() if "objection" in person.story}
    upheld = {one for one, person in told.items() if person.story["objection"]["upheld"]}
    clear = [one for one in people if one not in told]
    path = f"/meetings/public/publicities/{publicity['id']}/objections"
    reason = "反映一项业绩成果的完成人排序与证书不符。"
    body = {"application_id": clear[0], "reason": reason}
    await season.anonymous.refused("POST", path, body, status=422, code="objector-incomplete")
    objector = season.person(season.world.newcomer("objector"))
    own = await objector.post(f"/meetings/publicities/{publicity['id']}/own-objections", body)
    for one, person in told.items():
        story = person.story["objection"]
        anonymous = {"application_id": one, "reason": story["content"], "unnamed": True}
        await season.anonymous.post(path, anonymous)
    await _offline(season, office, publicity, clear[-1])
    listed = await office.get(f"/meetings/publicities/{publicity['id']}/objections", size=100)
    season.check(listed["total"] == len(told) + 2, "the office sees every objection, named or not")
    for row in listed["items"]:
        holds = row["application_id"] in upheld
        answer = {"upheld": holds, "answer": "经核实，情况属实。" if holds else "经核实，情况不属实。"}
        here = f"/meetings/objections/{row['id']}/answer"
        done = await office.post(here, answer, if_match=row["revision"])
        await office.refused("POST", here, answer, status=409, code="illegal-move", if_match=done["revision"])
    mine = await objector.get("/meetings/own-objections")
    season.check(
        [(row["id"], row["answer"]) for row in mine] == [(own["id"], "经核实，情况不属实。")],
        "an objection is answered once and the objector reads the answer",
    )
    superior = season.handler(season.world.city_hr)
    seen = await superior.get("/meetings/objected-persons", meeting_id=str(season.facts["meeting"]))
    season.check(
        {row["application_id"] for row in seen} == {*told, clear[0], clear[-1]},
        "the unit above the establishing unit sees who was objected to",
    )
    season.count("objections", listed["total"])
    return upheld


async def _offline(season: Season, office: Session, publicity: dict[str, Any], application: str) -> None:
    body = {
        "application_id": application,
        "name": "王某",
        "phone": "13800000000",
        "reason": "来信反映单位推荐程序。",
        "received_on": season.clock.today().isoformat(),
    }
    path = f"/meetings/publicities/{publicity['id']}/objections"
    await office.refused("POST", path, body, status=422, code="invalid")
    letter = files.pdf("来信", ["反映单位推荐程序"])
    file = await season.upload(office, "meetings", "objection-evidence", "来信.pdf", letter)
    await office.post(path, {**body, "evidence": [file["id"]]})
    season.proved("an offline objection is recorded with its evidence")


async def _over(
    season: Season, office: Session, bureau: Session, publicity: dict[str, Any], upheld: set[str]
) -> None:
    """The period ends by the clock; who is clear goes on."""
    early = await bureau.get(CONFIRMATIONS, meeting_id=str(season.facts["meeting"]))
    season.check(early["total"] == 0, "nothing is confirmed while the publicity runs")
    season.clock.set(datetime.fromisoformat(publicity["ends_at"]) + timedelta(minutes=1))
    going = {str(one) for one in season.facts["passed"]} - upheld

    async def waiting() -> set[str]:
        return {row["id"] for row in await _all(bureau, state="CONFIRMING")}

    await season.eventually(waiting, lambda found: going <= found, "the end of the publicity")
    season.proved("after five working days results go to the authorising unit by themselves")
    late = {"application_id": min(going), "reason": "晚了", "unnamed": True}
    path = f"/meetings/public/publicities/{publicity['id']}/objections"
    await season.anonymous.refused("POST", path, late, status=409, code="outside-period")
    followed = await office.get(
        "/meetings/candidacies", meeting_id=str(season.facts["meeting"]), state="NOT_CONFIRMED", size=100
    )
    season.check(
        {row["id"] for row in followed["items"]} == upheld, "an upheld objection ends as not confirmed"
    )


async def _confirmed(season: Season, office: Session, bureau: Session, upheld: set[str]) -> str:
    meeting = str(season.facts["meeting"])
    rows = await _all(bureau, state="CONFIRMING", meeting_id=meeting)
    ours = list(_passed(season))
    first = min(rows, key=lambda row: ours.index(row["id"]))
    here = f"{CONFIRMATIONS}/{first['id']}"
    seen = {"if_match": first["revision"]}
    await bureau.refused("POST", f"{here}/pass", status=409, code="qualification-document-missing", **seen)
    await office.refused("POST", f"{here}/pass", status=404, **seen)
    back = await bureau.post(f"{here}/return", {"reason": "请补充业绩证明材料。"}, **seen)
    season.check(back["state"] == "SUPPLEMENT", "a person is returned to the committee for supplement")
    proof = await season.upload(
        office, "meetings", "supplement", "补充.pdf", files.pdf("补充材料", ["业绩证明"])
    )
    added = await office.post(
        f"/meetings/candidacies/{first['id']}/supplement",
        {"note": "已补充业绩证明材料。", "files": [proof["id"]]},
        if_match=back["revision"],
    )
    season.check(added["state"] == "CONFIRMING", "the committee supplemented")
    year = season.clock.today().year
    number = f"成人社职〔{year}〕60号"
    content = files.pdf("任职资格文件", [number])
    file = await season.upload(bureau, "meetings", "qualification-document", "任职资格文件.pdf", content)
    path = f"{CONFIRMATIONS}/meetings/{meeting}/document"
    for wrong in ("60号", f"成人社职〔{year + 1}〕60号"):
        body = {"file_id": file["id"], "number": wrong}
        await bureau.refused("PUT", path, body, status=422, code="document-number-invalid")
    await bureau.put(path, {"file_id": file["id"], "number": number})
    one = await bureau.post(f"{here}/pass", if_match=added["revision"])
    season.check(one["state"] == "CONFIRMED", "with the qualification document a person is passed")
    done = await bureau.post(f"{CONFIRMATIONS}/pass-all", {"meeting_id": meeting})
    season.check(all(row["ok"] for row in done), "一键通过 passes everybody else")
    confirmed = {row["id"] for row in await _all(bureau, state="CONFIRMED", meeting_id=meeting)}
    season.check(
        confirmed == {str(one) for one in season.facts["passed"]} - upheld, "everybody clear is confirmed"
    )
    book = await bureau.get(f"{CONFIRMATIONS}/export", meeting_id=meeting)
    season.check(book.startswith(b"PK"), "the list is exported")
    season.facts["confirmed"] = sorted(confirmed)
    season.count("confirmed", len(confirmed))
    return number


async def _handed_over(season: Season, office: Session, number: str) -> None:
    """Number, issuing information, work report: in this order only (MTG-46)."""
    meeting = str(season.facts["meeting"])
    path = f"/meetings/meetings/{meeting}"

    async def seen() -> dict[str, Any]:
        return {"if_match": (await office.get(path))["revision"]}

    report = await season.upload(
        office, "meetings", "work-report", "评审工作报告.pdf", files.pdf("评审工作报告", ["评审工作情况"])
    )
    await office.refused(
        "POST", f"{path}/issuing-information", status=409, code="document-number-missing", **await seen()
    )
    await office.refused(
        "PUT",
        f"{path}/work-report",
        {"file_id": report["id"]},
        status=409,
        code="issuing-information-missing",
        **await seen(),
    )
    other = {"number": number.replace("60号", "61号")}
    await office.refused(
        "PUT", f"{path}/document-number", other, status=409, code="document-number-differs", **await seen()
    )
    numbered = await office.put(f"{path}/document-number", {"number": number}, **await seen())
    season.check(
        numbered["persons"] == len(season.facts["confirmed"]), "the document number is set for all at once"
    )
    sent = await office.post(f"{path}/issuing-information", **await seen())
    season.check(
        [(one["document_number"], one["persons"]) for one in sent] == [(number, numbered["persons"])],
        "issuing information is submitted under the document's number",
    )
    done = await office.put(f"{path}/work-report", {"file_id": report["id"]}, **await seen())
    season.check(
        {row["state"] for row in done} == {"READY_TO_ISSUE"}, "after the work report they are ready to issue"
    )
    season.facts["document_number"] = number


async def _all(bureau: Session, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = await bureau.get(CONFIRMATIONS, size=100, page=len(found) // 100 + 1, **params)
        found += page["items"]
        if len(found) >= page["total"]:
            return found


def _passed(season: Season) -> dict[str, Applicant]:
    passed = {str(one) for one in season.facts["passed"]}
    accepted = [one for one in season.world.applicants if one.person.key in season.facts["accepted"]]
    ids = {str(season.facts[f"application/{one.person.key}"]): one for one in accepted}
    return {application: one for application, one in ids.items() if application in passed}
