"""What notices listens to: everything; each function keeps copies, moves to-dos and writes messages."""

from notices.consumers import applications, certificates, committees, meetings, persons, units
from notices.consumers.registry import consumers

__all__ = ["applications", "certificates", "committees", "consumers", "meetings", "persons", "units"]
