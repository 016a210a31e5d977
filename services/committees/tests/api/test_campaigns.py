"""A campaign is edited in five modules, vetted, published, received for, closed."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sheets
from committees_samples import (
    AGRICULTURE,
    BASIC,
    CITY_HR,
    CLAUSES,
    MATERIAL,
    MODULES,
    OPENED,
    a_campaign,
    a_filed_committee,
    a_plan,
    a_stored_file,
    ok,
    refused,
)
from contracts.vocabulary import Matter
from sqlalchemy import select


@pytest.fixture(autouse=True)
def june(clock):
    clock.set(datetime(2026, 6, 10, tzinfo=UTC))


@pytest.fixture
async def committee(db):
    return await a_filed_committee(db)


async def submitted(owner, committee, **basic):
    made = await a_campaign(owner, committee, **basic)
    return ok(await owner.post(f"/campaigns/{made['id']}/submit", {}, if_match=made["revision"]))


async def published(owner, bureau, committee, **basic):
    sent = await submitted(owner, committee, **basic)
    return ok(await bureau.post(f"/campaign-vetting/{sent['id']}/pass", {}, if_match=sent["revision"]))


@pytest.mark.req("COM-30", "COM-31", "COM-32", "COM-39", "COM-42")
async def test_five_modules_are_saved_in_order(owner, committee, emitted):
    made = await a_campaign(owner, committee)
    assert made["saved"] == list(MODULES)
    assert [one["serial"] for one in made["requirements"]] == [1, 2]
    assert (made["basic"]["pages"], made["materials"], made["pack"]) == (
        ["TEACHER"],
        [MATERIAL],
        "sichuan@2026-01-01",
    )
    assert await emitted() == []


@pytest.mark.parametrize("upto", range(4))
@pytest.mark.req("COM-30")
async def test_a_module_does_not_open_before_the_one_above_is_saved(owner, committee, upto):
    made = await a_campaign(owner, committee, upto)
    for module, body in list(MODULES.items())[upto + 1 :]:
        path = f"/campaigns/{made['id']}/{module}"
        refused(await owner.put(path, body, if_match=made["revision"]), 409, "module-out-of-order")
    answer = await owner.post(f"/campaigns/{made['id']}/submit", {}, if_match=made["revision"])
    refused(answer, 409, "modules-missing")
    assert ok(await owner.get(f"/campaigns/{made['id']}"))["revision"] == made["revision"]


@pytest.mark.req("COM-13", "LAW-06", "BEY-09")
@pytest.mark.parametrize(
    "state", ["NOT_FILED", "AUTHORISING_VETTING", "FILING_VETTING", "RETURNED", "EXPIRED"]
)
async def test_only_a_filed_committee_has_campaigns(owner, db, state):
    committee = await a_filed_committee(db, state=state)
    body = {"committee_id": str(committee.id), "name": "评审", "year": 2026}
    refused(await owner.post("/campaigns", body), 409, "filing-not-valid")


@pytest.mark.req("BEY-09")
async def test_a_campaign_does_not_start_outside_the_validity_of_the_filing(owner, db, clock):
    committee = await a_filed_committee(db)
    clock.set(datetime(2029, 5, 31, 15, tzinfo=UTC))
    name = {"name": "评审", "year": 2029}
    made = ok(await owner.post("/campaigns", {"committee_id": str(committee.id), **name}), 201)
    late = BASIC | name | {
        "start": "2029-06-01T00:00:00+08:00", "first_deadline": "2029-07-01T00:00:00+08:00",
        "modified_deadline": "2029-07-01T00:00:00+08:00", "receipt_deadline": "2029-07-01T00:00:00+08:00",
    }  # fmt: skip
    refused(await owner.put(f"/campaigns/{made['id']}/basic", late, if_match=1), 409, "filing-not-valid")
    clock.set(datetime(2029, 5, 31, 16, tzinfo=UTC))  # 1 June in China
    refused(
        await owner.post("/campaigns", {"committee_id": str(committee.id), **name}), 409, "filing-not-valid"
    )


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"start": "2026-08-01T00:00:00+08:00"}, ["/first_deadline"]),
        ({"first_deadline": "2026-08-16T00:00:00+08:00"}, ["/modified_deadline"]),
        ({"modified_deadline": "2026-09-01T00:00:01+08:00"}, ["/receipt_deadline"]),
    ],
)
@pytest.mark.req("COM-31")
async def test_deadlines_out_of_order_are_refused(owner, committee, changes, pointers):
    made = await a_campaign(owner, committee, 0)
    answer = await owner.put(f"/campaigns/{made['id']}/basic", BASIC | changes, if_match=1)
    problem = refused(answer, 422, "deadlines-out-of-order")
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert ok(await owner.get(f"/campaigns/{made['id']}"))["saved"] == []


@pytest.mark.parametrize(("groups", "method"), [(True, None), (False, "VOTE"), (False, "SCORE")])
@pytest.mark.req("COM-32")
async def test_a_group_method_goes_with_groups_and_only_with_them(owner, committee, groups, method):
    made = await a_campaign(owner, committee, 0)
    body = BASIC | {"specialty_groups": groups, "group_method": method}
    refused(await owner.put(f"/campaigns/{made['id']}/basic", body, if_match=1), 422, "group-method-refused")


@pytest.mark.req("COM-33")
async def test_there_is_one_annual_campaign_a_year_and_any_number_of_special_ones(owner, committee, db):
    first = await a_campaign(owner, committee)
    again = {"committee_id": str(committee.id), "name": "再评", "year": 2026}
    refused(await owner.post("/campaigns", again), 409, "annual-campaign-exists")
    for _ in range(2):
        special = ok(await owner.post("/campaigns", again | {"category": "SPECIAL"}), 201)
    answer = await owner.put(f"/campaigns/{special['id']}/basic", BASIC, if_match=1)
    refused(answer, 409, "annual-campaign-exists")
    ok(await owner.put(f"/campaigns/{first['id']}/basic", BASIC, if_match=first["revision"]))
    ok(await owner.post("/campaigns", again | {"year": 2027}), 201)
    other = await a_filed_committee(db)
    ok(await owner.post("/campaigns", again | {"committee_id": str(other.id)}), 201)


@pytest.mark.parametrize(
    ("opened", "pointer"),
    [
        ({"level": "DEPUTY_SENIOR", "specialty": "农学", "title_name": "高级农艺师"}, "/opened/0/level"),
        ({"level": "INTERMEDIATE", "specialty": "植物保护", "title_name": "农艺师"}, "/opened/0/specialty"),
        ({"level": "INTERMEDIATE", "specialty": "农学", "title_name": "兽医师"}, "/opened/0/title_name"),
    ],
)
@pytest.mark.req("COM-38")
async def test_nothing_is_opened_outside_the_filing(owner, committee, opened, pointer):
    made = await a_campaign(owner, committee, 1)
    answer = await owner.put(
        f"/campaigns/{made['id']}/opened", {"opened": [opened]}, if_match=made["revision"]
    )
    assert [e["pointer"] for e in refused(answer, 422, "opened-outside-filing")["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"serial": 1}, "/requirements/1/serial"),
        ({"title": "其他"}, "/requirements/0/title"),
        ({"templates": ["sonnet"]}, "/requirements/0/templates"),
    ],
)
@pytest.mark.req("COM-39", "COM-40", "COM-41")
async def test_serial_title_and_templates_of_requirements_are_checked(owner, committee, change, pointer):
    made = await a_campaign(owner, committee, 2)
    body = {"requirements": [CLAUSES[0] | change, CLAUSES[1]]}
    answer = await owner.put(f"/campaigns/{made['id']}/requirements", body, if_match=made["revision"])
    assert [e["pointer"] for e in refused(answer, 422, "module-refused")["errors"]] == [pointer]


@pytest.mark.req("COM-42")
async def test_materials_are_named_once_and_within_the_limit(owner, committee):
    made = await a_campaign(owner, committee, 4)
    body = {"materials": [MATERIAL, MATERIAL | {"max_mb": 999}]}
    answer = await owner.put(f"/campaigns/{made['id']}/materials", body, if_match=made["revision"])
    assert [e["pointer"] for e in refused(answer, 422, "module-refused")["errors"]] == [
        "/materials/1/name", "/materials/1/key", "/materials/1/max_mb",
    ]  # fmt: skip


async def test_a_campaign_that_no_event_could_carry_is_refused(owner, committee):
    made = await a_campaign(owner, committee, 2)
    clauses = [CLAUSES[0] | {"serial": n, "text": "字" * 1000} for n in range(1, 21)]
    answer = await owner.put(
        f"/campaigns/{made['id']}/requirements", {"requirements": clauses}, if_match=made["revision"]
    )
    refused(answer, 422, "campaign-too-large")


@pytest.mark.req("COM-39")
async def test_default_requirements_of_the_committee_are_carried_in(owner, committee):
    path = f"/committees/{committee.id}/requirements"
    ok(await owner.put(path, {"conditions": CLAUSES}, if_match=committee.revision))
    made = await a_campaign(owner, committee, 0)
    assert ([one["serial"] for one in made["requirements"]], made["saved"]) == ([1, 2], [])


async def test_a_stale_save_is_refused(owner, committee):
    made = await a_campaign(owner, committee, 1)
    path = f"/campaigns/{made['id']}/opened"
    refused(await owner.put(path, OPENED, if_match=1), 412, "stale")
    refused(await owner.put(path, OPENED), 428, "revision-required")


@pytest.mark.req("COM-43", "UNT-13")
async def test_two_posts_pass_before_it_is_published(owner, api, committee, deliver, emitted, run_jobs):
    low, high = uuid4(), uuid4()
    await deliver(a_plan(CITY_HR, Matter.CAMPAIGN, (low,), (high,)))
    sent = await submitted(owner, committee)
    first = api.as_unit(CITY_HR, "committees.campaign.vet", person=low)
    second = api.as_unit(CITY_HR, "committees.campaign.vet", person=high)
    path = f"/campaign-vetting/{sent['id']}"
    refused(await second.post(f"{path}/pass", {}, if_match=sent["revision"]), 403, "vetting-not-your-turn")
    refused(await api.nobody.get(f"/public/campaigns/{sent['id']}"), 404, "not-found")
    passed = ok(await first.post(f"{path}/pass", {"opinion": "同意"}, if_match=sent["revision"]))
    assert passed["state"] == "VETTING"
    done = ok(await second.post(f"{path}/pass", {}, if_match=passed["revision"]))
    assert (done["state"], [entry["post"] for entry in done["trail"]]) == (
        "PUBLISHED",
        [None, "岗位1", "岗位2"],
    )
    assert ok(await api.nobody.get(f"/public/campaigns/{sent['id']}"))["state"] == "PUBLISHED"
    events = await emitted()
    assert [event.type for event in events] == [
        "committees.campaign.submitted.v1", "committees.campaign.passed.v1", "committees.campaign.published.v1",
    ]  # fmt: skip
    assert [event.revision for event in events] == [sent["revision"], passed["revision"], done["revision"]]
    assert events[0].state.node_unit_id == CITY_HR
    assert events[2].state.node_unit_id is None
    assert "plan" not in events[2].model_dump_json()


@pytest.mark.req("COM-43")
async def test_a_returned_campaign_is_corrected_and_submitted_again(owner, bureau, committee):
    sent = await submitted(owner, committee)
    path = f"/campaign-vetting/{sent['id']}"
    refused(await bureau.post(f"{path}/return", {}, if_match=sent["revision"]), 422, "vetting-opinion-needed")
    back = ok(await bureau.post(f"{path}/return", {"opinion": "请补充"}, if_match=sent["revision"]))
    assert back["state"] == "RETURNED"
    assert ok(await bureau.get("/campaign-vetting", params={"tab": "NOT_PASSED"}))["total"] == 1
    saved = ok(await owner.put(f"/campaigns/{sent['id']}/opened", OPENED, if_match=back["revision"]))
    again = ok(await owner.post(f"/campaigns/{sent['id']}/submit", {}, if_match=saved["revision"]))
    assert again["state"] == "VETTING"
    rows = {"rows": [{"id": again["id"], "revision": again["revision"]}]}
    assert ok(await bureau.post("/campaign-vetting/batch-pass", rows | {"dry_run": True}))["done"] == 1
    assert ok(await bureau.post("/campaign-vetting/batch-pass", rows))["results"][0]["state"] == "PUBLISHED"
    assert ok(await bureau.get("/campaign-vetting", params={"tab": "PASSED"}))["total"] == 1


async def test_a_campaign_whose_first_deadline_is_over_is_not_published(owner, bureau, committee, clock):
    sent = await submitted(owner, committee)
    clock.set(datetime(2026, 8, 1, tzinfo=UTC))
    answer = await bureau.post(f"/campaign-vetting/{sent['id']}/pass", {}, if_match=sent["revision"])
    refused(answer, 409, "campaign-time-passed")


@pytest.mark.req("COM-37", "NTC-09")
async def test_the_public_card_has_policy_and_arrangement_but_never_the_work_plan(
    owner, api, bureau, committee, db
):
    made = await a_campaign(owner, committee)
    for n, kind in enumerate(("policy", "arrangement", "plan")):
        file = await a_stored_file(db, AGRICULTURE, f"campaign-{kind}", f"{n}" * 64)
        path = f"/campaigns/{made['id']}/files/{kind}"
        made = ok(await owner.put(path, {"file_id": str(file)}, if_match=made["revision"]))
    sent = ok(await owner.post(f"/campaigns/{made['id']}/submit", {}, if_match=made["revision"]))
    assert ok(await bureau.get(f"/campaign-vetting/{made['id']}/files/plan"))["url"]
    ok(await bureau.post(f"/campaign-vetting/{made['id']}/pass", {}, if_match=sent["revision"]))
    public = f"/public/campaigns/{made['id']}"
    card = ok(await api.nobody.get(public))
    assert (card["files"], card["requirements"][0]["serial"]) == (["policy", "arrangement"], 1)
    assert "2" * 64 not in str(card)
    assert "group_method" not in card
    assert "0" * 64 in ok(await api.nobody.get(f"{public}/files/policy"))["url"]
    refused(await api.nobody.get(f"{public}/files/plan"), 422, "invalid")
    assert ok(await owner.get(f"/campaigns/{made['id']}/files/plan"))["url"]


@pytest.mark.req("COM-37")
async def test_files_of_a_campaign_that_is_not_public_are_not_handed_out(owner, api, bureau, committee, db):
    made = await a_campaign(owner, committee, public=False)
    file = await a_stored_file(db, AGRICULTURE, "campaign-policy")
    made = ok(
        await owner.put(
            f"/campaigns/{made['id']}/files/policy", {"file_id": str(file)}, if_match=made["revision"]
        )
    )
    sent = ok(await owner.post(f"/campaigns/{made['id']}/submit", {}, if_match=made["revision"]))
    ok(await bureau.post(f"/campaign-vetting/{made['id']}/pass", {}, if_match=sent["revision"]))
    assert ok(await api.nobody.get(f"/public/campaigns/{made['id']}"))["files"] == []
    refused(await api.nobody.get(f"/public/campaigns/{made['id']}/files/policy"), 404, "not-found")


async def test_reception_begins_and_ends_by_itself(owner, bureau, committee, clock, run_jobs, emitted):
    done = await published(owner, bureau, committee)
    for instant, state in (
        (datetime(2026, 6, 30, 15, 59, tzinfo=UTC), "PUBLISHED"),
        (datetime(2026, 6, 30, 16, tzinfo=UTC), "RECEIVING"),
        (datetime(2026, 8, 31, 15, 59, tzinfo=UTC), "RECEIVING"),
        (datetime(2026, 8, 31, 16, tzinfo=UTC), "RECEIPT_CLOSED"),
    ):
        clock.set(instant)
        await run_jobs()
        assert ok(await owner.get(f"/campaigns/{done['id']}"))["state"] == state
    assert [event.type.split(".")[2] for event in await emitted()][-2:] == ["receiving", "receipt-closed"]


async def test_both_deadlines_missed_happen_in_their_order(
    owner, bureau, committee, clock, run_jobs, emitted
):
    await published(owner, bureau, committee)
    clock.set(datetime(2026, 12, 1, tzinfo=UTC))
    await run_jobs()
    assert [event.type.split(".")[2] for event in await emitted()][-2:] == ["receiving", "receipt-closed"]


async def test_deadlines_of_a_published_campaign_move_later_only(
    owner, bureau, committee, clock, run_jobs, emitted
):
    done = await published(owner, bureau, committee)
    path = f"/campaigns/{done['id']}"
    refused(await owner.put(f"{path}/opened", OPENED, if_match=done["revision"]), 409, "illegal-move")
    for body, status, code in (
        ({"first_deadline": "2026-07-31T00:00:00+08:00"}, 422, "deadline-moved-earlier"),
        ({"first_deadline": "2026-08-20T00:00:00+08:00"}, 422, "deadlines-out-of-order"),
        ({"start": "2029-08-01T00:00:00+08:00"}, 422, "deadlines-out-of-order"),
    ):
        refused(await owner.post(f"{path}/move-deadlines", body, if_match=done["revision"]), status, code)
    later = {"receipt_deadline": "2026-10-01T00:00:00+08:00", "reason": "延期"}
    moved = ok(await owner.post(f"{path}/move-deadlines", later, if_match=done["revision"]))
    last = (await emitted())[-1]
    assert (last.type, last.revision, last.state.receipt_deadline) == (
        "committees.campaign.deadlines-moved.v1", moved["revision"], datetime(2026, 9, 30, 16, tzinfo=UTC),
    )  # fmt: skip
    clock.set(datetime(2026, 9, 2, tzinfo=UTC))
    await run_jobs()
    now = ok(await owner.get(path))
    assert now["state"] == "RECEIVING"
    body = {"start": "2026-07-02T00:00:00+08:00"}
    refused(
        await owner.post(f"{path}/move-deadlines", body, if_match=now["revision"]),
        409,
        "campaign-time-passed",
    )
    clock.set(datetime(2026, 10, 2, tzinfo=UTC))
    await run_jobs()
    closed = ok(await owner.get(path))
    assert closed["state"] == "RECEIPT_CLOSED"
    refused(
        await owner.post(f"{path}/move-deadlines", later, if_match=closed["revision"]), 409, "illegal-move"
    )


async def test_a_campaign_that_was_never_submitted_is_thrown_away(owner, bureau, committee, db):
    from committees.tables import Campaign

    made = await a_campaign(owner, committee, 1)
    refused(await owner.delete(f"/campaigns/{made['id']}", if_match=1), 412, "stale")
    assert (await owner.delete(f"/campaigns/{made['id']}", if_match=made["revision"])).status_code == 204
    assert await db.scalar(select(Campaign)) is None
    sent = await submitted(owner, committee)
    refused(await owner.delete(f"/campaigns/{sent['id']}", if_match=sent["revision"]), 409, "illegal-move")


@pytest.mark.req("COM-14")
async def test_the_directory_is_searched_by_area_series_level_and_name(api, owner, bureau, committee, db):
    await a_filed_committee(db, state="RETURNED", name="未备案评委会")
    await a_filed_committee(db, area="510300", name="自贡市农业技术评委会")
    search = api.nobody.get
    found = ok(await search("/public/committees", params={"area": "510104", "series": "agriculture"}))
    assert [one["id"] for one in found["items"]] == [str(committee.id)]
    assert found["items"][0]["area_name"] == "四川省/成都市"
    assert ok(await search("/public/committees"))["total"] == 2
    assert ok(await search("/public/committees", params={"level": "JUNIOR"}))["total"] == 0
    assert ok(await search("/public/committees", params={"name": "自贡"}))["total"] == 1
    refused(await search("/public/committees", params={"area": "1"}), 422, "region-unknown")
    done = await published(owner, bureau, committee)
    shown = ok(await search(f"/public/committees/{committee.id}"))
    assert [one["id"] for one in shown["campaigns"]] == [done["id"]]
    assert ok(await search("/public/campaigns", params={"series": "agriculture"}))["total"] == 1
    refused(await search(f"/public/committees/{uuid4()}"), 404, "not-found")


@pytest.mark.req("COM-33")
async def test_two_annual_campaigns_at_once_become_one(owner, committee):
    body = {"committee_id": str(committee.id), "name": "评审", "year": 2026}
    answers = await asyncio.gather(*(owner.post("/campaigns", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.req("COM-39", "XCT-06")
async def test_requirements_are_checked_on_a_sheet(owner, committee, db, runtime):
    made = await a_campaign(owner, committee, 2)
    rows = [
        ["1", "论文论著", "论文、著作（译著）", "发表论文一篇以上"],
        ["2", "其他", "论文", "无此标题"],
        ["3", "业绩成果", "诗歌", "无此模板"],
    ]
    content = sheets.export("业绩要求", ["序号", "展示标题", "模板类别", "业绩要求描述"], rows)
    sha256 = await runtime.files.put(
        content, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    file = await a_stored_file(db, AGRICULTURE, "requirement-sheet", sha256)
    path = f"/campaigns/{made['id']}/requirements/check"
    found = ok(await owner.post(path, {"file_id": str(file)}))
    assert (found["good"], [row["row"] for row in found["bad"]]) == (
        [{"serial": 1, "title": "论文论著", "templates": ["paper", "monograph"], "text": "发表论文一篇以上"}], [3, 4],
    )  # fmt: skip
    saved = ok(
        await owner.put(
            f"/campaigns/{made['id']}/requirements",
            {"requirements": found["good"]},
            if_match=made["revision"],
        )
    )
    assert saved["requirements"] == found["good"]
    assert ok(await owner.get("/requirement-template"))["name"] == "业绩要求导入模板.xlsx"
