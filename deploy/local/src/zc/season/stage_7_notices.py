"""Messages and to-dos: applicants and units find theirs, the portal shows the season to everybody.

Needs `unit/<key>` and `campaign`; of the other stages it proves what they left. Leaves nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from zc.season.season import Season
from zc.season.session import Session
from zc.season.stage_7_pages import pages
from zc.season.stage_7_portal import announced, portal
from zc.world import Applicant, Unit

NOTICES = "/notices"
INBOX, SEND = "notices.message.unit-inbox", "notices.message.send"
_NOBODY = "00000000-0000-7000-8000-000000000000"


async def play(season: Season) -> None:
    """Look into every inbox, push, announce, and read the portal without login."""
    with season.progress("消息与门户", total=7) as step:
        for prove in (_applicants, _objectors, _homes, _to_units, _to_persons, announced, portal):
            await prove(season)
            step()
    if season.manner.proofs:
        await pages(season)


# -- applicants -------------------------------------------------------------------------


async def _applicants(season: Season) -> None:
    """Each applicant is told what happened to the application (NTC-05)."""
    told: dict[str, list[Applicant]] = {"APPLICATION_RETURNED": [], "APPLICATION_REJECTED": []}
    for one in season.world.applicants:
        if f"application/{one.person.key}" in season.facts:
            for part, kind in (("return", "APPLICATION_RETURNED"), ("reject", "APPLICATION_REJECTED")):
                if part in one.story:
                    told[kind].append(one)
    told["CERTIFICATE_ISSUED"] = [
        one for one in season.world.applicants if f"certificate/{one.person.key}" in season.facts
    ]
    for kind, people in told.items():
        for one in people[:3]:
            await _told(season, one, kind)
        if people:
            season.proved(f"{len(people[:3])} persons find {kind} under 我的消息 and confirm reading it")


async def _told(season: Season, one: Applicant, kind: str) -> None:
    session = season.person(one)

    async def mine() -> list[dict[str, Any]]:
        page = await session.get(f"{NOTICES}/my/messages", size=100)
        return [line for line in page["items"] if line["kind"] == kind]

    line = (await season.eventually(mine, len, f"{kind} for {one.person.name}"))[0]
    path = f"{NOTICES}/my/messages/{line['id']}"
    opened = await session.get(path)
    if one.person.id_number in opened["body"] or one.person.name in opened["body"]:
        season.check(False, "a message holds neither name nor number of its receiver")
    other = next(who for who in season.world.applicants if who is not one)
    await season.person(other).refused("GET", path, status=404, code="not-found")
    await _confirmed(season, session, path)


async def _confirmed(season: Season, session: Session, path: str) -> None:
    """Confirm reading once; not without the revision, and not twice."""
    seen = await session.get(path)
    if seen["state"] == "SENT":
        await session.refused("POST", f"{path}/read", status=428, code="revision-required")
        seen = await session.post(f"{path}/read", if_match=seen["revision"])
    if seen["state"] != "READ":
        season.check(False, "a message that was confirmed is read")
    await session.refused("POST", f"{path}/read", status=409, code="illegal-move", if_match=seen["revision"])


async def _objectors(season: Season) -> None:
    """The objector sees the answer (MTG-33); stage 5 leaves `objector`, the session's person or applicant."""
    objector = season.facts.get("objector")
    if objector is None:
        return
    session = objector if isinstance(objector, Session) else season.person(objector)

    async def answers() -> list[dict[str, Any]]:
        page = await session.get(f"{NOTICES}/my/messages", size=100)
        return [line for line in page["items"] if line["kind"] == "OBJECTION_ANSWERED"]

    line = (await season.eventually(answers, len, "the answer to an objection"))[0]
    opened = await session.get(f"{NOTICES}/my/messages/{line['id']}")
    season.check("异议" in opened["body"], "the objector sees the answer under 我的消息")


# -- units ------------------------------------------------------------------------------


async def _homes(season: Season) -> None:
    """A unit's home: who it is, messages, to-dos with count and link, supervision (NTC-06, NTC-07)."""
    world = season.world
    for unit in (world.city_hr, world.agriculture, world.employer_a):
        session = season.handler(unit)
        await session.permitted(INBOX)
        home = await season.eventually(partial(session.get, f"{NOTICES}/home"), bool, "the home")
        season.check(home["unit"]["name"] == unit.name, f"the home of {unit.name} shows who it is")
    if "committee" in season.facts:
        await _committee_is_seen(season)
    await _todo_comes_and_goes(season)


async def _committee_is_seen(season: Season) -> None:
    world, committee = season.world, str(season.facts["committee"])
    runs, above, below = (
        season.handler(unit) for unit in (world.agriculture, world.city_hr, world.employer_a)
    )

    async def told() -> set[str]:
        page = await runs.get(f"{NOTICES}/messages", size=100)
        return {line["kind"] for line in page["items"]}

    kinds = await season.eventually(told, {"COMMITTEE_FILED", "CAMPAIGN_PUBLISHED"}.issubset, "messages")
    season.check(kinds, "who runs the committee is told of filing and publication")
    for session in (runs, above):
        panel = await session.get(f"{NOTICES}/supervision", size=100)
        row = next(row for row in panel["rows"]["items"] if row["committee_id"] == committee)
        filed = (row["filing_state"], bool(row["valid_until"]), bool(row["campaign_name"]))
        counts = panel["counts"]
        season.check(
            filed == ("FILED", True, True) and counts["filed"] + counts["not_filed"] == counts["committees"],
            f"{session.name} supervises the committee: {row['filing_label']}, {row['progress']}",
        )
    panel = await below.get(f"{NOTICES}/supervision")
    season.check(panel["counts"]["committees"] == 0, "a declaring unit supervises no committee")


async def _todo_comes_and_goes(season: Season) -> None:
    """What waits for a decision is a to-do with count and link, and is gone when it no longer waits."""
    world = season.world
    asks, decides = season.handler(world.employer_b), season.handler(world.city_hr)
    await asks.permitted("units.unit.edit")
    wanted = {"superior_id": str(season.facts[f"unit/{world.city_hr.key}"])}
    own = await asks.get("/units/own")
    await asks.post("/units/own/superior-change", wanted, if_match=own["revision"])

    async def waiting() -> list[dict[str, Any]]:
        groups = await decides.get(f"{NOTICES}/todos")
        return [group for group in groups if group["kind"] == "SUPERIOR_CHANGE_TO_VET"]

    [group] = await season.eventually(waiting, len, "a to-do of the wanted superior")
    subject = str(season.facts[f"unit/{world.employer_b.key}"])
    listed = {item["subject"] for item in group["items"]}
    season.check(subject in listed and group["count"] >= 1, f"{group['label']}: count and items on the home")
    linked = await decides.get(group["link"])
    season.check(subject in {row["id"] for row in linked["items"]}, "the to-do's link leads to its list")
    own = await asks.get("/units/own")
    await asks.post("/units/own/superior-change/withdraw", if_match=own["revision"])
    await season.eventually(
        waiting,
        lambda groups: subject not in {item["subject"] for group in groups for item in group["items"]},
        "the to-do to leave",
    )
    season.proved("a to-do leaves when nothing waits any more")


# -- pushing ----------------------------------------------------------------------------


async def _to_units(season: Season) -> None:
    """To ticked subordinates; receivers open it and confirm reading (NTC-03, NTC-04)."""
    world = season.world
    sender = season.handler(world.agriculture)
    await sender.permitted(SEND)
    ticked = [world.employer_a, world.employer_b]

    async def found(unit: Unit) -> list[dict[str, Any]]:
        return list((await sender.get(f"{NOTICES}/receivers/units", name=unit.name))["items"])

    for unit in ticked:
        [line] = await season.eventually(partial(found, unit), len, f"{unit.name} among the receivers")
        season.check(line["id"] == str(season.facts[f"unit/{unit.key}"]), f"{unit.name} is found by its name")
    text = {"title": "关于做好本年度申报材料审核的通知", "body": "请各单位按时完成本单位申报材料的审核。"}
    ids = [str(season.facts[f"unit/{unit.key}"]) for unit in ticked]
    path = f"{NOTICES}/pushes/to-units"
    foreign = [*ids, str(season.facts[f"unit/{world.city_hr.key}"])]
    await sender.refused("POST", path, {**text, "unit_ids": foreign}, status=422, code="not-a-receiver")
    await sender.refused("POST", path, {**text, "unit_ids": []}, status=422, code="invalid")
    await season.anonymous.refused("POST", path, {**text, "unit_ids": ids}, status=401)
    push = await sender.post(path, {**text, "unit_ids": ids})
    receiver = season.handler(ticked[0])
    line = await _newest(season, receiver, f"{NOTICES}/messages", text["title"])
    season.check(
        line["from_unit_name"] == world.agriculture.name, "a received message shows its sending unit"
    )
    await _confirmed(season, receiver, f"{NOTICES}/messages/{line['id']}")
    receipts = await sender.get(f"{NOTICES}/pushes/{push['id']}/receivers")
    read = {row["unit_id"]: row["read_at"] is not None for row in receipts["items"]}
    season.check(read == {ids[0]: True, ids[1]: False}, "the sender sees who has confirmed reading")
    await receiver.refused("GET", f"{NOTICES}/pushes/{push['id']}/receivers", status=404)


async def _to_persons(season: Season) -> None:
    """To ticked persons of the unit's own list (NTC-03, NTC-05)."""
    employer = season.world.employer_a
    mine = [
        one
        for one in season.world.applicants
        if one.employer == employer and f"application/{one.person.key}" in season.facts
    ][:2]
    if not mine:
        return
    sender = season.handler(employer)
    await sender.permitted(SEND)
    refs = [str(await season.person(one).person()) for one in mine]

    async def listed() -> dict[str, str]:
        found: dict[str, str] = {}
        for one in mine:
            page = await sender.post(f"{NOTICES}/receivers/persons/search", {"name": one.person.name})
            found |= {line["person"]: line["name"] for line in page["items"]}
        return found

    names = await season.eventually(listed, lambda names: set(refs) <= set(names), "the own person list")
    season.check(names[refs[0]] == mine[0].person.name, "the unit's person list holds its applicants")
    text = {"kind": "DEFENCE_NOTICE", "title": "答辩通知", "body": "请携带身份证件，按通知时间参加答辩。"}
    path = f"{NOTICES}/pushes/to-persons"
    await sender.refused(
        "POST", path, {**text, "persons": [*refs, _NOBODY]}, status=422, code="not-a-receiver"
    )
    await sender.post(path, {**text, "persons": refs})
    for one in mine:
        session = season.person(one)
        line = await _newest(season, session, f"{NOTICES}/my/messages", text["title"])
        await _confirmed(season, session, f"{NOTICES}/my/messages/{line['id']}")
    season.proved("ticked persons receive the unit's message and confirm reading it")


async def _newest(season: Season, session: Session, inbox: str, title: str) -> dict[str, Any]:
    async def found() -> list[dict[str, Any]]:
        page = await session.get(inbox, state="SENT", size=100)
        return [line for line in page["items"] if line["title"] == title]

    return dict((await season.eventually(found, len, title))[0])
