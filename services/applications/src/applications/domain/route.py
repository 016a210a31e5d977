"""Which units vet an application, in order (APP-50, UNT-15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What routing must know of a unit."""

    id: UUID
    superior: UUID | None
    kinds: frozenset[str]
    path: tuple[str, ...]  # region codes from the province down to its jurisdiction

    @property
    def is_hr(self) -> bool:
        """Say whether it is a human-resources department."""
        return "HR" in self.kinds


@dataclass(frozen=True, slots=True)
class Supervised:
    """A supervising-department configuration: in this area, for this level, through this unit."""

    area: str
    unit: UUID


def superiors(units: Mapping[UUID, UnitFacts], employer: UUID) -> tuple[UnitFacts, ...]:
    """Return the units above the employer, nearest first; raises KeyError for one that is not known yet."""
    chain: list[UnitFacts] = []
    above = units[employer].superior
    while above is not None and all(one.id != above for one in chain) and above != employer:
        chain.append(units[above])
        above = units[above].superior
    return tuple(chain)


def supervising(path: Sequence[str], configured: Sequence[Supervised]) -> UUID | None:
    """Return the department configured for the nearest area around the jurisdiction, if any."""
    by_area = {one.area: one.unit for one in configured}
    return next((by_area[code] for code in reversed(path) if code in by_area), None)


def review_route(
    units: Mapping[UUID, UnitFacts],
    employer: UUID,
    *,
    establishing: UUID,
    authorising: UUID,
    entrusted: bool,
    department: UUID | None,
) -> tuple[UUID, ...]:
    """Return employer, superiors level by level, the configured department, and the committee's unit last.

    The way up ends with the committee's establishing unit, where that lies above the employer, else below the unit
    that confirms the committee's results; an entrusted application goes no further than the first HR department,
    which writes the letter (APP-59). A unit may vet twice: as superior, and as the committee.
    """
    nodes = [employer]
    for unit in superiors(units, employer):
        if unit.id == authorising and unit.id != establishing and not entrusted:
            break
        nodes.append(unit.id)
        if unit.id == establishing or (entrusted and unit.is_hr):
            break
    if department is not None and department not in nodes:
        nodes.append(department)
    return (*nodes, establishing)


def initial_route(
    units: Mapping[UUID, UnitFacts], employer: UUID, department: UUID | None
) -> tuple[UUID, ...]:
    """Return the way of an initial determination: up to the first HR department, which issues (APP-09, 50)."""
    nodes = [employer]
    for unit in superiors(units, employer):
        if unit.is_hr and department is not None and department not in nodes:
            nodes.append(department)
        if unit.id not in nodes:
            nodes.append(unit.id)
        if unit.is_hr:
            break
    return tuple(nodes)
