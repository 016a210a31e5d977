"""Write what outsiders read.

`python -m contracts docs/events.md`: schemas, new golden samples, and the catalogue of events;
`python -m contracts asyncapi docs/asyncapi.json`: the AsyncAPI document.
"""

import sys
from pathlib import Path

from contracts import asyncapi
from contracts.publication import catalogue, write

if sys.argv[1] == "asyncapi":
    Path(sys.argv[2]).write_text(asyncapi.text())
else:
    write()
    Path(sys.argv[1]).write_text(catalogue())
