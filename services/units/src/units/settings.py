"""What units must be told by its surroundings."""

from chassis.settings import Settings as ChassisSettings
from chassis.settings import settings_for
from pydantic import BaseModel


class RootHandler(BaseModel):
    """The first super administrator of the topmost unit."""

    name: str
    id_type: str = "RESIDENT_ID"
    id_number: str
    phone: str = ""


class RootUnit(BaseModel):
    """The provincial HR office, from which all other units descend."""

    uscc: str
    name: str
    region: str
    nature: str
    kinds: tuple[str, ...] = ("HR",)
    handler: RootHandler


class Settings(ChassisSettings):
    """The chassis' settings, and the unit that an empty database begins with (as JSON)."""

    model_config = settings_for("UNITS_")

    root_unit: RootUnit | None = None
