"""What committees keeps of other services' facts: twice, late, in any order; and closing by them."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from committees.tables import KnownCandidacy, KnownCertificate, KnownPostPlan, KnownUnit
from committees_samples import (
    AGRICULTURE,
    CITY_HR,
    a_campaign,
    a_filed_committee,
    a_plan,
    a_unit,
    ok,
    refused,
)
from contracts.certificates import v1 as certificates
from contracts.event import Actor
from contracts.identity.v1 import PersonMerged, PersonState
from contracts.meetings import v1 as meetings
from contracts.publication import SAMPLES
from contracts.units.v1 import UnitStatus
from contracts.vocabulary import Level, Matter
from sqlalchemy import func, select

S = meetings.CandidacyStatus


def a_candidacy(event, state, *, campaign, subject=None, revision=1):
    told = meetings.CandidacyState(
        campaign_id=campaign, committee_id=uuid4(), person=uuid4(), name="张三", employer_id=uuid4(),
        employer_name="农技站", series="agriculture", level=Level.INTERMEDIATE, specialty="农学",
        title_name="农艺师", confirming_unit_id=CITY_HR, state=state,
    )  # fmt: skip
    return event(subject=subject or uuid4(), revision=revision, actor=Actor(), state=told)


def a_certificate(application, campaign, *, revision=1):
    told = certificates.CertificateState(
        number="51012026", application_id=application, person=uuid4(), name="张三", obtaining_method="REVIEW",
        series="agriculture", level=Level.INTERMEDIATE, title_name="农艺师", specialty="农学",
        campaign_id=campaign, issuing_unit_id=CITY_HR, issuing_unit_name="人社局", document_number="1号",
        approval_date=date(2026, 12, 1), issued_at=datetime(2026, 12, 2, tzinfo=UTC), sha256="0" * 64,
        state=certificates.CertificateStatus.ISSUED,
    )  # fmt: skip
    return certificates.CertificateIssued(subject=uuid4(), revision=revision, actor=Actor(), state=told)


async def test_units_are_kept_once_and_never_go_back(deliver, db):
    await deliver(a_unit(CITY_HR, revision=3, name="新名"))
    await deliver.once(a_unit(CITY_HR, revision=2, name="旧名", state=UnitStatus.PENDING))
    row = (await db.scalars(select(KnownUnit))).one()
    assert (row.revision, row.name, row.authorised, row.kinds) == (3, "新名", True, ["HR"])


async def test_a_unit_that_changes_its_superior_is_authorised_all_the_while(deliver, db):
    await deliver(a_unit(CITY_HR, state=UnitStatus.SUPERIOR_CHANGE_PENDING))
    assert (await db.scalars(select(KnownUnit))).one().authorised


@pytest.mark.req("UNT-13")
async def test_posts_are_kept_per_unit_and_matter(deliver, db):
    ann, bob = uuid4(), uuid4()
    plan = uuid4()
    await deliver(a_plan(CITY_HR, Matter.CAMPAIGN, (ann,), subject=plan, revision=2))
    await deliver.once(a_plan(CITY_HR, Matter.CAMPAIGN, (bob,), subject=plan, revision=1))
    await deliver(
        a_plan(CITY_HR, Matter.COMMITTEE_FILING, (bob,)), a_plan(AGRICULTURE, Matter.APPLICATION, (ann,))
    )
    rows = {(row.unit_id, row.matter): row.posts for row in await db.scalars(select(KnownPostPlan))}
    assert rows[CITY_HR, "CAMPAIGN"] == [{"rank": 1, "name": "岗位1", "persons": [str(ann)]}]
    assert len(rows) == 3


async def test_candidacies_and_certificates_come_in_any_order(deliver, db):
    campaign, application = uuid4(), uuid4()
    await deliver(a_certificate(application, campaign))
    confirmed = a_candidacy(
        meetings.ResultConfirmed, S.CONFIRMED, campaign=campaign, subject=application, revision=5
    )
    await deliver(confirmed)
    await deliver.once(
        a_candidacy(meetings.CandidacyOpened, S.READY, campaign=campaign, subject=application, revision=1)
    )
    assert (await db.scalars(select(KnownCandidacy))).one().state == "CONFIRMED"
    assert await db.scalar(select(func.count()).select_from(KnownCertificate)) == 1


async def test_experts_go_by_the_corrected_reference(owner, deliver, db):
    from committees.tables import Expert
    from committees_samples import a_committee, an_expert

    committee = await a_committee(owner)
    ok(await owner.post(f"/committees/{committee['id']}/experts", an_expert()), 201)
    old, new = (await db.scalars(select(Expert))).one().person, uuid4()
    state = PersonState(name="专家0", merged_into=new)
    await deliver(PersonMerged(subject=old, revision=2, actor=Actor(), state=state))
    assert await db.scalar(select(func.count()).where(Expert.person == new)) == 1


@pytest.mark.req("MTG-47")
async def test_a_campaign_is_closed_when_everybody_who_passed_has_a_certificate(
    owner, bureau, db, deliver, clock, run_jobs, emitted
):
    clock.set(datetime(2026, 6, 10, tzinfo=UTC))
    made = await a_campaign(owner, await a_filed_committee(db))
    path = f"/campaigns/{made['id']}"
    sent = ok(await owner.post(f"{path}/submit", {}, if_match=made["revision"]))
    ok(await bureau.post(f"/campaign-vetting/{made['id']}/pass", {}, if_match=sent["revision"]))
    seen = ok(await owner.get(path))
    refused(await owner.post(f"{path}/close", {}, if_match=seen["revision"]), 409, "illegal-move")
    clock.set(datetime(2026, 12, 10, tzinfo=UTC))
    await run_jobs()
    seen = ok(await owner.get(path))

    passed, failed, foreign = uuid4(), uuid4(), uuid4()
    of = {"campaign": made["id"]}
    await deliver(
        a_candidacy(meetings.PublicityEnded, S.CONFIRMING, subject=passed, **of),
        a_candidacy(meetings.VoteFailed, S.VOTE_FAILED, subject=failed, **of),
        a_candidacy(meetings.ResultConfirmed, S.CONFIRMED, subject=foreign, campaign=uuid4()),
    )
    problem = refused(
        await owner.post(f"{path}/close", {}, if_match=seen["revision"]), 409, "certificates-missing"
    )
    assert problem["detail"] == "1 人的评审尚未结束。"
    await deliver(a_candidacy(meetings.ResultConfirmed, S.CONFIRMED, subject=passed, revision=2, **of))
    problem = refused(
        await owner.post(f"{path}/close", {}, if_match=seen["revision"]), 409, "certificates-missing"
    )
    assert problem["detail"] == "1 人确认通过但尚未发证。"
    await deliver(a_certificate(passed, made["id"]))
    assert ok(await owner.post(f"{path}/close", {}, if_match=seen["revision"]))["state"] == "CLOSED"
    assert (await emitted())[-1].type == "committees.campaign.closed.v1"


async def test_every_golden_sample_is_taken(db, deliver):
    from chassis.inbox import ParkedRow
    from committees.consumers import consumers

    for name, event in consumers.events.items():
        if event.topic != "identity.key":  # the chassis' own
            await deliver(event.model_validate_json((SAMPLES / f"{name}.json").read_text()))
    assert await db.scalar(select(func.count()).select_from(ParkedRow)) == 0
