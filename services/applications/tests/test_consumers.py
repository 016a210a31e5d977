"""Events of other services: twice, late, out of order."""

from typing import Any
from uuid import uuid4

import pytest
from applications.tables import (
    KnownCampaign,
    KnownCandidacy,
    KnownCertificate,
    KnownCommittee,
    KnownSeat,
    KnownUnit,
)
from contracts.certificates import v1 as certificates
from contracts.committees import v1 as committees
from contracts.event import Actor
from contracts.meetings import v1 as meetings
from sqlalchemy import select

ANY = Actor()


def candidacy(
    application: Any, kind: Any = meetings.CandidacyOpened, revision: int = 1, **changes: Any
) -> Any:
    state = {
        "campaign_id": uuid4(),
        "committee_id": uuid4(),
        "person": uuid4(),
        "name": "王小农",
        "employer_id": uuid4(),
        "employer_name": "市农技站",
        "series": "agriculture",
        "level": "INTERMEDIATE",
        "specialty": "农学",
        "title_name": "农艺师",
        "confirming_unit_id": uuid4(),
        "state": "READY",
    } | changes
    return kind(
        subject=application, revision=revision, actor=ANY, state=meetings.CandidacyState.model_validate(state)
    )


async def test_copies_never_go_back(scene: Any, deliver: Any, db: Any) -> None:
    newer = scene.campaign_event(committees.CampaignDeadlinesMoved, revision=3, name="新")
    await deliver(newer)
    await deliver.once(scene.campaign_event(committees.CampaignReceiving, revision=2, name="旧"))
    held = await db.scalar(select(KnownCampaign))
    assert (held.revision, held.name) == (3, "新")
    assert len((await db.scalars(select(KnownUnit))).all()) == 3
    assert (await db.scalar(select(KnownCommittee))).establishing_unit_id == scene.agriculture


@pytest.mark.req("APP-40")
async def test_later_states_are_shown_as_progress(scene: Any, someone: Any, deliver: Any) -> None:
    row = await accepted(scene, someone)
    await deliver(candidacy(row["id"], meetings.VotePassed, 3, state="VOTE_PASSED"))
    await deliver.once(candidacy(row["id"], meetings.CandidacyReviewed, 2, state="REVIEWING"))
    mine = scene.applicant(someone)
    shown = (await mine.get(f"/applications/{row['id']}")).json()
    assert (shown["state"], shown["progress"], shown["label"]) == ("ACCEPTED", "VOTE_PASSED", "通过")
    state = certificates.CertificateState.model_validate(
        {
            "number": "51012026200000011", "application_id": row["id"], "person": someone.ref, "name": "王小农",
            "obtaining_method": "REVIEW", "series": "agriculture", "level": "INTERMEDIATE", "title_name": "农艺师",
            "specialty": "农学", "campaign_id": None, "issuing_unit_id": scene.hr, "issuing_unit_name": "市人社局",
            "document_number": "成人社职〔2026〕1号", "approval_date": "2026-11-01",
            "issued_at": "2026-11-02T00:00:00Z",
            "sha256": "0" * 64, "state": "ISSUED",
        }
    )  # fmt: skip
    await deliver(certificates.CertificateIssued(subject=uuid4(), revision=1, actor=ANY, state=state))
    (shown,) = (await mine.get("/applications")).json()["items"]
    assert (shown["progress"], shown["certificate_number"]) == ("ISSUED", "51012026200000011")


@pytest.mark.req("APP-57")
async def test_a_rejection_at_confirmation_locks_the_year(scene: Any, someone: Any, deliver: Any) -> None:
    row = await accepted(scene, someone)
    await deliver(candidacy(row["id"], meetings.ConfirmationRejected, 5, state="CONFIRM_REJECTED"))
    again = await scene.applicant(someone).post("/applications", scene.settings(someone))
    assert (again.status_code, again.json()["code"]) == (409, "year-locked")


async def test_a_seat_opens_dossiers_except_recused_ones(
    scene: Any, someone: Any, deliver: Any, db: Any
) -> None:
    row = await accepted(scene, someone)
    expert, seat = uuid4(), uuid4()
    reader = scene.api.as_person(expert)
    path = f"/dossiers/{row['id']}"

    def event(kind: Any, revision: int, **changes: Any) -> Any:
        state = {
            "meeting_id": uuid4(),
            "campaign_id": scene.campaign,
            "person": expert,
            "active": True,
        } | changes
        return kind(
            subject=seat, revision=revision, actor=ANY, state=meetings.SeatState.model_validate(state)
        )

    assert (await reader.get(path)).status_code == 404
    await deliver(event(meetings.SeatTaken, 1))
    shown = await reader.get(path)
    assert shown.status_code == 200
    assert someone.number not in shown.text
    assert (await reader.get("/dossiers")).json()["total"] == 1
    await deliver(event(meetings.SeatChanged, 2, recused_from=(row["id"],)))
    assert (await reader.get(path)).status_code == 404
    await deliver(event(meetings.SeatChanged, 3))
    assert (await reader.get(path)).status_code == 200
    await deliver(event(meetings.SeatLeft, 4))
    assert (await reader.get(path)).status_code == 404
    assert (await db.scalar(select(KnownSeat))).active is False


async def test_the_confirming_unit_reads_what_it_confirms(scene: Any, someone: Any, deliver: Any) -> None:
    row = await accepted(scene, someone)
    unit = scene.api.as_unit(scene.hr, "meetings.confirmation.decide")
    path = f"/confirming/dossiers/{row['id']}"
    assert (await unit.get(path)).status_code == 404
    await deliver(candidacy(row["id"], confirming_unit_id=scene.hr, state="CONFIRMING"))
    shown = (await unit.get(path)).json()
    assert shown["application"]["dossier_sha256"]
    assert len(shown["trail"]) == 4


async def test_what_belongs_to_nobody_here_is_kept_anyway(deliver: Any, db: Any) -> None:
    await deliver(candidacy(uuid4(), meetings.ConfirmationRejected, 5, state="CONFIRM_REJECTED"))
    assert len((await db.scalars(select(KnownCandidacy))).all()) == 1
    assert (await db.scalars(select(KnownCertificate))).all() == []


async def test_what_was_theirs_follows_a_corrected_number(scene: Any, someone: Any, deliver: Any) -> None:
    from contracts.identity.v1 import PersonMerged, PersonState

    row = await scene.submitted(someone)
    corrected = type(someone).new()
    merged = PersonState(name=someone.name, merged_into=corrected.ref)
    await deliver(PersonMerged(subject=someone.ref, revision=2, actor=ANY, state=merged))
    assert (await scene.applicant(someone).get(f"/applications/{row['id']}")).status_code == 404
    mine = scene.applicant(corrected)
    back = await mine.post(f"/applications/{row['id']}/withdraw", if_match=row["revision"])
    assert back.json()["state"] == "DRAFT"
    gone = await mine.post(f"/applications/{row['id']}/discard", if_match=back.json()["revision"])
    assert gone.status_code == 200
    bare = await mine.post("/applications", scene.settings(corrected, id_number=None))
    assert bare.json()["code"] == "id-number-needed"
    fresh = await scene.begin(corrected)
    form = (await mine.get(f"/applications/{fresh['id']}/form?schemas=false")).json()
    assert form["modules"][0]["data"]["id_number"] == "*****" + corrected.number[-4:]


async def accepted(scene: Any, someone: Any) -> dict[str, Any]:
    row = await scene.at_committee(someone)
    answer = await scene.superior().post(
        f"/vetting/eligibility/{row['id']}/accept", {}, if_match=row["revision"]
    )
    return answer.json()["application"]
