"""Import everything, so that the registry is complete."""

from contracts.applications import v1 as applications_v1
from contracts.certificates import v1 as certificates_v1
from contracts.committees import v1 as committees_v1
from contracts.identity import v1 as identity_v1
from contracts.meetings import v1 as meetings_v1
from contracts.notices import v1 as notices_v1
from contracts.units import v1 as units_v1

__all__ = [
    "applications_v1",
    "certificates_v1",
    "committees_v1",
    "identity_v1",
    "meetings_v1",
    "notices_v1",
    "units_v1",
]
