"""Two rounds of secret ballots: cast at once, followed live, one reopened, one absent (MTG-15 to 24, LAW-01, 02)."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx

from zc.season.season import Season
from zc.season.session import Broken, Session
from zc.world import Applicant, Expert, choices

MEETINGS = "/meetings/meetings"
SEATS = "/meetings/seats"
_WORDS = ("FOR", "AGAINST", "ABSTAIN")


class Hall:
    """The meeting as the stage sees it: who sits where, who is voted on."""

    def __init__(
        self,
        season: Season,
        office: Session,
        meeting: str,
        seats: dict[str, Expert],
        applicants: dict[str, Applicant],
    ) -> None:
        self.season, self.office, self.meeting = season, office, meeting
        self.seats, self.applicants = seats, applicants
        self.path = f"{MEETINGS}/{meeting}"

    def session(self, seat: str) -> Session:
        """The session of who sits there."""
        return self.season.person(self.seats[seat])

    async def revision(self) -> int:
        """The meeting's present revision."""
        return int((await self.office.get(self.path))["revision"])

    async def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """A command of the office on the meeting as it is now."""
        return dict(await self.office.post(f"{self.path}{path}", body, if_match=await self.revision()))

    async def put(self, path: str, body: Any) -> dict[str, Any]:
        """A replacement by the office."""
        return dict(await self.office.put(f"{self.path}{path}", body, if_match=await self.revision()))

    async def refused(self, path: str, body: Any, status: int, code: str) -> dict[str, Any]:
        """Prove that the office is refused."""
        revision = await self.revision()
        return await self.office.refused(
            "POST", f"{self.path}{path}", body, status=status, code=code, if_match=revision
        )


async def two_rounds(hall: Hall) -> None:
    """Groups vote first, then everybody on who is left."""
    season = hall.season
    opened = await hall.post("/rounds")
    season.check((opened["state"], opened["round"]) == ("VOTING", 1), "voting is open: round 1, by groups")
    cast = await _round(hall, 1, absent=None)
    closed = await hall.post("/rounds/close", {})
    season.check(closed["state"] == "VOTING", "the groups' count is a step, not the result")
    first = (await hall.office.get(f"{hall.path}/results"))[0]
    _counted(season, first)
    left = {row["application_id"] for row in first["applicants"] if row["passed"]}
    await hall.post("/rounds")
    shown = await hall.office.get(f"{hall.path}/progress")
    season.check(shown["applicants"] == len(left), "who failed the group's vote is not in round 2")
    presiding = (await hall.office.get(hall.path))["presiding"]
    absent = next(seat for seat in reversed(await _voting(hall)) if seat != presiding)
    cast += await _round(hall, 2, absent=absent)
    await hall.refused("/rounds/close", {}, 409, "ballots-open")
    ballots = (await hall.office.get(f"{hall.path}/progress", submitted=False))["ballots"]
    path = f"{hall.path}/ballots/{ballots[0]['id']}/absent"
    away = await hall.office.post(path, {"reason": "因公务提前离会"})
    season.check(
        ([row["seat_id"] for row in ballots], away["state"]) == ([absent], "ABSENT"),
        "who did not vote is set absent with a reason before the count",
    )
    counted = await hall.post("/rounds/close", {})
    season.check(counted["state"] == "COUNTED", "the last round is counted")
    last = (await hall.office.get(f"{hall.path}/results"))[1]
    _counted(season, last)
    season.check(
        (last["attending"], last["present"]) == (len(hall.seats), len(hall.seats) - 1),
        "the absent expert stays in the base of the majority",
    )
    season.count("ballots", cast)
    if not season.manner.proofs:
        return
    late = await hall.session(absent).raw(
        "POST", f"{SEATS}/{absent}/ballot/cast", {"lines": []}, if_match=ballots_revision(away)
    )
    season.check(late.status_code == 409, "a late ballot is refused")


def ballots_revision(moved: dict[str, Any]) -> int:
    """The revision of a ballot that was moved."""
    return int(moved["revision"])


def _counted(season: Season, result: dict[str, Any]) -> None:
    season.check(
        all(row["passed"] == (3 * row["votes_for"] >= 2 * row["attending"]) for row in result["applicants"]),
        f"round {result['round']}: passed is two thirds of the attending, in integers",
    )


async def _voting(hall: Hall) -> list[str]:
    """The seats that have a ballot in the round that is open."""
    shown = await hall.office.get(f"{hall.path}/progress")
    having = {row["seat_id"] for row in shown["ballots"]}
    return [seat for seat in hall.seats if seat in having]


async def _round(hall: Hall, number: int, absent: str | None) -> int:
    """Everybody but the absent casts at once while the office looks on; returns how many ballots."""
    season = hall.season
    having = await _voting(hall)
    voters = [seat for seat in having if seat != absent]
    taken = await season.together(f"第{number}轮 领票", having, lambda seat: _ballot(hall, seat))
    ballots = dict(zip(having, taken, strict=True))
    marks = _marks(hall, ballots, number, absent)
    if number == 1 and season.manner.proofs:
        own = all(
            {hall.applicants[line["application_id"]].specialty for line in ballots[seat]["lines"]}
            <= {hall.seats[seat].specialty}
            for seat in voters
        )
        season.check(own, "in round 1 an expert sees the own group's applicants only, in their order")
        await _bad_ballots(hall, voters, ballots, marks)
    watching = asyncio.create_task(_watched(hall))
    slip = voters[0] if number == 1 else None

    async def cast(seat: str) -> Any:
        mistaken = seat == slip
        lines = [{**line, "choice": "ABSTAIN"} for line in marks[seat]] if mistaken else marks[seat]
        return await _cast(hall, seat, ballots[seat]["revision"], lines)

    await season.phase("voting")
    receipts = await season.together(f"第{number}轮 投票", voters, cast)
    season.check(
        all(row["state"] == "SUBMITTED" and "lines" not in row for row in receipts),
        f"{len(receipts)} experts cast their ballots of round {number} over their own sessions",
    )
    shown = await hall.office.get(f"{hall.path}/progress")
    season.check(
        (shown["submitted"], shown["waiting"]) == (len(voters), 1 if absent else 0),
        "progress tells who has submitted",
    )
    season.check(not _tells(shown), "and never how anybody voted")
    if slip:
        await _reopened(hall, slip, receipts[0], marks[slip])
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return len(voters)


async def _ballot(hall: Hall, seat: str) -> dict[str, Any]:
    return dict(await hall.session(seat).get(f"{SEATS}/{seat}/ballot"))


async def _cast(hall: Hall, seat: str, revision: int, lines: list[dict[str, str]]) -> dict[str, Any]:
    path = f"{SEATS}/{seat}/ballot/cast"
    return dict(await hall.session(seat).post(path, {"lines": lines}, if_match=revision))


def _marks(
    hall: Hall, ballots: dict[str, dict[str, Any]], number: int, absent: str | None
) -> dict[str, list[dict[str, str]]]:
    """How each expert votes, so that every tally is the one of the applicant's story."""
    marks: dict[str, list[dict[str, str]]] = {seat: [] for seat in hall.seats}
    order = {line["application_id"] for ballot in ballots.values() for line in ballot["lines"]}
    for application, applicant in hall.applicants.items():
        if application not in order:
            continue
        entitled = [
            seat
            for seat, expert in hall.seats.items()
            if number > 1 or expert.specialty == applicant.specialty
        ]
        voters = [
            seat
            for seat in entitled
            if seat != absent
            and seat in ballots
            and any(line["application_id"] == application for line in ballots[seat]["lines"])
        ]
        story = applicant.story
        if number == 1 and story["vote"] == "one_short":
            story = {**story, "vote": "clear"}  # falls short of the whole committee, not of the group
        chosen = choices(story, len(entitled), voters, hall.season.world.seed)
        for seat, choice in chosen.items():
            marks[seat].append({"application_id": application, "choice": choice})
    return marks


async def _bad_ballots(
    hall: Hall, voters: list[str], ballots: dict[str, dict[str, Any]], marks: dict[str, list[dict[str, str]]]
) -> None:
    """Incomplete, foreign and stale ballots are refused; closing waits for everybody."""
    seat, other = voters[0], voters[1]
    path = f"{SEATS}/{seat}/ballot/cast"
    mine, seen = hall.session(seat), {"if_match": ballots[seat]["revision"]}
    await mine.refused("POST", path, {"lines": marks[seat][1:]}, status=422, code="ballot-invalid", **seen)
    wrong = [{**line, "choice": "PERHAPS"} for line in marks[seat]]
    await mine.refused("POST", path, {"lines": wrong}, status=422, code="invalid", **seen)
    await mine.refused("POST", path, {"lines": marks[seat]}, status=428)
    await hall.session(other).refused("POST", path, {"lines": marks[seat]}, status=404, **seen)
    await hall.office.refused("POST", path, {"lines": marks[seat]}, status=403, **seen)
    await hall.refused("/rounds/close", {}, 409, "ballots-open")
    hall.season.check(
        await hall.office.get(f"{hall.path}/results") == [], "an open round tells no totals to anybody"
    )
    hall.season.proved("incomplete ballots, and ballots by anybody else, are refused")


async def _reopened(hall: Hall, seat: str, receipt: dict[str, Any], lines: list[dict[str, str]]) -> None:
    """A ballot is returned at the expert's own request only, and changed."""
    path = f"{hall.path}/ballots/{receipt['id']}/reopen"
    await hall.office.refused("POST", path, status=409, code="reopen-not-requested")
    await hall.session(seat).post(f"{SEATS}/{seat}/ballot/reopen-request")
    back = await hall.office.post(path)
    hall.season.check(
        back["state"] == "RETURNED" and not _tells(back),
        "a ballot is reopened at the expert's request, unseen",
    )
    again = await _cast(hall, seat, back["revision"], lines)
    hall.season.check(again["state"] == "SUBMITTED", "the expert changed it and submitted again")


def _tells(content: Any) -> bool:
    """Whether any choice stands in what the office is shown."""
    text = json.dumps(content)
    return any(f'"{word}"' in text for word in _WORDS)


async def _watched(hall: Hall) -> None:
    """Follow the progress as server-sent events, as the office's portal does."""
    season, seen = hall.season, 0
    headers = {"Authorization": f"Bearer {await hall.office.token()}", "Accept": "text/event-stream"}
    url = season.url(f"{hall.path}/progress/events")
    try:
        while True:
            with suppress(httpx.TransportError):  # a browser's EventSource comes back too
                async with season.http.stream("GET", url, headers=headers) as stream:
                    async for line in stream.aiter_lines():
                        if line.startswith("data:"):
                            seen += 1
                            if _tells(json.loads(line[5:])):
                                raise Broken("live progress tells how somebody voted")
            await asyncio.sleep(1)
    finally:
        if seen:
            season.proved(f"progress was followed live: {seen} changes")


def numbers(results: list[dict[str, Any]]) -> tuple[set[UUID], set[UUID]]:
    """Who passed and who failed in the end."""
    deciding = {row["application_id"]: row["passed"] for one in results for row in one["applicants"]}
    passed = {UUID(one) for one, through in deciding.items() if through}
    return passed, {UUID(one) for one in deciding} - passed
