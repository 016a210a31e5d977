"""What the ids and numbers of a season are called, so that two seasons of one world can be compared."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from uuid import UUID

from zc.season.root import root_login
from zc.season.season import Season
from zc.suite import Suite
from zc.world import Login, Person

from tests.faults.snapshot import Names


def names_of(suite: Suite, season: Season) -> Names:
    """The names of everybody and everything that the season itself can name."""
    names = Names()
    key = suite.home.secrets["person-ref-key"]
    for person in [*_people(season.world.logins()), *season.world.newcomers]:
        names.ids[_ref(key, person)] = f"person {person.key}"
        names.texts[person.id_number] = f"<number of {person.key}>"
    names.ids[_ref(key, root_login().person)] = "person of the provincial office"
    for login in season.world.logins():
        names.texts[login.account] = f"<account {login.person.key}>"
        names.texts[login.sub] = f"<subject {login.person.key}>"
    for unit in season.world.units:
        names.texts[unit.uscc] = f"<code of {unit.key}>"
    for certificate in season.report.certificates:
        names.texts[certificate["number"]] = "<certificate number>"
    for name, value in season.facts.items():
        if isinstance(value, UUID):
            names.ids[value] = name
    return names


def _people(logins: Iterable[Login]) -> list[Person]:
    return [login.person for login in logins]


def _ref(key: str, person: Person) -> UUID:
    """The reference of a person; the same few lines as in the chassis, whose key belongs to the process."""
    told = f"{person.id_type}:{person.id_number.strip().upper()}".encode()
    digest = bytearray(hmac.digest(key.encode(), told, "sha256")[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return UUID(bytes=bytes(digest))
