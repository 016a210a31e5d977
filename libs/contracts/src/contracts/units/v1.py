"""units: the tree of units, their registration, posts and supervision."""

from enum import StrEnum
from uuid import UUID

from contracts.event import Contract, Event
from contracts.vocabulary import Level, Matter, UnitKind


class UnitStatus(StrEnum):
    """State of a unit's registration (SM unit registration)."""

    PENDING = "PENDING"
    RETURNED = "RETURNED"
    AUTHORISED = "AUTHORISED"
    SUPERIOR_CHANGE_PENDING = "SUPERIOR_CHANGE_PENDING"  # authorised all the while


class UnitState(Contract):
    """A unit's public state; `jurisdiction` is the leaf region node, its path starts at the province."""

    uscc: str
    name: str
    kinds: tuple[UnitKind, ...]
    nature: str
    jurisdiction: str
    jurisdiction_path: tuple[str, ...]
    superior_id: UUID | None
    state: UnitStatus
    handlers: tuple[UUID, ...] = ()  # person references of its super administrators


class _UnitEvent(Event):
    state: UnitState


class UnitCreated(_UnitEvent, type="units.unit.created.v1"):
    """A superior created a unit; it is authorised at once."""


class UnitPermissionRequested(_UnitEvent, type="units.unit.permission-requested.v1"):
    """A self-registered unit asks its superior for permission."""


class UnitPermissionReturned(_UnitEvent, type="units.unit.permission-returned.v1"):
    """The superior returned the request with a reason."""


class UnitAuthorised(_UnitEvent, type="units.unit.authorised.v1"):
    """The superior passed the request: the unit's functions open."""


class UnitEdited(_UnitEvent, type="units.unit.edited.v1"):
    """Basic information or handlers changed."""


class SuperiorChangeRequested(_UnitEvent, type="units.unit.superior-change-requested.v1"):
    """The unit wants another superior, who must agree."""

    new_superior_id: UUID


class SuperiorChanged(_UnitEvent, type="units.unit.superior-changed.v1"):
    """The new superior agreed."""


class SuperiorChangeRefused(_UnitEvent, type="units.unit.superior-change-refused.v1"):
    """The new superior refused; the old one stays."""


class PostState(Contract):
    """One post: vetting runs from the lowest rank to the highest."""

    rank: int
    name: str
    persons: tuple[UUID, ...]


class PostPlanState(Contract):
    """The ordered posts of one unit for one matter; empty = one step suffices."""

    unit_id: UUID
    matter: Matter
    posts: tuple[PostState, ...]


class PostsConfigured(Event, type="units.posts.configured.v1"):
    """A unit set its posts for a matter."""

    state: PostPlanState


class SupervisionState(Contract):
    """For an area and a committee level, the department that submissions pass through (UNT-15)."""

    configuring_unit_id: UUID
    area: str
    level: Level
    supervising_unit_id: UUID | None  # None = removed


class SupervisionConfigured(Event, type="units.supervision.configured.v1"):
    """A supervising department was set, changed or removed."""

    state: SupervisionState
