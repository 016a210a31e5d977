"""What certificates must be told by its surroundings."""

from chassis.settings import Settings as ChassisSettings
from chassis.settings import settings_for
from pydantic import Field


class Settings(ChassisSettings):
    """The chassis' settings, and how many processes print at once."""

    model_config = settings_for("CERTIFICATES_")

    print_workers: int = Field(default=1, ge=1, le=16)
