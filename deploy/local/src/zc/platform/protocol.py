"""What the client calls: discovery, keys, tokens and user info."""

import base64
import binascii
import hmac
from typing import Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from zc.platform.flow import Grant, matches
from zc.platform.forms import read_form
from zc.platform.keys import ALGORITHM
from zc.platform.login import Held
from zc.platform.memory import Platform

router = APIRouter()

CLAIMS = ["sub", "name", "id_type", "id_number", "account_type", "uscc", "unit_name"]
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@router.get("/.well-known/openid-configuration")
async def discovery(held: Held) -> dict[str, Any]:
    """Says where everything is and what is supported."""
    issuer = held.settings.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "profile"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": CLAIMS,
        "authorization_response_iss_parameter_supported": True,
    }


@router.get("/jwks")
async def jwks(held: Held) -> dict[str, Any]:
    """Returns the public signing keys."""
    return held.signer.jwks()


@router.post("/token")
async def token(request: Request, held: Held) -> JSONResponse:
    """Exchanges a code, once, for an ID token and an access token."""
    form = await read_form(request)
    if not _client_is_known(held, request.headers.get("authorization"), form):
        headers = {**_NO_STORE, "WWW-Authenticate": 'Basic realm="platform"'}
        return JSONResponse({"error": "invalid_client"}, status_code=401, headers=headers)
    if form.get("grant_type") != "authorization_code":
        return _refused("unsupported_grant_type", "grant_type must be authorization_code")
    code = form.get("code", "")
    grant = held.codes.take(code)
    if grant is None:
        held.withdraw(code)
        return _refused("invalid_grant", "the code is unknown, used or expired")
    if form.get("redirect_uri") != grant.request.redirect_uri:
        return _refused("invalid_grant", "redirect_uri differs from the authorisation request")
    if not matches(form.get("code_verifier", ""), grant.request.code_challenge):
        return _refused("invalid_grant", "code_verifier does not match the challenge")
    return _tokens(held, code, grant)


def _tokens(held: Platform, code: str, grant: Grant) -> JSONResponse:
    settings = held.settings
    access_token = held.issue(code, grant.account)
    claims = {
        **grant.account.claims(settings.client_secret),
        "iss": settings.issuer,
        "aud": settings.client_id,
        "nonce": grant.request.nonce,
    }
    content = {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": settings.token_seconds,
        "scope": "openid profile",
        "id_token": held.signer.id_token(claims, settings.token_seconds),
    }
    return JSONResponse(content, headers=_NO_STORE)


@router.get("/userinfo")
@router.post("/userinfo")
async def userinfo(request: Request, held: Held) -> JSONResponse:
    """Returns the claims of the person to whom the access token belongs."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    account = held.tokens.get(value.strip()) if scheme.lower() == "bearer" else None
    if account is None:
        headers = {**_NO_STORE, "WWW-Authenticate": 'Bearer error="invalid_token"'}
        return JSONResponse({"error": "invalid_token"}, status_code=401, headers=headers)
    return JSONResponse(account.claims(held.settings.client_secret), headers=_NO_STORE)


def _client_is_known(held: Platform, header: str | None, form: dict[str, str]) -> bool:
    """Checks the client's secret, by header or by form, in constant time."""
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        client, _, secret = (unquote_plus(part) for part in pair.partition(":"))
    told = held.settings
    same = hmac.compare_digest(secret.encode(), told.client_secret.encode())
    return same and client == told.client_id


def _refused(error: str, description: str) -> JSONResponse:
    content = {"error": error, "error_description": description}
    return JSONResponse(content, status_code=400, headers=_NO_STORE)
