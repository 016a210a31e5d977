"""Settings, committees, campaigns, and who may begin an application."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from contracts.committees import v1 as committees


async def refused(scene: Any, who: Any, **changes: Any) -> tuple[int, str]:
    answer = await scene.applicant(who).post("/applications", scene.settings(who, **changes))
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.req("APP-01", "APP-02", "APP-10")
async def test_choices_narrow_each_other(scene: Any, someone: Any) -> None:
    mine = scene.applicant(someone)
    fields = (await mine.get("/settings")).json()
    assert [one["name"] for one in fields["fields"]][:3] == ["employer", "year", "method"]
    assert fields["methods"]["INITIAL"]["omit"] == ["committee", "application_type"]
    left = (await mine.get("/settings/catalogue?series=agriculture&level=INTERMEDIATE")).json()
    assert left["titles"][0] == "农艺师"
    assert "主治医师" not in left["titles"]
    everything = (await mine.get("/settings/catalogue")).json()
    assert len(everything["series"]) == 27
    assert (await mine.get("/settings/catalogue?series=alchemy")).json()["code"] == "not-in-catalogue"


@pytest.mark.req("APP-03", "APP-04", "APP-05")
async def test_committees_come_in_two_tables(scene: Any, someone: Any) -> None:
    other, provincial, idle = uuid4(), uuid4(), uuid4()
    await scene.deliver(
        scene.committee_event(other, area="510300", name="外市评委会"),
        scene.committee_event(provincial, area="510000", name="省评委会"),
        scene.committee_event(idle, series="engineering", name="工程评委会"),
        scene.campaign_event(
            subject=uuid4(), committee_id=provincial, first_deadline=datetime(2026, 9, 2, tzinfo=UTC)
        ),
    )
    query = f"employer_id={scene.employer}&year=2026&series=agriculture&level=INTERMEDIATE&specialty=农学&title=农艺师"
    found = (await scene.applicant(someone).get(f"/settings/committees?{query}")).json()
    assert found["jurisdiction_name"] == "四川省/成都市/市本级"
    assert [(one["name"], one["working_status_label"]) for one in found["direct"]["items"]] == [
        ("市农业中级评委会", "材料接收中"),
        ("省评委会", "已过申报材料提交截止时间"),
    ]
    assert [
        (one["number"], one["name"], one["working_status_label"]) for one in found["entrusted"]["items"]
    ] == [(1, "外市评委会", "未设置评审活动")]
    assert (found["direct"]["total"], found["entrusted"]["total"]) == (2, 1)


@pytest.mark.req("APP-07", "APP-08")
async def test_the_campaign_card_or_a_warning(scene: Any, someone: Any) -> None:
    mine = scene.applicant(someone)
    card = (await mine.get(f"/settings/campaign?committee_id={scene.committee}&year=2026")).json()
    assert (card["name"], card["applicable"], card["warning"]) == ("2026年农业中级评审", True, None)
    assert card["modified_deadline"] == "2026-10-10T16:00:00Z"
    none = (await mine.get(f"/settings/campaign?committee_id={scene.committee}&year=2025")).json()
    assert (none["warning"], none["phone"]) == ("所选年度暂未发布评审活动", "028-61880000")


@pytest.mark.req("IDN-04")
async def test_the_id_number_must_be_ones_own(scene: Any, someone: Any) -> None:
    from provinces import people

    first = "51010419900101123"
    other = first + people.check_char(first)
    wrong = someone.number[:17] + ("0" if someone.number[17] != "0" else "1")
    assert await refused(scene, someone, id_number=None) == (422, "id-number-needed")
    assert await refused(scene, someone, id_number=other) == (422, "id-number-not-yours")
    assert await refused(scene, someone, id_number=wrong) == (422, "id-number-invalid")
    await scene.begin(someone)


@pytest.mark.req("LAW-14", "BEY-11")
async def test_who_may_not_apply(scene: Any, someone: Any) -> None:
    firm = uuid4()
    await scene.deliver(scene.unit_event(firm, scene.hr, "DECLARING", nature="PRIVATE_ENTERPRISE"))
    assert await refused(scene, someone, in_service=False) == (409, "not-in-service")
    assert await refused(scene, someone, punishment="DEMERIT") == (409, "under-punishment")
    assert await refused(scene, someone, punishment="DEMERIT", punishment_until="2026-09-30") == (
        409,
        "under-punishment",
    )
    await scene.begin(someone, punishment="WARNING", employer_id=str(scene.employer))
    other = type(someone).new()
    await scene.begin(other, punishment="DEMERIT", punishment_until="2026-09-01")


@pytest.mark.req("APP-01", "APP-06", "APP-33", "LAW-16")
async def test_what_may_not_be_chosen(scene: Any, someone: Any, clock: Any) -> None:
    natures, far, waiting = uuid4(), uuid4(), uuid4()
    await scene.deliver(
        scene.committee_event(natures, unit_natures=("PRIVATE_ENTERPRISE",)),
        scene.committee_event(far, area="510300", name="外市评委会"),
        scene.unit_event(waiting, scene.hr, "DECLARING", state="PENDING"),
    )
    assert await refused(scene, someone, specialty="炼金术") == (422, "not-in-catalogue")
    assert await refused(scene, someone, application_type="WISHFUL") == (422, "invalid")
    assert await refused(scene, someone, committee_id=None) == (422, "invalid")
    assert await refused(scene, someone, colour="red") == (422, "invalid")
    assert await refused(scene, someone, employer_id=str(uuid4())) == (409, "not-yet-known")
    assert await refused(scene, someone, employer_id=str(waiting)) == (409, "employer-not-authorised")
    assert await refused(scene, someone, committee_id=str(natures)) == (409, "unit-nature-not-admitted")
    assert await refused(scene, someone, committee_id=str(far)) == (409, "committee-not-responsible")
    assert await refused(scene, someone, committee_id=str(far), method="ENTRUSTED") == (
        409,
        "entrustment-not-offered",
    )
    assert await refused(scene, someone, method="CENTRAL_ENTRUSTED") == (409, "not-a-central-unit")
    assert await refused(scene, someone, year=2025) == (409, "no-campaign")
    assert await refused(scene, someone, specialty="园艺") == (409, "title-not-opened")
    assert await refused(scene, someone, level="JUNIOR", title_name="助理农艺师") == (
        409,
        "committee-does-not-review",
    )
    clock.set(datetime(2026, 8, 31, tzinfo=UTC))
    assert await refused(scene, someone) == (409, "campaign-not-open")
    clock.set(datetime(2026, 9, 21, tzinfo=UTC))
    assert await refused(scene, someone) == (409, "campaign-not-open")


@pytest.mark.req("LAW-16")
async def test_the_refusal_names_who_is_responsible(scene: Any, someone: Any) -> None:
    far = uuid4()
    await scene.deliver(scene.committee_event(far, area="510300"))
    body = scene.settings(someone, committee_id=str(far), method="ENTRUSTED")
    answer = (await scene.applicant(someone).post("/applications", body)).json()
    assert answer["detail"] == "请向负责本地区的评审委员会申报：市农业中级评委会。"


@pytest.mark.req("APP-04", "APP-59", "LAW-16")
async def test_entrusted_review_needs_a_letter(scene: Any, someone: Any, emitted: Any) -> None:
    far, campaign = uuid4(), uuid4()
    await scene.deliver(
        scene.committee_event(far, area="510300", establishing_unit_id=scene.hr),
        committees.FilingExpired(
            subject=scene.committee, revision=2, actor={}, state=scene.committee_event(state="EXPIRED").state
        ),
        scene.campaign_event(subject=campaign, committee_id=far),
    )
    draft = await scene.begin(someone, committee_id=str(far), method="ENTRUSTED")
    await scene.fill(someone, draft["id"])
    row = await scene.submit(someone, draft)
    own = await scene.own().post(
        f"/vetting/own-staff/{row['id']}/pass",
        await scene.employer_files() | {"entrusted": True},
        if_match=row["revision"],
    )
    assert (own.status_code, own.json()["code"]) == (403, "not-yours-to-entrust")
    passed = await scene.own().post(
        f"/vetting/own-staff/{row['id']}/pass", await scene.employer_files(), if_match=row["revision"]
    )
    through = await scene.superior().post(
        f"/vetting/subordinate-staff/{row['id']}/pass", {}, if_match=passed.json()["revision"]
    )
    hr = scene.api.as_unit(scene.hr, "applications.subordinate-staff.vet", "applications.eligibility.vet")
    path, seen = f"/vetting/subordinate-staff/{row['id']}/pass", through.json()["revision"]
    assert (await hr.post(path, {}, if_match=seen)).json()["code"] == "entrustment-letter-missing"
    assert (await hr.post(path, {"entrusted": True}, if_match=seen)).json()[
        "code"
    ] == "entrustment-letter-missing"
    letter = await scene.unit_file(scene.hr, "entrustment_letter")
    done = await hr.post(path, {"entrusted": True, "entrustment_letter": letter}, if_match=seen)
    assert done.json()["application"]["state"] == "COMMITTEE_PENDING"
    assert (await emitted())[-1].state.letter_unit_id == scene.hr


@pytest.mark.req("APP-09", "APP-50")
async def test_an_initial_determination_needs_no_committee(scene: Any, someone: Any, emitted: Any) -> None:
    chosen = {"method": "INITIAL", "level": "JUNIOR", "title_name": "助理农艺师"}
    assert await refused(scene, someone, **chosen) == (422, "invalid")
    draft = await scene.begin(someone, committee_id=None, **chosen)
    form = (await scene.applicant(someone).get(f"/applications/{draft['id']}/form?schemas=false")).json()
    assert len(form["modules"]) == 9
    data = await scene.modules(someone, draft["id"])
    del data["materials"]
    for name, one in data.items():
        assert (await scene.save(someone, draft["id"], name, one)).status_code == 200
    row = await scene.submit(someone, draft)
    event = (await emitted())[-1]
    assert event.state.route == (scene.employer, scene.agriculture, scene.hr)
    assert row["state"] == "VETTING"


@pytest.mark.req("APP-50", "UNT-15")
async def test_a_configured_department_is_on_the_way(scene: Any, someone: Any, emitted: Any) -> None:
    from contracts.event import Actor
    from contracts.units import v1 as units

    department = uuid4()
    state = units.SupervisionState(
        configuring_unit_id=scene.hr, area="510100", level="INTERMEDIATE", supervising_unit_id=department
    )
    await scene.deliver(
        scene.unit_event(department, scene.hr, "SUPERVISING"),
        units.SupervisionConfigured(subject=uuid4(), revision=1, actor=Actor(), state=state),
    )
    await scene.submitted(someone)
    assert (await emitted())[-1].state.route == (
        scene.employer,
        scene.agriculture,
        department,
        scene.agriculture,
    )


async def test_one_live_application_per_year(scene: Any, someone: Any) -> None:
    import asyncio

    both = await asyncio.gather(
        *(scene.applicant(someone).post("/applications", scene.settings(someone)) for _ in range(2))
    )
    assert sorted(one.status_code for one in both) == [201, 409]
    assert await refused(scene, someone) == (409, "already-applied")
