"""Draws people and their accounts; nobody occurs twice in one world."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from uuid import UUID

from zc.world import names
from zc.world.model import Login, Person, Unit
from zc.world.numbers import mobile, resident_id
from zc.world.places import BIRTHPLACES

_ETHNICITIES = ("汉族",) * 17 + ("彝族", "藏族", "羌族")


class Census:
    """Draws people from one seed and remembers which numbers are taken; another cohort has other numbers."""

    def __init__(self, seed: int, cohort: int = 0) -> None:
        self._seed, self._cohort = seed, cohort
        self._draw = Random(f"people {seed}")
        self._taken: set[str] = set()
        self._count = 0

    def person(self, key: str, born: tuple[int, int]) -> Person:
        """Returns a new person born in one of those years, first and last included."""
        draw = self._draw
        self._count += 1
        sex = draw.choice(("MALE", "FEMALE"))
        birth = date(born[0], 1, 1) + timedelta(draw.randrange(365 * (born[1] - born[0] + 1)))
        region = draw.choice([code for code, (_, since) in BIRTHPLACES.items() if since <= birth.year])
        return Person(
            key=key,
            name=self._unused(lambda: names.drawn(draw, sex)),
            sex=sex,
            birth_date=birth,
            ethnicity=draw.choice(_ETHNICITIES),
            id_number=self._unused(lambda: self._number(region, birth, sex)),
            phone=self._unused(lambda: mobile(draw)),
            email=f"{names.latin(self._count)}@example.com",
            birthplace=BIRTHPLACES[region][0],
        )

    def login(
        self, person: Person, account_type: str = "individual", unit: Unit | None = None, role: str = ""
    ) -> Login:
        """Returns an account whose name tells nothing about the person."""
        again = f" {self._cohort}" if self._cohort else ""
        draw = Random(f"login {self._seed} {person.key} {account_type}{again}")
        return Login(
            account=f"s{self._seed}{again.replace(' ', '-')}-{person.key}",
            password=f"Zc-{draw.getrandbits(48):012x}",
            account_type=account_type,
            sub=str(UUID(int=draw.getrandbits(128), version=4)),
            person=person,
            unit=unit,
            role=role,
        )

    def _number(self, region: str, born: date, sex: str) -> str:
        serial = (self._draw.randrange(1, 499) - 1 + self._cohort) % 498 + 1
        sequence = 2 * serial + (sex == "MALE")
        return resident_id(region, born, sequence)

    def _unused(self, again: Callable[[], str]) -> str:
        value = again()
        while value in self._taken:
            value = again()
        self._taken.add(value)
        return value
