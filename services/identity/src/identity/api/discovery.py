"""What clients and verifiers read: where everything is, and the public keys."""

from typing import Any

from chassis.access import public
from chassis.web import Config, Db, Router
from pydantic import BaseModel, Field

from identity import rules
from identity.store import keys

router = Router("identity", tags=["sign-in"])
pages = Router(tags=["sign-in"])  # at the gateway's root

_WELL_KNOWN = "/.well-known/oauth-authorization-server"


class Discovery(BaseModel):
    """Metadata of this authorisation server (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    revocation_endpoint: str
    response_types_supported: list[str] = ["code"]
    response_modes_supported: list[str] = ["query"]
    grant_types_supported: list[str] = ["authorization_code", "refresh_token", "client_credentials"]
    code_challenge_methods_supported: list[str] = ["S256"]
    token_endpoint_auth_methods_supported: list[str] = ["none", "client_secret_basic", "client_secret_post"]
    revocation_endpoint_auth_methods_supported: list[str] = ["none"]
    scopes_supported: list[str] = Field(description="what systems may ask for; people's tokens take no scope")
    service_documentation: str
    authorization_response_iss_parameter_supported: bool = True
    entrances_supported: list[str] = ["individual", "unit", "intranet"]


class KeySetView(BaseModel):
    """Public signing keys (RFC 7517)."""

    keys: list[dict[str, Any]]


# The path of an issuer stands behind the well-known part (RFC 8414 §3.1); many clients append instead.
@pages.get(
    f"{_WELL_KNOWN}/api/v1/identity", access=public(), name="discovery-at-root", include_in_schema=False
)
@router.get(_WELL_KNOWN, access=public(), name="oauth-discovery")
@router.get("/.well-known/openid-configuration", access=public())
async def discovery(config: Config) -> Discovery:
    """Say where everything is and what is supported."""
    issuer = config.issuer
    return Discovery(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/authorize",
        token_endpoint=f"{issuer}/token",
        jwks_uri=f"{issuer}/jwks",
        revocation_endpoint=f"{issuer}/logout",
        scopes_supported=sorted(rules.SYSTEM_PERMISSIONS),
        service_documentation=f"{config.public_base_url}/api/docs",
    )


@router.get("/jwks", access=public())
async def jwks(db: Db) -> KeySetView:
    """Show the public keys that access tokens may be signed with."""
    return KeySetView(keys=[key.public for key in await keys.usable(db)])
