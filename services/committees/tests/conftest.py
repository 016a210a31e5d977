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
async def units(db):
    """The known units, as their events would leave them."""
    from committees.tables import KnownUnit

    for unit in UNITS:
        told = a_unit(unit).state
        kinds = [kind.value for kind in told.kinds]
        db.add(
            KnownUnit(
                id=unit,
                revision=1,
                name=told.name,
                kinds=kinds,
                jurisdiction=told.jurisdiction,
                superior_id=told.superior_id,
                authorised=True,
            )
        )
    await db.commit()


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
