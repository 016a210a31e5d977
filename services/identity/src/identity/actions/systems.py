"""Registering other information systems and changing what they may do: from the command line."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.audit import audit
from chassis.db import save
from chassis.outbox import emit
from contracts.event import Actor
from contracts.identity.v1 import SystemAllowed, SystemDisabled, SystemEnabled, SystemRegistered
from contracts.identity.v1 import SystemState as PublicState
from sqlalchemy.ext.asyncio import AsyncSession

from identity import rules
from identity.domain.systems import SYSTEMS, SystemAct, SystemState, SystemTaken, check_system
from identity.store import systems as store
from identity.tables import System, SystemGuesses

_OPERATOR = Actor(role="OPERATOR")


async def register(
    db: AsyncSession, client_id: str, name: str, permissions: Sequence[str]
) -> tuple[UUID, str]:
    """Register a system; returns its id and its secret, of which only a hash is kept."""
    check_system(client_id, permissions, rules.SYSTEM_PERMISSIONS)
    if await store.system_of(db, client_id) is not None:
        raise SystemTaken("请另选标识，或用 rotate 更换其密钥。")
    state = SystemState(SYSTEMS.next(None, SystemAct.REGISTER))
    system = System(client_id=client_id, name=name, permissions=sorted(set(permissions)), state=state)
    save(db, system)
    await db.flush()
    db.add(SystemGuesses(system_id=system.id))
    secret = await store.new_secret(db, system, timedelta())
    _tell(db, SystemRegistered, system, " ".join(system.permissions))
    return system.id, secret


async def allow(db: AsyncSession, client_id: str, permissions: Sequence[str]) -> None:
    """Let a system hold exactly these permissions; tokens it has keep theirs for their minutes."""
    check_system(client_id, permissions, rules.SYSTEM_PERMISSIONS)
    system = await _moved(db, client_id, SystemAct.ALLOW)
    system.permissions = sorted(set(permissions))
    save(db, system)
    _tell(db, SystemAllowed, system, " ".join(system.permissions))


async def rotate(db: AsyncSession, client_id: str, overlap: timedelta) -> str:
    """Give a system another secret; the one it uses now stays good for `overlap`."""
    system = await _moved(db, client_id, SystemAct.ROTATE)
    audit(db, None, "identity.system.rotated", system.id, f"{client_id}, overlap {overlap}")
    return await store.new_secret(db, system, overlap)


async def disable(db: AsyncSession, client_id: str) -> None:
    """Give a system no more tokens; its secrets end for ever."""
    system = await _moved(db, client_id, SystemAct.DISABLE)
    await store.end_secrets(db, system)
    save(db, system)
    _tell(db, SystemDisabled, system)


async def enable(db: AsyncSession, client_id: str) -> str:
    """Let a disabled system back in, with a new secret."""
    system = await _moved(db, client_id, SystemAct.ENABLE)
    save(db, system)
    _tell(db, SystemEnabled, system)
    return await store.new_secret(db, system, timedelta())


async def _moved(db: AsyncSession, client_id: str, act: SystemAct) -> System:
    system = await store.lock_system(db, client_id)
    system.state = SystemState(SYSTEMS.next(system.state, act))
    return system


def _tell(db: AsyncSession, event: type[Any], system: System, note: str = "") -> None:
    state = PublicState(
        client_id=system.client_id,
        name=system.name,
        permissions=tuple(system.permissions),
        enabled=system.state == SystemState.ACTIVE,
    )
    emit(db, event(subject=system.id, revision=system.revision, actor=_OPERATOR, state=state))
    action = event.type.removesuffix(".v1")
    audit(db, None, action, system.id, f"{system.client_id} {note}".strip())
