"""What lies with a unit, by type, and that it leaves when the state does."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from contracts.applications import v1 as applications
from contracts.certificates import v1 as certificates
from contracts.committees import v1 as committees
from contracts.meetings import v1 as meetings
from contracts.units import v1 as units
from notices.domain.todos import KINDS

PERMISSIONS = sorted({described.permission for described in KINDS.values()})


@pytest.fixture
def todos_of(api):
    async def read(unit, *permissions):
        allowed = permissions or PERMISSIONS
        client = api.as_unit(unit, "notices.message.unit-inbox", *allowed)
        return {group["kind"]: group["count"] for group in (await client.get("/todos")).json()}

    return read


@pytest.mark.req("NTC-06")
async def test_a_registration_lies_with_the_superior_until_decided(todos_of, deliver, a_fact):
    unit, superior = uuid4(), uuid4()
    asked = {"superior_id": superior, "state": "PENDING"}
    await deliver(a_fact(units.UnitPermissionRequested, unit, **asked))
    assert await todos_of(superior) == {"REGISTRATION_TO_VET": 1}
    assert await todos_of(unit) == {}
    await deliver(a_fact(units.UnitAuthorised, unit, 2, superior_id=superior, state="AUTHORISED"))
    await deliver.once(a_fact(units.UnitPermissionRequested, unit, **asked))  # late
    assert await todos_of(superior) == {}


async def test_a_change_of_superior_lies_with_the_new_one_even_after_an_edit(todos_of, deliver, a_fact):
    unit, old, new = uuid4(), uuid4(), uuid4()
    pending = {"superior_id": old, "state": "SUPERIOR_CHANGE_PENDING"}
    await deliver(a_fact(units.SuperiorChangeRequested, unit, extra={"new_superior_id": new}, **pending))
    await deliver(a_fact(units.UnitEdited, unit, 2, **pending))
    assert await todos_of(new) == {"SUPERIOR_CHANGE_TO_VET": 1}
    await deliver(a_fact(units.SuperiorChanged, unit, 3, superior_id=new, state="AUTHORISED"))
    assert await todos_of(new) == {}


async def test_a_filing_wanders_from_office_to_office(todos_of, deliver, a_fact):
    committee, runs, authorises, files = (uuid4() for _ in range(4))
    roles = {"establishing_unit_id": runs, "authorising_unit_id": authorises, "filing_unit_id": files}

    async def where():
        return [await todos_of(unit) for unit in (runs, authorises, files)]

    here = {"node_unit_id": authorises, "state": "AUTHORISING_VETTING"}
    await deliver(a_fact(committees.FilingSubmitted, committee, **roles, **here))
    assert await where() == [{}, {"FILING_TO_VET": 1}, {}]
    await deliver(
        a_fact(committees.FilingPassed, committee, 2, **roles, node_unit_id=files, state="FILING_VETTING")
    )
    assert await where() == [{}, {}, {"FILING_TO_VET": 1}]
    await deliver(a_fact(committees.FilingReturned, committee, 3, **roles, state="RETURNED"))
    assert await where() == [{"FILING_RETURNED": 1}, {}, {}]
    await deliver(a_fact(committees.CommitteeFiled, committee, 4, **roles, state="FILED"))
    assert await where() == [{}, {}, {}]


@pytest.mark.parametrize("committee_first", [True, False])
async def test_experts_lie_with_who_vets_or_submits_them(todos_of, deliver, a_fact, committee_first):
    committee, runs, authorises, one, other = (uuid4() for _ in range(5))
    filed = a_fact(
        committees.CommitteeFiled,
        committee,
        establishing_unit_id=runs,
        authorising_unit_id=authorises,
        state="FILED",
    )
    experts = [
        a_fact(committees.ExpertSubmitted, one, committee_id=committee, state="TO_VET"),
        a_fact(committees.ExpertReturned, other, committee_id=committee, state="RETURNED"),
    ]
    # Topics have no order between them.
    await deliver(*([filed, *experts] if committee_first else [*experts, filed]))
    assert await todos_of(runs) == {"EXPERT_TO_SUBMIT": 1}
    assert await todos_of(authorises) == {"EXPERT_TO_VET": 1}
    await deliver(a_fact(committees.ExpertAdmitted, one, 2, committee_id=committee, state="IN_LIBRARY"))
    assert await todos_of(authorises) == {}


async def test_a_campaign_lies_with_its_node_then_with_who_runs_it(todos_of, deliver, a_fact):
    campaign, committee, runs, authorises = (uuid4() for _ in range(4))
    await deliver(
        a_fact(
            committees.CommitteeFiled, committee, establishing_unit_id=runs, authorising_unit_id=authorises
        )
    )
    known = {"committee_id": committee, "establishing_unit_id": runs, "authorising_unit_id": authorises}
    await deliver(
        a_fact(committees.CampaignSubmitted, campaign, **known, node_unit_id=authorises, state="VETTING")
    )
    assert (await todos_of(authorises), await todos_of(runs)) == ({"CAMPAIGN_TO_VET": 1}, {})
    await deliver(
        a_fact(committees.CampaignReturned, campaign, 2, **known, node_unit_id=None, state="RETURNED")
    )
    assert (await todos_of(authorises), await todos_of(runs)) == ({}, {"CAMPAIGN_RETURNED": 1})
    await deliver(
        a_fact(committees.CampaignPublished, campaign, 3, **known, node_unit_id=None, state="PUBLISHED")
    )
    assert (await todos_of(authorises), await todos_of(runs)) == ({}, {})


@pytest.mark.req("NTC-06")
async def test_an_application_lies_with_its_node_as_own_staff_subordinate_or_eligibility(
    todos_of, deliver, a_fact
):
    application, employer, superior, office = (uuid4() for _ in range(4))

    def at(event, revision, unit, state):
        return a_fact(event, application, revision, employer_id=employer, node_unit_id=unit, state=state)

    await deliver(at(applications.ApplicationSubmitted, 1, employer, "VETTING"))
    assert await todos_of(employer) == {"OWN_APPLICATION_TO_VET": 1}
    await deliver(at(applications.ApplicationPassed, 2, superior, "VETTING"))
    assert (await todos_of(employer), await todos_of(superior)) == ({}, {"SUBORDINATE_APPLICATION_TO_VET": 1})
    await deliver(at(applications.ApplicationReturned, 3, employer, "RETURNED_TO_UNIT"))
    assert (await todos_of(employer), await todos_of(superior)) == ({"OWN_APPLICATION_TO_VET": 1}, {})
    await deliver(at(applications.ApplicationPassed, 4, office, "COMMITTEE_PENDING"))
    assert (await todos_of(employer), await todos_of(office)) == ({}, {"ELIGIBILITY_TO_VET": 1})
    await deliver(at(applications.ApplicationAccepted, 5, None, "ACCEPTED"))
    assert await todos_of(office) == {}


async def test_confirmation_and_supplement(todos_of, deliver, a_fact):
    application, committee, runs, confirms = (uuid4() for _ in range(4))
    known = {"committee_id": committee, "confirming_unit_id": confirms}
    await deliver(a_fact(meetings.PublicityEnded, application, **known, state="CONFIRMING"))
    assert await todos_of(confirms) == {"CONFIRMATION_TO_DECIDE": 1}
    await deliver(a_fact(meetings.SupplementRequested, application, 2, **known, state="SUPPLEMENT"))
    assert (await todos_of(confirms), await todos_of(runs)) == ({}, {})
    # Who runs the committee becomes known later.
    await deliver(a_fact(committees.CommitteeFiled, committee, establishing_unit_id=runs))
    assert await todos_of(runs) == {"SUPPLEMENT_TO_MAKE": 1}
    await deliver(a_fact(meetings.ResultConfirmed, application, 3, **known, state="CONFIRMED"))
    assert (await todos_of(confirms), await todos_of(runs)) == ({}, {})


async def test_an_open_objection_lies_with_who_runs_the_publicity(todos_of, deliver, a_fact):
    objection, publicity, campaign, committee, runs = (uuid4() for _ in range(5))
    await deliver(a_fact(meetings.ObjectionSubmitted, objection, publicity_id=publicity, state="SUBMITTED"))
    await deliver(a_fact(meetings.PublicityPublished, publicity, campaign_id=campaign))
    await deliver(a_fact(committees.CampaignPublished, campaign, committee_id=committee, state="PUBLISHED"))
    await deliver(a_fact(committees.CommitteeFiled, committee, establishing_unit_id=runs))
    assert await todos_of(runs) == {"OBJECTION_TO_ANSWER": 1}
    await deliver(a_fact(meetings.ObjectionAnswered, objection, 2, publicity_id=publicity, state="ANSWERED"))
    assert await todos_of(runs) == {}


@pytest.mark.parametrize("information_first", [True, False])
async def test_issuing_information_is_processed_whichever_fact_comes_first(
    todos_of, deliver, a_fact, clock, information_first
):
    issuer = uuid4()
    number = {"issuing_unit_id": issuer, "document_number": "川职改〔2026〕12号"}
    submitted = a_fact(meetings.IssuingInformationSubmitted, **number)
    passed = a_fact(certificates.IssuingInformationPassed, **number, state="TO_ISSUE")
    clock.set(datetime(2026, 12, 1, tzinfo=UTC))
    if information_first:
        await deliver(submitted)
        assert await todos_of(issuer) == {"ISSUING_INFORMATION_TO_PROCESS": 1}
        clock.advance(hours=1)
        await deliver(passed)
    else:
        clock.advance(hours=1)
        await deliver(passed)
        clock.advance(hours=-1)
        await deliver(submitted)
    assert await todos_of(issuer) == {"BATCH_TO_ISSUE": 1}
    clock.advance(hours=2)
    await deliver(a_fact(certificates.BatchIssued, passed.subject, 2, **number, state="ISSUED"))
    assert await todos_of(issuer) == {}


async def test_returned_issuing_information_lies_with_the_committee_and_may_come_again(
    todos_of, deliver, a_fact, clock
):
    issuer, campaign, committee, runs, batch = (uuid4() for _ in range(5))
    await deliver(a_fact(committees.CommitteeFiled, committee, establishing_unit_id=runs))
    await deliver(a_fact(committees.CampaignPublished, campaign, committee_id=committee, state="PUBLISHED"))
    number = {"issuing_unit_id": issuer, "document_number": "川职改〔2026〕12号", "campaign_id": campaign}
    information = uuid4()
    clock.set(datetime(2026, 12, 1, tzinfo=UTC))
    await deliver(a_fact(meetings.IssuingInformationSubmitted, information, **number))
    clock.advance(hours=1)
    await deliver(a_fact(certificates.IssuingInformationReturned, batch, **number, state="RETURNED"))
    assert (await todos_of(issuer), await todos_of(runs)) == ({}, {"ISSUING_INFORMATION_RETURNED": 1})
    clock.advance(hours=1)
    await deliver(a_fact(meetings.IssuingInformationSubmitted, information, 2, **number))
    assert await todos_of(issuer) == {"ISSUING_INFORMATION_TO_PROCESS": 1}


@pytest.mark.req("NTC-06")
async def test_the_home_shows_unit_messages_todos_with_count_and_link_and_supervision(api, deliver, a_fact):
    unit, superior = uuid4(), uuid4()
    client = api.as_unit(unit, "notices.message.unit-inbox", *PERMISSIONS)
    early = await client.get("/home")
    assert (early.status_code, early.json()["code"]) == (409, "not-yet-known")
    state = {"superior_id": superior, "jurisdiction": "510100L", "state": "AUTHORISED"}
    await deliver(a_fact(units.UnitCreated, superior, name="四川省人社厅", superior_id=None, handlers=[]))
    await deliver(a_fact(units.UnitCreated, unit, name="成都市农业农村局", **state, handlers=[]))
    for number in range(7):
        await deliver(
            a_fact(
                applications.ApplicationSubmitted,
                name=f"申报人{number}",
                title_name="农艺师",
                employer_id=uuid4(),
                node_unit_id=unit,
                state="VETTING",
            )
        )
    await deliver(a_fact(committees.CommitteeFiled, establishing_unit_id=unit, state="FILED", area="510100"))
    home = (await client.get("/home")).json()
    assert (home["unit"]["name"], home["unit"]["superior_name"]) == ("成都市农业农村局", "四川省人社厅")
    assert "成都" in home["unit"]["jurisdiction_name"]
    assert (home["unread"], [message["title"] for message in home["messages"]]) == (1, ["评委会已备案"])
    (group,) = home["todos"]
    assert (group["label"], group["count"]) == ("待审核的下级单位申报人员", 7)
    assert [item["title"] for item in group["items"]] == [f"申报人{n}（农艺师）" for n in range(5)]
    assert group["link"] == KINDS["SUBORDINATE_APPLICATION_TO_VET"].link
    assert home["supervision"]["counts"] == {
        "committees": 1, "filed": 1, "not_filed": 0, "campaigns_running": 0,
    }  # fmt: skip
    page = (await client.get("/todos/SUBORDINATE_APPLICATION_TO_VET", params={"page": 2, "size": 5})).json()
    assert ([item["title"] for item in page["items"]], page["total"]) == (
        ["申报人5（农艺师）", "申报人6（农艺师）"],
        7,
    )


async def test_who_may_do_nothing_about_it_does_not_see_it(api, todos_of, deliver, a_fact):
    unit = uuid4()
    await deliver(
        a_fact(applications.ApplicationSubmitted, employer_id=unit, node_unit_id=unit, state="VETTING")
    )
    assert await todos_of(unit, "units.registration.vet") == {}
    client = api.as_unit(unit, "notices.message.unit-inbox")
    assert (await client.get("/todos/OWN_APPLICATION_TO_VET")).json()["total"] == 0
