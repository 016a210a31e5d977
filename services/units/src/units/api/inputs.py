"""What several requests have in common: codes, phones, persons typed in, a unit's details."""

from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.caller import Caller
from chassis.web import Model
from contracts.vocabulary import UnitKind
from provinces.people import IdNumberInvalid, parse_id_number
from provinces.uscc import UsccInvalid, parse_uscc
from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from refusals import Complaint
from sqlalchemy.ext.asyncio import AsyncSession

from units import store
from units.rules import UnitRules, refuse
from units.tables import PersonRecord, Unit

RESIDENT_ID = "RESIDENT_ID"


def _checked_uscc(code: str) -> str:
    try:
        return parse_uscc(code)
    except UsccInvalid as refusal:
        raise PydanticCustomError(refusal.slug, refusal.detail) from None


Uscc = Annotated[str, Field(max_length=18, examples=["125101001234567020"]), AfterValidator(_checked_uscc)]
UnitName = Annotated[str, Field(min_length=2, max_length=100, examples=["成都市农业农村局"])]
PersonName = Annotated[str, Field(min_length=1, max_length=50, examples=["王芳"])]
Phone = Annotated[str, Field(pattern=r"^[0-9+][0-9 \-]{4,24}$", examples=["028-86740101"])]
Kinds = Annotated[frozenset[UnitKind], Field(min_length=1, examples=[["DECLARING"]])]
Reason = Annotated[str, Field(max_length=500, examples=["营业执照与单位名称不一致，请更正。"])]


class PersonTyped(Model):
    """A person, typed in by ID number: whoever logs in with this number is that person."""

    name: PersonName
    id_type: str = Field(default=RESIDENT_ID, max_length=40, description="Code list `id_type`.")
    id_number: str = Field(min_length=5, max_length=30, examples=["510104198501010010"])
    phone: Phone

    @field_validator("id_number")
    @classmethod
    def _checked(cls, number: str, info: ValidationInfo) -> str:
        if info.data.get("id_type") != RESIDENT_ID:
            return number.upper()
        try:
            return parse_id_number(number, clock.local_date(clock.now())).number
        except IdNumberInvalid as refusal:
            raise PydanticCustomError(refusal.slug, refusal.detail) from None

    def complaints(self, rules: UnitRules, at: str = "") -> list[Complaint]:
        """What the province's code lists say against it; `at` points to the person in the request."""
        if self.id_type in rules.pack.code_list("id_type"):
            return []
        return [Complaint(f"{at}/id_type", "options", "请从证件类型代码表中选择。")]

    def record(self) -> PersonRecord:
        """As it is kept: the number sealed."""
        return store.person_record(self.name, self.id_type, self.id_number, self.phone)


class UnitDetails(Model):
    """What a unit may say of itself (UNT-02)."""

    nature: str = Field(max_length=40, examples=["STATE_ORGAN"], description="Code list `unit_nature`.")
    jurisdiction: str = Field(
        max_length=10,
        examples=["510100L"],
        description="Leaf region where title business is handled (UNT-05).",
    )
    location: str = Field(
        max_length=200, examples=["四川省/成都市/锦江区"], description="Three levels, as text."
    )
    contact_person: PersonName
    phone: Phone
    postal_address: str = Field(max_length=200, examples=["成都市锦江区人民南路36号"])
    licence_file_id: UUID | None = Field(
        default=None, examples=[None], description="A checked upload `business-licence`; left out: as it was."
    )


class UnitBasics(UnitDetails):
    """What only its superior says of a unit."""

    name: UnitName
    kinds: Kinds


class Handlers(Model):
    """The unit's super administrators (IDN-15)."""

    handlers: list[PersonTyped] = Field(min_length=1, max_length=20)

    def records(self, rules: UnitRules) -> list[PersonRecord]:
        """As they are kept; raises `Invalid` for an unknown ID type or a person named twice."""
        records = [handler.record() for handler in self.handlers]
        complaints = [
            c for i, one in enumerate(self.handlers) for c in one.complaints(rules, f"/handlers/{i}")
        ]
        for i, record in enumerate(records):
            if record["person"] in {earlier["person"] for earlier in records[:i]}:
                complaints.append(Complaint(f"/handlers/{i}/id_number", "unique", "同一经办人不能重复添加。"))
        refuse(complaints)
        return records


async def fill(db: AsyncSession, caller: Caller, rules: UnitRules, unit: Unit, details: UnitDetails) -> None:
    """Write what a unit says of itself into its row; raises `Invalid`, `Missing` for a foreign licence."""
    rules.check_details(details.nature, details.jurisdiction)
    unit.nature, unit.jurisdiction = details.nature, details.jurisdiction
    unit.jurisdiction_path = rules.region_path(details.jurisdiction)
    unit.location, unit.postal_address = details.location, details.postal_address
    unit.contact_person, unit.phone = details.contact_person, details.phone
    if details.licence_file_id is not None:
        unit.licence = await store.licence_record(db, details.licence_file_id, caller)
