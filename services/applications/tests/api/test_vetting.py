"""Employer, superior, committee: pass, return, reject, batches."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from contracts.applications.v1 import (
    ApplicationAccepted,
    ApplicationPassed,
    ApplicationRejected,
    ApplicationReturned,
)

PATH = "/vetting/{}/{}/{}"


@pytest.mark.req("APP-50", "APP-54", "APP-55", "APP-58")
async def test_an_application_travels_up_and_is_accepted(scene: Any, someone: Any, emitted: Any) -> None:
    row = await scene.at_committee(someone)
    assert row["state"] == "COMMITTEE_PENDING"
    answer = await scene.superior().post(
        PATH.format("eligibility", row["id"], "accept"), {}, if_match=row["revision"]
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["application"]["state"] == "ACCEPTED"
    events = await emitted()
    assert [type(one) for one in events[1:]] == [ApplicationPassed, ApplicationPassed, ApplicationAccepted]
    assert [one.revision for one in events] == sorted({one.revision for one in events})
    state = events[-1].state
    assert (state.sex, str(state.birth_date), state.id_number_masked) == (
        "MALE" if int(someone.number[16]) % 2 else "FEMALE",
        "1988-06-01",
        "*****" + someone.number[-4:],
    )
    from chassis.persons import unseal

    assert state.id_number is not None
    assert unseal(state.id_number) == someone.number
    assert state.photo is not None
    assert state.photo.media_type == "image/jpeg"
    assert someone.number not in events[-1].model_dump_json()


@pytest.mark.req("APP-54", "LAW-20")
async def test_an_employer_cannot_report_without_publicity_and_recommendation(scene: Any) -> None:
    row = await scene.submitted()
    path = PATH.format("own-staff", row["id"], "pass")
    bare = await scene.own().post(path, {}, if_match=row["revision"])
    assert (bare.status_code, bare.json()["code"]) == (422, "employer-files-missing")
    assert [one["pointer"] for one in bare.json()["errors"]] == [
        "/publicity_proof",
        "/unit_recommendation",
        "/publicity",
    ]
    files = await scene.employer_files()
    short = await scene.own().post(path, files | {"publicity_from": "2026-08-27"}, if_match=row["revision"])
    assert (short.status_code, short.json()["code"]) == (422, "employer-publicity-too-short")
    running = await scene.own().post(path, files | {"publicity_to": "2026-09-02"}, if_match=row["revision"])
    assert (running.status_code, running.json()["code"]) == (422, "invalid")
    foreign = await scene.own().post(
        path,
        files | {"publicity_proof": await scene.unit_file(uuid4(), "publicity_proof")},
        if_match=row["revision"],
    )
    assert foreign.status_code == 404
    done = await scene.own().post(path, files, if_match=row["revision"])
    assert done.json()["tab"] == "REPORTED"


@pytest.mark.req("APP-52", "APP-55")
async def test_two_posts_vet_one_after_the_other(scene: Any) -> None:
    ann, bob = uuid4(), uuid4()
    await scene.posts(scene.employer, ("初审岗", ann), ("复审岗", bob))
    row = await scene.submitted()
    path = PATH.format("own-staff", row["id"], "pass")
    files = await scene.employer_files()
    early = await scene.own(bob).post(path, files, if_match=row["revision"])
    assert (early.status_code, early.json()["code"]) == (403, "vetting-not-your-turn")
    first = await scene.own(ann).post(path, {}, if_match=row["revision"])
    assert first.json()["tab"] == "LATER_POST"
    listed = (await scene.own(bob).get("/vetting/own-staff?tab=LATER_POST")).json()
    assert [one["id"] for one in listed["applications"]["items"]] == [row["id"]]
    assert "pass" in listed["applications"]["items"][0]["allowed_actions"]
    counts = {one["label"]: one["count"] for one in listed["tabs"]}
    assert counts == {"初审": 0, "复审": 1, "上级单位退回重审": 0, "已上报": 0, "已退回": 0, "不通过": 0}
    second = await scene.own(bob).post(path, files, if_match=first.json()["revision"])
    assert second.json()["application"]["node_unit_id"] == str(scene.agriculture)


@pytest.mark.req("APP-56", "APP-38", "APP-39", "BEY-10")
async def test_a_returned_module_is_highlighted_and_mended(scene: Any, someone: Any, emitted: Any) -> None:
    row = await scene.submitted(someone)
    path = PATH.format("own-staff", row["id"], "return")
    silent = await scene.own().post(path, {}, if_match=row["revision"])
    assert (silent.status_code, silent.json()["code"]) == (422, "vetting-opinion-needed")
    unknown = await scene.own().post(
        path, {"opinions": [{"module": "health", "text": "?"}]}, if_match=row["revision"]
    )
    assert unknown.json()["code"] == "invalid"
    told = {"opinions": [{"module": "education", "text": "学位证书不清晰"}]}
    done = await scene.own().post(path, told, if_match=row["revision"])
    assert done.json()["application"]["state"] == "RETURNED_TO_APPLICANT"
    assert done.json()["application"]["correct_by"] == "2026-10-10T16:00:00Z"
    mine = scene.applicant(someone)
    form = (await mine.get(f"/applications/{row['id']}/form")).json()
    assert {one["name"]: one["opinions"] for one in form["modules"] if one["opinions"]} == {
        "education": ["学位证书不清晰"]
    }
    trail = (await mine.get(f"/applications/{row['id']}/trail")).json()
    assert [one["action"] for one in trail] == ["submit", "return_to_applicant"]
    assert trail[1]["unit_name"] == "市农技站"
    assert trail[1]["opinions"] == [{"module": "education", "label": "学历信息", "text": "学位证书不清晰"}]
    again = (await scene.modules(someone, row["id"]))["education"]
    assert (await scene.save(someone, row["id"], "education", again)).status_code == 200
    assert (await scene.submit(someone, row))["state"] == "VETTING"
    returned = [one for one in await emitted() if isinstance(one, ApplicationReturned)]
    assert [one.reason for one in returned] == ["学位证书不清晰"]


@pytest.mark.req("LAW-19")
async def test_defects_are_told_once_and_completely(scene: Any, someone: Any) -> None:
    row = await scene.submitted(someone)
    path = PATH.format("own-staff", row["id"], "return")
    await scene.own().post(
        path, {"opinions": [{"module": "education", "text": "证书不清晰"}]}, if_match=row["revision"]
    )
    again = await scene.submit(someone, row)
    late = await scene.own().post(
        path, {"opinions": [{"module": "work_history", "text": "过于简略"}]}, if_match=again["revision"]
    )
    assert (late.status_code, late.json()["code"]) == (409, "defects-told-once")
    same = await scene.own().post(
        path, {"opinions": [{"module": "education", "text": "仍不清晰"}]}, if_match=again["revision"]
    )
    assert same.status_code == 200


@pytest.mark.req("APP-57", "LAW-19")
async def test_a_rejection_locks_the_year(scene: Any, someone: Any, emitted: Any, clock: Any) -> None:
    row = await scene.submitted(someone)
    path = PATH.format("own-staff", row["id"], "reject")
    untold = await scene.own().post(
        path, {"opinion": "证书不清晰", "ground": "MATERIAL"}, if_match=row["revision"]
    )
    assert (untold.status_code, untold.json()["code"]) == (409, "defect-notice-needed")
    done = await scene.own().post(path, {"opinion": "年限不足"}, if_match=row["revision"])
    assert done.json()["tab"] == "REJECTED"
    assert isinstance((await emitted())[-1], ApplicationRejected)
    again = await scene.applicant(someone).post("/applications", scene.settings(someone))
    assert (again.status_code, again.json()["code"]) == (409, "year-locked")
    other = await scene.own().post(path, {"opinion": "x"}, if_match=done.json()["revision"])
    assert (other.status_code, other.json()["code"]) == (409, "vetting-illegal-move")


@pytest.mark.req("LAW-19", "BEY-10")
async def test_what_is_not_mended_in_time_is_given_up_without_a_lock(
    scene: Any, someone: Any, emitted: Any, clock: Any, run_jobs: Any
) -> None:
    row = await scene.submitted(someone)
    answer = await scene.own().post(
        PATH.format("own-staff", row["id"], "return"), {"opinion": "缺材料"}, if_match=row["revision"]
    )
    await run_jobs()
    clock.set(datetime(2026, 10, 11, 1, tzinfo=UTC))
    late = await scene.applicant(someone).post(
        f"/applications/{row['id']}/submit", if_match=answer.json()["revision"]
    )
    assert (late.status_code, late.json()["code"]) == (409, "deadline-passed")
    await run_jobs()
    shown = (await scene.applicant(someone).get(f"/applications/{row['id']}")).json()
    assert shown["state"] == "GIVEN_UP"
    assert (await emitted())[-1].type == "applications.application.given-up.v1"
    clock.set(datetime(2026, 9, 3, tzinfo=UTC))
    await scene.begin(someone)


@pytest.mark.req("APP-58")
async def test_a_superior_returns_to_the_employer(scene: Any) -> None:
    row = await scene.recommended()
    path = PATH.format("subordinate-staff", row["id"], "return-to-unit")
    wrong = await scene.superior().post(path, {"node": 1, "opinion": "请核实"}, if_match=row["revision"])
    assert (wrong.status_code, wrong.json()["code"]) == (422, "vetting-not-an-earlier-node")
    done = await scene.superior().post(path, {"node": 0, "opinion": "请核实"}, if_match=row["revision"])
    assert done.json()["application"]["state"] == "RETURNED_TO_UNIT"
    listed = (await scene.own().get("/vetting/own-staff?tab=RETURNED_BY_SUPERIOR")).json()
    assert [one["id"] for one in listed["applications"]["items"]] == [row["id"]]
    # What the employer added before is still there.
    passed = await scene.own().post(
        PATH.format("own-staff", row["id"], "pass"), {}, if_match=done.json()["revision"]
    )
    assert passed.json()["application"]["node_unit_id"] == str(scene.agriculture)


@pytest.mark.req("APP-33")
async def test_after_the_receipt_deadline_nothing_is_passed(scene: Any, clock: Any) -> None:
    row = await scene.at_committee()
    clock.set(datetime(2026, 11, 1, tzinfo=UTC))
    answer = await scene.superior().post(
        PATH.format("eligibility", row["id"], "accept"), {}, if_match=row["revision"]
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "receipt-over")


async def test_nobody_vets_their_own_application(scene: Any, someone: Any) -> None:
    row = await scene.submitted(someone)
    answer = await scene.own(someone.ref).post(
        PATH.format("own-staff", row["id"], "pass"), await scene.employer_files(), if_match=row["revision"]
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "vetting-own-case")


@pytest.mark.req("BEY-34")
async def test_decisions_name_the_revision_and_are_replayed(scene: Any) -> None:
    row = await scene.submitted()
    path, body = PATH.format("own-staff", row["id"], "return"), {"opinion": "缺材料"}
    assert (await scene.own().post(path, body)).status_code == 428
    assert (await scene.own().post(path, body, if_match=row["revision"] - 1)).status_code == 412
    vetter = scene.own(uuid4())
    first = await vetter.post(path, body, if_match=row["revision"], key="once")
    second = await vetter.post(path, body, if_match=row["revision"], key="once")
    assert (second.status_code, second.json()) == (200, first.json())


@pytest.mark.req("APP-52")
async def test_a_batch_answers_row_by_row(scene: Any, emitted: Any) -> None:
    one, two = await scene.submitted(), await scene.submitted()
    before = len(await emitted())
    rows = [
        {"id": one["id"], "revision": one["revision"]},
        {"id": two["id"], "revision": two["revision"] - 1},
    ]
    rows.append({"id": str(uuid4()), "revision": 1})
    body = {"action": "pass", "rows": rows, **(await scene.employer_files())}
    tried = await scene.own().post("/vetting/own-staff/batch", body | {"dry_run": True})
    done = await scene.own().post("/vetting/own-staff/batch", body)
    for answer in (tried, done):
        assert answer.status_code == 200, answer.text
        assert [(row["ok"], row["code"]) for row in answer.json()] == [
            (True, None),
            (False, "stale"),
            (False, "not-found"),
        ]
    assert len(await emitted()) == before + 1
    listed = (await scene.own().get("/vetting/own-staff")).json()
    assert {row["state"] for row in listed["applications"]["items"]} == {"VETTING"}
    body = {"action": "reject", "rows": [rows[1] | {"revision": two["revision"]}], "opinion": "年限不足"}
    (row,) = (await scene.own().post("/vetting/own-staff/batch", body)).json()
    assert (row["ok"], row["state"]) == (True, "REJECTED")
