"""How a person logs in: the code flow of a portal, through the provincial identity platform and back."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from zc.season.platforms import Platform
from zc.world import Login

PORTAL = "portal"
"""The client id that the season's people log in with."""

RETURN_PATH = "/portal/callback"
"""Where the portal would be sent back to; nothing has to answer there."""

# Our entrances by the platform's kinds of accounts.
ENTRANCES = {"individual": "individual", "legal_person": "unit", "intranet": "intranet"}


class LoginRefused(Exception):
    """The login ended without a code; `error` is OAuth's, `description` says why."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"login refused: {error} {description}")
        self.error, self.description = error, description


class Interrupted(Exception):
    """The login broke off on the way: nobody refused it, and it may be begun anew."""


@dataclass(frozen=True)
class Door:
    """One portal at one gateway."""

    http: httpx.AsyncClient
    gateway: str
    platform: Platform
    portal: str = PORTAL

    @property
    def redirect_uri(self) -> str:
        """The portal's registered address."""
        return f"{self.gateway}{RETURN_PATH}"

    async def enter(
        self, login: Login, entrance: str | None = None, *, registers: bool = False
    ) -> dict[str, Any]:
        """Log a person in, or register them at the platform first, and return the token response.

        Raises `LoginRefused`, `Interrupted`, or `TurnedAway` with what the platform's page says.
        """
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        entrance = entrance or ENTRANCES[login.account_type]
        code = await self.code(login, verifier, state, entrance, registers=registers)
        return await self.token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect_uri,
                "code_verifier": verifier,
            }
        )

    async def code(
        self, login: Login, verifier: str, state: str, entrance: str, *, registers: bool = False
    ) -> str:
        """Walk from the portal to the platform and back; return identity's code for the portal."""
        query = {
            "client_id": self.portal,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
            "entrance": entrance,
        }
        leaving = await self.http.get(f"{self.gateway}/api/v1/identity/authorize", params=query)
        _went_through(leaving)
        if leaving.status_code != 303:
            raise LoginRefused("invalid_request", leaving.text)
        way = leaving.headers["location"]
        if way.startswith(self.redirect_uri):
            return _code_in(way, state)  # only ever an error
        if registers:
            back = await self.platform.register(self.http, way, login)
        else:
            back = await self.platform.log_in(self.http, way, login)
        arriving = await self.http.get(back)
        _went_through(arriving)
        if arriving.status_code != 303:
            raise LoginRefused("access_denied", arriving.text)
        return _code_in(arriving.headers["location"], state)

    async def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Ask the token endpoint; raises `LoginRefused` with OAuth's error."""
        data = {"client_id": self.portal, **form}
        answer = await self.http.post(f"{self.gateway}/api/v1/identity/token", data=data)
        _went_through(answer)
        content = answer.json()
        if answer.status_code != 200:
            raise LoginRefused(content.get("error", str(answer.status_code)), str(content))
        return dict(content)


def unrouted(answer: httpx.Response) -> bool:
    """Whether a gateway said it that listens already, but has not read its routes yet."""
    return answer.status_code == 404 and answer.content.strip() == b"404 page not found"


def _went_through(answer: httpx.Response) -> None:
    if answer.status_code >= 500 or answer.status_code == 429 or unrouted(answer):
        raise Interrupted(f"{answer.request.url.path} answered {answer.status_code}")


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _code_in(location: str, state: str) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    if "error" in query:
        raise LoginRefused(query["error"], query.get("error_description", ""))
    if query.get("state") != state:
        raise LoginRefused("invalid_state", "the portal's state did not come back")
    return query["code"]
