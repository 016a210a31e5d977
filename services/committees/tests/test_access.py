"""Nobody, the powerless and strangers are refused at every route."""

from datetime import date
from uuid import uuid4

from chassis.testing.access import check_access
from committees.app import service
from committees.tables import Campaign, Expert, ExpertImport
from committees_samples import AGRICULTURE, BASIC, CITY_HR, a_filed_committee, an_expert, described

BODIES = {
    "POST /committees": described(),
    "PUT /committees/{committee_id}": described(),
    "POST /committees/{committee_id}/experts": an_expert(),
    "POST /committees/{committee_id}/experts/recommend": an_expert(),
    "PUT /experts/{expert_id}": an_expert(),
    "PUT /campaigns/{campaign_id}/basic": BASIC,
    "POST /campaigns/{campaign_id}/move-deadlines": {},
}


async def somebodys(db):
    """One of everything, of a unit that the caller is not."""
    committee = await a_filed_committee(db)
    campaign = Campaign(
        committee_id=committee.id, establishing_unit_id=AGRICULTURE, authorising_unit_id=CITY_HR, name="评审",
        year=2026, category="ANNUAL", series="agriculture", pack="sichuan@2026-01-01", revision=1,
    )  # fmt: skip
    expert = Expert(
        committee_id=committee.id, person=uuid4(), id_number={}, id_masked="*****", name="张三", sex="MALE",
        birth="1975-03", duty="MEMBER", term_from=date(2026, 1, 1), vetting_unit_id=CITY_HR, state="TO_VET",
    )  # fmt: skip
    upload = ExpertImport(committee_id=committee.id, unit_id=AGRICULTURE, file_sha256="0" * 64)
    db.add_all([campaign, expert, upload])
    await db.commit()
    return {
        "committee_id": committee.id,
        "campaign_id": campaign.id,
        "expert_id": expert.id,
        "import_id": upload.id,
        "file_id": uuid4(),
        "work_id": uuid4(),
    }


async def test_nobody_the_powerless_and_strangers_are_refused_everywhere(api, db):
    await check_access(service, api, await somebodys(db), bodies=BODIES)
