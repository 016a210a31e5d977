"""The doctor finds what is broken between services, and nothing where all is well."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from zc.doctor import Evidence, judge

ANN, MEETING = uuid4(), uuid4()


def an_event(kind: str, subject: UUID = ANN, revision: int = 1, **state: Any) -> dict[str, Any]:
    """A published event as the outbox keeps it."""
    topic = ".".join(kind.split(".")[:2])
    return {
        "id": uuid4(),
        "type": kind,
        "topic": topic,
        "subject": subject,
        "revision": revision,
        "state": state,
    }


def a_certificate(**changes: Any) -> dict[str, Any]:
    """Ann's certificate."""
    state = {
        "number": "51202600001",
        "application_id": str(ANN),
        "obtaining_method": "REVIEW",
        "state": "ISSUED",
    }
    return an_event("certificates.certificate.issued.v1", uuid4(), **(state | changes))


def a_season(**changes: list[dict[str, Any]]) -> Evidence:
    """Ann applied, was voted for by two, was confirmed and got her certificate."""
    totals = {"for_": 2, "against": 0, "abstain": 0, "attending": 2, "recused": 0}
    told = {
        "applications": [an_event("applications.application.accepted.v1", state="ACCEPTED")],
        "meetings": [
            an_event("meetings.meeting.announced.v1", MEETING, state="ANNOUNCED"),
            *(
                an_event(
                    "meetings.ballot.cast.v1", uuid4(), meeting_id=str(MEETING), round=1, state="SUBMITTED"
                )
                for _ in range(2)
            ),
            an_event(
                "meetings.candidacy.confirmed.v1", state="CONFIRMED", totals=totals, meeting_id=str(MEETING)
            ),
        ],
        "certificates": [a_certificate()],
    }
    return Evidence(told | changes, {name: [] for name in told}, {name: {} for name in told})


def test_a_season_that_went_well_is_healthy() -> None:
    assert judge(a_season()) == []


def test_an_event_that_a_consumer_missed_is_found() -> None:
    season = a_season()
    more = an_event("applications.application.accepted.v1", uuid4(), state="ACCEPTED")
    heard = season.events["applications"][0]
    season.events["applications"].append(more)
    season.heard["meetings"].append({"consumer": "open_candidacy", "event_id": heard["id"]})
    assert judge(season) == [
        "meetings: open_candidacy has not taken 1 of 2 applications.application.accepted.v1"
    ]
    season.heard["meetings"].append({"consumer": "open_candidacy", "event_id": more["id"]})
    assert judge(season) == []


def test_a_copy_that_fell_behind_is_found() -> None:
    season = a_season()
    season.events["units"] = [an_event("units.unit.edited.v1", ANN, revision) for revision in (1, 2)]
    season.heard["meetings"] = [
        {"consumer": "keep_unit", "event_id": row["id"]} for row in season.events["units"]
    ]
    season.known["meetings"] = {"known_unit": {ANN: 1}}
    assert judge(season) == [f"meetings: known_unit {ANN} stands at revision 1 instead of 2"]
    season.known["meetings"] = {"known_unit": {ANN: 2}}
    assert judge(season) == []


def test_a_candidacy_out_of_nowhere_is_found() -> None:
    assert judge(a_season(applications=[])) == [
        f"meetings: the candidacy {ANN} belongs to an application that is unknown"
    ]


def test_a_certificate_without_confirmation_is_found() -> None:
    candidacy = an_event("meetings.candidacy.vote-failed.v1", state="VOTE_FAILED")
    assert judge(a_season(meetings=[candidacy])) == [
        "certificates: 51202600001 was issued for a candidacy that is VOTE_FAILED"
    ]


def test_a_second_certificate_and_a_second_use_of_a_number_are_found() -> None:
    assert judge(a_season(certificates=[a_certificate(), a_certificate()])) == [
        f"certificates: the application {ANN} has 2 valid certificates",
        "certificates: 2 certificates bear the number 51202600001",
    ]


def test_a_person_whom_an_issued_batch_forgot_is_found() -> None:
    batch = uuid4()
    issued = an_event("certificates.batch.issued.v1", batch, persons=[str(ANN)], withdrawn=[], state="ISSUED")
    assert judge(a_season(certificates=[issued])) == [
        f"certificates: the issued batch {batch} left {ANN} without a certificate"
    ]
    issued["state"]["withdrawn"] = [str(ANN)]
    assert judge(a_season(certificates=[issued])) == []


def test_votes_without_ballots_are_found() -> None:
    season = a_season()
    season.events["meetings"] = [
        row for row in season.events["meetings"] if row["topic"] != "meetings.ballot"
    ]
    assert judge(season) == [f"meetings: 2 votes on {ANN} were counted, but 0 ballots were cast"]


def test_an_open_ballot_in_an_announced_meeting_is_found() -> None:
    season = a_season()
    still = an_event(
        "meetings.ballot.reopened.v1", uuid4(), meeting_id=str(MEETING), round=1, state="RETURNED"
    )
    season.events["meetings"].append(still)
    assert judge(season) == [f"meetings: {MEETING} was announced with 1 ballots open"]
