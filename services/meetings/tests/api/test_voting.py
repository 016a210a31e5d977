"""Order, reviewers, opinions, ballots and the count of meetings without groups."""

import asyncio

import pytest
from contracts.meetings import v1
from sqlalchemy import select


@pytest.mark.req("MTG-12", "MTG-13", "MTG-25")
async def test_applicants_are_ordered_and_reviewed_before_the_vote(office, emitted):
    await office.told(applicants=3)
    meeting = (await office.attending())["id"]
    path = f"/meetings/{meeting}"
    first, second, third = (str(one) for one in office.applicants)
    revision = (await office.meeting(meeting))["revision"]
    refused = await office.staff.put(f"{path}/order", {"applicants": [first]}, if_match=revision)
    assert refused.json()["code"] == "order-invalid"
    ordered = await office.put("/order", {"applicants": [third, first, second]}, meeting)
    assert [one["application_id"] for one in ordered["applicants"]] == [third, first, second]
    await office.refused("/arrange", None, meeting, 409, "not-arranged")
    seats = [seat["id"] for seat in await office.seats(meeting)]
    body = {"reviewers": [{"application_id": first, "lead": seats[0], "assistants": [seats[1]]}]}
    refused = await office.staff.put(f"{path}/reviewers", body, if_match=ordered["revision"])
    assert [error["rule"] for error in refused.json()["errors"]] == ["size"]
    body = {
        "reviewers": [
            {"application_id": one, "lead": seats[0], "assistants": seats[1:3]}
            for one in (first, second, third)
        ]
    }
    await office.put("/reviewers", body, meeting)
    await office.post("/arrange", None, meeting)
    await office.refused("/rounds", None, meeting, 409, "opinions-missing")
    await office.write_opinions(meeting)
    opened = await office.post("/rounds", None, meeting)
    assert (opened["state"], opened["round"]) == ("VOTING", 1)
    shown = await office.ballot((await office.seats(meeting))[0])
    assert [line["application_id"] for line in shown["lines"]] == [third, first, second]
    reviewed = [event.subject for event in await emitted() if isinstance(event, v1.CandidacyReviewed)]
    assert [str(one) for one in reviewed] == [third, first, second]


@pytest.mark.req("MTG-15", "BEY-03", "BEY-04", "LAW-01")
async def test_a_ballot_is_complete_personal_and_secret(office, emitted):
    await office.told()
    meeting = await office.voting()
    seats = await office.seats(meeting)
    ballot = await office.ballot(seats[0])
    mine, path = office.expert(seats[0]), f"/seats/{seats[0]['id']}/ballot"
    lines = [{"application_id": line["application_id"], "choice": "AGAINST"} for line in ballot["lines"]]
    draft = await office.ok(await mine.put(path, {"lines": lines[:1]}, if_match=ballot["revision"]))
    assert [line["choice"] for line in (await office.ballot(seats[0]))["lines"]] == ["AGAINST", None, None]
    stale = await mine.post(f"{path}/cast", {"lines": lines}, if_match=ballot["revision"])
    assert stale.status_code == 412
    incomplete = await mine.post(f"{path}/cast", {"lines": lines[:2]}, if_match=draft["revision"])
    assert (incomplete.status_code, incomplete.json()["code"]) == (422, "ballot-invalid")
    other = await office.expert(seats[1]).post(f"{path}/cast", {"lines": lines}, if_match=draft["revision"])
    assert other.status_code == 404
    cast = await mine.post(f"{path}/cast", {"lines": lines}, if_match=draft["revision"], key="one")
    again = await mine.post(f"{path}/cast", {"lines": lines}, if_match=draft["revision"], key="one")
    assert (cast.status_code, cast.json(), again.headers["Idempotency-Replayed"]) == (
        200,
        again.json(),
        "true",
    )
    assert "lines" not in cast.json()
    shown = await office.get(f"/meetings/{meeting}/progress")
    assert (shown["submitted"], shown["waiting"]) == (1, 6)
    assert "AGAINST" not in str(shown)
    assert (await office.get(f"/meetings/{meeting}/results")) == []
    told = [event for event in await emitted() if isinstance(event, v1.BallotCast)]
    assert len(told) == 1
    assert "AGAINST" not in told[0].model_dump_json()
    kept = await _everything_but_ballots(office.db)
    assert "AGAINST" not in kept


async def _everything_but_ballots(db):
    from sqlalchemy import text

    found = []
    names = await db.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    for name in names:
        if name != "ballot":
            found += [str(row) for row in await db.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608
    return "\n".join(found)


@pytest.mark.req("MTG-17", "MTG-18", "LAW-01")
async def test_a_ballot_is_reopened_only_at_the_experts_own_request(office, emitted):
    await office.told()
    meeting = await office.voting()
    seats = await office.seats(meeting)
    receipt = await office.cast(seats[0])
    path = f"/meetings/{meeting}/ballots/{receipt['id']}"
    refused = await office.staff.post(f"{path}/reopen")
    assert refused.json()["code"] == "reopen-not-requested"
    asked = await office.expert(seats[0]).post(f"/seats/{seats[0]['id']}/ballot/reopen-request")
    assert (await office.ok(asked))["reopen_requested"] is True
    reopened = await office.ok(await office.staff.post(f"{path}/reopen"))
    assert reopened["state"] == "RETURNED"
    await office.cast(seats[0], lambda _: "AGAINST")
    refused = await office.staff.post(f"{path}/absent", {"reason": "离会"})
    assert refused.json()["code"] == "illegal-move"
    assert [type(event) for event in await emitted() if event.topic == "meetings.ballot"] == [
        v1.BallotCast,
        v1.BallotReopened,
        v1.BallotCast,
    ]


@pytest.mark.req("MTG-18", "MTG-20", "BEY-01", "LAW-03")
async def test_who_did_not_vote_is_set_absent_before_the_count(office):
    await office.told()
    meeting = await office.voting()
    shown = await office.meeting(meeting)
    seats = await office.seats(meeting)
    away = [seat for seat in seats if seat["id"] != shown["presiding"]][:3]
    for seat in seats:
        if seat not in away:
            await office.cast(seat)
    await office.refused("/rounds/close", {}, meeting, 409, "ballots-open")
    # Four of seven are less than two thirds: the round cannot end with three away.
    await office.refused("/rounds/close", {"absent_reason": "离会"}, meeting, 409, "below-quorum")
    await office.cast(away[0], lambda _: "AGAINST")
    closed = await office.post("/rounds/close", {"absent_reason": "离会"}, meeting)
    assert closed["state"] == "COUNTED"
    result = (await office.get(f"/meetings/{meeting}/results"))[0]
    assert (result["attending"], result["present"]) == (7, 5)
    line = result["applicants"][0]
    counted = {name: line[name] for name in ("votes_for", "votes_against", "absent", "attending", "passed")}
    # Who is absent at the round counts as not for: 4 of 7 is below two thirds.
    assert counted == {"votes_for": 4, "votes_against": 1, "absent": 2, "attending": 7, "passed": False}
    late = await office.cast(away[1], ok=False)
    assert late.status_code == 409


@pytest.mark.req("BEY-05", "LAW-02")
async def test_a_recused_expert_has_no_line_for_the_applicant(office):
    from contracts.committees.v1 import Duty

    await office.told(experts=14)
    same = office.expert_admitted(work_unit="成都市 园艺作物研究所", duty=Duty.VICE_CHAIR)
    await office.deliver.once(same)
    meeting = (await office.attending(groups=({"to_draw": 15},)))["id"]
    await office.put("/order", {"applicants": [str(one) for one in office.applicants]}, meeting)
    found = await office.get(f"/meetings/{meeting}/recusals")
    assert {one["cause"] for one in found} == {"SAME_UNIT"}
    assert len(found) == 3
    seats = [seat["id"] for seat in await office.seats(meeting)]
    recused = found[0]["seat_id"]
    body = {
        "reviewers": [{"application_id": str(office.applicants[0]), "lead": recused, "assistants": seats[:2]}]
    }
    revision = (await office.meeting(meeting))["revision"]
    refused = await office.staff.put(f"/meetings/{meeting}/reviewers", body, if_match=revision)
    assert "recusal" in {error["rule"] for error in refused.json()["errors"]}


@pytest.mark.req("BEY-05", "LAW-02")
async def test_a_recusal_during_the_round_takes_the_line_out_unseen(office):
    await office.told()
    meeting = await office.voting()
    seats = await office.seats(meeting)
    applicant = str(office.applicants[0])
    await office.cast(seats[0])
    body = {"application_id": applicant, "reason": "系申报人亲属"}
    await office.ok(await office.expert(seats[0]).post(f"/seats/{seats[0]['id']}/recusals", body))
    body = {"seat_id": seats[1]["id"], "application_id": applicant, "reason": "系申报人导师"}
    await office.ok(await office.staff.post(f"/meetings/{meeting}/recusals", body))
    assert len((await office.ballot(seats[1]))["lines"]) == 2
    for seat in seats[1:]:
        await office.cast(seat)
    await office.post("/rounds/close", {}, meeting)
    lines = (await office.get(f"/meetings/{meeting}/results"))[0]["applicants"]
    line = next(one for one in lines if one["application_id"] == applicant)
    counted = {name: line[name] for name in ("votes_for", "recused", "attending", "passed")}
    assert counted == {"votes_for": 5, "recused": 2, "attending": 7, "passed": True}


@pytest.mark.req("LAW-01")
async def test_a_round_about_one_applicant_tells_nothing_while_it_is_open(office):
    await office.told(applicants=1)
    meeting = await office.voting()
    await office.cast((await office.seats(meeting))[0])
    shown = await office.get(f"/meetings/{meeting}/progress")
    assert (shown["submitted"], shown["waiting"], shown["absent"]) == (None, None, None)
    assert {one["state"] for one in shown["ballots"]} == {None}


@pytest.mark.req("LAW-06")
async def test_no_vote_counts_outside_the_filing(office):
    await office.told(committee={"valid_until": "2026-11-02"})
    meeting = await office.voting()
    office.clock.advance(days=1)
    refused = await office.cast((await office.seats(meeting))[0], ok=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "filing-invalid")


@pytest.mark.req("LAW-08", "BEY-06")
async def test_the_presiding_chair_signs_and_nothing_changes_afterwards(office, emitted, run_jobs):
    await office.told()
    failed = str(office.applicants[1])
    meeting = await office.counted(lambda applicant: "AGAINST" if applicant == failed else "FOR")
    shown = await office.meeting(meeting)
    seats = await office.seats(meeting)
    chair = next(seat for seat in seats if seat["id"] == shown["presiding"])
    other = next(seat for seat in seats if seat["id"] != shown["presiding"])
    path = f"/seats/{chair['id']}"
    body = {"minutes_sha256": "0" * 64}
    early = await office.expert(chair).post(f"{path}/sign", body)
    assert early.json()["code"] == "minutes-not-ready"
    await run_jobs()
    changed = await office.expert(chair).post(f"{path}/sign", body)
    assert changed.json()["code"] == "minutes-changed"
    await office.put("/minutes", {"paragraphs": ["会议听取了评议意见。"]}, meeting)
    await run_jobs()
    result = await office.ok(await office.expert(chair).get(f"{path}/result"))
    body = {"minutes_sha256": result["minutes"]["sha256"]}
    stranger = await office.expert(other).post(f"/seats/{other['id']}/sign", body)
    assert stranger.status_code == 404
    assert not [event for event in await emitted() if isinstance(event, (v1.VotePassed, v1.VoteFailed))]
    signed = await office.ok(await office.expert(chair).post(f"{path}/sign", body))
    assert (signed["state"], signed["passed"], signed["failed"]) == ("ANNOUNCED", 2, 1)
    again = await office.expert(chair).post(f"{path}/sign", body)
    assert again.json()["code"] == "illegal-move"
    told = {str(event.subject): event for event in await emitted() if event.topic == "meetings.candidacy"}
    assert isinstance(told[failed], v1.VoteFailed)
    assert told[failed].state.totals == v1.Totals(for_=0, against=7, abstain=0, attending=7)
    seats_told = [event for event in await emitted() if isinstance(event, v1.SeatChanged)]
    assert {event.state.active for event in seats_told} == {False}


@pytest.mark.req("BEY-04")
async def test_sixty_ballots_against_one_closing(office):
    """Every ballot that was accepted is counted, every other one refused."""
    from meetings.tables import Ballot

    await office.told(experts=61, applicants=2)
    meeting = await office.voting(groups=({"to_draw": 61},))
    seats = await office.seats(meeting)
    shown = await office.meeting(meeting)
    chair = next(seat for seat in seats if seat["id"] == shown["presiding"])
    await office.cast(chair)
    others = [seat for seat in seats if seat is not chair]
    assert len(others) == 60
    ballots = {seat["id"]: await office.ballot(seat) for seat in others}

    async def cast(seat):
        ballot = ballots[seat["id"]]
        lines = [{"application_id": line["application_id"], "choice": "FOR"} for line in ballot["lines"]]
        client = office.expert(seat)
        return await client.post(
            f"/seats/{seat['id']}/ballot/cast", {"lines": lines}, if_match=ballot["revision"]
        )

    async def close():
        return await office.staff.post(
            f"/meetings/{meeting}/rounds/close", {"absent_reason": "未投票"}, if_match=shown["revision"]
        )

    # Fifty race the closing, which begins with the first accepted one; ten come after it.
    racing = [asyncio.create_task(cast(seat)) for seat in others[:50]]
    await asyncio.wait(racing, return_when=asyncio.FIRST_COMPLETED)
    closed = await close()
    answers = [*await asyncio.gather(*racing), *[await cast(seat) for seat in others[50:]]]
    assert closed.status_code == 200, closed.text
    accepted = sum(answer.status_code == 200 for answer in answers)
    assert 0 < accepted <= 50
    assert {answer.json().get("code") for answer in answers if answer.status_code != 200} == {"round-closed"}
    lines = (await office.get(f"/meetings/{meeting}/results"))[0]["applicants"]
    assert {line["votes_for"] for line in lines} == {accepted + 1}
    assert {line["absent"] for line in lines} == {60 - accepted}
    states = list(await office.db.scalars(select(Ballot.state)))
    assert states.count("SUBMITTED") == accepted + 1
