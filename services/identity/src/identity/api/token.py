"""The token endpoint and logging out; form-encoded, answers and errors as RFC 6749 has them."""

from typing import Annotated, Any
from uuid import uuid4

from chassis import auth
from chassis.access import public
from chassis.clock import real_now
from chassis.web import Config, Db, Router
from fastapi import Form, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from refusals import Refusal
from sqlalchemy.ext.asyncio import AsyncSession

from identity import rules
from identity.actions import entering
from identity.api.platform import own
from identity.domain.grants import OAuthError, Use, proves
from identity.domain.systems import SystemState, credentials, narrowed
from identity.settings import Settings
from identity.store import grants, keys, systems
from identity.tables import Account, GrantCode, LoginSession, System

router = Router("identity", tags=["sign-in"])

_CHALLENGE = 'Basic realm="title-review", charset="UTF-8"'
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenForm(BaseModel):
    """One of three grants; unknown fields are ignored (RFC 6749 §3.2)."""

    grant_type: str = Field(
        "",
        description="authorization_code, refresh_token or client_credentials",
        examples=["authorization_code"],
    )
    client_id: str = Field("", max_length=200, examples=["portal"])
    client_secret: str = Field("", max_length=200, description="client_credentials only; or by HTTP Basic")
    scope: str = Field(
        "", max_length=2000, description="client_credentials only: fewer permissions than held"
    )
    code: str = Field("", max_length=500, examples=["Jx1ydmJpLUNCbEhr"])
    redirect_uri: str = Field("", max_length=2000, examples=["https://zc.example.gov.cn/portal/callback"])
    code_verifier: str = Field("", max_length=200, examples=["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"])
    refresh_token: str = Field("", max_length=500)


class TokenView(BaseModel):
    """Tokens; the access token is ES256, `typ` at+jwt, valid for at most ten minutes."""

    access_token: str
    token_type: str = "Bearer"
    expires_in: int = Field(description="seconds", examples=[300])
    refresh_token: str | None = Field(None, description="good for one use; brings the next one")
    scope: str | None = Field(None, description="of a system: the permissions that the token carries")


class OAuthProblem(BaseModel):
    """An error of the token endpoint (RFC 6749 §5.2), not a problem document."""

    error: str = Field(examples=["invalid_grant"])
    error_description: str = Field("", examples=["the code is unknown, used or expired"])


class LogoutForm(BaseModel):
    """Which session to end, by its refresh token."""

    token: str = Field("", max_length=500, description="a refresh token of the session")
    client_id: str = Field("", max_length=200)


class LoggedOut(BaseModel):
    """Said whether or not there was a session, so that nobody can try out tokens."""

    logged_out: bool = True


@router.post(
    "/token",
    access=public(),
    idempotent=False,
    responses={400: {"model": OAuthProblem}, 401: {"model": OAuthProblem}},
)
async def token(
    form: Annotated[TokenForm, Form()],
    db: Db,
    config: Config,
    authorization: Annotated[str, Header(include_in_schema=False)] = "",
) -> TokenView:
    """Exchange a code, a refresh token or a system's secret for tokens."""
    settings = own(config)
    try:
        form.client_id, form.client_secret = credentials(authorization, form.client_id, form.client_secret)
        match form.grant_type:
            case "authorization_code":
                view = await _by_code(db, form, settings)
            case "refresh_token":
                view = await _by_refresh(db, form, settings)
            case "client_credentials":
                view = await _by_secret(db, form, settings)
            case _:
                raise OAuthError("unsupported_grant_type", "grant_type is not supported")
    except OAuthError as wrong:
        # Answered, not raised: what ended because of it must stay ended.
        return _refused(wrong)  # type: ignore[no-any-return]
    return JSONResponse(view.model_dump(exclude_none=True), headers=_NO_STORE)  # type: ignore[return-value]


@router.post("/logout", access=public(), idempotent=False)
async def logout(form: Annotated[LogoutForm, Form()], db: Db) -> LoggedOut:
    """End a session and all its tokens (IDN-22); access tokens run out within their ten minutes."""
    held = await grants.lock_refresh(db, form.token) if form.token else None
    if held is not None:
        session = await grants.lock_session(db, held.session_id)
        if form.client_id in ("", session.client_id):
            grants.end(session, "logout")
    return LoggedOut()


async def _by_code(db: AsyncSession, form: TokenForm, settings: Settings) -> TokenView:
    _portal(form, settings)
    held = await grants.lock_code(db, form.code)
    unknown = OAuthError("invalid_grant", "the code is unknown, used or expired")
    if held is None:
        raise unknown
    session = await grants.lock_session(db, held.session_id)
    match grants.one_time(held).use(real_now()):
        case Use.REPLAYED:
            grants.end(session, "replay")
            raise unknown
        case Use.EXPIRED:
            raise unknown
    held.used_at = real_now()  # one try: whoever fails the proof below has burnt it
    _check_code(form, held, session)
    return await _tokens(db, session, settings)


def _check_code(form: TokenForm, held: GrantCode, session: LoginSession) -> None:
    if session.client_id != form.client_id or session.ended_at is not None:
        raise OAuthError("invalid_grant", "the code was issued to another client, or its session ended")
    if held.redirect_uri != form.redirect_uri:
        raise OAuthError("invalid_grant", "redirect_uri differs from the authorisation request")
    if not proves(form.code_verifier, held.code_challenge):
        raise OAuthError("invalid_grant", "code_verifier does not match the challenge")


async def _by_refresh(db: AsyncSession, form: TokenForm, settings: Settings) -> TokenView:
    _portal(form, settings)
    held = await grants.lock_refresh(db, form.refresh_token)
    over = OAuthError("invalid_grant", "the session is over")
    if held is None:
        raise over
    session = await grants.lock_session(db, held.session_id)
    if session.client_id != form.client_id:
        raise over
    use = grants.one_time(held).use(real_now())
    if use is Use.REPLAYED:
        grants.end(session, "replay")
    if use is not Use.GOOD or session.ended_at is not None or real_now() >= session.ends_at:
        raise over
    held.used_at = real_now()
    return await _tokens(db, session, settings)


async def _by_secret(db: AsyncSession, form: TokenForm, settings: Settings) -> TokenView:
    system = await _proven(db, form.client_id, form.client_secret)
    perms = sorted(narrowed(form.scope, rules.SYSTEM_PERMISSIONS & set(system.permissions)))
    who = str(system.id)
    claims = {"sub": who, "person": who, "name": system.name, "kind": "system", "perms": perms}
    view = await _signed(db, {**claims, "client_id": system.client_id}, settings, None)
    return view.model_copy(update={"scope": " ".join(perms)})


async def _proven(db: AsyncSession, client_id: str, secret: str) -> System:
    """The system whose secret this is; whoever guesses is stopped for a while, and told no more than that.

    The right secret is let in at any time: ids are no secrets, and a stranger must not keep a system out.
    """
    wrong = OAuthError("invalid_client", "the client is unknown or its secret is wrong")
    system = await systems.system_of(db, client_id)
    if system is None:
        raise wrong
    if system.state == SystemState.ACTIVE and await systems.proves(db, system, secret):
        return system
    row = await systems.lock_guesses(db, system)
    if wait := systems.guesses(row).wait(real_now()):
        raise OAuthError("invalid_client", "too many wrong secrets, try again later", wait=wait)
    systems.keep(row, systems.guesses(row).another(real_now()))
    raise wrong


async def _tokens(db: AsyncSession, session: LoginSession, settings: Settings) -> TokenView:
    account = await db.get_one(Account, session.account_id)
    try:
        claims = await entering.claims_of(db, account, session)
    except Refusal as refusal:  # no longer staff: the session is over (IDN-16)
        grants.end(session, "refused")
        raise OAuthError("invalid_grant", refusal.slug) from refusal
    return await _signed(db, claims, settings, await grants.issue_refresh(db, session, settings))


async def _signed(
    db: AsyncSession, claims: dict[str, Any], settings: Settings, refresh_token: str | None
) -> TokenView:
    kid, key = await keys.signing(db)
    lives = settings.access_token_seconds
    access_token = auth.token_of(
        {**claims, "jti": str(uuid4())}, key, kid=kid, issuer=settings.issuer, lives=lives, now=real_now()
    )
    return TokenView(access_token=access_token, expires_in=lives, refresh_token=refresh_token)


def _portal(form: TokenForm, settings: Settings) -> None:
    if settings.portal(form.client_id) is None or form.client_secret:
        raise OAuthError("invalid_client", "the client is unknown, or has no secret")


def _refused(wrong: OAuthError) -> Any:
    unproven = wrong.error == "invalid_client"
    content = {"error": wrong.error, "error_description": wrong.description}
    headers = {**_NO_STORE, **({"WWW-Authenticate": _CHALLENGE} if unproven else {})}
    if wrong.wait:
        headers["Retry-After"] = str(wrong.wait)
    return JSONResponse(content, 401 if unproven else 400, headers)
