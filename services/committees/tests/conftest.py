"""What the tests of committees share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from committees_samples import AGRICULTURE, CITY_HR, UNITS, a_unit


@pytest.fixture(scope="session")
def service():
    from committees.app import service

    return service


@pytest.fixture
async def units(deliver):
    for unit in UNITS:
        await deliver.once(a_unit(unit))


@pytest.fixture
def owner(api, units):
    return api.as_unit(
        AGRICULTURE,
        "committees.committee.manage",
        "committees.expert.manage",
        "committees.campaign.manage",
        unit_name="成都市农业农村局",
    )


@pytest.fixture
def bureau(api, units):
    """The authorising and filing unit."""
    return api.as_unit(CITY_HR, "committees.filing.vet", "committees.expert.vet", "committees.campaign.vet")
