"""Write schemas, new golden samples, and the catalogue of events: `python -m contracts docs/events.md`."""

import sys
from pathlib import Path

from contracts.publication import catalogue, write

write()
Path(sys.argv[1]).write_text(catalogue())
