"""The draw by a committed seed, verified here by ten lines, and attendance in its order (MTG-08 to 11, LAW-04)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from uuid import UUID

from zc.season.manner import lots_of, order_of
from zc.season.season import Season
from zc.season.session import Session
from zc.world import Expert

MEETINGS = "/meetings/meetings"


async def draws(season: Season, office: Session, meeting: dict[str, Any]) -> None:
    """Groups with counts, multiplier, commitment, lot."""
    path = f"{MEETINGS}/{meeting['id']}"
    groups = [
        {"specialty": name, "to_draw": season.world.size.seats} for name in season.world.committee.specialties
    ]

    first = {"groups": groups, "multiplier": 1.5}
    await office.put(f"{path}/draw-groups", first, if_match=(await office.get(path))["revision"])
    shown = await season.eventually(
        lambda: office.get(f"{path}/draw-groups"),
        lambda view: sum(group["matching"] for group in view["groups"]) == len(season.world.experts),
        "the whole library among the candidates",
    )
    season.proved("each draw group shows how many active experts match")
    twice = {"groups": [*groups, {"specialty": groups[0]["specialty"], "to_draw": 2}], "multiplier": 1.5}
    doubled = await office.put(f"{path}/draw-groups", twice, if_match=shown["revision"])
    season.check(
        doubled["groups"][-1]["matching"] == 0, "an expert is candidate in the first matching group only"
    )
    seen = {"if_match": doubled["revision"], "status": 422}
    for body, code in (
        ({"groups": groups, "multiplier": 1.2}, "multiplier-unknown"),
        ({"groups": [{**groups[0], "to_draw": 1}], "multiplier": 2}, "draw-groups-invalid"),
        ({"groups": [{"to_draw": 22}], "multiplier": 2}, "draw-groups-invalid"),
    ):
        await office.refused("PUT", f"{path}/draw-groups", body, code=code, **seen)
    season.proved("a multiplier of 1.2, too few or an even number of experts are refused")
    ready = await office.put(f"{path}/draw-groups", first, if_match=doubled["revision"])
    now = {"if_match": ready["revision"]}
    await office.refused("POST", f"{path}/draw", {}, status=409, code="seed-not-committed", **now)
    committed = await office.post(f"{path}/draw-commitment")
    public = await season.anonymous.get(f"/meetings/draws/{meeting['id']}")
    season.check(
        (public["commitment"], public["record"]) == (committed["commitment"], None),
        "the seed's commitment is public before the draw, the seed is not",
    )
    await office.post(f"{path}/draw", {"witness": _called_out(season, meeting["id"])}, **now)
    record = (await office.get(f"{path}/draw-record"))["record"]
    season.check(record["commitment"] == committed["commitment"], "drawn with the seed committed to")
    season.check(_verified(record), "the exported record verifies with a few lines of anybody's code")
    season.count("experts drawn", sum(len(group["drawn"]) for group in record["groups"]))


def by_id(season: Season) -> dict[str, Expert]:
    """The experts by the ids that the library gave them."""
    return {str(season.facts[f"expert/{one.person.key}"]): one for one in season.world.experts}


def _called_out(season: Season, meeting: str) -> str:
    """What the witnesses call out; where the lots are known beforehand, something that asks everybody who is away."""
    if not season.manner.draw_seed:
        return "38271"
    seed, experts = lots_of(season.manner.draw_seed, UUID(meeting)), by_id(season)
    groups = [
        [one for one, expert in experts.items() if expert.specialty == specialty]
        for specialty in season.world.committee.specialties
    ]
    return next(
        word
        for word in map(str, range(38271, 48271))
        if not any(
            experts[order_of(seed, word, number, group)[-1]].away for number, group in enumerate(groups, 1)
        )
    )


def _verified(record: dict[str, Any]) -> bool:
    """Say whether seed and orders of a record belong together, knowing nothing of the suite."""
    seed = bytes.fromhex(record["seed"])
    right: bool = hashlib.sha256(seed).hexdigest() == record["commitment"]
    for group in record["groups"]:
        lots = {
            hmac.digest(
                seed, f"{record['witness']}|{group['number']}|{one['expert']}".encode(), "sha256"
            ): one
            for one in group["candidates"]
        }
        order = [lots[lot]["expert"] for lot in sorted(lots)][: group["places"]]
        # A chair may take the last place where the lot drew none.
        right = right and group["drawn"][:-1] == order[:-1]
    return right


async def attends(season: Season, office: Session, meeting: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask in the drawn order; somebody cannot be reached, somebody cancels; then close the list."""
    path = f"{MEETINGS}/{meeting['id']}"
    size, experts = season.world.size, by_id(season)
    places = (await office.get(f"{path}/attendance"))["places"]
    chair = next(place for place in places if place["duty"] == "CHAIR")
    second = places[1]
    await office.refused("POST", f"{path}/places/{second['id']}/confirm", status=409, code="out-of-order")
    season.proved("an expert is not asked before those drawn earlier")
    revision = (await office.get(path))["revision"]
    await office.refused(
        "POST", f"{path}/attendance/confirm", status=409, code="body-incomplete", if_match=revision
    )
    for number in sorted({place["group_number"] for place in places}):
        group = [place for place in places if place["group_number"] == number]
        # So many decline that who can preside is among those who attend.
        declining = max(1 if number == 1 else 0, chair["position"] - size.seats if chair in group else 0)
        away = [place["id"] for place in group if experts[place["expert_id"]].away]
        other = [place["id"] for place in group if place["id"] != chair["id"]]
        await _ask(office, path, group, size.seats, away if size.away else other[:declining])
    record = (await office.get(f"{path}/draw-record"))["record"]
    skipped = [one for one in record["attendance"] if one["outcome"] == "SKIPPED"]
    season.check(
        (skipped or size.away) and all(one["reason"] for one in skipped),
        "who was passed over has a recorded reason",
    )
    seats = (await office.get(f"{path}/attendance"))["seats"]
    seats.sort(key=lambda seat: experts[seat["expert_id"]].person.key)
    chairs = [seat for seat in seats if seat["duty"] == "CHAIR"]
    revision = (await office.get(path))["revision"]
    if len(chairs) > 1:
        problem = await office.refused(
            "POST", f"{path}/attendance/confirm", status=409, code="body-incomplete", if_match=revision
        )
        season.check(
            not season.manner.proofs
            or [error["pointer"] for error in problem["errors"]] == ["/executive_chair"],
            "several chairs need an executive one",
        )
        body = {"seat_id": chairs[0]["id"]}
        revision = (await office.put(f"{path}/executive-chair", body, if_match=revision))["revision"]
    done = await office.post(f"{path}/attendance/confirm", if_match=revision)
    everybody = size.seats * len(size.specialties)
    season.check(
        (done["state"], done["attending"]) == ("GROUPING", everybody),
        f"{everybody} experts attend: odd, more than prescribed, with a chair",
    )
    body = {"seat_id": chairs[0]["id"]}
    await office.put(f"{path}/presiding", body, if_match=done["revision"])
    season.count("experts attending", done["attending"])
    return list(seats)


async def _ask(
    office: Session, path: str, group: list[dict[str, Any]], wanted: int, declining: list[str]
) -> None:
    seats = 0
    for place in group:
        if seats == wanted:
            break
        here = f"{path}/places/{place['id']}"
        if place["id"] in declining:
            await office.refused("POST", f"{here}/skip", {}, status=422)
            await office.post(f"{here}/skip", {"reason": "UNREACHABLE", "note": "三次拨打均未接通"})
            continue
        await office.post(f"{here}/confirm")
        seats += 1
