"""Access tokens: verified in every service with keys held as a known copy of identity's key events."""

import asyncio
import base64
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from contracts.identity.v1 import KeyPublished, KeyRetired
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy import Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, col

from chassis.caller import Caller
from chassis.consume import Delivery
from chassis.db import Known, Sessions
from chassis.known import keep
from chassis.problems import Unauthenticated

log = structlog.get_logger()

AUDIENCE = "title-review"
_LEEWAY = 5  # seconds between this clock and identity's
_REFRESH = 30.0  # seconds after which the keys are read again, so that a retired one is forgotten


class KnownKey(Known, table=True):
    """A public signing key of identity."""

    __tablename__ = "known_key"

    kid: str = Field(sa_type=Text, unique=True)
    jwk: dict[str, Any] = Field(sa_type=JSONB)
    retired: bool = False


async def keep_key(db: AsyncSession, event: KeyPublished | KeyRetired, delivery: Delivery) -> None:
    """Keep the copy of the keys that access tokens are verified with."""
    await keep(db, KnownKey, event, kid=event.state.kid, jwk=event.state.jwk, retired=event.state.retired)


class Keys:
    """The keys in memory; read again every half minute, and for an unknown key at most once a second."""

    def __init__(self, sessions: Sessions, issuer: str) -> None:
        self._sessions = sessions
        self._issuer = issuer
        self._keys: dict[str, ECKey] = {}
        self._read_at = 0.0
        self._reading: asyncio.Future[None] | None = None

    async def known(self) -> bool:
        """Whether any token can be verified yet."""
        if not self._keys:
            await self._read_once()
        return bool(self._keys)

    async def caller(self, token: str) -> Caller:
        """The caller that a token proves; raises `Unauthenticated` for a forged, foreign or expired one."""
        try:
            decoded = jwt.decode(token, await self._key(token), algorithms=["ES256"])
            claims, header = decoded.claims, decoded.header
            now = time.time()
            if (
                header.get("typ") != "at+jwt"
                or claims["iss"] != self._issuer
                or claims["aud"] != AUDIENCE
                or claims["exp"] < now
                or claims["iat"] > now + _LEEWAY
            ):
                raise Unauthenticated("登录已失效，请重新登录。")
            return Caller(
                account=UUID(claims["sub"]),
                person=UUID(claims["person"]),
                name=claims["name"],
                kind=claims["kind"],
                permissions=frozenset(claims["perms"]),
                unit_id=UUID(claims["unit"]) if claims.get("unit") else None,
                uscc=claims.get("uscc"),
                unit_name=claims.get("unit_name"),
                client=claims.get("client_id"),
            )
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise Unauthenticated("登录凭证无效，请重新登录。") from error

    async def _key(self, token: str) -> ECKey:
        kid = _kid(token)
        age = time.monotonic() - self._read_at
        if age > _REFRESH or (kid not in self._keys and age > 1):
            await self._read_once()
        if kid not in self._keys:
            raise Unauthenticated("登录凭证无效，请重新登录。")
        return self._keys[kid]

    async def _read_once(self) -> None:
        """Read the keys, together with whoever wants that at the same moment: forged tokens come in storms."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._read())
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        async with self._sessions() as db:
            rows = list(await db.scalars(select(KnownKey).where(col(KnownKey.retired).is_(False))))
        keys: dict[str, ECKey] = {}
        for row in rows:
            try:
                keys[row.kid] = ECKey.import_key(row.jwk)
            except (JoseError, ValueError, TypeError) as error:  # the others still count
                log.error("keys.unreadable", kid=row.kid, error=type(error).__name__)
        self._keys = keys
        self._read_at = time.monotonic()


def _kid(token: str) -> str:
    head = token.split(".", 1)[0]
    header = orjson.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return str(header["kid"])


def token_of(claims: dict[str, Any], key: ECKey, *, kid: str, issuer: str, lives: int, now: datetime) -> str:
    """An access token (RFC 9068): identity signs with it, tests too."""
    issued = int(now.timestamp())
    header = {"alg": "ES256", "typ": "at+jwt", "kid": kid}
    return jwt.encode(
        header, {"iss": issuer, "aud": AUDIENCE, "iat": issued, "exp": issued + lives, **claims}, key
    )
