"""Making, publishing and retiring signing keys: at the first start and from the command line."""

import orjson
from chassis.clock import real_now
from chassis.db import Sessions, save, transaction
from chassis.outbox import emit
from chassis.persons import seal
from contracts.event import Actor
from contracts.identity.v1 import KeyPublished, KeyRetired, KeyState
from joserfc.jwk import ECKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from identity.store import keys as store
from identity.tables import SigningKey

_SYSTEM = Actor()
_ONE_MAKER = text("SELECT pg_advisory_xact_lock(hashtextextended('identity.signing-key', 0))")


async def ensure(sessions: Sessions) -> None:
    """Make the first key unless there is one; processes that start together make one between them."""
    async with transaction(sessions) as db:
        await db.execute(_ONE_MAKER)
        if not await store.usable(db):
            await _publish(db)


async def rotate(sessions: Sessions, *, retire: bool) -> list[str]:
    """Publish another key, or retire all but the newest settled one; returns the ids concerned."""
    async with transaction(sessions) as db:
        await db.execute(_ONE_MAKER)
        if not retire:
            return [await _publish(db)]
        signing, _ = await store.signing(db)
        old = [key for key in await store.usable(db) if key.kid != signing]
        newest = (await store.usable(db))[0]
        if newest.kid != signing:  # has not settled yet: nothing can go
            return []
        for key in old:
            key.retired_at = real_now()
            save(db, key)
            emit(db, KeyRetired(subject=key.id, revision=key.revision, actor=_SYSTEM, state=_state(key)))
        return [key.kid for key in old]


async def _publish(db: AsyncSession) -> str:
    pair = ECKey.generate_key("P-256")
    kid = pair.thumbprint()
    public = {**pair.as_dict(private=False), "kid": kid, "use": "sig", "alg": "ES256"}
    private = seal(orjson.dumps(pair.as_dict(private=True)).decode())
    key = save(db, SigningKey(kid=kid, public=public, private=private.model_dump()))
    await db.flush()
    emit(db, KeyPublished(subject=key.id, revision=key.revision, actor=_SYSTEM, state=_state(key)))
    return kid


def _state(key: SigningKey) -> KeyState:
    return KeyState(kid=key.kid, jwk=key.public, retired=key.retired_at is not None)
