"""Units and people: the tree grows, a unit registers itself, roles take effect.

Leaves `unit/<key>` for every unit of the world. Playing it again on the same stack finds what is there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from uuid import UUID

from zc.season import typed
from zc.season.entrance import LoginRefused
from zc.season.platforms import TurnedAway
from zc.season.season import Season
from zc.season.session import Broken, Session
from zc.season.stage_1_registration import registers_itself
from zc.season.stage_1_staff import roles_and_posts
from zc.world import Login, Unit


async def play(season: Season) -> None:
    """From the seeded provincial office down to three employers with staff and posts."""
    with season.progress("单位与人员", total=6) as step:
        root = await _root(season)
        step()
        for key, by in (("city_hr", root), ("agriculture", None), ("employer_a", None), ("employer_b", None)):
            unit = season.world.unit(key)
            superior = by or season.handler(season.world.unit(unit.superior))
            await superior.permitted("units.subordinate.manage")
            await _created(season, superior, unit)
            await season.handler(unit).permitted("units.unit.edit")
            step()
        await _kinds_are_limited(season)
        await registers_itself(season, season.world.employer_c)
        step()
    await roles_and_posts(season, season.world.employer_a)
    await _individuals(season)
    season.count("units", sum(name.startswith("unit/") for name in season.facts))


async def _root(season: Season) -> Session:
    root = season.handler(season.world.province_hr)
    await root.permitted("units.subordinate.manage")
    season.remember("unit/province_hr", await root.unit())
    own = await root.get("/units/own")
    season.check(
        own["name"] == season.root_unit.name,
        "the provincial office exists and its handler enters by the intranet",
    )
    if not season.manner.proofs:
        return root
    try:
        await Session(season, root.login, "unit").token()
    except LoginRefused as refused:
        season.check(refused.description == "wrong-entrance", "HR handlers are refused at the unit entrance")
    else:
        raise Broken("an intranet account came in by the unit entrance")
    return root


async def _created(season: Season, superior: Session, unit: Unit) -> None:
    """Create a subordinate in three steps: basics, legal person, handlers (UNT-03)."""
    there = await superior.get("/units/subordinates", name=unit.name)
    for row in there["items"]:
        if row["uscc"] == unit.uscc:
            season.remember(f"unit/{unit.key}", row["id"])
            return
    wrong = {**typed.basics(unit), "uscc": unit.uscc[:-1] + ("0" if unit.uscc[-1] != "0" else "1")}
    await superior.refused("POST", "/units/drafts", {**wrong, "name": unit.name}, status=422, code="invalid")
    described = {**typed.basics(unit), "uscc": unit.uscc, "name": unit.name}
    draft = await superior.post("/units/drafts", described)
    path, head = f"/units/drafts/{draft['id']}", typed.person(season.world.newcomer(f"{unit.key}-legal"))
    handlers = {"handlers": [typed.person(season.world.handler(unit).person)]}
    if unit.is_hr:
        await superior.refused(
            "PUT",
            f"{path}/legal-person",
            head,
            status=409,
            code="legal-person-not-needed",
            if_match=draft["revision"],
        )
    else:
        await superior.refused(
            "POST",
            f"{path}/complete",
            handlers,
            status=409,
            code="legal-person-needed",
            if_match=draft["revision"],
        )
        draft = await superior.put(f"{path}/legal-person", head, if_match=draft["revision"])
    await _shows_up(season.handler(unit))
    made = await superior.post(f"{path}/complete", handlers, if_match=draft["revision"])
    season.check(made["state"] == "AUTHORISED", f"{unit.name} is created in three steps and usable at once")
    season.remember(f"unit/{unit.key}", made["id"])
    await superior.refused("POST", "/units/drafts", described, status=409, code="unit-already-registered")


async def _shows_up(handler: Session) -> None:
    """Whoever is to act for a unit comes by before it exists, so that the name is known whatever arrives first."""
    with suppress(LoginRefused):
        await handler.token()


async def _kinds_are_limited(season: Season) -> None:
    agriculture = season.handler(season.world.agriculture)
    unit = season.world.employer_b
    uscc = season.world.employer_c.uscc
    wanted = {**typed.basics(unit), "uscc": uscc, "name": "成都市某人事局", "kinds": ["HR"]}
    await agriculture.refused("POST", "/units/drafts", wanted, status=422, code="kind-not-offered")
    season.proved("a superior gives only kinds that it comprises")
    await agriculture.refused(
        "GET", f"/units/subordinates/{season.facts['unit/city_hr']}", status=404, code="not-found"
    )
    season.proved("a unit that is not below looks like an absent one")


async def _individuals(season: Season) -> None:
    """Applicants log in by the individual entrance, find employers, and are nobody's handlers."""
    applicant = season.world.applicants[0]
    session = season.person(applicant)
    me = await session.get("/identity/me")
    season.check(
        me["name"].endswith(applicant.person.name[-1]) and applicant.person.name not in me["name"],
        "the personal centre shows the name masked",
    )
    season.check(me["id_number"] == "*****" + applicant.person.id_number[-4:], "and the number masked")
    await session.refused("GET", "/units/subordinates", status=403, code="forbidden")
    await season.anonymous.refused("GET", "/units/subordinates", status=401, code="unauthenticated")
    for unit in season.world.employers:
        found = await session.get("/units/employers", name=unit.name)
        season.check(
            season.facts[f"unit/{unit.key}"] in {UUID(row["id"]) for row in found["items"]},
            f"applicants find {unit.name}",
        )
    await _newcomer_registers(season)
    await _wrong_password(season, applicant.login)
    await session.log_out()
    await session.get("/identity/me")
    season.proved("individuals log in, log out and log in again")


async def _wrong_password(season: Season, login: Login) -> None:
    if not season.manner.proofs:
        return
    try:
        await season.door.enter(replace(login, password=f"Zc1-{token_hex(8)}"))
    except TurnedAway:
        season.proved("the platform lets nobody in by a wrong password")
    else:
        raise Broken("a wrong password let somebody in")


async def _newcomer_registers(season: Season) -> None:
    """Somebody without an account at the platform registers there and comes back logged in (IDN-03)."""
    person = season.world.newcomer("registers-at-the-platform")
    account = f"new-{token_hex(6)}"
    login = Login(account, f"Zc1-{token_hex(8)}", "individual", "", person)
    wrong = replace(login, person=replace(person, id_number=person.id_number[:-1] + "?"))
    try:
        await season.door.enter(wrong, registers=True)
    except TurnedAway:
        season.proved("the platform refuses to register a wrong ID number")
    try:
        tokens = await season.door.enter(login, registers=True)
    except TurnedAway:  # this world's newcomer registered in an earlier season
        return
    season.check(tokens["access_token"], "who registers at the platform comes back logged in")
