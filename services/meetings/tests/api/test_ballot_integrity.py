"""One person one vote, a rightful presiding chair, nothing counted that must not be, draws that stay visible."""

import pytest
from contracts.committees.v1 import Duty


@pytest.mark.req("BEY-04", "LAW-02")
async def test_one_person_has_one_seat_even_if_the_library_holds_them_twice(office):
    await office.told(experts=13)
    twice = next(iter(office.experts.values()))
    await office.deliver.once(office.expert_admitted(person=twice.person, name=twice.name))
    made = await office.drawn(multiplier="2")
    path = f"/meetings/{made['id']}/places"
    both = [place for place in await office.places(made["id"]) if place["name"] == twice.name]
    assert len(both) == 2
    for place in await office.places(made["id"]):
        if place["id"] == both[1]["id"]:
            break
        outcome = "confirm" if place["id"] == both[0]["id"] else "skip"
        body = {"reason": "DECLINED"} if outcome == "skip" else None
        await office.ok(await office.staff.post(f"{path}/{place['id']}/{outcome}", body))
    refused = await office.staff.post(f"{path}/{both[1]['id']}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "expert-not-qualified")
    path = f"{path}/{both[1]['id']}/skip"
    await office.ok(await office.staff.post(path, {"reason": "NOT_QUALIFIED"}))


@pytest.mark.req("LAW-03")
async def test_a_vice_chair_named_early_does_not_preside_over_a_chair_who_came_later(office):
    await office.told(experts=1)
    await office.deliver.once(office.expert_admitted(duty=Duty.VICE_CHAIR, specialty="园艺"))
    for _ in range(6):
        await office.deliver.once(office.expert_admitted(specialty="植物保护"))
    groups = [{"specialty": one, "to_draw": n} for one, n in (("园艺", 1), ("农学", 1), ("植物保护", 5))]

    async def attending():
        made = await office.drawn(groups)
        path = f"/meetings/{made['id']}"
        places = [place for place in await office.places(made["id"]) if place["position"] <= 5]
        seat = await office.ok(await office.staff.post(f"{path}/places/{places[0]['id']}/confirm"))
        assert seat["duty"] == "VICE_CHAIR"
        await office.put("/presiding", {"seat_id": seat["id"]}, made["id"])
        for place in places[1:]:
            await office.ok(await office.staff.post(f"{path}/places/{place['id']}/confirm"))
        return await office.post("/attendance/confirm", None, made["id"])

    office.attending = attending
    meeting = await office.ready()
    await office.refused("/rounds", None, meeting, 409, "presiding-invalid")
    vice = next(seat for seat in await office.seats(meeting) if seat["duty"] == "VICE_CHAIR")
    await office.put("/presiding", {"seat_id": vice["id"], "reason": "主任委员因公外出。"}, meeting)
    await office.post("/rounds", None, meeting)


@pytest.mark.req("BEY-05", "LAW-02")
async def test_a_mark_of_a_recused_expert_is_never_counted(office):
    """A recusal that a ballot does not know of still keeps its mark out of the count."""
    from uuid import UUID

    from chassis import clock
    from meetings.tables import Recusal

    await office.told()
    meeting = await office.voting()
    seats = await office.seats(meeting)
    for seat in seats:
        await office.cast(seat)
    office.db.add(
        Recusal(
            meeting_id=UUID(meeting),
            seat_id=UUID(seats[0]["id"]),
            application_id=office.applicants[0],
            cause="DECLARED",
            at=clock.now(),
        )
    )
    await office.db.commit()
    await office.post("/rounds/close", {}, meeting)
    line = (await office.get(f"/meetings/{meeting}/results"))[0]["applicants"][0]
    assert (line["votes_for"], line["recused"], line["attending"]) == (6, 1, 7)


@pytest.mark.req("LAW-04")
async def test_a_void_draw_stays_visible_to_everybody(office):
    await office.told(experts=7)
    made = await office.drawn()
    path = f"/meetings/{made['id']}"
    first = await office.ok(await office.api.nobody.get(f"/draws/{made['id']}"))
    for place in await office.places(made["id"]):
        await office.ok(
            await office.staff.post(f"{path}/places/{place['id']}/skip", {"reason": "UNREACHABLE"})
        )
    await office.post("/redraw", {"reason": "候选专家均不能参评。"}, made["id"])
    await office.ok(await office.staff.post(f"{path}/draw-commitment"))
    last = await office.ok(await office.api.nobody.get(f"/draws/{made['id']}"))
    void = await office.ok(await office.api.nobody.get(f"/draws/{made['id']}?serial=1"))
    assert (last["serial"], void["serial"]) == (2, 1)
    assert (void["commitment"], void["void_reason"]) == (first["commitment"], "候选专家均不能参评。")
    assert void["record"] is None


@pytest.mark.req("LAW-18", "LAW-04")
async def test_who_left_the_library_after_the_draw_takes_no_seat(office):
    from uuid import UUID

    from contracts.committees.v1 import ExpertStatus, ExpertSuspended

    await office.told()
    made = await office.drawn()
    first = (await office.places(made["id"]))[0]
    path = f"/meetings/{made['id']}/places/{first['id']}"
    refused = await office.staff.post(f"{path}/skip", {"reason": "NOT_QUALIFIED"})
    assert (refused.status_code, refused.json()["code"]) == (409, "expert-still-qualified")
    expert = UUID(first["expert_id"])
    admitted = office.expert_admitted(subject=expert, **office.experts[expert].model_dump(exclude={"state"}))
    state = admitted.state.model_copy(update={"state": ExpertStatus.SUSPENDED})
    await office.deliver.once(
        ExpertSuspended(subject=expert, revision=3, actor=admitted.actor, reason="违反评审纪律", state=state)
    )
    refused = await office.staff.post(f"{path}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "expert-not-qualified")
    await office.ok(await office.staff.post(f"{path}/skip", {"reason": "NOT_QUALIFIED"}))


@pytest.mark.req("LAW-01", "BEY-05")
async def test_the_office_cannot_recuse_until_one_vote_tells_itself(office):
    await office.told()
    meeting = await office.voting()
    seats, applicant = await office.seats(meeting), str(office.applicants[0])
    path, reason = f"/meetings/{meeting}/recusals", "系申报人导师"
    for seat in seats[:5]:
        body = {"seat_id": seat["id"], "application_id": applicant, "reason": reason}
        await office.ok(await office.staff.post(path, body), 201)
    body = {"seat_id": seats[5]["id"], "application_id": applicant, "reason": reason}
    refused = await office.staff.post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal-move")
    # An expert's own conscience goes first.
    body = {"application_id": applicant, "reason": reason}
    own = await office.expert(seats[5]).post(f"/seats/{seats[5]['id']}/recusals", body)
    await office.ok(own, 201)
