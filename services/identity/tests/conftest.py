"""The service under test, a stand-in for the provincial platform, and a portal that logs people in."""

import base64
import os
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from contracts.event import Actor
from contracts.units.v1 import UnitCreated, UnitState, UnitStatus
from contracts.vocabulary import UnitKind
from joserfc import jwt
from joserfc.jwk import ECKey
from provinces.people import check_char

ISSUER = "https://platform.example"
CLIENT = ("title-review", "platform-secret-platform-secret")
REDIRECT = "https://portal.example/callback"
os.environ.update(
    {
        "IDENTITY_PLATFORM_ISSUER": ISSUER,
        "IDENTITY_PLATFORM_CLIENT_ID": CLIENT[0],
        "IDENTITY_PLATFORM_CLIENT_SECRET": CLIENT[1],
        "IDENTITY_PORTAL_CLIENTS": orjson.dumps(
            [
                {"client_id": "portal", "name": "门户", "redirect_uris": [REDIRECT]},
                {"client_id": "other", "name": "另一门户", "redirect_uris": ["https://other.example/cb?x=1"]},
            ]
        ).decode(),
    }
)


def id_number(serial: int = 1, born: str = "19900307") -> str:
    """A valid resident ID number of Sichuan."""
    first = f"510104{born}{serial:03d}"
    return first + check_char(first)


@dataclass
class StandIn:
    """An OpenID provider behind httpx: verifies secret, address and S256 as the real one does."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "p1"}))
    shown: ECKey | None = None  # what the key address shows, if not the key
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    away: bool = False
    spoil: dict[str, Any] = field(default_factory=dict)  # what the next ID tokens say instead
    thin: bool = False  # ID tokens carry the subject only; the rest is in userinfo

    def log_in(self, address: str, **claims: Any) -> dict[str, str]:
        """What a login at that address brings back to the callback."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = {"asked": asked, "claims": claims}
        return {"code": code, "state": asked["state"], "iss": ISSUER}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.away:
            raise httpx.ConnectError("away")
        match request.url.path:
            case "/.well-known/openid-configuration":
                places = {f"{n}_endpoint": f"{ISSUER}/{n}" for n in ("authorization", "token", "userinfo")}
                return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **places})
            case "/jwks":
                return httpx.Response(200, json={"keys": [(self.shown or self.key).as_dict(private=False)]})
            case "/token":
                return self._token({n: v[0] for n, v in parse_qs(request.content.decode()).items()})
            case "/userinfo":
                code = request.headers["authorization"].removeprefix("Bearer ")
                return httpx.Response(200, json=self.codes[code]["claims"])
        return httpx.Response(404)

    def _token(self, form: dict[str, str]) -> httpx.Response:
        from identity.domain.grants import challenge_of

        held = self.codes.get(form["code"])
        good = (
            held is not None
            and not held.get("used")
            and (form["client_id"], form["client_secret"]) == CLIENT
            and challenge_of(form["code_verifier"]) == held["asked"]["code_challenge"]
            and form["redirect_uri"] == held["asked"]["redirect_uri"]
        )
        if not good:
            return httpx.Response(400, json={"error": "invalid_grant"})
        held["used"] = True
        said = {"sub": held["claims"]["sub"]} if self.thin else held["claims"]
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT[0],
            "exp": now + 60,
            "iat": now,
            "nonce": held["asked"]["nonce"],
            **said,
            **self.spoil,
        }
        id_token = jwt.encode({"alg": "ES256", "kid": "p1"}, claims, self.key)
        return httpx.Response(200, json={"access_token": form["code"], "id_token": id_token})


@dataclass
class Portal:
    """A portal in front of identity, and the people who log in through it."""

    http: httpx.AsyncClient
    platform: StandIn
    verifier: str = "v" * 43

    async def authorize(self, entrance: str = "individual", **changes: str) -> httpx.Response:
        """Ask for a login."""
        from identity.domain.grants import challenge_of

        query = {
            "client_id": "portal",
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "state": "portal-state",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "entrance": entrance,
        }
        return await self.http.get("authorize", params=query | changes)

    async def arrive(self, entrance: str = "individual", **claims: Any) -> dict[str, str]:
        """Log in at the platform and return what the portal is told."""
        way = await self.authorize(entrance)
        back = self.platform.log_in(way.headers["location"], **a_person(entrance, **claims))
        return answered(await self.http.get("callback", params=back))

    async def token(self, **form: str) -> httpx.Response:
        """Ask the token endpoint."""
        return await self.http.post("token", data={"client_id": "portal", **form})

    async def exchange(self, code: str, **changes: str) -> httpx.Response:
        """Exchange a code."""
        form = {"code": code, "redirect_uri": REDIRECT, "code_verifier": self.verifier}
        return await self.token(**({"grant_type": "authorization_code", **form} | changes))

    async def refresh(self, token: str, **changes: str) -> httpx.Response:
        """Exchange a refresh token."""
        return await self.token(**({"grant_type": "refresh_token", "refresh_token": token} | changes))

    async def enter(self, entrance: str = "individual", **claims: Any) -> dict[str, Any]:
        """Log somebody in; returns the token response."""
        told = await self.arrive(entrance, **claims)
        answer = await self.exchange(told["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def a_person(entrance: str = "individual", **changes: Any) -> dict[str, Any]:
    """Claims of the platform, of a handler when the entrance is a unit's."""
    kinds = {"individual": "individual", "unit": "legal_person", "intranet": "intranet"}
    claims = {
        "sub": f"sub-{entrance}-{changes.get('id_number', id_number())}",
        "name": "王小明",
        "id_type": "RESIDENT_ID",
        "id_number": id_number(),
        "account_type": kinds[entrance],
    }
    if entrance != "individual":
        claims |= {"uscc": "125101004507298XXX", "unit_name": "成都市农业技术推广总站"}
    return claims | changes


def answered(response: httpx.Response) -> dict[str, str]:
    """What a redirect to the portal says."""
    assert response.status_code == 303, response.text
    location = response.headers["location"]
    assert location.startswith(REDIRECT), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def claims_in(token: str) -> dict[str, Any]:
    """What a token says."""
    body = token.split(".")[1]
    return dict(orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def a_unit(event: type[Any] = UnitCreated, revision: int = 1, **changes: Any) -> Any:
    """An event of a declaring unit that is authorised."""
    subject = changes.pop("subject", None) or uuid4()
    state = {
        "uscc": "125101004507298XXX",
        "name": "成都市农业技术推广总站",
        "kinds": (UnitKind.DECLARING,),
        "nature": "INSTITUTION",
        "jurisdiction": "510100L",
        "jurisdiction_path": ("510000", "510100", "510100L"),
        "superior_id": uuid4(),
        "state": UnitStatus.AUTHORISED,
        "handlers": (),
    }
    return event(subject=subject, revision=revision, actor=Actor(), state=UnitState(**(state | changes)))


def person_ref(number: str = "") -> UUID:
    """The reference of a number."""
    from chassis.persons import ref

    return ref("RESIDENT_ID", number or id_number())


@pytest.fixture(scope="session")
def service() -> Any:
    """The service under test."""
    from identity.app import service

    return service


@pytest.fixture
def platform() -> StandIn:
    """The provincial platform."""
    return StandIn()


@pytest.fixture
async def portal(api: Any, runtime: Any, platform: StandIn, empty: None) -> Portal:
    """A portal, with identity's signing key made."""
    from identity.actions.keys import ensure
    from identity.api.platform import Platform, platform_of

    await ensure(runtime.sessions)
    client = Platform(
        ISSUER,
        *CLIENT,
        f"{runtime.settings.issuer}/callback",
        5,
        httpx.MockTransport(platform),
    )
    api.app.dependency_overrides[platform_of] = lambda: client
    return Portal(api.nobody.http, platform)


@pytest.fixture
def make() -> Any:
    """Builders for tests, which cannot import this file."""

    class Make:
        pass

    for one in (a_person, a_unit, answered, claims_in, id_number, person_ref):
        setattr(Make, one.__name__, staticmethod(one))
    return Make
