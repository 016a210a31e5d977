"""From the draft to the employer's list."""

from typing import Any

import pytest
from contracts.applications.v1 import ApplicationSubmitted


@pytest.mark.req("APP-07", "APP-27", "APP-30", "APP-50")
async def test_a_complete_application_goes_to_the_employer(scene: Any, someone: Any, emitted: Any) -> None:
    draft = await scene.begin(someone)
    assert draft["state"] == "DRAFT"
    assert await emitted() == []
    await scene.fill(someone, draft["id"])
    shown = await scene.submit(someone, draft)
    assert shown["state"] == "VETTING"
    assert shown["node_unit_id"] == str(scene.employer)
    assert shown["allowed_actions"] == ["withdraw"]
    (event,) = await emitted()
    assert isinstance(event, ApplicationSubmitted)
    assert event.state.route == (scene.employer, scene.agriculture, scene.agriculture)
    assert event.state.dossier_sha256 == shown["dossier_sha256"]
    assert someone.number not in event.model_dump_json()
