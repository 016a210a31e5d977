"""Two posts of the authorising unit that vet campaigns one after the other (UNT-13)."""

from __future__ import annotations

from typing import Any

from zc.season import typed
from zc.season.season import Season
from zc.season.session import Refused, Session

VET = "committees.campaign.vet"
_ROLE = "评审活动审核"


async def two_posts(season: Season, admin: Session) -> tuple[Session, Session]:
    """Give two people of the city's HR office the permission and a post each, the lower one first."""
    unit = season.world.city_hr
    await admin.permitted("identity.role.manage", "identity.staff.manage", "units.posts.configure")
    role = await _role(admin)
    sessions = []
    for rank in (1, 2):
        login = season.world.post(unit, rank)
        body = {**typed.person(login.person), "role_ids": [role["id"]]}
        body.pop("phone")
        try:
            await admin.post("/identity/staff", body)
        except Refused as refused:
            if refused.code != "staff-exists":
                raise
        session = season.handler(unit, login)
        await session.permitted(VET)
        sessions.append(session)
    await _configured(season, admin, sessions)
    return sessions[0], sessions[1]


async def _role(admin: Session) -> dict[str, Any]:
    there = {row["name"]: row for row in (await admin.get("/identity/roles"))["items"]}
    if _ROLE in there:
        return dict(there[_ROLE])
    return dict(await admin.post("/identity/roles", {"name": _ROLE, "permissions": [VET]}))


async def _configured(season: Season, admin: Session, holders: list[Session]) -> None:
    persons = [str(await holder.person()) for holder in holders]
    posts = [{"name": name, "persons": [one]} for name, one in zip(("初审", "复审"), persons, strict=True)]
    plans = {plan["matter"]: plan for plan in await admin.get("/units/own/posts")}
    revision = plans["CAMPAIGN"]["revision"]

    async def configured() -> Any:
        try:
            return await admin.put("/units/own/posts/CAMPAIGN", {"posts": posts}, if_match=revision)
        except Refused as refused:
            if refused.code == "posts-invalid":
                return None  # the units service has not heard of the new staff yet
            raise

    await season.eventually(configured, what="two posts for campaign vetting")
