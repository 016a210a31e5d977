"""A person and a unit log in through Keycloak's own page: code flow, PKCE, cookies and the form's address.

What identity asks Keycloak for is asked as identity asks it; a verifier or a secret that is wrong is worth nothing.
"""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from identity.api.platform import Platform, PlatformDistrusted
from zc import environment
from zc.keycloak_desk import CLIENT
from zc.season.entrance import Door, LoginRefused, challenge_of
from zc.season.platforms import Keycloak, TurnedAway
from zc.season.root import root_login
from zc.season.session import claims_of
from zc.stack import Stack
from zc.world import Login, World

WORLD = World(77, applicants=1, experts=7)
PERSON = WORLD.applicants[0].login
UNIT = replace(root_login(), account="s77-root", password="Zc-0123456789ab")


@pytest.fixture(scope="module")
async def door(stack: Stack) -> AsyncIterator[Door]:
    """A portal in front of the suite, whose people have accounts in Keycloak."""
    platform = stack.identity_platform
    platform.open_accounts([PERSON, UNIT])
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        yield Door(http, stack.gateway_url, platform)


@pytest.mark.req("IDN-01", "IDN-02")
@pytest.mark.parametrize("login", [PERSON, UNIT], ids=["person", "unit"])
async def test_keycloaks_own_page_lets_somebody_in(stack: Stack, door: Door, login: Login) -> None:
    tokens = await door.enter(login)
    claims = claims_of(tokens["access_token"])
    assert (claims["kind"], "unit" in claims) == (("unit", True) if login.unit else ("individual", False))
    assert isinstance(door.platform, Keycloak)
    page = door.platform.pages[login.account_type]
    assert "统一身份认证平台" in page  # the realm's name
    assert f'action="{stack.platform_url}/login-actions/authenticate?' in page
    assert "/login/keycloak" in page  # where its own pages keep their pictures
    about = (await door.http.get(f"{stack.platform_url}/.well-known/openid-configuration")).json()
    assert about["issuer"] == stack.platform_url
    assert about["token_endpoint"].endswith("/protocol/openid-connect/token")


async def test_a_wrong_password_is_refused_by_keycloaks_page(door: Door) -> None:
    with pytest.raises(TurnedAway, match="用户名或密码"):
        await door.enter(replace(PERSON, password="Zc-this-is-not-it"))


async def test_a_wrong_entrance_is_refused(door: Door) -> None:
    with pytest.raises(LoginRefused) as refused:
        await door.enter(PERSON, "unit")
    assert refused.value.description == "wrong-entrance"


async def test_two_people_at_one_portal_are_two_people(door: Door) -> None:
    one, other = await door.enter(PERSON), await door.enter(UNIT)
    assert claims_of(one["access_token"])["sub"] != claims_of(other["access_token"])["sub"]


def as_identity(stack: Stack, secret: str = "") -> Platform:
    """Keycloak as identity sees it."""
    return Platform(
        issuer=stack.platform_url,
        client_id=CLIENT,
        client_secret=secret or stack.home.secrets["platform-client"],
        redirect_uri=f"{stack.gateway_url}{environment.PLATFORM_RETURN}",
        timeout=20,
    )


async def code_of(door: Door, platform: Platform, verifier: str) -> str:
    """What Keycloak sends a unit back with."""
    address = await platform.login_address(
        state="state", nonce="nonce", challenge=challenge_of(verifier), entrance="unit"
    )
    back = parse_qs(urlsplit(await door.platform.log_in(door.http, address, UNIT)).query)
    assert back["state"] == ["state"]
    return back["code"][0]


async def test_identity_learns_who_a_unit_is(stack: Stack, door: Door) -> None:
    platform, verifier = as_identity(stack), secrets.token_urlsafe(48)
    code = await code_of(door, platform, verifier)
    claims = (await platform.claims(code, verifier=verifier, nonce="nonce")).model_dump()
    assert claims.pop("sub")
    assert claims == {name: UNIT.row()[name] for name in claims}


async def test_a_stolen_code_is_worth_nothing_without_its_verifier(stack: Stack, door: Door) -> None:
    platform = as_identity(stack)
    code = await code_of(door, platform, secrets.token_urlsafe(48))
    with pytest.raises(PlatformDistrusted):
        await platform.claims(code, verifier=secrets.token_urlsafe(48), nonce="nonce")


async def test_a_service_that_does_not_know_the_secret_is_not_told(stack: Stack, door: Door) -> None:
    verifier = secrets.token_urlsafe(48)
    code = await code_of(door, as_identity(stack), verifier)
    with pytest.raises(PlatformDistrusted):
        await as_identity(stack, "another").claims(code, verifier=verifier, nonce="nonce")
