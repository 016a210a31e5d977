"""A committee is described, filed, vetted, valid for three years, filed anew."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from committees_samples import (
    AGRICULTURE,
    CITY_HR,
    COUNTY_HR,
    OTHER_CITY,
    PROVINCE_HR,
    a_committee,
    a_plan,
    a_stored_file,
    a_submitted_filing,
    described,
    ok,
    refused,
)
from contracts.vocabulary import Matter
from sqlalchemy import select, text


@pytest.mark.req("COM-01", "COM-02")
async def test_the_establishing_unit_is_the_acting_one_and_lists_its_committees(owner):
    made = await a_committee(owner)
    assert (made["state"], made["establishing_unit_id"], made["warnings"]) == (
        "NOT_FILED",
        str(AGRICULTURE),
        [],
    )
    page = ok(await owner.get("/committees", params={"series": "agriculture", "level": "INTERMEDIATE"}))
    assert [(row["id"], row["authorising_unit"]) for row in page["items"]] == [(made["id"], "成都市人社局")]
    assert ok(await owner.get("/committees", params={"state": "FILED"}))["total"] == 0


async def test_nothing_is_told_of_a_draft(owner, emitted):
    await a_committee(owner)
    assert await emitted() == []


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"series": "alchemy"}, ["/series"]),
        ({"specialties": []}, ["/specialties"]),
        ({"composition": "BY_SERIES", "prescribed_size": 11}, ["/specialties"]),
        ({"specialties": ["农学", "新闻采访"]}, ["/specialties"]),
        ({"related_series": ["agriculture"]}, ["/related_series"]),
        ({"area": "990000"}, ["/area"]),
        ({"unit_natures": ["CLUB"]}, ["/unit_natures"]),
        ({"prescribed_size": 8}, ["/prescribed_size"]),
        ({"prescribed_size": 5}, ["/prescribed_size"]),
        ({"levels": ["DEPUTY_SENIOR"], "prescribed_size": 9}, ["/prescribed_size"]),
        (
            {"levels": ["FULL_SENIOR"], "composition": "BY_SERIES", "specialties": [], "prescribed_size": 23},
            ["/prescribed_size"],
        ),
    ],
)
@pytest.mark.req("LAW-05", "LAW-17", "BEY-07", "COM-02")
async def test_a_scope_outside_the_rules_is_refused(owner, db, changes, pointers):
    problem = refused(await owner.post("/committees", described(**changes)), 422, "committee-scope-refused")
    assert [error["pointer"] for error in problem["errors"]] == pointers


@pytest.mark.req("LAW-05")
async def test_a_smaller_body_needs_the_consent_of_the_province(owner):
    await a_committee(owner, prescribed_size=5, consent_number="川人社函〔2026〕5号")


@pytest.mark.req("COM-04")
async def test_a_name_without_series_and_level_is_warned_of(owner):
    assert len((await a_committee(owner, name="成都评审委员会"))["warnings"]) == 2


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"filing_unit_id": str(COUNTY_HR)}, ["/filing_unit_id", "/filing_unit_id"]),
        ({"filing_unit_id": str(AGRICULTURE)}, ["/filing_unit_id"]),
        ({"authorising_unit_id": str(OTHER_CITY)}, ["/authorising_unit_id"]),
        ({"levels": ["DEPUTY_SENIOR"], "prescribed_size": 11}, ["/authorising_unit_id", "/filing_unit_id"]),
        ({"area": "510000"}, ["/authorising_unit_id", "/filing_unit_id"]),
    ],
)
@pytest.mark.req("COM-05", "COM-06")
async def test_a_unit_without_competence_is_refused(owner, changes, pointers):
    problem = refused(await owner.post("/committees", described(**changes)), 422, "unit-not-competent")
    assert [error["pointer"] for error in problem["errors"]] == pointers


@pytest.mark.req("COM-06")
async def test_a_county_files_a_junior_committee_of_its_own_and_the_province_a_senior_one(owner):
    await a_committee(owner, levels=["JUNIOR"], area="510104", filing_unit_id=str(COUNTY_HR))
    province = {"authorising_unit_id": str(PROVINCE_HR), "filing_unit_id": str(PROVINCE_HR)}
    await a_committee(owner, levels=["JUNIOR", "FULL_SENIOR"], prescribed_size=11, **province)


async def test_a_unit_that_has_not_arrived_is_said_to_be_late(owner):
    problem = refused(
        await owner.post("/committees", described(filing_unit_id=str(uuid4()))), 409, "not-yet-known"
    )
    assert problem["retry_at"]


@pytest.mark.req("COM-08", "COM-09")
async def test_a_filing_without_letter_and_experts_is_refused(owner, emitted):
    made = await a_committee(owner)
    answer = await owner.post(f"/committees/{made['id']}/submit", {}, if_match=made["revision"])
    problem = refused(answer, 409, "filing-incomplete")
    assert [error["pointer"] for error in problem["errors"]] == ["/letter", "/experts", "/experts"]
    assert await emitted() == []


async def test_an_edit_names_the_revision_it_saw(owner):
    made = await a_committee(owner)
    path = f"/committees/{made['id']}"
    refused(await owner.put(path, described()), 428, "revision-required")
    refused(await owner.put(path, described(), if_match=made["revision"] + 1), 412, "stale")
    changed = ok(await owner.put(path, described(contact="李办事"), if_match=made["revision"]))
    assert (changed["contact"], changed["revision"]) == ("李办事", made["revision"] + 1)


async def test_a_letter_is_a_file_of_the_unit_for_that_purpose(owner, db):
    made = await a_committee(owner)
    path = f"/committees/{made['id']}/letter"
    wrong = await a_stored_file(db, AGRICULTURE, "campaign-policy")
    foreign = await a_stored_file(db, CITY_HR, "filing-letter")
    for file in (wrong, foreign, uuid4()):
        refused(await owner.put(path, {"file_id": str(file)}, if_match=1), 404, "not-found")
    file = await a_stored_file(db, AGRICULTURE, "filing-letter")
    assert ok(await owner.put(path, {"file_id": str(file)}, if_match=1))["letter"]["sha256"] == "a" * 64
    assert ok(await owner.get(path))["url"].startswith("http")


FILING = "committees.filing.vet"


@pytest.fixture
def june(clock):
    clock.set(datetime(2026, 6, 1, 2, tzinfo=UTC))


@pytest.mark.req("COM-09", "COM-10", "COM-11", "COM-12")
async def test_authorising_then_filing_unit_pass_and_it_is_valid_for_three_years(
    owner, api, bureau, db, june, emitted
):
    sent = await a_submitted_filing(owner, db, filing_unit_id=str(PROVINCE_HR))
    assert sent["state"] == "AUTHORISING_VETTING"
    path = f"/filings/{sent['id']}"
    province = api.as_unit(PROVINCE_HR, FILING)
    # It has not come as far as the filing unit yet.
    refused(await province.get(path), 404, "not-found")
    refused(await province.post(f"{path}/pass", {}, if_match=sent["revision"]), 404, "not-found")
    assert [row["id"] for row in ok(await bureau.get("/filings"))["items"]] == [sent["id"]]
    assert ok(await bureau.get(f"{path}/letter"))["url"]
    handed = ok(await bureau.post(f"{path}/pass", {"opinion": "同意"}, if_match=sent["revision"]))
    assert handed["state"] == "FILING_VETTING"
    refused(await bureau.post(f"{path}/pass", {}, if_match=handed["revision"]), 403, "vetting-not-your-turn")
    filed = ok(await province.post(f"{path}/pass", {}, if_match=handed["revision"]))
    assert (filed["state"], filed["valid_from"], filed["valid_until"]) == (
        "FILED",
        "2026-06-01",
        "2029-05-31",
    )
    assert ok(await bureau.get("/filings", params={"tab": "PASSED"}))["total"] == 1
    assert ok(await bureau.get("/filings"))["total"] == 0
    shown = ok(await owner.get(f"/committees/{sent['id']}"))
    assert [(entry["action"], entry["unit_name"], entry["opinion"]) for entry in shown["trail"]] == [
        ("submit", "成都市农业农村局", ""), ("pass", "成都市人社局", "同意"), ("pass", "省人社厅", ""),
    ]  # fmt: skip
    events = await emitted()
    assert [event.type.split(".")[2] for event in events] == ["filing-submitted", "filing-passed", "filed"]
    assert [event.state.node_unit_id for event in events] == [CITY_HR, PROVINCE_HR, None]
    assert [event.revision for event in events] == [sent["revision"], handed["revision"], filed["revision"]]


@pytest.mark.req("COM-09")
async def test_a_unit_that_is_both_authorising_and_filing_passes_twice(owner, bureau, db, june):
    sent = await a_submitted_filing(owner, db)
    path = f"/filings/{sent['id']}/pass"
    handed = ok(await bureau.post(path, {}, if_match=sent["revision"]))
    assert (handed["state"], handed["allowed_actions"]) == ("FILING_VETTING", ["pass", "return"])
    assert ok(await bureau.post(path, {}, if_match=handed["revision"]))["state"] == "FILED"


@pytest.mark.req("COM-11")
async def test_not_passed_needs_an_opinion_and_it_is_submitted_again(owner, bureau, db, june):
    sent = await a_submitted_filing(owner, db)
    path = f"/filings/{sent['id']}/return"
    refused(await bureau.post(path, {}, if_match=sent["revision"]), 422, "vetting-opinion-needed")
    refused(
        await bureau.post(path, {"opinion": "  "}, if_match=sent["revision"]), 422, "vetting-opinion-needed"
    )
    back = ok(await bureau.post(path, {"opinion": "材料不齐"}, if_match=sent["revision"]))
    assert back["state"] == "RETURNED"
    assert ok(await bureau.get("/filings", params={"tab": "NOT_PASSED"}))["total"] == 1
    own = f"/committees/{sent['id']}"
    edited = ok(await owner.put(own, described(office="综合处"), if_match=back["revision"]))
    again = ok(await owner.post(f"{own}/submit", {}, if_match=edited["revision"]))
    assert again["state"] == "AUTHORISING_VETTING"
    refused(await owner.put(own, described(), if_match=again["revision"]), 409, "illegal-move")


@pytest.mark.req("COM-11", "UNT-13")
async def test_posts_vet_from_the_lowest_to_the_highest(owner, api, db, deliver, june):
    low, high, new = uuid4(), uuid4(), uuid4()
    plan = uuid4()
    await deliver(a_plan(CITY_HR, Matter.COMMITTEE_FILING, (low,), (high,), subject=plan))
    sent = await a_submitted_filing(owner, db, filing_unit_id=str(PROVINCE_HR))
    path = f"/filings/{sent['id']}/pass"
    first, second, third = (api.as_unit(CITY_HR, FILING, person=person) for person in (low, high, new))
    refused(await second.post(path, {}, if_match=sent["revision"]), 403, "vetting-not-your-turn")
    on = ok(await first.post(path, {}, if_match=sent["revision"]))
    assert on["state"] == "AUTHORISING_VETTING"
    # The configuration changes under way: the present post is held by somebody else now.
    await deliver(
        a_plan(CITY_HR, Matter.COMMITTEE_FILING, (low,), (new,), subject=plan, revision=2),
    )
    await deliver.once(a_plan(CITY_HR, Matter.COMMITTEE_FILING, (uuid4(),), subject=plan))
    refused(await second.post(path, {}, if_match=on["revision"]), 403, "vetting-not-your-turn")
    assert ok(await third.post(path, {}, if_match=on["revision"]))["state"] == "FILING_VETTING"


@pytest.mark.req("COM-11")
async def test_a_batch_gives_one_result_per_row(owner, bureau, db, june, emitted):
    first = await a_submitted_filing(owner, db)
    second = await a_submitted_filing(owner, db)
    rows = [{"id": one["id"], "revision": one["revision"]} for one in (first, second)]
    rows += [{"id": first["id"], "revision": 1}, {"id": str(uuid4()), "revision": 1}]
    told = len(await emitted())
    tried = ok(await bureau.post("/filings/batch-pass", {"rows": rows, "dry_run": True}))
    assert (tried["done"], len(await emitted())) == (2, told)
    result = ok(await bureau.post("/filings/batch-pass", {"rows": rows}))
    assert [(row["done"], (row["problem"] or {}).get("code")) for row in result["results"]] == [
        (True, None), (True, None), (False, "stale"), (False, "not-found"),
    ]  # fmt: skip
    rows = [{"id": first["id"], "revision": first["revision"] + 1}]
    result = ok(await bureau.post("/filings/batch-return", {"rows": rows}))
    assert result["results"][0]["problem"]["code"] == "vetting-opinion-needed"
    assert ok(await bureau.post("/filings/batch-return", {"rows": rows, "opinion": "补充"}))["done"] == 1


@pytest.mark.req("COM-12")
async def test_a_filing_ends_with_its_last_day_and_is_filed_anew(
    owner, bureau, db, clock, june, run_jobs, emitted
):
    sent = await a_submitted_filing(owner, db)
    path, own = f"/filings/{sent['id']}/pass", f"/committees/{sent['id']}"
    for _ in range(2):
        sent = ok(await bureau.post(path, {}, if_match=sent["revision"]))
    refused(await owner.post(f"{own}/submit", {}, if_match=sent["revision"]), 409, "filing-not-yet-expiring")
    clock.set(datetime(2029, 5, 31, 15, 59, tzinfo=UTC))
    # A clock that was ahead and is set back finds it too early: then it comes again.
    await db.execute(
        text("UPDATE deadline SET due_at = '2029-05-31T15:58:00Z' WHERE kind = 'filing-expires'")
    )
    await db.commit()
    await run_jobs()
    assert ok(await owner.get(own))["state"] == "FILED"
    clock.set(datetime(2029, 5, 31, 16, tzinfo=UTC))
    await run_jobs()
    expired = ok(await owner.get(own))
    assert (expired["state"], (await emitted())[-1].type) == (
        "EXPIRED",
        "committees.committee.filing-expired.v1",
    )
    again = ok(await owner.post(f"{own}/submit", {}, if_match=expired["revision"]))
    for _ in range(2):
        again = ok(await bureau.post(path, {}, if_match=again["revision"]))
    assert (again["valid_from"], again["valid_until"]) == ("2029-06-01", "2032-05-31")
    assert [entry["action"] for entry in again["trail"]] == ["submit", "pass", "pass"] * 2


async def test_a_filing_is_renewed_before_its_end_and_stays_valid_meanwhile(
    owner, bureau, db, clock, june, run_jobs
):
    sent = await a_submitted_filing(owner, db)
    path, own = f"/filings/{sent['id']}/pass", f"/committees/{sent['id']}"
    for _ in range(2):
        sent = ok(await bureau.post(path, {}, if_match=sent["revision"]))
    clock.set(datetime(2029, 5, 1, tzinfo=UTC))
    renewed = ok(await owner.post(f"{own}/submit", {}, if_match=sent["revision"]))
    assert (renewed["state"], renewed["valid_until"]) == ("AUTHORISING_VETTING", "2029-05-31")
    clock.set(datetime(2029, 6, 2, tzinfo=UTC))
    await run_jobs()
    for _ in range(2):
        renewed = ok(await bureau.post(path, {}, if_match=renewed["revision"]))
    assert (renewed["state"], renewed["valid_from"]) == ("FILED", "2029-06-02")


@pytest.mark.req("BEY-34")
async def test_a_repeated_pass_is_answered_again(owner, bureau, db, june, emitted):
    sent = await a_submitted_filing(owner, db)
    path = f"/filings/{sent['id']}/pass"
    first = await bureau.post(path, {}, if_match=sent["revision"], key="once")
    second = await bureau.post(path, {}, if_match=sent["revision"], key="once")
    assert (first.json(), len(await emitted())) == (second.json(), 2)


async def test_two_vetters_at_once_pass_one_post_only(owner, api, db, june):
    sent = await a_submitted_filing(owner, db)
    vetters = [api.as_unit(CITY_HR, FILING) for _ in range(6)]
    answers = await asyncio.gather(
        *(v.post(f"/filings/{sent['id']}/pass", {}, if_match=sent["revision"]) for v in vetters)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


@pytest.mark.req("COM-08", "BEY-07")
async def test_a_filing_with_an_incomplete_expert_or_too_few_is_refused(owner, db, june):
    from committees.tables import Expert

    made = await a_submitted_filing(owner, db, prescribed_size=7)
    assert made["state"] == "AUTHORISING_VETTING"
    other = await a_committee(owner, prescribed_size=9)
    experts = (await db.scalars(select(Expert))).all()
    experts[0].phone = ""
    for expert in experts:
        expert.committee_id = UUID(other["id"])
        expert.duty = "MEMBER"
    file = await a_stored_file(db, AGRICULTURE, "filing-letter")
    path = f"/committees/{other['id']}"
    bound = ok(await owner.put(f"{path}/letter", {"file_id": str(file)}, if_match=1))
    problem = refused(
        await owner.post(f"{path}/submit", {}, if_match=bound["revision"]), 409, "filing-incomplete"
    )
    assert [error["rule"] for error in problem["errors"]] == ["complete", "minimum", "chair"]
