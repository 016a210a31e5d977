"""Posts per matter, and the departments that supervise an area."""

from uuid import uuid4

import pytest
from contracts.event import Actor
from contracts.identity.v1 import StaffAssigned, StaffState
from contracts.units.v1 import PostsConfigured, SupervisionConfigured

POSTS, SUPERVISION = "units.posts.configure", "units.supervision.configure"


@pytest.fixture
def a_member(deliver):
    """Somebody who acts for a unit."""

    async def make(unit, name="周敏"):
        person = uuid4()
        state = StaffState(
            unit_id=unit.id, person=person, name=name, role_ids=(), super_admin=False, active=True
        )
        await deliver(StaffAssigned(subject=uuid4(), revision=1, actor=Actor(), state=state))
        return person

    return make


@pytest.mark.req("UNT-13")
async def test_posts_are_ordered_per_matter(api, emitted, a_unit, a_member):
    unit = await a_unit()
    ann, bob = await a_member(unit, "安"), await a_member(unit, "柏")
    client = api.as_unit(unit.id, POSTS)
    plans = (await client.get("own/posts")).json()
    assert [plan["matter"] for plan in plans] == ["COMMITTEE_FILING", "CAMPAIGN", "APPLICATION"]
    assert all(plan["hint"] and plan["revision"] == 0 for plan in plans)

    for matter in ("COMMITTEE_FILING", "CAMPAIGN", "APPLICATION"):
        posts = [{"name": "初审", "persons": [str(ann)]}, {"name": "复审", "persons": [str(bob)]}]
        plan = (await client.put(f"own/posts/{matter}", {"posts": posts}, if_match=0)).json()
        assert [(post["rank"], post["name"]) for post in plan["posts"]] == [(1, "初审"), (2, "复审")]
        assert plan["posts"][1]["persons"] == [{"person": str(bob), "name": "柏"}]
        assert plan["hint"] is None
    events = await emitted()
    assert [(type(e), e.state.matter, e.revision) for e in events] == [
        (PostsConfigured, matter, 1) for matter in ("COMMITTEE_FILING", "CAMPAIGN", "APPLICATION")
    ]
    assert [post.persons for post in events[0].state.posts] == [(ann,), (bob,)]


@pytest.mark.req("UNT-13")
async def test_posts_are_held_by_staff_and_have_names_of_their_own(api, a_unit, a_member):
    unit, other = await a_unit(), await a_unit()
    mine, foreign = str(await a_member(unit)), str(await a_member(other))
    client = api.as_unit(unit.id, POSTS)
    for posts, pointers in (
        ([{"name": "初审", "persons": [foreign]}], ["/posts/0/persons"]),
        ([{"name": "初审", "persons": [mine]}, {"name": "初审", "persons": [mine]}], ["/posts/1/name"]),
        ([{"name": "初审", "persons": []}], ["/posts/0/persons"]),
        ([{"name": "", "persons": [mine]}], ["/posts/0/name"]),
    ):
        answer = await client.put("own/posts/APPLICATION", {"posts": posts}, if_match=0)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_a_plan_is_replaced_by_its_latest_revision_only(api, a_unit, a_member):
    unit = await a_unit()
    posts = {"posts": [{"name": "初审", "persons": [str(await a_member(unit))]}]}
    client = api.as_unit(unit.id, POSTS)
    set_once = await client.put("own/posts/CAMPAIGN", posts, if_match=0)
    assert set_once.headers["ETag"] == '"1"'
    assert (await client.put("own/posts/CAMPAIGN", posts, if_match=0)).status_code == 412
    assert (await client.put("own/posts/CAMPAIGN", posts)).status_code == 428
    emptied = await client.put("own/posts/CAMPAIGN", {"posts": []}, if_match=1)
    assert (emptied.json()["posts"], bool(emptied.json()["hint"])) == ([], True)


@pytest.mark.req("UNT-15")
async def test_a_supervising_department_is_set_per_area_and_level(api, emitted, a_unit):
    city, bureau = await a_unit(), await a_unit(kinds=["SUPERVISING"])
    client, path = api.as_unit(city.id, SUPERVISION), "own/supervision/510100/INTERMEDIATE"
    body = {"supervising_unit_id": str(bureau.id)}
    row = (await client.put(path, body, if_match=0)).json()
    assert (row["area_name"], row["supervising_unit_id"]) == ("四川省/成都市", str(bureau.id))
    assert (await client.put(path, body, if_match=0)).status_code == 412
    removed = await client.put(path, {"supervising_unit_id": None}, if_match=1)
    assert removed.json()["supervising_unit_id"] is None
    listed = (await client.get("own/supervision", params={"level": "INTERMEDIATE"})).json()
    assert [item["revision"] for item in listed["items"]] == [2]
    events = await emitted()
    assert [(type(e), e.revision, e.state.supervising_unit_id) for e in events] == [
        (SupervisionConfigured, 1, bureau.id), (SupervisionConfigured, 2, None),
    ]  # fmt: skip


@pytest.mark.req("UNT-15")
async def test_only_an_authorised_department_supervises_and_only_within_the_area(api, a_unit):
    county = await a_unit(jurisdiction="510114", jurisdiction_path=["510000", "510100", "510114"])
    bureau, employer = await a_unit(kinds=["SUPERVISING"]), await a_unit(kinds=["DECLARING"])
    pending = await a_unit(kinds=["SUPERVISING"], state="PENDING", superior_id=county.id)
    client = api.as_unit(county.id, SUPERVISION)
    for area, level, department, code in (
        ("510114", "JUNIOR", employer.id, "supervisor-invalid"),
        ("510114", "JUNIOR", pending.id, "supervisor-invalid"),
        ("510114", "JUNIOR", uuid4(), "supervisor-invalid"),
        ("510100", "JUNIOR", bureau.id, "area-outside"),
        ("123456", "JUNIOR", bureau.id, "region-unknown"),
        ("510114", "MASTER", bureau.id, "invalid"),
    ):
        body = {"supervising_unit_id": str(department)}
        answer = await client.put(f"own/supervision/{area}/{level}", body, if_match=0)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
