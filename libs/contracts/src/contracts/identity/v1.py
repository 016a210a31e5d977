"""identity: signing keys, persons, roles, staff and other information systems."""

from typing import Any
from uuid import UUID

from contracts.event import Contract, Event


class KeyState(Contract):
    """A public signing key as JWK; verifiers keep it until it is retired."""

    kid: str
    jwk: dict[str, Any]
    retired: bool = False


class _KeyEvent(Event):
    state: KeyState


class KeyPublished(_KeyEvent, type="identity.key.published.v1"):
    """A signing key may now appear in tokens."""


class KeyRetired(_KeyEvent, type="identity.key.retired.v1"):
    """Tokens of this key are no longer accepted."""


class PersonState(Contract):
    """A person who has logged in at least once; `subject` is the person's reference."""

    name: str
    merged_into: UUID | None = None


class _PersonEvent(Event):
    state: PersonState


class PersonRegistered(_PersonEvent, type="identity.person.registered.v1"):
    """A person logged in for the first time."""


class PersonRenamed(_PersonEvent, type="identity.person.renamed.v1"):
    """The identity platform says another name of the person now."""


class PersonMerged(_PersonEvent, type="identity.person.merged.v1"):
    """A corrected ID number: this reference is now another one."""


class RoleState(Contract):
    """A unit's role: a name and the permissions it gives."""

    unit_id: UUID
    name: str
    permissions: tuple[str, ...]
    deleted: bool = False


class _RoleEvent(Event):
    state: RoleState


class RoleDefined(_RoleEvent, type="identity.role.defined.v1"):
    """A role was created or its permissions changed."""


class RoleDeleted(_RoleEvent, type="identity.role.deleted.v1"):
    """A role no longer exists."""


class StaffState(Contract):
    """A person's membership of a unit."""

    unit_id: UUID
    person: UUID
    name: str
    role_ids: tuple[UUID, ...]
    super_admin: bool
    active: bool


class _StaffEvent(Event):
    state: StaffState


class StaffAssigned(_StaffEvent, type="identity.staff.assigned.v1"):
    """A person became staff of a unit, or their roles changed."""


class StaffRemoved(_StaffEvent, type="identity.staff.removed.v1"):
    """A person no longer acts for the unit."""


class SystemState(Contract):
    """Another information system with credentials of its own; `subject` is the `sub` of its tokens."""

    client_id: str
    name: str
    permissions: tuple[str, ...]
    enabled: bool


class _SystemEvent(Event):
    state: SystemState


class SystemRegistered(_SystemEvent, type="identity.system.registered.v1"):
    """A system may ask for tokens."""


class SystemAllowed(_SystemEvent, type="identity.system.allowed.v1"):
    """A system holds exactly these permissions from now on."""


class SystemDisabled(_SystemEvent, type="identity.system.disabled.v1"):
    """A system gets no more tokens; its last one ends within ten minutes."""


class SystemEnabled(_SystemEvent, type="identity.system.enabled.v1"):
    """A disabled system may ask for tokens again, with a new secret."""
