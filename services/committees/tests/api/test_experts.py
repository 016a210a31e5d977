"""Experts are added, imported, submitted, vetted and suspended."""

import pytest
from chassis import persons
from committees_samples import (
    AGRICULTURE,
    CITY_HR,
    COUNTY_HR,
    PROVINCE_HR,
    a_committee,
    an_expert,
    ok,
    refused,
)

MANAGE, VET = "committees.expert.manage", "committees.expert.vet"


async def added(owner, committee, n=0, **changes):
    return ok(await owner.post(f"/committees/{committee['id']}/experts", an_expert(n, **changes)), 201)


async def submitted(owner, committee, n=0):
    made = await added(owner, committee, n)
    return ok(await owner.post(f"/experts/{made['id']}/submit", if_match=made["revision"]))


@pytest.mark.req("COM-22", "COM-23")
async def test_an_expert_is_the_person_of_the_number_and_shown_masked(owner, db):
    from committees.tables import Expert
    from sqlalchemy import select

    made = await added(owner, await a_committee(owner))
    assert (made["state"], made["birth"], made["complete"], made["title_level"]) == (
        "TO_SUBMIT", "1975-03", True, "DEPUTY_SENIOR",
    )  # fmt: skip
    number = an_expert()["id_number"]
    assert made["id_masked"] == f"*****{number[-4:]}"
    row = await db.scalar(select(Expert))
    assert row.person == persons.ref("RESIDENT_ID", number)
    assert number not in str(row.model_dump())


async def test_reading_the_full_number_leaves_a_trace(owner, db):
    from chassis.audit import AccessLog
    from sqlalchemy import select

    made = await added(owner, await a_committee(owner))
    assert ok(await owner.get(f"/experts/{made['id']}/id-number"))["id_number"] == an_expert()["id_number"]
    log = await db.scalar(select(AccessLog))
    assert (log.kind, str(log.subject), log.unit) == ("id-number", made["id"], AGRICULTURE)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id_number": an_expert()["id_number"][:-1] + "A"}, "/id_number"),
        ({"id_number": "510104197513150019"}, "/id_number"),
        ({"sex": "FEMALE"}, "/sex"),
        ({"birth": "197413"}, "/birth"),
        ({"birth": "197404"}, "/birth"),
        ({"phone": "12345"}, "/phone"),
        ({"title_series": "alchemy"}, "/title_series"),
        ({"title_name": "大农艺师"}, "/title_name"),
        ({"post_grade": "P99"}, "/post_grade"),
    ],
)
@pytest.mark.req("COM-22")
async def test_what_is_wrong_about_an_expert_is_refused(owner, changes, pointer):
    committee = await a_committee(owner)
    answer = await owner.post(f"/committees/{committee['id']}/experts", an_expert(**changes))
    assert [error["pointer"] for error in refused(answer, 422, "expert-refused")["errors"]] == [pointer]


async def test_nobody_is_twice_in_a_library_but_may_be_in_two(owner):
    first, second = await a_committee(owner), await a_committee(owner)
    await added(owner, first)
    refused(await owner.post(f"/committees/{first['id']}/experts", an_expert()), 409, "expert-exists")
    await added(owner, second)


@pytest.mark.req("COM-08")
async def test_an_incomplete_expert_is_kept_but_not_submitted(owner):
    made = await added(owner, await a_committee(owner), work_unit="", phone="")
    assert (made["complete"], [gap["pointer"] for gap in made["gaps"]]) == (False, ["/work_unit", "/phone"])
    refused(await owner.post(f"/experts/{made['id']}/submit", if_match=1), 422, "expert-refused")
    mended = ok(await owner.put(f"/experts/{made['id']}", an_expert(), if_match=1))
    assert (
        ok(await owner.post(f"/experts/{made['id']}/submit", if_match=mended["revision"]))["state"]
        == "TO_VET"
    )


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title_name": "助理农艺师"}, "/title_name"),
        ({"title_series": "journalism", "title_name": "主任记者"}, "/title_series"),
        ({"term_from": "2026-01-01", "term_until": "2029-01-01"}, "/term_until"),
        ({"term_from": "2026-02-01", "term_until": "2026-01-01"}, "/term_until"),
    ],
)
@pytest.mark.req("LAW-18")
async def test_title_and_term_are_checked_at_submission(owner, changes, pointer):
    made = await added(owner, await a_committee(owner), **changes)
    answer = await owner.post(f"/experts/{made['id']}/submit", if_match=1)
    assert [error["pointer"] for error in refused(answer, 422, "expert-refused")["errors"]] == [pointer]


@pytest.mark.req("LAW-18")
async def test_a_title_of_a_related_series_that_the_filing_names_will_do(owner):
    committee = await a_committee(owner, related_series=["journalism"])
    made = await added(owner, committee, title_series="journalism", title_name="主任记者")
    assert ok(await owner.post(f"/experts/{made['id']}/submit", if_match=1))["state"] == "TO_VET"


@pytest.mark.req("COM-20", "COM-24", "COM-25")
async def test_the_authorising_unit_passes_some_and_returns_one(owner, bureau, emitted):
    committee = await a_committee(owner)
    rows = [await added(owner, committee, n, duty="CHAIR" if n < 2 else "VICE_CHAIR") for n in range(4)]
    path = f"/committees/{committee['id']}/experts"
    body = {"rows": [{"id": row["id"], "revision": row["revision"]} for row in rows[:3]]}
    assert ok(await owner.post(f"{path}/submit", body | {"dry_run": True}))["done"] == 3
    assert ok(await owner.get(path, params={"tab": "NEW"}))["total"] == 4
    assert ok(await owner.post(f"{path}/submit", body))["done"] == 3

    library = ok(await bureau.get("/expert-vetting"))["items"]
    assert [(one["chairs"], one["vice_chairs"], one["in_library"], one["to_vet"]) for one in library] == [
        (["专家0", "专家1"], ["专家2"], 0, 3)
    ]
    waiting = ok(await bureau.get(f"/expert-vetting/{committee['id']}"))["items"]
    seen = [{"id": one["id"], "revision": one["revision"]} for one in waiting]
    shown = ok(await bureau.get(f"/expert-vetting/experts/{seen[0]['id']}"))
    assert (shown["honours"], shown["allowed_actions"]) == ("无", ["pass", "return"])
    refused(await bureau.get(f"/expert-vetting/experts/{rows[3]['id']}"), 404, "not-found")
    result = ok(
        await bureau.post("/expert-vetting/batch-pass", {"rows": [*seen[:2], {**seen[2], "revision": 9}]})
    )
    assert [(row["done"], (row["problem"] or {}).get("code")) for row in result["results"]] == [
        (True, None), (True, None), (False, "stale"),
    ]  # fmt: skip
    last = f"/experts/{seen[2]['id']}"
    refused(await bureau.post(f"{last}/return", {}, if_match=2), 422, "opinion-required")
    back = ok(await bureau.post(f"{last}/return", {"opinion": "请补充荣誉"}, if_match=2))
    assert (back["state"], back["opinion"]) == ("RETURNED", "请补充荣誉")
    assert ok(await owner.get(path))["counts"] == {
        "NEW": 1, "SUBMITTED": 0, "RECOMMENDED": 0, "IN_LIBRARY": 2, "RETURNED": 1, "SUSPENDED": 0,
    }  # fmt: skip
    assert [event.type.split(".")[2] for event in await emitted()] == [
        "submitted", "submitted", "submitted", "admitted", "admitted", "returned",
    ]  # fmt: skip
    assert ok(await owner.put(last, an_expert(2, honours="先进个人"), if_match=3))["revision"] == 4
    assert ok(await owner.post(f"{last}/submit", if_match=4))["state"] == "TO_VET"


async def test_nobody_vets_their_own_admission(owner, api):
    made = await submitted(owner, await a_committee(owner))
    me = api.as_unit(CITY_HR, VET, person=persons.ref("RESIDENT_ID", an_expert()["id_number"]))
    refused(await me.post(f"/experts/{made['id']}/pass", {}, if_match=2), 403, "own-expert")


@pytest.mark.req("COM-20")
async def test_a_subordinate_recommends_and_the_establishing_unit_vets(owner, api, bureau):
    committee = ok(
        await api.as_unit(CITY_HR, "committees.committee.manage").post(
            "/committees", (await described_by_city())
        ),
        201,
    )
    path = f"/committees/{committee['id']}/experts/recommend"
    county = api.as_unit(COUNTY_HR, MANAGE)
    stranger = api.as_unit(PROVINCE_HR, MANAGE)
    refused(await stranger.post(path, an_expert()), 404, "not-found")
    made = ok(await county.post(path, an_expert()), 201)
    assert made["state"] == "TO_VET"
    city = api.as_unit(CITY_HR, MANAGE, VET)
    listed = ok(await city.get(f"/committees/{committee['id']}/experts", params={"tab": "RECOMMENDED"}))
    assert [one["recommended_by"] for one in listed["items"]] == [str(COUNTY_HR)]
    back = ok(await city.post(f"/experts/{made['id']}/return", {"opinion": "请核对"}, if_match=1))
    again = ok(await county.put(f"/experts/{made['id']}", an_expert(), if_match=back["revision"]))
    sent = ok(await county.post(f"/experts/{made['id']}/submit", if_match=again["revision"]))
    assert (
        ok(await city.post(f"/experts/{made['id']}/pass", {}, if_match=sent["revision"]))["state"]
        == "IN_LIBRARY"
    )


async def described_by_city():
    from committees_samples import described

    return described(authorising_unit_id=str(CITY_HR), filing_unit_id=str(CITY_HR))


async def test_an_expert_is_suspended_and_admitted_again(owner, bureau, emitted):
    made = await submitted(owner, await a_committee(owner))
    path = f"/experts/{made['id']}"
    refused(await owner.post(f"{path}/suspend", {}, if_match=2), 409, "illegal-move")
    ok(await bureau.post(f"{path}/pass", {}, if_match=2))
    refused(await owner.delete(path, if_match=3), 409, "illegal-move")
    assert ok(await owner.post(f"{path}/suspend", {"reason": "调离"}, if_match=3))["state"] == "SUSPENDED"
    assert ok(await owner.post(f"{path}/readmit", {}, if_match=4))["state"] == "IN_LIBRARY"
    assert [event.type.split(".")[2] for event in await emitted()] == [
        "submitted", "admitted", "suspended", "admitted",
    ]  # fmt: skip


async def test_an_expert_who_was_never_submitted_is_removed_without_a_word(owner, emitted):
    committee = await a_committee(owner)
    made = await added(owner, committee)
    assert (await owner.delete(f"/experts/{made['id']}", if_match=1)).status_code == 204
    assert ok(await owner.get(f"/committees/{committee['id']}/experts"))["total"] == 0
    assert await emitted() == []


@pytest.mark.req("COM-08")
async def test_experts_are_found_by_name_and_number(owner):
    committee = await a_committee(owner)
    for n in range(3):
        await added(owner, committee, n)
    path = f"/committees/{committee['id']}/experts/search"
    assert [one["name"] for one in ok(await owner.post(path, {"name": "家1"}))["items"]] == ["专家1"]
    number = an_expert(2)["id_number"]
    assert [one["name"] for one in ok(await owner.post(path, {"id_number": number}))["items"]] == ["专家2"]


async def test_the_template_can_be_downloaded(owner):
    assert ok(await owner.get("/expert-template"))["name"] == "专家导入模板.xlsx"
