"""The scripted person gets through the real pages and hears why when not."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import pytest_asyncio
from zc.platform import Settings, append_accounts, create_app
from zc.platform.visitor import TurnedAway, log_in, register
from zc.world import World

REDIRECT = "http://portal.example/callback"
QUERY = {
    "response_type": "code",
    "client_id": "suite",
    "redirect_uri": REDIRECT,
    "state": "state-1",
    "nonce": "nonce-1",
    "code_challenge": "c" * 43,
    "code_challenge_method": "S256",
}
ADDRESS = f"http://gateway.example/platform/authorize?{urlencode(QUERY)}"


@pytest.fixture(scope="module")
def world() -> World:
    return World(31)


@pytest_asyncio.fixture
async def http(world: World, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    accounts = tmp_path / "accounts.json"
    append_accounts(accounts, world.accounts())
    settings = Settings("http://gateway.example/platform", accounts, "suite", "secret", (REDIRECT,))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(settings))) as client:
        yield client


async def test_everybody_of_the_world_gets_in_by_the_right_entrance(
    http: httpx.AsyncClient, world: World
) -> None:
    for login in (world.super_admin, world.handler(world.employer_a), world.experts[0].login):
        location = await log_in(http, ADDRESS, login.account, login.password, login.account_type)
        assert location.startswith(f"{REDIRECT}?")
        assert parse_qs(urlsplit(location).query)["state"] == ["state-1"]


async def test_the_message_of_the_platform_is_heard(http: httpx.AsyncClient, world: World) -> None:
    with pytest.raises(TurnedAway, match="账号或密码错误"):
        await log_in(http, ADDRESS, world.super_admin.account, "wrong")
    with pytest.raises(TurnedAway, match="回调地址"):
        await log_in(http, ADDRESS.replace("callback", "elsewhere"), world.super_admin.account, "any")


@pytest.mark.req("IDN-03")
async def test_a_newcomer_registers_and_is_sent_back(http: httpx.AsyncClient, world: World) -> None:
    person = world.newcomer("newcomer")
    typed = {
        "name": person.name,
        "id_number": person.id_number,
        "account": "newcomer",
        "password": "Abcd1234",
    }
    location = await register(http, ADDRESS, typed)
    assert "code" in parse_qs(urlsplit(location).query)
    with pytest.raises(TurnedAway, match="已注册"):
        await register(http, ADDRESS, {**typed, "account": "newcomer-2"})
    assert await log_in(http, ADDRESS, "newcomer", "Abcd1234", "individual")
