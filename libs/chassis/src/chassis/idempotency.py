"""Idempotency-Key: a command that was carried out is answered again, not carried out again."""

import hashlib
from datetime import datetime
from typing import Any

from contracts.applications.v1 import SealedText
from fastapi import Request, Response
from refusals import Kind, Refusal
from sqlalchemy import LargeBinary, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from chassis import clock, persons
from chassis.db import Instant

HEADER = "Idempotency-Key"
_MAX_KEY = 100
_KEPT_HEADERS = ("content-type", "etag", "location")
_SEALED = "x-sealed"  # among the headers: the body of an answer that is kept encrypted


class KeyRequired(Refusal):
    """请求须带幂等键（Idempotency-Key）。"""

    slug, kind = "idempotency-key-required", Kind.INVALID


class KeyReused(Refusal):
    """该幂等键已用于另一请求。"""

    slug, kind = "idempotency-key-reused", Kind.INVALID


class InFlight(Refusal):
    """相同请求正在处理，请稍后查看结果。"""

    slug, kind = "in-flight", Kind.CONFLICT


class IdempotencyRow(SQLModel, table=True):
    """The answer to a command, stored in the command's own transaction; refusals are not stored."""

    __tablename__ = "idempotency"

    caller: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    fingerprint: str = Field(sa_type=Text)
    status: int
    headers: dict[str, Any] = Field(sa_type=JSONB)
    body: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=Instant, index=True)


class Replay(Exception):
    """The command was carried out before; `response` is what was answered."""

    def __init__(self, response: Response) -> None:
        self.response = response


async def replay(request: Request, db: AsyncSession) -> None:
    """Recognise a repeated command: raises `Replay`, or refuses one in flight or with another content."""
    key = request.headers.get(HEADER, "").strip()
    if not key or len(key) > _MAX_KEY:
        raise KeyRequired(f"请为每次操作生成一个唯一的 {HEADER}（不超过 {_MAX_KEY} 字符），重试时保持不变。")
    caller = getattr(request.state, "caller", None)
    # Keys belong to an account acting for one unit; who has no account shares one name space.
    owner = f"{caller.account}/{caller.unit_id or ''}" if caller else "nobody"
    digest = hashlib.sha256(
        f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    ).hexdigest()
    locked = await db.scalar(
        select(func.pg_try_advisory_xact_lock(func.hashtextextended(f"{owner} {key}", 0)))
    )
    if not locked:
        raise InFlight
    row = await db.get(IdempotencyRow, (owner, key))
    if row is None:
        request.state.idempotency = (owner, key, digest)
        return
    if row.fingerprint != digest:
        raise KeyReused("请为新的操作生成新的幂等键。")
    headers, body = dict(row.headers), row.body
    if sealed := headers.pop(_SEALED, None):
        body = persons.unseal(SealedText(**sealed)).encode()
    raise Replay(Response(body, row.status, {**headers, "Idempotency-Replayed": "true"}))


def keep_secret(request: Request) -> None:
    """Let this command's answer, which holds a secret, be kept encrypted only."""
    request.state.secret_answer = True


def remember(request: Request, response: Response) -> None:
    """Store the serialised answer beside the change, in its transaction."""
    owner, key, digest = request.state.idempotency
    db: AsyncSession = request.state.db
    headers: dict[str, Any] = {
        name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
    }
    body = bytes(response.body)
    if getattr(request.state, "secret_answer", False):
        headers[_SEALED], body = persons.seal(body.decode()).model_dump(), b""  # where a new key finds it
    db.add(
        IdempotencyRow(
            caller=owner,
            key=key,
            fingerprint=digest,
            status=response.status_code,
            headers=headers,
            body=body,
            created_at=clock.real_now(),
        )
    )
