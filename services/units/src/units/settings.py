"""What units must be told by its surroundings."""

from typing import Annotated, Self

from chassis import clock
from chassis.settings import Settings as ChassisSettings
from chassis.settings import settings_for
from provinces.people import parse_id_number
from provinces.uscc import parse_uscc
from pydantic import AfterValidator, BaseModel, model_validator


class RootHandler(BaseModel):
    """The first super administrator of the topmost unit."""

    name: str
    id_type: str = "RESIDENT_ID"
    id_number: str
    phone: str = ""

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.id_type == "RESIDENT_ID":
            parse_id_number(self.id_number, clock.local_date(clock.now()))
        return self


class RootUnit(BaseModel):
    """The provincial HR office, from which all other units descend."""

    uscc: Annotated[str, AfterValidator(parse_uscc)]
    name: str
    region: str
    nature: str
    kinds: tuple[str, ...] = ("HR",)
    handler: RootHandler


class Settings(ChassisSettings):
    """The chassis' settings, and the unit that an empty database begins with (as JSON)."""

    model_config = settings_for("UNITS_")

    root_unit: RootUnit | None = None
