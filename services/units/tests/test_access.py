"""Every route refuses nobody, who lacks the permission, and strangers to the object."""

import pytest
from chassis import clock
from chassis.testing.access import access_cases, check_case
from units.app import service
from units.tables import UnitDraft


@pytest.mark.parametrize("case", access_cases(service))
async def test_access(case, api, db, a_unit):
    unit = await a_unit()
    draft = UnitDraft(revision=1, superior_id=unit.id, basic={"kinds": ["DECLARING"]})
    db.add(draft)
    await db.commit()
    pending = await a_unit(state="PENDING", superior_id=unit.id, requested_at=clock.now())
    moving = await a_unit(state="SUPERIOR_CHANGE_PENDING", superior_id=unit.id, wanted_superior_id=pending.id)
    foreign = {"unit_id": unit.id, "draft_id": draft.id}
    for verb in ("GET ", "pass", "return"):
        suffix = "" if verb == "GET " else f"/{verb}"
        method = "GET" if verb == "GET " else "POST"
        foreign[f"{method} /registrations/{{unit_id}}{suffix}"] = {"unit_id": pending.id}
    for name in ("GET /superior-changes/{unit_id}", *CHANGES):
        foreign[name] = {"unit_id": moving.id}
    await check_case(case, api, foreign)


CHANGES = ("POST /superior-changes/{unit_id}/pass", "POST /superior-changes/{unit_id}/refuse")
