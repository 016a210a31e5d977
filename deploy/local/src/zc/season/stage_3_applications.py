"""Applications: choose, fill, submit; employers and superiors vet, the committee accepts.

Needs `unit/<key>` of stage 1 and a campaign that receives. Leaves `committee`, `campaign`,
`application/<person key>` for every applicant, and the list `accepted` of the keys of those accepted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zc.season import stage_3_refusals, stage_3_vetting
from zc.season.season import Season
from zc.season.session import Session
from zc.season.stage_3_form import APPLICATIONS, fill, settings, submit
from zc.world import Applicant


async def play(season: Season) -> None:
    """Forty applicants at once, each with a fate of their own."""
    people = season.world.applicants
    await everybody_applies(season)
    await stage_3_refusals.after_submission(season, people)
    await _withdrawals(season, [one for one in people if "withdraw" in one.story])
    await stage_3_vetting.play(season, [one for one in people if one.story["ends"] != "WITHDRAWN"])


async def everybody_applies(season: Season) -> None:
    """Everybody chooses the committee, fills the form and hands it in."""
    people = season.world.applicants
    found = await _committee(season, people[0])
    await _reception(season, people[0], found)
    await stage_3_refusals.before_the_draft(season, people[0], found)
    await season.phase("submission")
    await season.together("申报", people, lambda one: _applies(season, one, found))
    season.count("applications submitted", len(people))


async def _committee(season: Season, one: Applicant) -> dict[str, Any]:
    """Find the committee that is directly applicable, as an applicant does (APP-02 to 05)."""
    session = season.person(one)
    every = await session.get("/applications/settings/catalogue")
    left = await session.get("/applications/settings/catalogue", series=one.series, level=one.level)
    season.check(
        one.title in left["titles"] and set(left["titles"]) < set(every["titles"]),
        "series, level, specialty and title restrict each other",
    )
    wanted = {
        "employer_id": str(season.facts[f"unit/{one.employer.key}"]), "year": one.year, "series": one.series,
        "level": one.level, "specialty": one.specialty, "title": one.title, "size": 100,
    }  # fmt: skip

    async def listed() -> dict[str, Any]:
        return dict(await session.get("/applications/settings/committees", **wanted))

    def ours(tables: dict[str, Any]) -> list[dict[str, Any]]:
        ids = (str(season.facts["committee"]), str(season.facts["campaign"]))
        return [row for row in tables["direct"]["items"] if (row["id"], row["campaign_id"]) == ids]

    tables = await season.eventually(listed, ours, "the committee's campaign among the directly applicable")
    season.check(
        tables["direct"]["total"] == len(tables["direct"]["items"]),
        "directly applicable committees are listed with their number",
    )
    return ours(tables)[0]


async def _reception(season: Season, one: Applicant, found: dict[str, Any]) -> None:
    """Read the campaign card; go to the day on which reception begins."""
    session = season.person(one)

    async def card() -> dict[str, Any]:
        return dict(
            await session.get("/applications/settings/campaign", committee_id=found["id"], year=one.year)
        )

    shown = await card()
    season.check(
        all(
            shown[name] for name in ("name", "eligible_scope", "first_deadline", "modified_deadline", "phone")
        ),
        "the campaign card shows scope, deadlines and phone",
    )
    season.clock.set(datetime.fromisoformat(shown["start"]))
    await season.eventually(card, lambda now: now["applicable"], "the campaign to receive applications")
    none = await session.get("/applications/settings/campaign", committee_id=found["id"], year=one.year - 3)
    season.check(none["warning"] and none["phone"], "a year without campaign shows a warning with the phone")


async def _applies(season: Season, one: Applicant, found: dict[str, Any]) -> None:
    """One applicant from the choice to the submission; already done on a stack that was played before."""
    session = season.person(one)
    mine = [row for row in (await session.get(APPLICATIONS))["items"] if row["year"] == one.year]
    draft = mine[0] if mine else await session.post(APPLICATIONS, settings(season, one, found))
    season.remember(f"application/{one.person.key}", draft["id"])
    if draft["state"] != "DRAFT":
        return
    first = one is season.world.applicants[0]
    if first:
        await stage_3_refusals.incomplete(season, session, draft)
    form = await session.get(f"{APPLICATIONS}/{draft['id']}/form", schemas=False)
    await fill(season, session, one, form)
    if first:
        await stage_3_refusals.bad_input(season, session, one, draft)
    await submit(season, one)


async def _withdrawals(season: Season, people: list[Applicant]) -> None:
    """Take submissions back before the employer has decided; some are handed in again."""
    for one in people:
        session: Session = season.person(one)
        path = f"{APPLICATIONS}/{season.facts[f'application/{one.person.key}']}"
        seen = await session.get(path)
        if "withdraw" not in seen["allowed_actions"]:
            continue
        back = await session.post(f"{path}/withdraw", if_match=seen["revision"])
        season.check(back["state"] == "DRAFT", f"{one.person.name}'s submission was withdrawn")
        if one.story["withdraw"]["resubmit"]:
            again = await submit(season, one)
            season.check(again["state"] == "VETTING", f"{one.person.name} handed it in again")
