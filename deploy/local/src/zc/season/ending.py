"""How the season ended for everybody: each applicant's last state, as the suite tells it, is what the story says.

Counts applications by final state and people; a season that ended otherwise is `Broken`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from zc.season.season import Season
from zc.world import Applicant

# What a story ends with → the states that the suite may show for it at the end.
_ENDS = {
    "ISSUED": "ISSUED",
    "REJECTED": "REJECTED",
    "WITHDRAWN": "DRAFT",
    "VOTE_FAILED": "VOTE_FAILED",
    "OBJECTION_UPHELD": "NOT_CONFIRMED",
}


async def play(season: Season) -> None:
    """Ask every applicant how it ended, and count."""

    async def last_state(one: Applicant) -> str:
        wanted = _ENDS[one.story["ends"]]
        page = await season.eventually(
            lambda: season.person(one).get("/applications/applications"),
            lambda found: any(_state(item) == wanted for item in found["items"]),
            f"{one.person.key} ends as {wanted}",
        )
        return next(_state(item) for item in page["items"] if _state(item) == wanted)

    finals = Counter(await season.together("结果", season.world.applicants, last_state))
    for state, number in sorted(finals.items()):
        season.count(f"applications {state}", number)
    season.count("people", len({login.person.id_number for login in season.world.logins()}))
    issued = len(season.report.certificates)
    season.check(finals["ISSUED"] == issued, "certificates are as many as applications that end issued")
    season.check(
        season.report.counts.get("events_outside") == issued,
        "another system heard of exactly these certificates",
    )
    if len(season.world.applicants) >= 40:
        season.check(
            2 * issued >= len(season.world.applicants), "at least half of the applicants are certified"
        )
        season.check(finals["VOTE_FAILED"] >= 3, "at least three fail the vote")


def _state(item: dict[str, Any]) -> str:
    """The latest state of an application: of its review where that has begun."""
    return str(item["progress"] or item["state"])
