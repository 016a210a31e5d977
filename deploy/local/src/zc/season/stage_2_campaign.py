"""The campaign: five modules in order, vetted, published, receiving (COM-30 to COM-43)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zc.season.season import Season
from zc.season.session import Session
from zc.season.stage_2_posts import two_posts
from zc.world import files

_PLACE = ZoneInfo("Asia/Shanghai")
_CLAUSES = [
    {
        "serial": 1,
        "title": "业绩成果",
        "templates": ["general"],
        "text": "主持或参加农业技术推广项目一项以上",
    },
    {"serial": 2, "title": "论文论著", "templates": ["paper", "monograph"], "text": "发表本专业论文一篇以上"},
    {
        "serial": 3,
        "title": "专业能力",
        "templates": ["award", "patent", "science_award"],
        "text": "获奖或授权专利",
    },
]
_CONDITIONS = [{"serial": 1, "title": "业绩成果", "templates": ["award"], "text": "获省级以上科技奖励"}]
_MATERIALS = [
    {"key": "pledge", "name": "个人申报材料真实性承诺书", "type": "PDF", "max_mb": 10, "required": True},
    {"key": "summary", "name": "专业技术工作总结", "type": "PDF", "max_mb": 20, "required": False},
]


async def opens_a_campaign(season: Season, owner: Session, bureau: Session, committee: str) -> None:
    """Edit, submit, vet and publish; then let its start be reached."""
    name = f"{season.world.year}年度成都市农业技术中级职称评审"
    body = {"committee_id": committee, "name": name, "year": season.world.year}
    made = await owner.post("/committees/campaigns", body)
    path = f"/committees/campaigns/{made['id']}"
    await owner.refused("POST", "/committees/campaigns", body, status=409, code="annual-campaign-exists")
    season.proved("a second annual campaign of the year is refused")
    special = await owner.post("/committees/campaigns", body | {"category": "SPECIAL"})
    special_path = f"/committees/campaigns/{special['id']}"
    await owner.delete(special_path, if_match=special["revision"])
    saved = await _edited(season, owner, path, made, name)
    await season.anonymous.refused("GET", f"/committees/public/campaigns/{made['id']}", status=404)
    published = await _vetted(season, owner, bureau, path, saved)
    season.remember("campaign", published["id"])
    await _is_public(season, published)
    start = datetime.fromisoformat(published["start"])
    season.clock.set(start)
    receiving = await season.eventually(
        lambda: owner.get(path), lambda row: row["state"] == "RECEIVING", "the campaign's start"
    )
    season.check(receiving["state"] == "RECEIVING", "at its start the campaign receives by itself")
    await _moves_later_only(season, owner, path, receiving)


def _modules(season: Season, name: str) -> dict[str, dict[str, Any]]:
    return {
        "basic": _basic(season, name),
        "opened": {
            "opened": [
                {"level": "INTERMEDIATE", "specialty": specialty, "title_name": "农艺师"}
                for specialty in season.world.committee.specialties
            ]
        },
        "requirements": {"requirements": _CLAUSES},
        "conditions": {"conditions": _CONDITIONS},
        "materials": {"materials": _MATERIALS},
    }


def _basic(season: Season, name: str) -> dict[str, Any]:
    day = datetime.combine(season.clock.today() + timedelta(days=1), time(), _PLACE)
    first, modified, receipt = season.world.size.deadlines
    return {
        "name": name,
        "eligible_scope": "成都市从事农业技术工作的专业技术人员",
        "year": season.world.year,
        "category": "ANNUAL",
        "review_mode": "EXPERT",
        "written_test": "NONE",
        "oral_defence": "NONE",
        "start": day.isoformat(),
        "first_deadline": (day + timedelta(days=first)).isoformat(),
        "modified_deadline": (day + timedelta(days=modified)).isoformat(),
        "receipt_deadline": (day + timedelta(days=receipt)).isoformat(),
        "health_page": False,
        "school_teacher_page": False,
        "vocational_teacher_page": False,
        "document_number": f"成人社发〔{season.world.year}〕12号",
        "public": True,
        "exceptional_deliberation": False,
        "specialty_groups": True,
        "group_method": "VOTE",
    }


async def _edited(
    season: Season, owner: Session, path: str, seen: dict[str, Any], name: str
) -> dict[str, Any]:
    modules = _modules(season, name)
    await owner.refused(
        "PUT",
        f"{path}/requirements",
        modules["requirements"],
        status=409,
        code="module-out-of-order",
        if_match=seen["revision"],
    )
    season.proved("a module does not open before the one above it is saved")
    await _bad_basics(season, owner, path, seen, modules["basic"])
    season.check(await owner.get(path) == seen, "refused modules changed nothing")
    for module, body in modules.items():
        if module == "opened":
            senior = {"level": "DEPUTY_SENIOR", "specialty": "农学", "title_name": "高级农艺师"}
            await owner.refused(
                "PUT",
                f"{path}/opened",
                {"opened": [senior]},
                status=422,
                code="opened-outside-filing",
                if_match=seen["revision"],
            )
        seen = await owner.put(f"{path}/{module}", body, if_match=seen["revision"])
    season.check(seen["saved"] == list(modules), "five modules are saved in their order")
    for kind, title in (("policy", "政策文件"), ("arrangement", "评审活动安排"), ("plan", "评审工作方案")):
        content = files.pdf(title, [name])
        file = await season.upload(owner, "committees", f"campaign-{kind}", f"{title}.pdf", content)
        seen = await owner.put(f"{path}/files/{kind}", {"file_id": file["id"]}, if_match=seen["revision"])
    return seen


async def _bad_basics(
    season: Season, owner: Session, path: str, seen: dict[str, Any], basic: dict[str, Any]
) -> None:
    for changes, code in (
        ({"first_deadline": basic["start"]}, "deadlines-out-of-order"),
        ({"modified_deadline": basic["start"]}, "deadlines-out-of-order"),
        ({"receipt_deadline": basic["first_deadline"]}, "deadlines-out-of-order"),
        ({"group_method": None}, "group-method-refused"),
        ({"specialty_groups": False}, "group-method-refused"),
    ):
        body = basic | changes
        await owner.refused("PUT", f"{path}/basic", body, status=422, code=code, if_match=seen["revision"])
    season.proved("deadlines out of order, and a group method without groups, are refused")


async def _vetted(
    season: Season, owner: Session, bureau: Session, path: str, seen: dict[str, Any]
) -> dict[str, Any]:
    """Submitted, returned, submitted again; then two posts pass it, the lower one first."""
    sent = await owner.post(f"{path}/submit", {}, if_match=seen["revision"])
    vetting = f"/committees/campaign-vetting/{sent['id']}"
    lower, higher = await two_posts(season, bureau)
    # Configured while the campaign waits: once the event has arrived it lies with the post's holder alone.
    shown = await season.eventually(
        lambda: bureau.get(vetting),
        lambda row: "return" not in row["allowed_actions"],
        "the lower post's turn",
    )
    reason = {"opinion": "请核对申报范围。"}
    back = await lower.post(f"{vetting}/return", reason, if_match=shown["revision"])
    season.check(back["state"] == "RETURNED", "a campaign is returned for correction")
    again = await owner.post(f"{path}/submit", {}, if_match=back["revision"])
    turn = {"status": 403, "code": "vetting-not-your-turn", "if_match": again["revision"]}
    await higher.refused("POST", f"{vetting}/pass", {}, **turn)
    await bureau.refused("POST", f"{vetting}/pass", {}, **turn)
    first = await lower.post(f"{vetting}/pass", {"opinion": "拟同意"}, if_match=again["revision"])
    season.check(first["state"] == "VETTING", "the lower post's pass alone publishes nothing")
    await season.anonymous.refused("GET", f"/committees/public/campaigns/{sent['id']}", status=404)
    row = {"id": first["id"], "revision": first["revision"]}
    result = await higher.post("/committees/campaign-vetting/batch-pass", {"rows": [row]})
    season.check(result["results"][0]["state"] == "PUBLISHED", "the highest post's pass publishes it")
    return dict(await owner.get(path))


async def _is_public(season: Season, published: dict[str, Any]) -> None:
    public = f"/committees/public/campaigns/{published['id']}"
    card = await season.anonymous.get(public)
    season.check(card["files"] == ["policy", "arrangement"], "policy file and arrangement are public")
    season.check(
        "plan_file" not in card and published["plan_file"]["sha256"] not in str(card), "the work plan is not"
    )
    await season.anonymous.refused("GET", f"{public}/files/plan", status=422)
    link = await season.anonymous.get(f"{public}/files/policy")
    season.check(
        (await season.download(link["url"])).startswith(b"%PDF-"), "anybody downloads the policy file"
    )


async def _moves_later_only(season: Season, owner: Session, path: str, seen: dict[str, Any]) -> None:
    receipt = datetime.fromisoformat(seen["receipt_deadline"])
    earlier = {"receipt_deadline": (receipt - timedelta(days=1)).isoformat()}
    await owner.refused(
        "POST",
        f"{path}/move-deadlines",
        earlier,
        status=422,
        code="deadline-moved-earlier",
        if_match=seen["revision"],
    )
    later = {"receipt_deadline": (receipt + timedelta(days=5)).isoformat(), "reason": "节假日顺延"}
    moved = await owner.post(f"{path}/move-deadlines", later, if_match=seen["revision"])
    season.check(
        datetime.fromisoformat(moved["receipt_deadline"]) == receipt + timedelta(days=5),
        "deadlines of a published campaign move later, never earlier",
    )
