"""Nobody, the powerless and strangers are refused at every route."""

from uuid import UUID, uuid4

import pytest
from chassis.testing.access import access_cases, check_case
from committees.app import service
from committees_samples import (
    BASIC,
    CITY_HR,
    a_campaign,
    a_filed_committee,
    a_submitted_filing,
    an_expert,
    described,
)
from sqlalchemy import select

BODIES = {
    "POST /committees": described(),
    "PUT /committees/{committee_id}": described(),
    "POST /committees/{committee_id}/experts": an_expert(),
    "POST /committees/{committee_id}/experts/recommend": an_expert(),
    "PUT /experts/{expert_id}": an_expert(),
    "PUT /campaigns/{campaign_id}/basic": BASIC,
    "POST /campaigns/{campaign_id}/move-deadlines": {},
}


@pytest.mark.parametrize("case", access_cases(service))
async def test_who_must_be_refused_is(case, api, owner, db, clock):
    from datetime import UTC, datetime

    from committees.tables import Expert, ExpertImport

    objects = {}
    if case.role == "stranger":
        clock.set(datetime(2026, 6, 10, tzinfo=UTC))
        sent = await a_submitted_filing(owner, db)
        campaign = await a_campaign(owner, await a_filed_committee(db), 1)
        row = ExpertImport(committee_id=UUID(sent["id"]), unit_id=CITY_HR, file_sha256="0" * 64)
        db.add(row)
        await db.commit()
        objects = {
            "committee_id": sent["id"],
            "campaign_id": campaign["id"],
            "expert_id": (await db.scalars(select(Expert.id))).first(),
            "import_id": row.id,
            "file_id": uuid4(),
            "work_id": uuid4(),
        }
    await check_case(case, api, objects, bodies=BODIES)
