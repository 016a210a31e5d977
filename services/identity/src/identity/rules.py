"""Which permissions units may hold, by their kinds."""

from collections.abc import Iterable, Set

from contracts.permissions import Holder, of_holder
from contracts.vocabulary import UnitKind

# Autonomous and central units and agencies declare like any other declaring unit.
_HOLDERS = {UnitKind.HR: Holder.HR, UnitKind.SUPERVISING: Holder.SUPERVISING}

PERSON_PERMISSIONS = of_holder(Holder.PERSON)
NEW_UNIT_PERMISSIONS = of_holder(Holder.NEW_UNIT)
SYSTEM_PERMISSIONS = of_holder(Holder.SYSTEM)


def assignable(kinds: Iterable[str]) -> frozenset[str]:
    """Permissions that staff of a unit of these kinds can have."""
    holders = {_HOLDERS.get(UnitKind(kind), Holder.DECLARING) for kind in kinds}
    return of_holder(*holders) if holders else frozenset()


def of_roles(kinds: Iterable[str], granted: Iterable[Set[str]]) -> frozenset[str]:
    """Exactly what the roles give (IDN-16), as far as the unit's kinds still may hold it."""
    return assignable(kinds) & frozenset[str]().union(*granted)
