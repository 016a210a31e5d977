"""The provincial identity platform: an OpenID provider that this service is a client of."""

import time
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
import structlog
from chassis.settings import Settings as SuiteSettings
from chassis.web import Config
from fastapi import Depends
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, Field, ValidationError
from refusals import Kind, Refusal

from identity.settings import Settings

log = structlog.get_logger()

_ALGORITHMS = ["ES256", "RS256", "PS256", "EdDSA"]
_LEEWAY = 30  # seconds between the platform's clock and ours
_KEPT = 3600  # seconds that discovery and keys are kept


class PlatformAway(Refusal):
    """身份认证平台暂时不可用，请稍后重试。"""

    slug, kind = "platform-away", Kind.CONFLICT


class PlatformDistrusted(Refusal):
    """身份认证平台的答复不可信，请重新登录。"""

    slug, kind = "platform-distrusted", Kind.FORBIDDEN


class PlatformClaims(BaseModel):
    """What the platform says about a person; more is ignored."""

    sub: str = Field(min_length=1, max_length=255)
    name: str = Field(min_length=1, max_length=100)
    id_type: str = Field("RESIDENT_ID", max_length=40)
    id_number: str = Field(min_length=4, max_length=40)
    account_type: str = Field(max_length=40)
    uscc: str | None = Field(None, max_length=18)
    unit_name: str | None = Field(None, max_length=200)


@dataclass
class Platform:
    """One platform, reached by its issuer address; raises PlatformAway and PlatformDistrusted."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    timeout: float
    transport: httpx.AsyncBaseTransport | None = None
    _http: httpx.AsyncClient | None = None
    _known: dict[str, tuple[float, Any]] = field(default_factory=dict)

    async def login_address(self, *, state: str, nonce: str, challenge: str, entrance: str) -> str:
        """Where the person is sent to log in; `entrance` is the platform's word for the kind of account."""
        found = await self._discovery()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "entrance": entrance,
        }
        return f"{found['authorization_endpoint']}?{urlencode(query)}"

    async def claims(self, code: str, *, verifier: str, nonce: str) -> PlatformClaims:
        """Exchange the code and return what the verified ID token says, completed from userinfo."""
        found = await self._discovery()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        tokens = await self._ask("POST", found["token_endpoint"], data=form)
        said = await self._verified(str(tokens.get("id_token", "")), nonce)
        if not ({"name", "id_number", "account_type"} <= said.keys()):
            bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
            more = await self._ask("GET", found["userinfo_endpoint"], headers=bearer)
            if more.get("sub") != said.get("sub"):
                raise PlatformDistrusted("请重新登录。")
            said = {**more, **said}
        try:
            return PlatformClaims.model_validate(said)
        except ValidationError:
            log.warning("platform.claims-incomplete", claims=sorted(said))
            raise PlatformDistrusted("平台提供的身份信息不完整，请联系平台。") from None

    async def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        for fresh in (False, True):  # a key that is not known yet may have been added
            try:
                keys = KeySet.import_key_set(await self._jwks(fresh))
                claims = jwt.decode(id_token, keys, algorithms=_ALGORITHMS).claims
                break
            except (JoseError, ValueError, KeyError) as error:
                if fresh:
                    log.warning("platform.id-token-refused", error=type(error).__name__)
                    raise PlatformDistrusted("请重新登录。") from None
        audience = claims.get("aud")
        now = time.time()
        good = (
            claims.get("iss") == self.issuer
            and self.client_id in (audience if isinstance(audience, list) else [audience])
            and claims.get("nonce") == nonce
            and float(claims.get("exp", 0)) > now - _LEEWAY
            and float(claims.get("iat", now)) < now + _LEEWAY
        )
        if not good:
            raise PlatformDistrusted("请重新登录。")
        return dict(claims)

    async def _discovery(self) -> dict[str, Any]:
        address = f"{self.issuer}/.well-known/openid-configuration"
        found = await self._keep("discovery", address)
        if found.get("issuer") != self.issuer:
            raise PlatformDistrusted("请重新登录。")
        return found

    async def _jwks(self, fresh: bool) -> Any:
        if fresh:
            self._known.pop("jwks", None)
        return await self._keep("jwks", (await self._discovery())["jwks_uri"])

    async def _keep(self, name: str, address: str) -> dict[str, Any]:
        read_at, content = self._known.get(name, (0.0, None))
        if content is None or time.monotonic() - read_at > _KEPT:
            content = await self._ask("GET", address)
            self._known[name] = (time.monotonic(), content)
        return dict(content)

    async def _ask(self, method: str, address: str, **kw: Any) -> dict[str, Any]:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self.timeout, transport=self.transport, trust_env=False)
        try:
            answer = await self._http.request(method, address, **kw)
        except httpx.HTTPError as error:
            log.warning("platform.away", error=type(error).__name__)
            raise PlatformAway("请稍后重试。") from None
        if answer.status_code >= 500:
            raise PlatformAway("请稍后重试。")
        try:
            content = answer.json()
        except ValueError:
            content = None
        if answer.status_code != 200 or not isinstance(content, dict):
            log.warning("platform.refused", status=answer.status_code)
            raise PlatformDistrusted("登录请求已失效，请重新登录。")
        return content


@cache
def _platform_at(issuer: str, client_id: str, secret: str, redirect_uri: str, timeout: float) -> Platform:
    return Platform(issuer, client_id, secret, redirect_uri, timeout)


async def platform_of(config: Config) -> Platform:
    """The platform that the settings name; one per process, so that keys and connections are kept."""
    told = own(config)
    return _platform_at(
        told.platform_issuer.rstrip("/"),
        told.platform_client_id,
        told.platform_client_secret,
        f"{told.issuer}/callback",
        told.platform_timeout,
    )


def own(config: SuiteSettings) -> Settings:
    """The settings as identity's own."""
    assert isinstance(config, Settings)
    return config


PlatformClient = Annotated[Platform, Depends(platform_of)]
