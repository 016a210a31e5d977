"""Which units a list shows."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from units.domain.registration import UnitStatus
from units.tables import Unit

EMPLOYERS = ("DECLARING", "AUTONOMOUS_UNIT", "CENTRAL_UNIT", "AGENCY")
"""Kinds whose staff apply through them; freelancers through an agency (UNT-14, LAW-20)."""


def requested_of(superior_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions on requests of self-registered units to a superior."""
    return Unit.superior_id == superior_id, Unit.requested_at.is_not(None)


def requests_to(superior_id: UUID, name: str, state: UnitStatus) -> Select[tuple[Unit]]:
    """Requests to a superior in one state, oldest first (UNT-10)."""
    found = select(Unit).where(*requested_of(superior_id), Unit.state == state, *_named(name))
    return found.order_by(Unit.requested_at, Unit.id)


def below(superior_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions on a superior's direct subordinates."""
    return Unit.superior_id == superior_id, Unit.is_open()


def subordinates(superior_id: UUID, name: str, kind: str | None, area: str | None) -> Select[tuple[Unit]]:
    """Direct subordinates by name, kind and area."""
    found = select(Unit).where(*below(superior_id), *_named(name))
    if kind is not None:
        found = found.where(Unit.kinds.overlap([kind]))
    if area is not None:
        found = found.where(Unit.jurisdiction_path.contains([area]))
    return found.order_by(Unit.name, Unit.id)


def wanting(superior_id: UUID, name: str = "") -> Select[tuple[Unit]]:
    """Units that want this superior, oldest request first (UNT-12)."""
    found = select(Unit).where(Unit.wanted_superior_id == superior_id, *_named(name))
    return found.order_by(Unit.updated_at, Unit.id)


def employers(name: str) -> Select[tuple[Unit]]:
    """Authorised units that send in applicants, the best match first (UNT-14)."""
    found = select(Unit).where(Unit.is_open(), Unit.kinds.overlap(EMPLOYERS), *_named(name))
    return _best_first(found, name)


def superiors(name: str) -> Select[tuple[Unit]]:
    """Authorised units that a unit may ask to be its superior, the best match first."""
    named = or_(*_named(name), Unit.uscc == name.upper())
    return _best_first(select(Unit).where(Unit.is_open(), named), name)


def _best_first(found: Select[tuple[Unit]], name: str) -> Select[tuple[Unit]]:
    starts = Unit.name.startswith(name, autoescape=True)
    return found.order_by(starts.desc(), Unit.name, Unit.id)


def _named(name: str) -> tuple[ColumnElement[bool], ...]:
    return (Unit.name.contains(name, autoescape=True),) if name else ()
