"""What applications must be told by its surroundings."""

from chassis.settings import Settings as ChassisSettings
from chassis.settings import settings_for


class Settings(ChassisSettings):
    """The chassis' settings; applications needs nothing of its own."""

    model_config = settings_for("APPLICATIONS_")
