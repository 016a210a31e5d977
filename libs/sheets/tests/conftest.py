"""Lets the tests import their workbooks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
