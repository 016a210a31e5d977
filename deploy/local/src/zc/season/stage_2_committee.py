"""Committee and campaign: experts imported, the filing passed, five modules vetted and published.

Leaves `committee`, `campaign` and `expert/<key>` for every expert of the world; the campaign is receiving.
"""

from __future__ import annotations

from typing import Any

from zc.season.season import Season
from zc.season.session import Session
from zc.season.stage_2_campaign import opens_a_campaign
from zc.season.stage_2_experts import fills_the_library
from zc.world import files

SERIES = "agriculture"


async def play(season: Season) -> None:
    """From an empty committee to a campaign that applicants can find."""
    owner, bureau = season.handler(season.world.agriculture), season.handler(season.world.city_hr)
    await owner.permitted(
        "committees.committee.manage", "committees.expert.manage", "committees.campaign.manage"
    )
    await bureau.permitted("committees.filing.vet", "committees.expert.vet", "committees.campaign.vet")
    with season.progress("评委会与评审活动", total=4) as step:
        committee = await _described(season, owner)
        step()
        await fills_the_library(season, owner, bureau, committee["id"])
        step()
        await _filed(season, owner, bureau, committee)
        step()
        await opens_a_campaign(season, owner, bureau, committee["id"])
        step()


async def _described(season: Season, owner: Session) -> dict[str, Any]:
    body = _typed(season)
    for changes, code in (
        ({"prescribed_size": body["prescribed_size"] - 1}, "committee-scope-refused"),
        ({"specialties": ["新闻采访"]}, "committee-scope-refused"),
        ({"levels": ["DEPUTY_SENIOR"], "prescribed_size": 11}, "unit-not-competent"),
    ):
        await owner.refused("POST", "/committees/committees", body | changes, status=422, code=code)
    season.proved("an even body, a specialty of another series, a city that files seniors are refused")
    made = await owner.post("/committees/committees", body)
    season.remember("committee", made["id"])
    season.check(
        (made["state"], made["establishing_unit_id"]) == ("NOT_FILED", str(season.facts["unit/agriculture"])),
        "the establishing unit of a new committee is the unit acted for",
    )
    path = f"/committees/committees/{made['id']}/submit"
    await owner.refused("POST", path, {}, status=409, code="filing-incomplete", if_match=made["revision"])
    campaign = {"committee_id": made["id"], "name": "未备案的评审", "year": season.world.year}
    await owner.refused("POST", "/committees/campaigns", campaign, status=409, code="filing-not-valid")
    season.proved("a committee without experts and letter is not filed, and one not filed opens no campaign")
    return dict(made)


def _typed(season: Season) -> dict[str, Any]:
    told = season.world.committee
    return {
        "name": told.name,
        "office_body": told.office_body,
        "office": told.office,
        "review_type": "社会化评审",
        "levels": list(told.levels),
        "authorising_unit_id": str(season.facts[f"unit/{told.authorising}"]),
        "filing_unit_id": str(season.facts[f"unit/{told.filing}"]),
        "contact": told.contact,
        "phone": told.phone,
        "address": told.address,
        "composition": "BY_SPECIALTY",
        "series": SERIES,
        "specialties": list(told.specialties),
        "area": told.review_area,
        "prescribed_size": season.world.size.prescribed,
    }


async def _filed(season: Season, owner: Session, bureau: Session, committee: dict[str, Any]) -> None:
    """Submitted, returned, submitted again, passed by the authorising and then by the filing unit."""
    path, vetting = f"/committees/committees/{committee['id']}", f"/committees/filings/{committee['id']}"
    for name, content in (("请示.pdf", files.html_in_disguise()), ("请示.pdf", files.docx_in_disguise())):
        await season.upload_refused(owner, "committees", "filing-letter", name, content)
    letter = files.pdf("关于评委会核准备案的请示", [season.world.committee.name])
    upload = await season.upload(owner, "committees", "filing-letter", "请示.pdf", letter)
    seen = await owner.put(f"{path}/letter", {"file_id": upload["id"]}, if_match=committee["revision"])
    sent = await owner.post(f"{path}/submit", {}, if_match=seen["revision"])
    season.check(sent["state"] == "AUTHORISING_VETTING", "the filing waits at the authorising unit")
    waiting = await bureau.get("/committees/filings", tab="PENDING", size=100)
    season.check(
        committee["id"] in {row["id"] for row in waiting["items"]}, "the vetting unit finds it in its inbox"
    )
    seen = {"if_match": sent["revision"]}
    await bureau.refused("POST", f"{vetting}/return", {}, status=422, code="vetting-opinion-needed", **seen)
    back = await bureau.post(f"{vetting}/return", {"opinion": "请注明办公室电话。"}, **seen)
    season.check(back["state"] == "RETURNED", "not passed with an opinion goes back to the establishing unit")
    again = await owner.post(f"{path}/submit", {}, if_match=back["revision"])
    await bureau.refused("POST", f"{vetting}/pass", {}, status=412, code="stale", **seen)
    handed = await bureau.post(f"{vetting}/pass", {"opinion": "同意"}, if_match=again["revision"])
    season.check(handed["state"] == "FILING_VETTING", "the authorising unit passed it to the filing unit")
    filed = await bureau.post(f"{vetting}/pass", {"opinion": "准予备案"}, if_match=handed["revision"])
    today = season.clock.today()
    season.check(
        (filed["state"], filed["valid_from"], filed["valid_until"][:4])
        == ("FILED", today.isoformat(), str(_last_year(today))),
        "the filing is valid for three years from approval",
    )
    found = await season.anonymous.get(
        "/committees/public/committees", series=SERIES, area=season.world.employer_c.jurisdiction, size=100
    )
    cards = [card for card in found["items"] if card["id"] == committee["id"]]
    season.check(len(cards) == 1, "the public directory shows it to a district of its review area")
    season.check("experts" not in str(cards), "the directory names no expert")


def _last_year(today: Any) -> int:
    # A filing approved on 1 January ends on 31 December of the second year after.
    return int(today.year) + (2 if (today.month, today.day) == (1, 1) else 3)
