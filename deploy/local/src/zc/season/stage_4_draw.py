"""The draw by a committed seed, verified here by ten lines, and attendance in its order (MTG-08 to 11, LAW-04)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from zc.season.season import Season
from zc.season.session import Session

MEETINGS = "/meetings/meetings"
EACH = 7  # experts of each specialty


async def draws(season: Season, office: Session, meeting: dict[str, Any]) -> None:
    """Groups with counts, multiplier, commitment, lot."""
    path = f"{MEETINGS}/{meeting['id']}"
    groups = [{"specialty": name, "to_draw": EACH} for name in season.world.committee.specialties]

    async def known() -> Any:
        return await office.put(
            f"{path}/draw-groups",
            {"groups": groups, "multiplier": 1.5},
            if_match=(await office.get(path))["revision"],
        )

    shown = await season.eventually(
        known,
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
        ({"groups": groups[:1], "multiplier": 2}, "draw-groups-invalid"),
        ({"groups": [{"to_draw": 22}], "multiplier": 2}, "draw-groups-invalid"),
    ):
        await office.refused("PUT", f"{path}/draw-groups", body, code=code, **seen)
    season.proved("a multiplier of 1.2, too few or an even number of experts are refused")
    ready = await office.put(
        f"{path}/draw-groups", {"groups": groups, "multiplier": 1.5}, if_match=doubled["revision"]
    )
    now = {"if_match": ready["revision"]}
    await office.refused("POST", f"{path}/draw", {}, status=409, code="seed-not-committed", **now)
    committed = await office.post(f"{path}/draw-commitment")
    public = await season.anonymous.get(f"/meetings/draws/{meeting['id']}")
    season.check(
        (public["commitment"], public["record"]) == (committed["commitment"], None),
        "the seed's commitment is public before the draw, the seed is not",
    )
    await office.post(f"{path}/draw", {"witness": "38271"}, **now)
    record = (await office.get(f"{path}/draw-record"))["record"]
    season.check(record["commitment"] == committed["commitment"], "drawn with the seed committed to")
    season.check(_verified(record), "the exported record verifies with a few lines of anybody's code")
    season.count("experts drawn", sum(len(group["drawn"]) for group in record["groups"]))


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
        declining = max(1 if number == 1 else 0, chair["position"] - EACH if chair in group else 0)
        await _ask(office, path, group, declining, chair)
    record = (await office.get(f"{path}/draw-record"))["record"]
    skipped = [one for one in record["attendance"] if one["outcome"] == "SKIPPED"]
    season.check(
        skipped and all(one["reason"] for one in skipped), "who was passed over has a recorded reason"
    )
    seats = (await office.get(f"{path}/attendance"))["seats"]
    chairs = [seat for seat in seats if seat["duty"] == "CHAIR"]
    revision = (await office.get(path))["revision"]
    if len(chairs) > 1:
        problem = await office.refused(
            "POST", f"{path}/attendance/confirm", status=409, code="body-incomplete", if_match=revision
        )
        season.check(
            [error["pointer"] for error in problem["errors"]] == ["/executive_chair"],
            "several chairs need an executive one",
        )
        body = {"seat_id": chairs[0]["id"]}
        revision = (await office.put(f"{path}/executive-chair", body, if_match=revision))["revision"]
    done = await office.post(f"{path}/attendance/confirm", if_match=revision)
    season.check(
        (done["state"], done["attending"]) == ("GROUPING", 3 * EACH),
        f"{3 * EACH} experts attend: odd, more than prescribed, with a chair",
    )
    body = {"seat_id": chairs[0]["id"]}
    await office.put(f"{path}/presiding", body, if_match=done["revision"])
    season.count("experts attending", done["attending"])
    return list(seats)


async def _ask(
    office: Session, path: str, group: list[dict[str, Any]], declining: int, chair: dict[str, Any]
) -> None:
    seats = 0
    for place in group:
        if seats == EACH:
            break
        here = f"{path}/places/{place['id']}"
        if declining and place["id"] != chair["id"]:
            declining -= 1
            await office.refused("POST", f"{here}/skip", {}, status=422)
            await office.post(f"{here}/skip", {"reason": "UNREACHABLE", "note": "三次拨打均未接通"})
            continue
        await office.post(f"{here}/confirm")
        seats += 1
