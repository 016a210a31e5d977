"""Settings of committees."""

from chassis.settings import Settings as Base
from chassis.settings import settings_for


class Settings(Base):
    """Only what every service has."""

    model_config = settings_for("COMMITTEES_")
