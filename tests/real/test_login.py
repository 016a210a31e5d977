"""A person and a unit log in through Keycloak's own page: code flow, PKCE, cookies and the form's address."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from zc.season.entrance import Door, LoginRefused
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
