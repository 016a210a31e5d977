"""Every golden sample of every listened event is taken, twice and late, and parks nothing."""

from pathlib import Path

import contracts
import contracts.all

SAMPLES = Path(contracts.__file__).parents[2] / "samples"
