"""The service under test, and the world around an application."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from applications_events import OPEN
from applications_world import Scene, Someone

if TYPE_CHECKING:
    from chassis.service import Service
    from chassis.testing.clients import Api


@pytest.fixture(scope="session")
def service() -> "Service":
    """The service under test."""
    from applications.app import service

    return service


@pytest_asyncio.fixture(loop_scope="session")
async def scene(api: "Api", deliver: Any, db: Any, clock: Any) -> Scene:
    """A campaign that is receiving on 2 September 2026."""
    clock.set(OPEN)
    made = Scene(api, deliver, db)
    await deliver(
        made.unit_event(made.hr, None, "HR"),
        made.unit_event(made.agriculture, made.hr, "SUPERVISING"),
        made.unit_event(made.employer, made.agriculture, "DECLARING"),
        made.committee_event(),
        made.campaign_event(),
    )
    return made


@pytest.fixture
def someone() -> Someone:
    """A new applicant."""
    return Someone.new()
