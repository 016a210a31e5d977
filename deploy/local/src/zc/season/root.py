"""The provincial office that a local stack begins with, the same for every season's seed."""

from __future__ import annotations

import json
from functools import cache

from zc.world import Login, World

SEED = 2026


@cache
def root_login() -> Login:
    """The super administrator of the office."""
    return World(SEED, applicants=1, experts=7).super_admin


def root_unit_setting() -> str:
    """The value of `UNITS_ROOT_UNIT`: what the units service is seeded with."""
    login = root_login()
    unit, person = login.unit, login.person
    assert unit is not None
    return json.dumps(
        {
            "uscc": unit.uscc,
            "name": unit.name,
            "region": unit.jurisdiction,
            "nature": unit.nature,
            "handler": {
                "name": person.name,
                "id_type": person.id_type,
                "id_number": person.id_number,
                "phone": person.phone,
            },
        },
        ensure_ascii=False,
    )
