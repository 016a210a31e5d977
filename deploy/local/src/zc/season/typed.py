"""What people type in about units and persons."""

from __future__ import annotations

from typing import Any

from zc.world import Person, Unit


def basics(unit: Unit) -> dict[str, Any]:
    """The basic information of a unit."""
    return {
        "kinds": list(unit.kinds),
        "nature": unit.nature,
        "jurisdiction": unit.jurisdiction,
        "location": unit.address[:12],
        "contact_person": unit.contact,
        "phone": unit.phone,
        "postal_address": unit.address,
    }


def person(one: Person) -> dict[str, str]:
    """A handler or legal representative."""
    return {"name": one.name, "id_type": one.id_type, "id_number": one.id_number, "phone": one.phone}
