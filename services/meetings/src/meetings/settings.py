"""What meetings must be told by its surroundings."""

from pathlib import Path

from chassis.settings import Settings as ChassisSettings
from chassis.settings import settings_for


class Settings(ChassisSettings):
    """The chassis' settings, and the holiday notices of years that the suite does not bring."""

    model_config = settings_for("MEETINGS_")

    # JSON: {"2027": {"days_off": ["2027-01-01"], "days_on": []}}; read at every use, so no restart is needed.
    working_days_file: Path | None = None
