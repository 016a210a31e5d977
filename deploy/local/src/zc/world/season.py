"""The whole world of one season: who takes part, where they work and what becomes of them."""

from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

from zc.world import cast, stories
from zc.world.experts import drawn as drawn_experts
from zc.world.model import Applicant, Committee, Login, Person, Size, Unit
from zc.world.people import Census
from zc.world.places import CITY

SERIES = "农业技术"

# Share of the applicants; the last employer takes what is left.
_SHARES = (("employer_a", 0.45), ("employer_b", 0.3), ("employer_c", 0.25))


class World:
    """Everything a season needs, drawn from one seed: the same seed gives the same world.

    `told` are the applicants' stories where the proportions of forty are not wanted; `size` says how large the
    committee is. Another `cohort` is the same world over again: everybody has the same name and fate, and other
    numbers, so that both can live in one suite and be compared.
    """

    def __init__(
        self, seed: int, applicants: int = 40, experts: int = 60, year: int = 2026,
        *, told: Sequence[stories.Story] | None = None, size: Size | None = None, cohort: int = 0,
    ) -> None:  # fmt: skip
        applicants = applicants if told is None else len(told)
        self.size = size or Size(experts=experts)
        if applicants < 1 or self.size.experts < 7:
            raise ValueError("a season needs at least one applicant and seven experts")
        self.seed, self.year, self.cohort = seed, year, cohort
        self.newcomers: list[Person] = []
        self._census = Census(seed, cohort)
        self._units = cast.units(seed, self._census, cohort)
        self.province_hr = self._units["province_hr"]
        self.city_hr = self._units["city_hr"]
        self.agriculture = self._units["agriculture"]
        self.employer_a = self._units["employer_a"]
        self.employer_b = self._units["employer_b"]
        self.employer_c = self._units["employer_c"]
        self.staff = self._staff()
        self.experts = drawn_experts(self._census, seed, self.size, self.employer_a)
        self.applicants = self._applicants(applicants, told)
        self.committee = self._committee()

    @property
    def units(self) -> list[Unit]:
        """Returns all units, superiors first."""
        return list(self._units.values())

    @property
    def employers(self) -> list[Unit]:
        """Returns the three employers."""
        return [self.employer_a, self.employer_b, self.employer_c]

    @property
    def super_admin(self) -> Login:
        """Returns the provincial office's super administrator."""
        return self.handler(self.province_hr)

    def unit(self, key: str) -> Unit:
        """Returns the unit of that key."""
        return self._units[key]

    def handler(self, unit: Unit) -> Login:
        """Returns the unit's super administrator."""
        return self.staff[unit.key][0]

    def post(self, unit: Unit, rank: int) -> Login:
        """Returns who holds the unit's vetting post of that rank, 1 being the lowest."""
        return next(login for login in self.staff[unit.key] if login.role == f"post_{rank}")

    def logins(self) -> list[Login]:
        """Returns every account of the world."""
        handlers = [login for staff in self.staff.values() for login in staff]
        individuals = [one.login for one in self.experts] + [one.login for one in self.applicants]
        return handlers + individuals

    def accounts(self) -> list[dict[str, Any]]:
        """Returns the rows for the platform's accounts file."""
        return [login.row() for login in self.logins()]

    def newcomer(self, key: str, born: tuple[int, int] = (1985, 1998)) -> Person:
        """Returns one more person without an account; later calls return others."""
        self.newcomers.append(self._census.person(key, born))
        return self.newcomers[-1]

    def _staff(self) -> dict[str, list[Login]]:
        """Draws a super administrator for each unit and two more persons for its two vetting posts."""
        staff: dict[str, list[Login]] = {}
        for key, unit in self._units.items():
            roles = ["super_admin", "post_1", "post_2"]
            entrance = "intranet" if unit.is_hr else "legal_person"
            name = key.replace("_", "-")
            people = [self._census.person(f"{name}-{role.replace('_', '-')}", (1972, 1995)) for role in roles]
            pairs = zip(people, roles, strict=True)
            staff[key] = [self._census.login(person, entrance, unit, role) for person, role in pairs]
        return staff

    def _applicants(self, count: int, given: Sequence[stories.Story] | None) -> list[Applicant]:
        draw = Random(f"applicants {self.seed}")
        told = stories.dealt(count, draw) if given is None else [stories.completed(one) for one in given]
        return [
            self._applicant(draw, index, employer, told[index])
            for index, employer in enumerate(self._employers_of(count))
        ]

    def _employers_of(self, count: int) -> list[Unit]:
        """Returns each applicant's employer; each employer has somebody as soon as there are three."""
        numbers = [max(int(count * share), 1 if count >= 3 else 0) for _, share in _SHARES]
        numbers[0] += count - sum(numbers)
        pairs = zip(numbers, _SHARES, strict=True)
        return [self._units[key] for number, (key, _) in pairs for _ in range(number)]

    def _applicant(self, draw: Random, index: int, employer: Unit, story: stories.Story) -> Applicant:
        person = self._census.person(f"applicant-{index + 1:03d}", (self.year - 44, self.year - 30))
        first_job = date(person.birth_date.year + 23, 7, 1)
        titled = date(draw.randrange(first_job.year + 1, self.year - 4), 12, 20)
        colleagues = (one for one in self.experts if one.employer == employer)
        return Applicant(
            person=person,
            login=self._census.login(person),
            employer=employer,
            specialty=self.size.specialties[index % len(self.size.specialties)],
            story=story,
            first_job=first_job,
            current_title_since=titled,
            year=self.year,
            recused_experts=tuple(one.person.key for one in colleagues),
        )

    def _committee(self) -> Committee:
        return Committee(
            name="成都市农业技术系列中级职称评审委员会",
            office_body=self.agriculture.name,
            office=f"{self.agriculture.name}人事处",
            establishing=self.agriculture.key,
            authorising=self.city_hr.key,
            filing=self.city_hr.key,
            series=SERIES,
            specialties=self.size.specialties,
            levels=("INTERMEDIATE",),
            review_area=CITY[0],
            contact=self.agriculture.contact,
            phone=self.agriculture.phone,
            address=self.agriculture.address,
        )
