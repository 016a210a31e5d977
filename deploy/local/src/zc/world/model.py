"""The shapes of the generated world; all frozen, all plain data."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Person:
    """One human being; `sex` is MALE or FEMALE."""

    key: str
    name: str
    sex: str
    birth_date: date
    ethnicity: str
    id_number: str
    phone: str
    email: str
    birthplace: str
    id_type: str = "RESIDENT_ID"

    @property
    def sex_label(self) -> str:
        """Returns 男 or 女."""
        return "男" if self.sex == "MALE" else "女"

    def age(self, year: int) -> int:
        """Returns the age reached in that year."""
        return year - self.birth_date.year


@dataclass(frozen=True)
class Unit:
    """One unit; `superior` is the key of the unit above it in title business, empty at the top.

    `kinds` and `nature` are codes of the pack's lists `unit_kind` and `unit_nature`; `jurisdiction` is a
    region of the pack (510100L is 市本级), `location` the code of the district where it stands. `story` says
    how the unit comes into the system.
    """

    key: str
    name: str
    uscc: str
    kinds: tuple[str, ...]
    nature: str
    jurisdiction: str
    location: str
    superior: str
    contact: str
    phone: str
    address: str
    legal_person: str
    story: dict[str, Any] = field(hash=False)

    @property
    def is_hr(self) -> bool:
        """Says whether its staff enter by the intranet."""
        return "HR" in self.kinds


@dataclass(frozen=True)
class Login:
    """One account at the identity platform: a person, and for handlers the unit and the role there."""

    account: str
    password: str
    account_type: str
    sub: str
    person: Person
    unit: Unit | None = None
    role: str = ""

    def row(self) -> dict[str, Any]:
        """Returns the account as the platform's accounts file holds it."""
        unit = {"uscc": self.unit.uscc, "unit_name": self.unit.name} if self.unit else {}
        return {
            "account": self.account,
            "password": self.password,
            "account_type": self.account_type,
            "sub": self.sub,
            "name": self.person.name,
            "id_type": self.person.id_type,
            "id_number": self.person.id_number,
            **unit,
        }


@dataclass(frozen=True)
class Expert:
    """One expert of the committee; `employer` is set where the work unit is one of the season's units."""

    person: Person
    login: Login
    work_unit: str
    supervising_unit: str
    employer: Unit | None
    level: str
    title: str
    specialty: str
    duty: str
    post: str
    honours: str
    series: str = "农业技术"
    retired: bool = False
    away: bool = False


@dataclass(frozen=True)
class Applicant:
    """One applicant, what is applied for, and the fate that the season has in store."""

    person: Person
    login: Login
    employer: Unit
    specialty: str
    story: dict[str, Any] = field(hash=False)
    first_job: date
    current_title_since: date
    series: str = "农业技术"
    level: str = "INTERMEDIATE"
    title: str = "农艺师"
    current_title: str = "助理农艺师"
    year: int = 2026
    recused_experts: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Size:
    """How large the committee of a season is, and how long it receives applications."""

    experts: int = 60
    specialties: tuple[str, ...] = ("农学", "园艺", "植物保护")
    seats: int = 7
    """Experts of each specialty who attend."""
    prescribed: int = 11
    away: int = 0
    """Experts, the last ones of the list, whom nobody reaches when they are asked to attend."""
    deadlines: tuple[int, int, int] = (30, 45, 60)
    """Days from the campaign's start to the first, the modified and the receipt deadline."""


@dataclass(frozen=True)
class Committee:
    """What is typed in when the committee is set up; units are named by key."""

    name: str
    office_body: str
    office: str
    establishing: str
    authorising: str
    filing: str
    series: str
    specialties: tuple[str, ...]
    levels: tuple[str, ...]
    review_area: str
    contact: str
    phone: str
    address: str
