"""Coming back from the identity platform: an account, a session, and a code for the portal."""

import asyncio
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import public
from chassis.clock import real_now
from chassis.db import Sessions, transaction
from chassis.persons import RESIDENT_ID, seal, unseal
from chassis.web import Config, Db, Router
from contracts.applications.v1 import SealedText
from fastapi import Query, Request
from fastapi.responses import RedirectResponse
from provinces.people import is_id_number
from pydantic import BaseModel, Field
from refusals import Kind, Refusal
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from identity.actions import entering
from identity.actions.entering import Identity
from identity.api.authorize import address_back, as_error, redirect
from identity.api.platform import (
    Platform,
    PlatformAway,
    PlatformClaims,
    PlatformClient,
    PlatformDistrusted,
    own,
)
from identity.domain.entering import Entrance, NotStaff, UnitUnnamed, WrongEntrance, check_account_type
from identity.domain.grants import hash_of
from identity.settings import Settings
from identity.store.grants import issue_code
from identity.tables import Account, LoginSession, SignIn

router = Router("identity", tags=["sign-in"])

_REPEATABLE = timedelta(seconds=60)  # how long a repeated callback gets the same answer
_WAITS = 150  # tenths of a second for a callback that is under way


class SignInOver(Refusal):
    """登录请求已失效，请返回业务系统重新登录。"""

    slug, kind = "sign-in-over", Kind.CONFLICT


class Cancelled(Refusal):
    """登录未完成。"""

    slug, kind = "sign-in-cancelled", Kind.FORBIDDEN


# What ends a login with an error that the portal is told of.
_TOLD = (Cancelled, NotStaff, PlatformAway, PlatformDistrusted, UnitUnnamed, WrongEntrance)


class Callback(BaseModel):
    """What the platform sends along."""

    state: str = Field("", max_length=500)
    code: str = Field("", max_length=2000)
    error: str = Field("", max_length=200)
    iss: str = Field("", max_length=500)


@router.get(
    "/callback",
    access=public(),
    refuses=[SignInOver],
    status_code=303,
    response_class=RedirectResponse,
    responses={303: {"description": "Back to the portal with a code, or with an OAuth error."}},
)
async def callback(
    said: Annotated[Callback, Query()], request: Request, db: Db, config: Config, platform: PlatformClient
) -> RedirectResponse:
    """Take a person back from the platform; the same callback arriving twice at once counts once (Q50)."""
    sessions: Sessions = request.app.state.runtime.sessions
    sign_in, first = await _claim(sessions, said)
    if not first:
        return redirect(await _answer_of(sessions, sign_in.id))
    settings = own(config)
    try:
        # No connection is held while the platform is asked.
        claims = await _claims(platform, said, sign_in)
        answer = await _enter(db, sign_in, claims, settings)
    except _TOLD as refusal:
        answer = as_error(refusal)
    address = address_back(sign_in.redirect_uri, sign_in.portal_state, settings.issuer, **answer)
    row = await db.get_one(SignIn, sign_in.id)
    row.answer, row.answered_at = seal(address).model_dump(), real_now()
    return redirect(address)


async def _claim(sessions: Sessions, said: Callback) -> tuple[SignIn, bool]:
    """The login that this state began, and whether this callback is the first; another code is refused."""
    fingerprint = hash_of(f"{said.code} {said.error}")
    async with transaction(sessions) as db:
        where = col(SignIn.state_hash) == hash_of(said.state)
        row = await db.scalar(select(SignIn).where(where).with_for_update())
        if row is None or real_now() > row.expires_at or row.claimed_by not in (None, fingerprint):
            raise SignInOver("请返回业务系统重新登录。")
        first = row.claimed_by is None
        row.claimed_by = fingerprint
        return row, first


async def _answer_of(sessions: Sessions, sign_in_id: UUID) -> str:
    """What the first of several equal callbacks is answered; waits while it is under way."""
    for _ in range(_WAITS):
        async with sessions() as db:
            row = await db.get_one(SignIn, sign_in_id)
        if row.answer is not None and row.answered_at is not None:
            if real_now() - row.answered_at > _REPEATABLE:
                break
            return unseal(SealedText(**row.answer))
        await asyncio.sleep(0.1)
    raise SignInOver("请返回业务系统重新登录。")


async def _claims(platform: Platform, said: Callback, sign_in: SignIn) -> PlatformClaims:
    if said.iss and said.iss != platform.issuer:
        raise PlatformDistrusted("请重新登录。")
    if said.error or not said.code:
        raise Cancelled("请重新登录。")
    return await platform.claims(said.code, verifier=sign_in.verifier, nonce=sign_in.nonce)


async def _enter(
    db: AsyncSession, sign_in: SignIn, claims: PlatformClaims, settings: Settings
) -> dict[str, str]:
    """The account, then the session if the person may enter here; returns the code."""
    check_account_type(Entrance(sign_in.entrance), claims.account_type)
    account = await entering.recognise(db, _identity(claims, clock.local_date(clock.now())))
    session = _session(sign_in, account, claims, settings)
    await entering.claims_of(db, account, session)  # refuses who may not enter
    return {"code": await issue_code(db, session, sign_in, settings)}


def _identity(claims: PlatformClaims, today: date) -> Identity:
    number = claims.id_number.strip().upper()
    if claims.id_type == RESIDENT_ID and not is_id_number(number, today):
        raise PlatformDistrusted("平台提供的身份证号码不正确，请联系平台。")
    return Identity(
        subject=claims.sub,
        account_type=claims.account_type,
        name=claims.name.strip(),
        id_type=claims.id_type,
        id_number=number,
        uscc=claims.uscc,
        unit_name=claims.unit_name,
    )


def _session(sign_in: SignIn, account: Account, claims: PlatformClaims, settings: Settings) -> LoginSession:
    individual = sign_in.entrance == Entrance.INDIVIDUAL
    return LoginSession(
        account_id=account.id,
        client_id=sign_in.client_id,
        entrance=sign_in.entrance,
        uscc=None if individual else claims.uscc,
        unit_name=None if individual else claims.unit_name,
        began_at=real_now(),
        ends_at=real_now() + timedelta(seconds=settings.session_seconds),
    )
