"""Logins under way, sessions, codes and refresh tokens; real time throughout."""

import secrets
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from chassis.clock import real_now
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from identity.domain.grants import OneTime, hash_of
from identity.settings import Settings
from identity.tables import GrantCode, LoginSession, RefreshToken, SignIn

T = TypeVar("T", bound=SQLModel)
_SWEPT_AT_ONCE = 200


async def issue_code(db: AsyncSession, session: LoginSession, sign_in: SignIn, settings: Settings) -> str:
    """Write a session and its code; returns the code, of which only a hash is kept."""
    code = secrets.token_urlsafe(32)
    db.add(session)
    await db.flush()
    db.add(
        GrantCode(
            code_hash=hash_of(code),
            session_id=session.id,
            redirect_uri=sign_in.redirect_uri,
            code_challenge=sign_in.code_challenge,
            expires_at=real_now() + timedelta(seconds=settings.code_seconds),
        )
    )
    return code


async def issue_refresh(db: AsyncSession, session: LoginSession, settings: Settings) -> str:
    """Write the session's next refresh token and return it."""
    token = secrets.token_urlsafe(48)
    ends = min(real_now() + timedelta(seconds=settings.session_idle_seconds), session.ends_at)
    db.add(RefreshToken(token_hash=hash_of(token), session_id=session.id, expires_at=ends))
    return token


async def lock_code(db: AsyncSession, code: str) -> GrantCode | None:
    """The code as it was issued, locked."""
    return await _locked(db, GrantCode, col(GrantCode.code_hash) == hash_of(code))


async def lock_refresh(db: AsyncSession, token: str) -> RefreshToken | None:
    """The refresh token as it was issued, locked."""
    return await _locked(db, RefreshToken, col(RefreshToken.token_hash) == hash_of(token))


async def lock_session(db: AsyncSession, session_id: UUID) -> LoginSession:
    """The session, locked: its end and its next token exclude each other."""
    session = await _locked(db, LoginSession, col(LoginSession.id) == session_id)
    assert session is not None
    return session


async def _locked(db: AsyncSession, table: type[T], where: ColumnElement[bool]) -> T | None:
    query = select(table).where(where).with_for_update()
    return await db.scalar(query.execution_options(populate_existing=True))


def one_time(row: GrantCode | RefreshToken) -> OneTime:
    """What the domain decides about."""
    return OneTime(row.expires_at, row.used_at)


def end(session: LoginSession, by: str) -> None:
    """End a session; all its tokens with it."""
    if session.ended_at is None:
        session.ended_at, session.ended_by = real_now(), by


async def end_all(db: AsyncSession, account_id: UUID, uscc: str) -> None:
    """End somebody's sessions for a unit at once."""
    where = (
        col(LoginSession.account_id) == account_id,
        col(LoginSession.uscc) == uscc,
        col(LoginSession.ended_at).is_(None),
    )
    await db.execute(update(LoginSession).where(*where).values(ended_at=real_now(), ended_by="refused"))


async def sweep(db: AsyncSession, now: datetime) -> None:
    """Delete a handful of what expired a day ago: every new login pays for some old ones."""
    long_ago = now - timedelta(days=1)
    for table, key in (
        (SignIn, col(SignIn.id)),
        (GrantCode, col(GrantCode.code_hash)),
        (RefreshToken, col(RefreshToken.token_hash)),
    ):
        old = (
            select(key)
            .where(col(table.expires_at) < long_ago)
            .limit(_SWEPT_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        await db.execute(delete(table).where(key.in_(old)))
