"""The service under test, and builders of what its tests need."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from provinces import people, uscc

if TYPE_CHECKING:
    from chassis.service import Service
    from sqlalchemy.ext.asyncio import AsyncSession
    from units.tables import Unit

Build = Callable[..., dict[str, Any]]
AUnit = Callable[..., Awaitable["Unit"]]

_serial = count(1)


@pytest.fixture(scope="session")
def service() -> "Service":
    """units."""
    from units.app import service

    return service


@pytest.fixture
def a_uscc() -> Callable[[], str]:
    """Valid codes, each another."""

    def make() -> str:
        digits = f"{next(_serial):08d}"
        first17 = f"12510100{digits}{uscc.organisation_check_char(digits)}"
        # A check character X would not be in the alphabet of what follows: take the next.
        return first17 + uscc.check_char(first17) if first17[-1] in uscc.ALPHABET else make()

    return make


@pytest.fixture
def a_handler() -> Build:
    """A person typed in, each another."""

    def make(**changes: Any) -> dict[str, Any]:
        first17 = f"510104{19700101 + next(_serial) % 28}{next(_serial) % 1000:03d}"
        number = first17 + people.check_char(first17)
        return {
            "name": "王芳",
            "id_type": "RESIDENT_ID",
            "id_number": number,
            "phone": "13800138000",
            **changes,
        }

    return make


@pytest.fixture
def basics(a_uscc: Callable[[], str]) -> Build:
    """Step ① of a subordinate: a declaring unit that logs in by itself already."""

    def make(**changes: Any) -> dict[str, Any]:
        return {
            "uscc": a_uscc(),
            "name": "成都市园艺作物研究所",
            "kinds": ["DECLARING"],
            "registered_at_platform": True,
            **DETAILS,
            **changes,
        }

    return make


DETAILS = {
    "nature": "INSTITUTION",
    "jurisdiction": "510100L",
    "location": "四川省/成都市/锦江区",
    "contact_person": "李明",
    "phone": "028-86740101",
    "postal_address": "成都市锦江区人民南路36号",
}


@pytest.fixture
def a_unit(db: "AsyncSession", a_uscc: Callable[[], str], a_handler: Build) -> AUnit:
    """A unit in the database, authorised unless told otherwise."""

    async def make(**changes: Any) -> "Unit":
        from units import store
        from units.tables import Unit

        values = {
            "id": uuid4(),
            "revision": 1,
            "uscc": a_uscc(),
            "name": "成都市农业农村局",
            "kinds": ["HR"],
            **DETAILS,
            "jurisdiction_path": ["510000", "510100", "510100L"],
            "handlers": [store.person_record(**a_handler())],
            "state": "AUTHORISED",
            "pack": "sichuan@2026-01-01",
            **changes,
        }
        unit = Unit(**values)
        db.add(unit)
        await db.commit()
        return unit

    return make
