"""Forms: read, saved module by module, emptied, discarded; what is wrong is said with its place."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


@pytest.mark.req("APP-20", "APP-27", "APP-28", "IDN-04")
async def test_the_form_is_prefilled_and_locked(scene: Any, someone: Any) -> None:
    draft = await scene.begin(someone)
    form = (await scene.applicant(someone).get(f"/applications/{draft['id']}/form")).json()
    names = [one["name"] for one in form["modules"]]
    assert names[0] == "basic_info"
    assert names[-1] == "materials"
    assert "health" not in names
    assert "exceptional_conditions" not in names
    basic = form["modules"][0]
    assert basic["data"]["id_number"] == "*****" + someone.number[-4:]
    assert (basic["data"]["name"], basic["data"]["birth_date"]) == (someone.name, "1988-06-01")
    assert basic["schema"]["properties"]["former_name"]["maxLength"] == 10
    renamed = await scene.save(someone, draft["id"], "basic_info", basic["data"] | {"name": "李四"})
    assert [(one["pointer"], one["rule"]) for one in renamed.json()["errors"]] == [("/name", "locked")]
    number = await scene.save(someone, draft["id"], "basic_info", {"id_number": "51010419900101123X"})
    assert [one["pointer"] for one in number.json()["errors"]] == ["/id_number"]
    same = await scene.save(
        someone, draft["id"], "basic_info", {"id_number": someone.number, "former_name": "王"}
    )
    assert same.status_code == 200
    assert same.json()["data"]["name"] == someone.name


@pytest.mark.req("APP-20")
async def test_pages_and_types_change_the_form(scene: Any, someone: Any) -> None:
    await scene.deliver(scene.campaign_event(revision=2, pages=("HEALTH", "TEACHER")))
    draft = await scene.begin(someone, application_type="EXCEPTIONAL")
    form = (await scene.applicant(someone).get(f"/applications/{draft['id']}/form?schemas=false")).json()
    assert {"health", "teacher", "exceptional_conditions"} <= {one["name"] for one in form["modules"]}


@pytest.mark.req("XCT-05", "APP-27")
async def test_what_cannot_be_saved(scene: Any, someone: Any) -> None:
    draft = await scene.begin(someone)
    cases: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
        ("basic_info", {"former_name": "十一个字的曾用名不可以用"}, ("/former_name", "max_length")),
        ("basic_info", {"colour": "red"}, ("/colour", "unknown")),
        ("basic_info", {"in_service": "yes"}, ("/in_service", "type")),
        ("work_history", {"items": [{"content": "长" * 501}]}, ("/items/0/content", "max_length")),
        ("education", {"items": [{"degree": "WIZARD"}]}, ("/items/0/degree", "options")),
    ]
    for module, data, expected in cases:
        answer = await scene.save(someone, draft["id"], module, data)
        assert answer.status_code == 422, (module, data, answer.text)
        assert expected in [(one["pointer"], one["rule"]) for one in answer.json()["errors"]], answer.text
    mine = scene.applicant(someone)
    unknown = await mine.put(f"/applications/{draft['id']}/modules/alchemy", {"data": {}}, if_match=0)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "module-unknown")
    readonly = await scene.save(someone, draft["id"], "social_insurance", {"items": []}, 0)
    assert (readonly.status_code, readonly.json()["code"]) == (409, "module-read-only")


@pytest.mark.req("APP-25")
async def test_achievements_answer_a_clause_in_an_allowed_template(scene: Any, someone: Any) -> None:
    draft = await scene.begin(someone)

    async def errors(item: dict[str, Any]) -> list[str]:
        answer = await scene.save(someone, draft["id"], "achievements", {"items": [item]})
        return [one["pointer"] for one in answer.json().get("errors", [])]

    paper = {"template": "paper", "content": {"title": "水稻研究"}}
    assert await errors({"requirement": "9", **paper}) == ["/items/0/requirement"]
    assert await errors({"requirement": "1", "template": "patent", "content": {}}) == ["/items/0/template"]
    assert await errors({"requirement": "1", **paper}) == []
    form = (await scene.applicant(someone).get(f"/applications/{draft['id']}/form?schemas=false")).json()
    assert form["requirements"] == [
        {"id": "1", "title": "论文论著", "text": "发表论文1篇", "templates": ["paper", "monograph"]}
    ]
    assert form["clauses_met"] == 1
    other = {"items": [paper]}
    assert (await scene.save(someone, draft["id"], "other_achievements", other)).status_code == 200
    form = (await scene.applicant(someone).get(f"/applications/{draft['id']}/form?schemas=false")).json()
    assert form["clauses_met"] == 1


@pytest.mark.req("APP-26", "BEY-31")
async def test_files_are_the_applicants_own_and_meant_for_their_place(scene: Any, someone: Any) -> None:
    draft = await scene.begin(someone)
    other = type(someone).new()
    photo = await scene.file(someone, "photo", draft["id"])
    foreign = await scene.file(other, "photo", draft["id"])
    dirty = await scene.file(someone, "photo", draft["id"], state="QUARANTINED")
    plain = await scene.file(someone)
    for wrong in (foreign, dirty, plain, photo | {"file_id": str(uuid4())}, photo | {"file_id": "x"}):
        answer = await scene.save(someone, draft["id"], "basic_info", {"photo": wrong})
        assert answer.json()["errors"][0]["pointer"] == "/photo", answer.text
    lied = await scene.save(
        someone, draft["id"], "basic_info", {"photo": photo | {"sha256": "f" * 64, "size": 1}}
    )
    assert lied.json()["data"]["photo"] == photo
    slot = await scene.file(someone, "material:pledge", draft["id"])
    wrong_slot = {"items": [{"material": "summary", "files": [slot]}]}
    assert (await scene.save(someone, draft["id"], "materials", wrong_slot)).status_code == 422
    right = {"items": [{"material": "pledge", "files": [slot]}]}
    assert (await scene.save(someone, draft["id"], "materials", right)).status_code == 200
    form = (await scene.applicant(someone).get(f"/applications/{draft['id']}/form?schemas=false")).json()
    assert [(one["id"], one["uploaded"], one["required"]) for one in form["materials"]] == [
        ("pledge", 1, True),
        ("summary", 0, False),
    ]


@pytest.mark.req("XCT-02", "XCT-03", "APP-26", "BEY-31")
async def test_uploads_are_checked_by_content_and_size(scene: Any, someone: Any) -> None:
    draft = await scene.begin(someone)
    mine = scene.applicant(someone)

    async def upload(purpose: str, content: bytes, subject: str | None = None) -> httpx.Response:
        body = {"purpose": purpose, "name": "a.pdf", "size": len(content), "subject": subject or draft["id"]}
        opened = await mine.post("/files", body)
        if opened.status_code != 200:
            return opened
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.put(opened.json()["put_url"], content=content)
        return await mine.post(f"/files/{opened.json()['id']}/complete")

    big = await mine.post(
        "/files", {"purpose": "photo", "name": "a.jpg", "size": 512_001, "subject": draft["id"]}
    )
    assert (big.status_code, big.json()["code"]) == (422, "file-too-large")
    assert (await upload("photo", PDF)).json()["code"] == "file-type-refused"
    assert (await upload("material:pledge", b"\x89PNG\r\n\x1a\n" + b"0" * 50)).json()[
        "code"
    ] == "file-type-refused"
    assert (await upload("material:nothing", PDF)).json()["code"] == "file-purpose-unknown"
    assert (await upload("secret", PDF)).json()["code"] == "file-purpose-unknown"
    assert (await upload("publicity_proof", PDF)).json()["code"] == "file-purpose-unknown"
    assert (await upload("photo", PDF, str(uuid4()))).status_code == 404
    unit = await scene.own().post("/files", {"purpose": "publicity_proof", "name": "公示.pdf", "size": 9})
    assert unit.status_code == 200


@pytest.mark.req("BEY-34")
async def test_saving_names_the_revision_that_was_seen(scene: Any, someone: Any) -> None:
    draft = await scene.begin(someone)
    path = f"/applications/{draft['id']}/modules/assessment"
    mine = scene.applicant(someone)
    body = {"data": {"items": [{"year": 2025, "result": "COMPETENT"}]}}
    assert (await mine.put(path, body)).status_code == 428
    saved = await mine.put(path, body, if_match=0)
    assert saved.headers["ETag"] == '"1"'
    assert (await mine.put(path, body, if_match=0)).status_code == 412


@pytest.mark.req("APP-30")
async def test_everything_that_is_missing_is_said_at_once(scene: Any, someone: Any, emitted: Any) -> None:
    draft = await scene.begin(someone)
    answer = await scene.applicant(someone).post(f"/applications/{draft['id']}/submit", if_match=1)
    assert (answer.status_code, answer.json()["code"]) == (422, "application-incomplete")
    said = {(one["pointer"], one["rule"]) for one in answer.json()["errors"]}
    assert {
        ("/modules/basic_info/mobile", "required"),
        ("/modules/education/items", "min_items"),
        ("/modules/work_history/items", "min_items"),
        ("/modules/materials/items", "required_materials"),
    } <= said
    assert await emitted() == []


@pytest.mark.req("APP-29", "APP-27")
async def test_clear_and_discard(scene: Any, someone: Any, emitted: Any) -> None:
    draft = await scene.begin(someone)
    await scene.fill(someone, draft["id"])
    mine = scene.applicant(someone)
    cleared = (await mine.post(f"/applications/{draft['id']}/clear", if_match=1)).json()
    form = (await mine.get(f"/applications/{draft['id']}/form?schemas=false")).json()
    assert {one["name"] for one in form["modules"] if one["data"]} == {"basic_info"}
    assert form["modules"][0]["data"]["name"] == someone.name
    listed = (await mine.get("/applications")).json()["items"]
    assert [(one["state"], one["label"], one["committee_name"], one["method_label"]) for one in listed] == [
        ("DRAFT", "未提交", "市农业中级评委会", "申报评审")
    ]
    gone = await mine.post(f"/applications/{draft['id']}/discard", if_match=cleared["revision"])
    assert gone.json()["state"] == "DISCARDED"
    assert (await mine.get(f"/applications/{draft['id']}")).status_code == 404
    assert await emitted() == []
    await scene.begin(someone, id_number=None)


@pytest.mark.req("APP-35", "APP-36")
async def test_frozen_until_withdrawn(scene: Any, someone: Any, emitted: Any) -> None:
    row = await scene.submitted(someone)
    mine = scene.applicant(someone)
    saved = await scene.save(someone, row["id"], "assessment", {"items": []})
    assert (saved.status_code, saved.json()["code"]) == (409, "application-frozen")
    twice = await mine.post(f"/applications/{row['id']}/submit", if_match=row["revision"])
    assert (twice.status_code, twice.json()["code"]) == (409, "application-frozen")
    discard = await mine.post(f"/applications/{row['id']}/discard", if_match=row["revision"])
    assert discard.json()["code"] == "application-not-discardable"
    back = (await mine.post(f"/applications/{row['id']}/withdraw", if_match=row["revision"])).json()
    assert back["state"] == "DRAFT"
    assert (await scene.own().get("/vetting/own-staff")).json()["applications"]["items"] == []
    again = await scene.submit(someone, row)
    assert again["dossier_sha256"] != row["dossier_sha256"]
    passed = await scene.own().post(
        f"/vetting/own-staff/{row['id']}/pass", await scene.employer_files(), if_match=again["revision"]
    )
    late = await mine.post(f"/applications/{row['id']}/withdraw", if_match=passed.json()["revision"])
    assert (late.status_code, late.json()["code"]) == (409, "vetting-withdrawal-over")
    assert [one.type.split(".")[2] for one in await emitted()] == [
        "submitted",
        "withdrawn",
        "submitted",
        "passed",
    ]


@pytest.mark.req("APP-29")
async def test_what_was_submitted_once_is_discarded_with_an_event(
    scene: Any, someone: Any, emitted: Any
) -> None:
    row = await scene.submitted(someone)
    mine = scene.applicant(someone)
    back = (await mine.post(f"/applications/{row['id']}/withdraw", if_match=row["revision"])).json()
    gone = await mine.post(f"/applications/{row['id']}/discard", if_match=back["revision"])
    assert gone.status_code == 200, gone.text
    assert (await emitted())[-1].type == "applications.application.discarded.v1"
    assert (await mine.get("/applications")).json()["items"] == []
    await scene.begin(someone)


@pytest.mark.req("APP-33")
async def test_submission_after_the_deadline_is_refused(scene: Any, someone: Any, clock: Any) -> None:
    draft = await scene.begin(someone)
    await scene.fill(someone, draft["id"])
    clock.set(datetime(2026, 9, 20, 16, tzinfo=UTC))
    path = f"/applications/{draft['id']}/submit"
    late = await scene.applicant(someone).post(path, if_match=1)
    assert (late.status_code, late.json()["code"]) == (409, "deadline-passed")
    clock.set(datetime(2026, 9, 20, 15, 59, tzinfo=UTC))
    assert (await scene.applicant(someone).post(path, if_match=1)).status_code == 200
