"""Other information systems, their secrets and the wrong ones; real time throughout."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from chassis.clock import real_now
from chassis.db import lock
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from identity.domain.grants import hash_of
from identity.domain.systems import Guesses
from identity.tables import System, SystemGuesses, SystemSecret


async def system_of(db: AsyncSession, client_id: str) -> System | None:
    """The system registered under this id."""
    return await db.scalar(select(System).where(col(System.client_id) == client_id))


async def lock_system(db: AsyncSession, client_id: str) -> System:
    """The system, locked; raises Missing."""
    return await lock(db, System, col(System.client_id) == client_id)


async def systems(db: AsyncSession) -> Sequence[System]:
    """All systems by their ids."""
    return list(await db.scalars(select(System).order_by(System.client_id)))


async def secrets_of(db: AsyncSession, system: System) -> Sequence[SystemSecret]:
    """The secrets that are good now, newest first."""
    good = or_(col(SystemSecret.ends_at).is_(None), col(SystemSecret.ends_at) > real_now())
    where = (col(SystemSecret.system_id) == system.id, good)
    return list(
        await db.scalars(select(SystemSecret).where(*where).order_by(col(SystemSecret.made_at).desc()))
    )


async def new_secret(db: AsyncSession, system: System, overlap: timedelta) -> str:
    """Write another secret and return it; of the older ones the newest stays good for `overlap`, no longer."""
    now = real_now()
    for age, older in enumerate(await secrets_of(db, system)):
        ends = now + overlap if age == 0 else now
        older.ends_at = min(ends, older.ends_at) if older.ends_at else ends
    secret = secrets.token_urlsafe(32)
    db.add(SystemSecret(system_id=system.id, secret_hash=hash_of(secret), made_at=now))
    await db.flush()
    return secret


async def end_secrets(db: AsyncSession, system: System) -> None:
    """Let no secret of the system be good any more."""
    for secret in await secrets_of(db, system):
        secret.ends_at = real_now()


async def proves(db: AsyncSession, system: System, secret: str) -> bool:
    """Whether this is a secret of the system that is good now."""
    return any(good.secret_hash == hash_of(secret) for good in await secrets_of(db, system))


async def lock_guesses(db: AsyncSession, system: System) -> SystemGuesses:
    """Wrong secrets of the system, locked: guesses at the same moment count one after another."""
    query = select(SystemGuesses).where(col(SystemGuesses.system_id) == system.id).with_for_update()
    row = await db.scalar(query.execution_options(populate_existing=True))
    assert row is not None  # made with the system
    return row


def guesses(row: SystemGuesses) -> Guesses:
    """What the domain decides about."""
    return Guesses(row.wrong, row.since)


def keep(row: SystemGuesses, counted: Guesses) -> None:
    """Write what the domain counted."""
    row.wrong, row.since = counted.wrong, counted.since
