"""What other services tell, twice, late and in any order."""

from uuid import uuid4

import pytest
from contracts.event import Actor
from contracts.identity.v1 import PersonMerged, PersonState
from contracts.meetings import v1
from meetings.tables import Candidacy, KnownExpert


@pytest.mark.req("MTG-21")
@pytest.mark.parametrize("first", ["committee", "application"])
async def test_a_candidacy_is_opened_by_whichever_fact_arrives_last(office, emitted, first):
    committee, application = office.committee_filed(), office.accepted()
    order = [committee, application] if first == "committee" else [application, committee]
    for event in order:
        await office.deliver(event)
    told = [event for event in await emitted() if isinstance(event, v1.CandidacyOpened)]
    assert [event.subject for event in told] == [application.subject]
    assert told[0].state.confirming_unit_id == office.authorising
    assert told[0].state.state == v1.CandidacyStatus.READY


async def test_an_entrusted_person_is_confirmed_by_the_letter_issuing_unit(office, emitted):
    letter = uuid4()
    await office.deliver(office.committee_filed(), office.accepted(letter_unit_id=letter))
    assert (await emitted())[-1].state.confirming_unit_id == letter


async def test_an_application_without_campaign_has_no_candidacy(office, emitted):
    await office.deliver(office.committee_filed(), office.accepted(campaign_id=None))
    assert await emitted() == []


async def test_a_late_event_changes_no_copy(office):
    expert = office.expert_admitted(revision=5)
    await office.deliver(expert)
    older = expert.model_copy(
        update={"revision": 4, "state": expert.state.model_copy(update={"name": "旧名"})}
    )
    await office.deliver.once(older)
    assert (await office.db.get(KnownExpert, expert.subject)).name == expert.state.name


async def test_a_merged_person_keeps_seats_and_candidacies(office, emitted):
    expert, application = office.expert_admitted(), office.accepted()
    await office.deliver(office.committee_filed(), expert, application)
    for old in (expert.state.person, application.state.person):
        new = uuid4()

        fields = {
            name: field.get_default() if not field.is_required() else "某"
            for name, field in PersonState.model_fields.items()
        }
        state = PersonState(**{**fields, "merged_into": new})
        await office.deliver(PersonMerged(subject=old, revision=3, actor=Actor(), state=state))
    office.db.expire_all()
    assert (await office.db.get(KnownExpert, expert.subject)).person != expert.state.person
    assert (await office.db.get(Candidacy, application.subject)).person != application.state.person
