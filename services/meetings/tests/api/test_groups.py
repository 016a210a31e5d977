"""Meetings with specialty groups: two rounds, by vote or by score (MTG-22 to 24)."""

import pytest

GROUPS = (
    {"specialty": "农学", "to_draw": 3},
    {"specialty": "园艺", "to_draw": 3},
    {"specialty": "植物保护", "to_draw": 3},
)


async def grouped(office, method):
    """A meeting in three groups of three, its first round open."""
    await office.told(experts=18, applicants=6, campaign={"specialty_groups": True, "group_method": method})
    meeting = (await office.attending(groups=GROUPS))["id"]
    assert (await office.meeting(meeting))["state"] == "GROUPING"
    by_specialty = {}
    for seat in await office.seats(meeting):
        by_specialty.setdefault(seat["specialty"], []).append(seat["id"])
    groups = [
        {"name": f"{name}组", "leader": members[0], "members": members, "specialties": [name]}
        for name, members in by_specialty.items()
    ]
    revision = (await office.meeting(meeting))["revision"]
    wrong = [dict(groups[0], members=groups[0]["members"][:2]), *groups[1:]]
    refused = await office.staff.put(f"/meetings/{meeting}/groups", {"groups": wrong}, if_match=revision)
    assert {error["rule"] for error in refused.json()["errors"]} == {"size", "complete"}
    done = await office.put("/groups", {"groups": groups}, meeting)
    assert done["state"] == "ALLOCATING"
    await office.put("/order", {"applicants": [str(one) for one in office.applicants]}, meeting)
    await office.post("/arrange", None, meeting)
    await office.refused("/rounds", None, meeting, 409, "opinions-missing")
    await office.write_opinions(meeting)
    await office.post("/rounds", None, meeting)
    return meeting


@pytest.mark.req("MTG-22", "MTG-23", "MTG-24", "LAW-07")
async def test_a_groups_vote_eliminates_before_all_vote_on_the_rest(office, run_jobs):
    meeting = await grouped(office, "VOTE")
    fails = str(office.applicants[0])
    for seat in await office.seats(meeting):
        ballot = await office.ballot(seat)
        assert len(ballot["lines"]) == 2
        assert {line["specialty"] for line in ballot["lines"]} == {seat["specialty"]}
        await office.cast(seat, lambda one: "AGAINST" if one == fails else "FOR")
    closed = await office.post("/rounds/close", {}, meeting)
    assert (closed["state"], closed["round"]) == ("VOTING", 1)
    await office.refused("/rounds/close", {}, meeting, 409, "round-closed")
    opened = await office.post("/rounds", None, meeting)
    assert opened["round"] == 2
    for seat in await office.seats(meeting):
        ballot = await office.ballot(seat)
        assert len(ballot["lines"]) == 5
        assert ballot["lines"][0]["reference"]["votes_for"] == 3
        await office.cast(seat)
    counted = await office.post("/rounds/close", {}, meeting)
    assert counted["state"] == "COUNTED"
    rounds = await office.get(f"/meetings/{meeting}/results")
    assert [line["attending"] for line in rounds[0]["applicants"]] == [3] * 6
    assert [line["attending"] for line in rounds[1]["applicants"]] == [9] * 5
    assert {one["experts"] for one in rounds} == {None}


@pytest.mark.req("MTG-24", "MTG-03")
async def test_a_groups_scores_are_a_reference_and_eliminate_nobody(office):
    meeting = await grouped(office, "SCORE")
    seats = await office.seats(meeting)
    too_much = await office.cast(seats[0], lambda _: 101, ok=False)
    assert too_much.json()["code"] == "ballot-invalid"
    for seat in seats:
        await office.cast(seat, lambda _: 10)
    await office.post("/rounds/close", {}, meeting)
    rounds = await office.get(f"/meetings/{meeting}/results")
    assert [(line["score"], line["passed"]) for line in rounds[0]["applicants"]] == [(30, None)] * 6
    await office.post("/rounds", None, meeting)
    ballot = await office.ballot(seats[0])
    assert [line["reference"]["score"] for line in ballot["lines"]] == [30] * 6
    assert ballot["method"] == "VOTE"
