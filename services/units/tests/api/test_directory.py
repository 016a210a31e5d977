"""Finding employers and superiors; regions and code lists for everybody."""

from uuid import uuid4

import pytest


@pytest.mark.req("UNT-14", "LAW-20")
async def test_applicants_find_authorised_employers_by_part_of_the_name(api, a_unit):
    top = await a_unit(name="四川省人力资源和社会保障厅")
    employer = await a_unit(name="成都市园艺作物研究所", kinds=["DECLARING"])
    agency = await a_unit(name="成都园艺人才服务中心", kinds=["AGENCY"])
    await a_unit(name="成都园艺公司", kinds=["DECLARING"], state="PENDING", superior_id=top.id)
    await a_unit(name="成都园艺局", kinds=["SUPERVISING"])
    client = api.as_person()

    found = (await client.get("employers", params={"name": "园艺"})).json()
    assert {item["id"] for item in found["items"]} == {str(employer.id), str(agency.id)}
    assert set(found["items"][0]) == PUBLIC
    assert (await client.get("employers", params={"name": "%%"})).json()["total"] == 0
    assert (await client.get("employers", params={"name": "园"})).status_code == 422


PUBLIC = {"id", "name", "uscc", "kinds", "nature", "jurisdiction", "jurisdiction_name", "superior_id"}


@pytest.mark.req("UNT-14")
async def test_a_unit_appears_once_it_is_authorised(api, a_unit, db):
    top = await a_unit()
    unit = await a_unit(name="锦田公司", kinds=["DECLARING"], state="PENDING", superior_id=top.id)
    client = api.as_person()
    assert (await client.get("employers", params={"name": "锦田"})).json()["total"] == 0
    assert (await client.get(str(unit.id))).status_code == 404
    unit.state = "AUTHORISED"
    await db.commit()
    assert (await client.get("employers", params={"name": "锦田"})).json()["total"] == 1
    assert set((await client.get(str(unit.id))).json()) == PUBLIC


@pytest.mark.req("UNT-04", "UNT-08")
async def test_a_superior_is_found_by_name_or_code(api, a_unit):
    office = await a_unit(name="成都市人力资源和社会保障局")
    client = api.as_unit(None, "units.permission.request")
    for keyword in ("人力资源", office.uscc.lower()):
        found = (await client.get("superiors", params={"name": keyword})).json()
        assert [item["id"] for item in found["items"]] == [str(office.id)]
    assert (await client.get(str(uuid4()))).status_code == 404


@pytest.mark.req("UNT-05")
async def test_anybody_reads_regions_with_their_own_level_leaves(api):
    [province] = (await api.nobody.get("regions")).json()
    assert (province["code"], province["jurisdiction"]) == ("510000", False)
    cities = (await api.nobody.get("regions", params={"parent": "510000"})).json()
    assert (cities[0]["name"], cities[0]["jurisdiction"]) == ("省本级", True)
    assert (await api.nobody.get("regions", params={"parent": "1"})).json()["code"] == "region-unknown"


async def test_anybody_reads_code_lists(api):
    assert (await api.nobody.get("code-lists/unit_nature")).json()["STATE_ORGAN"] == "机关"
    assert (await api.nobody.get("code-lists/secrets")).status_code == 404
