"""Who calls: what a verified access token says."""

from dataclasses import dataclass
from uuid import UUID

from contracts.event import Actor

from chassis.problems import UnitRequired


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, acting for one unit or for themselves, with that unit's permissions only; or another system.

    A system's `account` and `person` are both the id under which identity registered it.
    """

    account: UUID
    person: UUID
    name: str
    kind: str  # "individual" | "unit" | "system"
    permissions: frozenset[str]
    unit_id: UUID | None = None
    uscc: str | None = None  # of the unit logged in for, authorised or not
    unit_name: str | None = None
    client: str | None = None  # of a portal, or of the system that calls

    @property
    def unit(self) -> UUID:
        """The acting unit; raises `UnitRequired` for who acts for none."""
        if self.unit_id is None:
            raise UnitRequired
        return self.unit_id

    @property
    def actor(self) -> Actor:
        """The caller as the actor of an event."""
        if self.kind == "system":
            return self.actor_as("SYSTEM")
        return self.actor_as("HANDLER" if self.unit_id else "PERSON")

    def actor_as(self, role: str) -> Actor:
        """The caller as the actor of an event in a role of its own (APPLICANT, EXPERT, CHAIR …)."""
        return Actor(person=self.person, unit=self.unit_id, role=role)
