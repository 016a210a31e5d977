"""How units are shown: fully to themselves and their superior, in public only by name and place."""

from datetime import datetime
from typing import Self
from uuid import UUID

from chassis.files import Files
from chassis.web import View
from contracts.vocabulary import UnitKind
from pydantic import BaseModel

from units import store
from units.domain.registration import Who
from units.rules import UnitRules
from units.tables import LicenceRecord, PersonRecord, Unit


class PersonView(BaseModel):
    """A person typed in, the number masked."""

    person: UUID
    name: str
    id_type: str
    id_number: str
    phone: str

    @classmethod
    def of(cls, record: PersonRecord) -> Self:
        """The person as it may be shown."""
        return cls(**{**record, "id_number": record["masked"]})


class LicenceView(BaseModel):
    """A business licence and where it can be downloaded for fifteen minutes."""

    sha256: str
    name: str
    size: int
    media_type: str
    url: str


class UnitSummary(BaseModel):
    """What anybody who is logged in may know of an authorised unit."""

    id: UUID
    name: str
    uscc: str
    kinds: list[UnitKind]
    nature: str
    jurisdiction: str
    jurisdiction_name: str
    superior_id: UUID | None

    @classmethod
    def of(cls, unit: Unit, rules: UnitRules) -> Self:
        """The unit's public face."""
        return cls(
            id=unit.id,
            name=unit.name,
            uscc=unit.uscc,
            kinds=[UnitKind(kind) for kind in unit.kinds],
            nature=unit.nature,
            jurisdiction=unit.jurisdiction,
            jurisdiction_name=rules.region_name(unit.jurisdiction),
            superior_id=unit.superior_id,
        )


class UnitLine(UnitSummary, View):
    """A unit in its superior's lists."""

    contact_person: str
    phone: str
    postal_address: str
    requested_at: datetime | None

    @classmethod
    def seen_by(cls, who: Who, unit: Unit, rules: UnitRules) -> Self:
        """The line, with what `who` may do now."""
        return cls(**_line(unit, who, rules))


class UnitView(UnitLine):
    """Everything about a unit, for itself and the superiors it deals with."""

    location: str
    licence: LicenceView | None
    legal_person: PersonView | None
    handlers: list[PersonView]
    wanted_superior_id: UUID | None
    reason: str


async def unit_view(unit: Unit, who: Who, rules: UnitRules, files: Files) -> UnitView:
    """The unit as `who` sees it."""
    return UnitView(
        **_line(unit, who, rules),
        location=unit.location,
        licence=await _licence(unit.licence, files) if unit.licence else None,
        legal_person=PersonView.of(unit.legal_person) if unit.legal_person else None,
        handlers=[PersonView.of(handler) for handler in unit.handlers],
        wanted_superior_id=unit.wanted_superior_id,
        reason=unit.reason,
    )


def _line(unit: Unit, who: Who, rules: UnitRules) -> dict[str, object]:
    return {
        **UnitSummary.of(unit, rules).model_dump(),
        "state": unit.state,
        "revision": unit.revision,
        "allowed_actions": store.registration(unit).allowed(who),
        "contact_person": unit.contact_person,
        "phone": unit.phone,
        "postal_address": unit.postal_address,
        "requested_at": unit.requested_at,
    }


async def _licence(record: LicenceRecord, files: Files) -> LicenceView:
    url = await files.url(record["sha256"], record["name"], record["media_type"])
    return LicenceView(**record, url=url)
