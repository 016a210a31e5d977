"""The service under test, and a committee with its library, campaign and applicants."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from meetings_world import Office


@pytest.fixture(scope="session")
def service():
    from meetings.app import service

    return service


@pytest.fixture
def office(api, deliver, db, clock):
    """The office of a filed committee, with everything that other services tell."""
    return Office(api, deliver, db, clock)
