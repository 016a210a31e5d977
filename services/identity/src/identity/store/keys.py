"""Signing keys."""

from datetime import timedelta

import orjson
from chassis.clock import real_now
from chassis.persons import unseal
from contracts.applications.v1 import SealedText
from joserfc.jwk import ECKey
from refusals import Kind, Refusal
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from identity.tables import SigningKey

SETTLES_IN = timedelta(minutes=5)
"""How old a key must be before it signs while an older one is there: every service knows it by then."""


class NoKey(Refusal):
    """签名密钥尚未就绪，请稍后重试。"""

    slug, kind = "no-signing-key", Kind.CONFLICT


async def usable(db: AsyncSession) -> list[SigningKey]:
    """Keys that are not retired, newest first."""
    where = col(SigningKey.retired_at).is_(None)
    return list(await db.scalars(select(SigningKey).where(where).order_by(col(SigningKey.made_at).desc())))


async def signing(db: AsyncSession) -> tuple[str, ECKey]:
    """The id and pair to sign with now: the newest that has settled, else the oldest."""
    keys = await usable(db)
    if not keys:
        raise NoKey("请稍后重试。")
    settled = [key for key in keys if key.made_at <= real_now() - SETTLES_IN]
    chosen = settled[0] if settled else keys[-1]
    return chosen.kid, ECKey.import_key(orjson.loads(unseal(SealedText(**chosen.private))))
