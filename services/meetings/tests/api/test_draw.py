"""Setting a meeting up, drawing by lot, asking in the drawn order."""

import pytest
from contracts.meetings import v1


@pytest.mark.req("MTG-01")
async def test_a_meeting_waits_for_the_material(office):
    await office.deliver.once(office.committee_filed())
    await office.deliver.once(office.campaign_published(receipt_deadline="2026-12-01T00:00:00+08:00"))
    refused = await office.staff.post("/meetings", {"campaign_id": str(office.campaign)})
    assert (refused.status_code, refused.json()["code"]) == (409, "material-not-received")
    made = await office.created(all_received=True)
    assert (made["state"], made["prescribed_size"], made["rounds"]) == ("DRAWING", 7, 1)


@pytest.mark.req("MTG-09", "LAW-04")
async def test_the_draw_is_by_a_committed_seed_and_can_be_verified(office, emitted):
    from meetings.domain.draw import verify_draw

    await office.told()
    made = await office.created()
    path = f"/meetings/{made['id']}"
    refused = await office.staff.post(f"{path}/draw", {}, if_match=made["revision"])
    assert refused.json()["code"] == "draw-groups-missing"
    body = {"groups": [{"to_draw": 7}], "multiplier": 1.2}
    refused = await office.staff.put(f"{path}/draw-groups", body, if_match=made["revision"])
    assert (refused.status_code, refused.json()["code"]) == (422, "multiplier-unknown")
    body["multiplier"] = 1.5
    shown = await office.ok(await office.staff.put(f"{path}/draw-groups", body, if_match=made["revision"]))
    assert [group["matching"] for group in shown["groups"]] == [15]
    refused = await office.staff.post(f"{path}/draw", {}, if_match=shown["revision"])
    assert refused.json()["code"] == "seed-not-committed"
    committed = await office.ok(await office.staff.post(f"{path}/draw-commitment"), 201)
    again = await office.ok(await office.staff.post(f"{path}/draw-commitment"))
    assert again == committed
    public = await office.ok(await office.api.nobody.get(f"/draws/{made['id']}"))
    assert (public["commitment"], public["record"]) == (committed["commitment"], None)
    drawn = await office.ok(
        await office.staff.post(f"{path}/draw", {"witness": "38271"}, if_match=shown["revision"])
    )
    assert drawn["state"] == "ATTENDANCE"
    record = (await office.get(f"{path}/draw-record"))["record"]
    assert len(record["groups"][0]["drawn"]) == 11
    assert record["commitment"] == committed["commitment"]
    assert verify_draw(record) == []
    assert [type(event) for event in await emitted() if event.topic == "meetings.meeting"] == [
        v1.MeetingCreated,
        v1.ExpertsDrawn,
    ]


@pytest.mark.req("MTG-11", "LAW-04")
async def test_experts_are_asked_in_the_drawn_order(office, emitted):
    await office.told()
    made = await office.drawn()
    path = f"/meetings/{made['id']}/places"
    first, second, third = (await office.places(made["id"]))[:3]
    refused = await office.staff.post(f"{path}/{second['id']}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "out-of-order")
    refused = await office.staff.post(f"{path}/{first['id']}/skip", {"reason": "NOT_LIKED"})
    assert refused.status_code == 422
    skipped = {"reason": "UNREACHABLE", "note": "三次未接"}
    await office.ok(await office.staff.post(f"{path}/{first['id']}/skip", skipped))
    await office.ok(await office.staff.post(f"{path}/{second['id']}/confirm"))
    refused = await office.staff.post(f"{path}/{second['id']}/confirm")
    assert refused.json()["code"] == "already-decided"
    refused = await office.staff.post(f"{path}/{third['id']}/cancel", {"reason": "病"})
    assert refused.json()["code"] == "not-attending"
    await office.ok(await office.staff.post(f"{path}/{second['id']}/cancel", {"reason": "因病"}))
    told = [type(event) for event in await emitted() if event.topic == "meetings.seat"]
    assert told == [v1.SeatTaken, v1.SeatLeft]
    record = (await office.get(f"/meetings/{made['id']}/draw-record"))["record"]
    assert [one["outcome"] for one in record["attendance"]][:3] == ["SKIPPED", "CANCELLED", "PENDING"]


@pytest.mark.req("LAW-03", "LAW-05", "MTG-10")
async def test_the_body_is_complete_odd_and_has_its_executive_chair(office):
    await office.told(chairs=15)
    made = await office.drawn()
    path = f"/meetings/{made['id']}"
    places = await office.places(made["id"])
    for place in places[:6]:
        await office.ok(await office.staff.post(f"{path}/places/{place['id']}/confirm"))
    refused = await office.staff.post(f"{path}/attendance/confirm", if_match=made["revision"])
    assert refused.json()["code"] == "body-incomplete"
    assert {error["rule"] for error in refused.json()["errors"]} == {"size", "odd", "required"}
    seat = await office.ok(await office.staff.post(f"{path}/places/{places[6]['id']}/confirm"))
    refused = await office.staff.post(f"{path}/places/{places[7]['id']}/confirm")
    assert refused.json()["code"] == "places-full"
    named = await office.ok(
        await office.staff.put(f"{path}/executive-chair", {"seat_id": seat["id"]}, if_match=made["revision"])
    )
    done = await office.ok(await office.staff.post(f"{path}/attendance/confirm", if_match=named["revision"]))
    assert (done["state"], done["attending"]) == ("ALLOCATING", 7)


@pytest.mark.req("LAW-06")
async def test_nobody_is_drawn_outside_the_filing(office):
    await office.told(committee={"valid_until": "2026-11-02"})
    made = await office.created()
    path = f"/meetings/{made['id']}"
    body = {"groups": [{"to_draw": 7}], "multiplier": 2}
    shown = await office.ok(await office.staff.put(f"{path}/draw-groups", body, if_match=1))
    await office.staff.post(f"{path}/draw-commitment")
    office.clock.advance(days=1)
    refused = await office.staff.post(f"{path}/draw", {}, if_match=shown["revision"])
    assert (refused.status_code, refused.json()["code"]) == (409, "filing-invalid")


async def test_a_draw_without_chair_or_vice_chair_is_refused(office):
    await office.deliver.once(office.committee_filed())
    await office.deliver.once(office.campaign_published())
    for _ in range(12):
        await office.deliver.once(office.expert_admitted())
    made = await office.created()
    path = f"/meetings/{made['id']}"
    body = {"groups": [{"to_draw": 7}], "multiplier": 3}
    shown = await office.ok(await office.staff.put(f"{path}/draw-groups", body, if_match=1))
    await office.staff.post(f"{path}/draw-commitment")
    refused = await office.staff.post(f"{path}/draw", {}, if_match=shown["revision"])
    assert refused.json()["code"] == "no-chair-candidate"
