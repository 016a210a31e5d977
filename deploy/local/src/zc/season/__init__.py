"""One whole season, played by generated people over the public HTTP routes of a running suite."""

from zc.season.play import run
from zc.season.season import Season
from zc.season.session import Broken, Refused, Session

__all__ = ["Broken", "Refused", "Season", "Session", "run"]
