"""Roles, staff and two vetting posts in one employer (IDN-16, IDN-17, UNT-13)."""

from __future__ import annotations

from typing import Any

from zc.season import typed
from zc.season.entrance import LoginRefused
from zc.season.season import Season
from zc.season.session import Broken, Refused, Session
from zc.world import Login, Unit

VETTING = ["applications.application.query", "applications.own-staff.vet", "notices.message.unit-inbox"]


async def roles_and_posts(season: Season, unit: Unit) -> None:
    """The super administrator makes a role, gives it to two people, and puts them on two posts."""
    admin = season.handler(unit)
    await admin.permitted("identity.role.manage", "identity.staff.manage")
    holders = [season.world.post(unit, rank) for rank in (1, 2)]
    role = await _role(season, admin)
    await _strangers_stay_out(season, unit, holders[0])
    for login in holders:
        await _member(admin, login, role)
        claims = await season.handler(unit, login).permitted(*VETTING)
        season.check(
            claims["perms"] == sorted(VETTING), f"{login.account} has exactly the role's permissions"
        )
    await season.handler(unit, holders[0]).refused("GET", "/identity/roles", status=403, code="forbidden")
    await admin.refused(
        "DELETE", f"/identity/roles/{role['id']}", status=409, code="role-in-use", if_match=role["revision"]
    )
    if season.manner.proofs:
        await _revoked(season, unit, admin)
    await _posts(season, unit, admin, holders)


async def _role(season: Season, admin: Session) -> dict[str, Any]:
    offered = await admin.get("/identity/permissions/assignable")
    names = {row["name"] for row in offered["permissions"]}
    season.check(
        set(VETTING) <= names and "meetings.meeting.manage" not in names,
        "roles are made of the kind's permissions",
    )
    there = {row["name"]: row for row in (await admin.get("/identity/roles"))["items"]}
    if "申报材料审核" in there:
        return dict(there["申报材料审核"])
    beyond = {"name": "会务", "permissions": ["meetings.meeting.manage"]}
    await admin.refused("POST", "/identity/roles", beyond, status=422, code="permission-not-grantable")
    made = await admin.post("/identity/roles", {"name": "申报材料审核", "permissions": VETTING})
    own = {**_staff(admin.login), "role_ids": [made["id"]]}
    await admin.refused("POST", "/identity/staff", own, status=403, code="self-grant")
    return dict(made)


async def _strangers_stay_out(season: Season, unit: Unit, login: Login) -> None:
    if not season.manner.proofs:
        return
    session = season.handler(unit, login)
    try:
        await session.token()
    except LoginRefused as refused:
        season.check(refused.description == "not-staff", "who is not staff of a unit cannot enter for it")


async def _member(admin: Session, login: Login, role: dict[str, Any]) -> None:
    try:
        await admin.post("/identity/staff", {**_staff(login), "role_ids": [role["id"]]})
    except Refused as refused:
        if refused.code != "staff-exists":
            raise


async def _revoked(season: Season, unit: Unit, admin: Session) -> None:
    """A role that is taken away stops with the next token."""
    person = season.world.newcomer(f"{unit.key}-temporary")
    name = f"临时{season.world.seed}-{person.id_number[-4:]}"
    role = await admin.post("/identity/roles", {"name": name, "permissions": ["units.unit.edit", VETTING[1]]})
    body = {**typed.person(person), "role_ids": [role["id"]]}
    body.pop("phone")
    staff = await admin.post("/identity/staff", body)
    session = season.handler(unit, person)
    await session.permitted("units.unit.edit")
    narrower = {"name": name, "permissions": [VETTING[1]]}
    role = await admin.put(f"/identity/roles/{role['id']}", narrower, if_match=role["revision"])
    claims = await session.renew()
    season.check(claims["perms"] == [VETTING[1]], "a revoked permission is gone at the next refresh")
    await admin.delete(f"/identity/staff/{staff['id']}", if_match=staff["revision"])
    await admin.delete(f"/identity/roles/{role['id']}", if_match=role["revision"])
    try:
        await session.renew()
    except LoginRefused as refused:
        season.check(refused.description == "not-staff", "whoever was removed cannot enter any more")
    else:
        raise Broken("a removed member still enters")


async def _posts(season: Season, unit: Unit, admin: Session, holders: list[Login]) -> None:
    persons = [str(await season.handler(unit, login).person()) for login in holders]
    posts = [{"name": name, "persons": [one]} for name, one in zip(("初审", "复审"), persons, strict=True)]
    plans = {plan["matter"]: plan for plan in await admin.get("/units/own/posts")}
    plan = plans["APPLICATION"]
    path = "/units/own/posts/APPLICATION"
    stranger = str(await season.person(season.world.applicants[0]).person())
    wrong = {"posts": [*posts, {"name": "终审", "persons": [stranger]}]}
    await admin.refused("PUT", path, wrong, status=422, code="posts-invalid", if_match=plan["revision"])

    async def configured() -> Any:
        try:
            return await admin.put(path, {"posts": posts}, if_match=plan["revision"])
        except Refused as refused:
            if refused.code == "posts-invalid":
                return None  # the units service has not heard of the new staff yet
            raise

    done = await season.eventually(configured, what="two posts for application vetting")
    season.check(
        [post["rank"] for post in done["posts"]] == [1, 2], f"{unit.name} vets applications at two posts"
    )


def _staff(login: Login | None) -> dict[str, str]:
    assert login is not None
    typed_in = typed.person(login.person)
    typed_in.pop("phone")
    return typed_in
