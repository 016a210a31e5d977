"""Every route refuses nobody, who lacks the permission, and strangers to the object."""

import pytest
from chassis.testing.access import access_cases, check_case
from units.app import service
from units.tables import UnitDraft


@pytest.mark.parametrize("case", access_cases(service))
async def test_access(case, api, db, a_unit):
    unit = await a_unit()
    draft = UnitDraft(revision=1, superior_id=unit.id, basic={"kinds": ["DECLARING"]})
    db.add(draft)
    await db.commit()
    await check_case(case, api, {"unit_id": unit.id, "draft_id": draft.id})
