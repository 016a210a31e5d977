"""What vetters read and keep beside their decisions."""

from typing import Any
from uuid import uuid4

import pytest

PATH = "/vetting/{}/{}/{}"


@pytest.mark.req("APP-53", "APP-38")
async def test_a_vetter_reads_the_dossier_and_leaves_a_line_in_the_log(
    scene: Any, someone: Any, db: Any
) -> None:
    from chassis.audit import AccessLog
    from sqlalchemy import select

    row = await scene.submitted(someone)
    reader = uuid4()
    shown = (await scene.own(reader).get(f"/vetting/own-staff/{row['id']}")).json()
    assert shown["id_number_masked"] == "*****" + someone.number[-4:]
    assert someone.number not in str(shown)
    assert [one["desk"] for one in shown["route"]] == ["OWN_STAFF", "SUBORDINATE_STAFF", "ELIGIBILITY"]
    assert [one["here"] for one in shown["route"]] == [True, False, False]
    (line,) = await db.scalars(select(AccessLog))
    assert (line.person, line.unit, str(line.subject)) == (reader, scene.employer, row["id"])
    photo = next(one for one in shown["modules"] if one["name"] == "basic_info")["data"]["photo"]
    link = await scene.own().get(f"/vetting/own-staff/{row['id']}/files/{photo['sha256']}")
    assert photo["sha256"] in link.json()["url"]
    assert (await scene.own().get(f"/vetting/own-staff/{row['id']}/files/{'0' * 64}")).status_code == 404
    # It has not arrived at the superior yet.
    assert (await scene.superior().get(f"/vetting/subordinate-staff/{row['id']}")).status_code == 404


async def test_people_are_searched_by_name_in_the_body(scene: Any, someone: Any) -> None:
    await scene.submitted(someone)
    found = (await scene.own().post("/vetting/own-staff/search", {"name": "小农"})).json()
    none = (await scene.own().post("/vetting/own-staff/search", {"name": "%"})).json()
    assert (found["applications"]["total"], none["applications"]["total"]) == (1, 0)


@pytest.mark.req("UNT-13")
async def test_newly_configured_posts_reach_what_waits(scene: Any, emitted: Any) -> None:
    row = await scene.submitted()
    ann = uuid4()
    await scene.posts(scene.employer, ("初审岗", ann))
    event = (await emitted())[-1]
    assert (event.type, event.state.post_rank) == ("applications.application.changed.v1", 1)
    stranger = await scene.own().post(
        PATH.format("own-staff", row["id"], "return"), {"opinion": "x"}, if_match=event.revision
    )
    assert (stranger.status_code, stranger.json()["code"]) == (403, "vetting-not-your-turn")


@pytest.mark.req("APP-60", "APP-61")
async def test_a_unit_counts_and_corrects_choices(scene: Any, emitted: Any) -> None:
    row = await scene.recommended()
    assert (await scene.superior().get("/query/committees?year=2026")).json() == [
        {
            "committee_id": str(scene.committee),
            "name": "市农业中级评委会",
            "applied": 1,
            "accepted": 0,
            "passed": 0,
        }
    ]
    path = f"/query/applications/{row['id']}/change"
    body = {"level": "DEPUTY_SENIOR", "title_name": "高级农艺师", "reason": "更正"}
    closed = await scene.superior().post(path, body, if_match=row["revision"])
    assert (closed.status_code, closed.json()["code"]) == (409, "title-not-opened")
    body = {"level": "INTERMEDIATE", "title_name": "农艺师", "method": "ENTRUSTED", "reason": "更正"}
    done = await scene.superior().post(path, body, if_match=row["revision"])
    assert done.json()["method"] == "ENTRUSTED"
    assert (await emitted())[-1].reason == "更正"


@pytest.mark.req("APP-53")
async def test_stock_opinions_belong_to_their_writer(scene: Any) -> None:
    ann = uuid4()
    made = (await scene.own(ann).post("/stock-opinions", {"text": "情况属实"})).json()
    path = f"/stock-opinions/{made['id']}"
    changed = await scene.own(ann).put(path, {"text": "情况属实，同意"}, if_match=made["revision"])
    assert changed.json()["text"] == "情况属实，同意"
    assert (await scene.own().get("/stock-opinions")).json() == []
    assert (await scene.own().delete(path)).status_code == 404
    assert (await scene.own(ann).delete(path)).status_code == 204


@pytest.mark.req("BEY-34")
async def test_of_two_decisions_at_once_one_counts(scene: Any, emitted: Any) -> None:
    import asyncio

    row = await scene.submitted()
    path = PATH.format("own-staff", row["id"], "{}")
    both = await asyncio.gather(
        scene.own().post(path.format("return"), {"opinion": "缺材料"}, if_match=row["revision"]),
        scene.own().post(path.format("reject"), {"opinion": "年限不足"}, if_match=row["revision"]),
    )
    assert sorted(one.status_code for one in both) == [200, 412]
    assert len(await emitted()) == 2
