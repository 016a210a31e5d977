"""A committee is described, filed, vetted, valid for three years, filed anew."""

from uuid import uuid4

import pytest
from committees_samples import (
    AGRICULTURE,
    CITY_HR,
    COUNTY_HR,
    OTHER_CITY,
    PROVINCE_HR,
    a_committee,
    a_stored_file,
    described,
    ok,
    refused,
)


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
