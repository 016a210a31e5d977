"""Leaving the portal: the authorisation endpoint sends people to the provincial identity platform."""

import secrets
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from chassis.access import public
from chassis.clock import real_now
from chassis.web import Config, Db, Router
from fastapi import Query
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from refusals import Kind, Refusal

from identity.api.platform import PlatformAway, PlatformClient, PlatformDistrusted, own
from identity.domain.entering import ACCOUNT_TYPES, Entrance
from identity.domain.grants import OAuthError, challenge_of, check_request, hash_of
from identity.store.grants import sweep
from identity.tables import SignIn

router = Router("identity", tags=["sign-in"])


class UnknownPortal(Refusal):
    """应用未登记，或回调地址与登记的不一致。"""

    slug, kind = "unknown-portal", Kind.INVALID


class Authorisation(BaseModel):
    """A portal's request (RFC 6749 §4.1.1 with RFC 7636); whatever else comes along is ignored."""

    client_id: str = Field("", max_length=200, examples=["portal"])
    redirect_uri: str = Field("", max_length=2000, examples=["https://zc.example.gov.cn/portal/callback"])
    response_type: str = Field("", max_length=50, examples=["code"])
    state: str = Field("", max_length=500, examples=["Vn3kJ2w0bq8"])
    code_challenge: str = Field("", max_length=200, examples=["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"])
    code_challenge_method: str = Field("", max_length=20, examples=["S256"])
    entrance: str = Field("", max_length=20, description="individual, unit or intranet", examples=["unit"])


@router.get(
    "/authorize",
    access=public(),
    refuses=[UnknownPortal],
    status_code=303,
    response_class=RedirectResponse,
    responses={303: {"description": "To the identity platform, or back to the portal with an OAuth error."}},
)
async def authorize(
    asked: Annotated[Authorisation, Query()], db: Db, config: Config, platform: PlatformClient
) -> RedirectResponse:
    """Send a person to the identity platform by one of the entrances; nothing goes to an unregistered address."""
    settings = own(config)
    portal = settings.portal(asked.client_id)
    if portal is None or asked.redirect_uri not in portal.redirect_uris:
        raise UnknownPortal("请从已登记的业务系统登录。")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    try:
        check_request(
            asked.response_type,
            asked.state,
            asked.code_challenge,
            asked.code_challenge_method,
            asked.entrance,
        )
        address = await platform.login_address(
            state=state,
            nonce=nonce,
            challenge=challenge_of(verifier),
            entrance=ACCOUNT_TYPES[Entrance(asked.entrance)],
        )
    except OAuthError as wrong:
        said = {"error": wrong.error, "error_description": wrong.description}
        return back(asked.redirect_uri, asked.state, settings.issuer, **said)
    except (PlatformAway, PlatformDistrusted) as away:
        return back(asked.redirect_uri, asked.state, settings.issuer, **as_error(away))
    await sweep(db, real_now())
    db.add(
        SignIn(
            state_hash=hash_of(state),
            client_id=asked.client_id,
            redirect_uri=asked.redirect_uri,
            portal_state=asked.state,
            code_challenge=asked.code_challenge,
            entrance=asked.entrance,
            nonce=nonce,
            verifier=verifier,
            expires_at=real_now() + timedelta(seconds=settings.sign_in_seconds),
        )
    )
    return redirect(address)


def as_error(refusal: Refusal) -> dict[str, str]:
    """A refusal as an OAuth error; the page behind `error_uri` says it in Chinese."""
    error = "temporarily_unavailable" if isinstance(refusal, PlatformAway) else "access_denied"
    return {
        "error": error,
        "error_description": refusal.slug,
        "error_uri": f"/problems/{refusal.slug}",
    }


def back(redirect_uri: str, state: str, issuer: str, **said: str) -> RedirectResponse:
    """The way back to the portal with an answer, the portal's state and who says it (RFC 9207)."""
    return redirect(address_back(redirect_uri, state, issuer, **said))


def address_back(redirect_uri: str, state: str, issuer: str, **said: str) -> str:
    """The address of an answer."""
    query = urlencode({**said, **({"state": state} if state else {}), "iss": issuer})
    return f"{redirect_uri}{'&' if urlsplit(redirect_uri).query else '?'}{query}"


def redirect(address: str, **kw: Any) -> RedirectResponse:
    """A redirect that nobody stores and that tells the next page nothing."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(address, 303, headers, **kw)
