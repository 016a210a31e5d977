"""What meetings must be told by its surroundings."""

import hmac
import secrets
from pathlib import Path
from uuid import UUID

from chassis.settings import Settings as ChassisSettings
from chassis.settings import settings_for
from pydantic import Field


class Settings(ChassisSettings):
    """The chassis' settings, and the holiday notices of years that the suite does not bring."""

    model_config = settings_for("MEETINGS_")

    # JSON: {"2027": {"days_off": ["2027-01-01"], "days_on": []}}; read at every use, so no restart is needed.
    working_days_file: Path | None = None
    # Only a local stack sets it: lots come out the same, so that two seasons can be compared.
    draw_seed: str = Field("", validation_alias="DRAW_SEED")

    def lots(self, meeting: UUID) -> str:
        """The secret seed of a draw: 32 random bytes in hexadecimal; foreseeable only where time can be shifted too."""
        if self.draw_seed and self.clock_shift_file is not None:
            return hmac.digest(self.draw_seed.encode(), str(meeting).encode(), "sha256").hex()
        return secrets.token_hex(32)
