"""Meetings with specialty groups: two rounds, by vote or by score (MTG-22 to 24)."""

import pytest

GROUPS = (
    {"specialty": "农学", "to_draw": 3},
    {"specialty": "园艺", "to_draw": 3},
    {"specialty": "植物保护", "to_draw": 3},
)


async def grouped(office, method, applicants=6):
    """A meeting in three groups of three, its first round open."""
    meeting, _ = await deliberated(office, method, applicants)
    await office.post("/rounds", None, meeting)
    return meeting


async def deliberated(office, method, applicants=6):
    """The same with written opinions, before the round; and its groups as they were set."""
    campaign = {"specialty_groups": True, "group_method": method}
    await office.told(experts=18, applicants=applicants, campaign=campaign)
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
    return meeting, groups


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


@pytest.mark.req("LAW-07")
async def test_an_opinion_of_another_group_does_not_open_the_vote(office):
    meeting, groups = await deliberated(office, "VOTE")
    groups[0]["specialties"], groups[1]["specialties"] = groups[1]["specialties"], groups[0]["specialties"]
    await office.post("/rearrange", None, meeting)
    await office.put("/groups", {"groups": groups}, meeting)
    await office.post("/arrange", None, meeting)
    await office.refused("/rounds", None, meeting, 409, "opinions-missing")


async def _group_without_presiding(office, meeting):
    shown, seats = await office.meeting(meeting), await office.seats(meeting)
    led = next(seat["group_number"] for seat in seats if seat["id"] == shown["presiding"])
    return seats, [seat for seat in seats if seat["group_number"] == led % 3 + 1]


@pytest.mark.req("LAW-01", "LAW-07")
async def test_a_group_of_which_one_expert_is_left_is_not_counted(office):
    meeting = await grouped(office, "VOTE")
    seats, group = await _group_without_presiding(office, meeting)
    for seat in seats:
        if seat not in group[1:]:
            await office.cast(seat)
    await office.refused("/rounds/close", {"absent_reason": "离会"}, meeting, 409, "below-quorum")
    await office.cast(group[1])
    counted = await office.post("/rounds/close", {"absent_reason": "离会"}, meeting)
    assert (counted["state"], counted["round"]) == ("VOTING", 1)


@pytest.mark.req("LAW-01")
async def test_absence_beside_a_recusal_leaves_nobody_to_vote_alone(office):
    meeting = await grouped(office, "VOTE")
    seats, group = await _group_without_presiding(office, meeting)
    applicant = (await office.ballot(group[0]))["lines"][0]["application_id"]
    body = {"application_id": applicant, "reason": "系申报人亲属"}
    await office.ok(await office.expert(group[0]).post(f"/seats/{group[0]['id']}/recusals", body))
    for seat in seats:
        if seat is not group[1]:
            await office.cast(seat)
    await office.refused("/rounds/close", {"absent_reason": "离会"}, meeting, 409, "below-quorum")


@pytest.mark.req("LAW-01")
async def test_open_ballots_tell_no_figures_of_a_ballot_about_one_applicant(office, monkeypatch):
    from dataclasses import replace

    from meetings.queries import results
    from meetings.rules import rules_of

    monkeypatch.setattr(results, "rules_of", lambda pack: replace(rules_of(pack), secret=False))
    meeting = await grouped(office, "VOTE", applicants=3)
    for seat in await office.seats(meeting):
        await office.cast(seat)
    await office.post("/rounds/close", {}, meeting)
    assert (await office.get(f"/meetings/{meeting}/results"))[0]["experts"] is None
