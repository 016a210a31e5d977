"""What notices must be told by its surroundings."""

from chassis.settings import Settings as ChassisSettings
from chassis.settings import settings_for

SERVICES = ("identity", "units", "applications", "committees", "meetings", "certificates", "notices")


class Settings(ChassisSettings):
    """The chassis' settings, and where each service's API document is read; an empty one is left out."""

    model_config = settings_for("NOTICES_")

    identity_address: str = ""
    units_address: str = ""
    applications_address: str = ""
    committees_address: str = ""
    meetings_address: str = ""
    certificates_address: str = ""
    notices_address: str = ""

    @property
    def openapi_sources(self) -> dict[str, str]:
        """Service → address of its API document."""
        addresses = {name: getattr(self, f"{name}_address") for name in SERVICES}
        return {
            name: f"{address.rstrip('/')}/api/v1/{name}/openapi.json"
            for name, address in addresses.items()
            if address
        }
