"""The portal of the season: announcements by an office, campaign and publicity, all without login."""

from __future__ import annotations

from zc.season.season import Season
from zc.world import files

NOTICES = "/notices"


async def announced(season: Season) -> None:
    """Added, edited, published, seen without login, revoked, deleted (NTC-02)."""
    office, visitor = season.handler(season.world.city_hr), season.anonymous
    await office.permitted("notices.announcement.manage")
    path = f"{NOTICES}/announcements"
    types = await office.get(f"{NOTICES}/announcement-types")
    season.check(len(types) == 8, "announcements have eight types")
    file = await season.upload(office, "notices", "attachment", "申报指南.pdf", files.pdf("申报指南"))
    body = {"kind": "NOTICE", "title": "关于开展职称申报工作的通知", "body": "请按规定时间申报。"}
    await office.refused("POST", path, {**body, "kind": "GOSSIP"}, status=422, code="invalid")
    employer = season.handler(season.world.employer_a)
    await employer.refused("POST", path, body, status=403, code="forbidden")
    draft = await office.post(path, {**body, "attachments": [file["id"]]})
    here, shown = f"{path}/{draft['id']}", f"{NOTICES}/portal/announcements/{draft['id']}"
    await visitor.refused("GET", shown, status=404)
    edited = await office.put(
        here,
        {**body, "title": "关于开展职称申报的通知", "attachments": [file["id"]]},
        if_match=draft["revision"],
    )
    await office.refused("POST", f"{here}/publish", status=412, code="stale", if_match=draft["revision"])
    published = await office.post(f"{here}/publish", if_match=edited["revision"])
    seen = await visitor.get(shown)
    content = await season.download(seen["attachments"][0]["url"])
    season.check(
        seen["title"] == "关于开展职称申报的通知" and len(content) == file["size"],
        "a published announcement and its attachment are read without login",
    )
    revoked = await office.post(f"{here}/revoke", if_match=published["revision"])
    await visitor.refused("GET", shown, status=404)
    await office.delete(here, if_match=revoked["revision"])
    season.proved("a revoked announcement is off the portal, a deleted one is gone")


async def portal(season: Season) -> None:
    """Campaign with its policy file, and publicity with its document, without login (NTC-01, NTC-09)."""
    visitor = season.anonymous
    if "campaign" in season.facts:
        cards = await visitor.get(f"{NOTICES}/portal/campaigns", year=season.world.year, size=100)
        card = next(card for card in cards["items"] if card["id"] == str(season.facts["campaign"]))
        link = await visitor.get(card["policy_url"])
        season.check(
            (await season.download(link["url"])).startswith(b"%PDF"),
            "the portal's campaign card leads to its policy file without login",
        )
    if any(name.startswith("certificate/") for name in season.facts):
        cards = await visitor.get(f"{NOTICES}/portal/publicities", size=100)
        mine = [card for card in cards["items"] if card["campaign_id"] == str(season.facts["campaign"])]
        season.check(mine, "the portal shows the publicity")
        link = await visitor.get(mine[0]["document_url"])
        season.check(
            (await season.download(link["url"])).startswith(b"%PDF"),
            "the publicity's document is read without login",
        )
    first = await visitor.get(f"{NOTICES}/portal")
    directory = await visitor.get(first["links"]["committee_directory"])
    season.check(directory["total"] >= 1, "the portal leads to the committee directory")
