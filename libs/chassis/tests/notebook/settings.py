from chassis.settings import Settings as Base
from chassis.settings import settings_for


class Settings(Base):
    model_config = settings_for("NOTEBOOK_")
