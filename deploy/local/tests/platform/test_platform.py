"""The local identity platform behaves like a strict OpenID Connect provider."""

import asyncio
import base64
import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import KeySet
from zc.platform import Account, Settings, append_accounts, create_app
from zc.world.numbers import resident_id

REDIRECT = "http://127.0.0.1:8080/identity/callback"
ISSUER = "http://127.0.0.1:8080/platform"
CLIENT, SECRET = "title-review", "s3cret:with %signs"
PASSWORD = "Right-1234"
LI = Account(
    account="li-handler",
    name="李文静",
    id_number="510722198003072345",
    account_type="legal_person",
    uscc="12510100MB1234567X",
    unit_name="成都市农技站",
    password=PASSWORD,
)
WANG = Account(account="wang", name="王建国", id_number="51012119790101001X", password=PASSWORD)


class Ticker:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Login:
    """A scripted client that plays one login."""

    def __init__(self, http: httpx.AsyncClient, base: str = "") -> None:
        self.http, self.base = http, base
        self.verifier = secrets.token_urlsafe(48)
        self.state, self.nonce = secrets.token_hex(8), secrets.token_hex(8)

    @property
    def query(self) -> dict[str, str]:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "scope": "openid",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }

    async def open(self, **changed: str) -> httpx.Response:
        query = {key: value for key, value in {**self.query, **changed}.items() if value}
        return await self.http.get(f"{self.base}/authorize", params=query)

    async def form(self) -> str:
        page = await self.open()
        assert page.status_code == 200
        return _token(page)

    async def enter(
        self, request: str, account: str, password: str = PASSWORD, entrance: str = ""
    ) -> httpx.Response:
        data = {"request": request, "account": account, "password": password, "entrance": entrance}
        return await self.http.post(f"{self.base}/authorize", data=data)

    async def code(self, account: str) -> str:
        answer = await self.enter(await self.form(), account)
        assert answer.status_code == 303
        return self.landed(answer)

    def landed(self, answer: httpx.Response) -> str:
        address = urlsplit(answer.headers["location"])
        assert f"{address.scheme}://{address.netloc}{address.path}" == REDIRECT
        query = parse_qs(address.query)
        assert query["state"] == [self.state]
        assert query["iss"] == [ISSUER]
        return query["code"][0]

    async def redeem(self, code: str, **changed: str) -> httpx.Response:
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
        return await self.http.post(f"{self.base}/token", data={**data, **changed})


def _token(page: httpx.Response) -> str:
    found = re.search(r'name="request" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


@pytest.fixture
def ticker() -> Ticker:
    return Ticker()


@pytest.fixture
def accounts_file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.json"
    append_accounts(path, [LI, WANG])
    return path


@pytest_asyncio.fixture
async def http(accounts_file: Path, ticker: Ticker) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(ISSUER, accounts_file, CLIENT, SECRET, (REDIRECT,))
    transport = httpx.ASGITransport(create_app(settings, ticker))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield client


@pytest.mark.req("IDN-02", "IDN-13")
@pytest.mark.parametrize("base", ["", "/platform"])
async def test_a_whole_login_tells_who_the_handler_and_the_unit_are(
    http: httpx.AsyncClient, base: str
) -> None:
    found = (await http.get(f"{base}/.well-known/openid-configuration")).json()
    assert found["issuer"] == ISSUER
    assert found["token_endpoint"] == f"{ISSUER}/token"
    login = Login(http, base)
    answer = (await login.redeem(await login.code("li-handler"))).json()
    keys = KeySet.import_key_set((await http.get(f"{base}/jwks")).json())
    token = jwt.decode(answer["id_token"], keys, algorithms=["ES256"])
    who = {
        "name": "李文静",
        "id_type": "RESIDENT_ID",
        "id_number": LI.id_number,
        "account_type": "legal_person",
        "uscc": LI.uscc,
        "unit_name": LI.unit_name,
    }
    assert token.claims.items() >= {**who, "iss": ISSUER, "aud": CLIENT, "nonce": login.nonce}.items()
    assert token.claims["exp"] - token.claims["iat"] == answer["expires_in"]
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    told = (await http.get(f"{base}/userinfo", headers=bearer)).json()
    assert told == {**who, "sub": token.claims["sub"]}


async def test_the_private_key_stays_inside(http: httpx.AsyncClient) -> None:
    [key] = (await http.get("/jwks")).json()["keys"]
    assert key["kty"] == "EC"
    assert "d" not in key


async def test_basic_authentication_works_with_encoded_signs(http: httpx.AsyncClient) -> None:
    login = Login(http)
    code = await login.code("wang")
    pair = base64.b64encode(f"{CLIENT}:s3cret%3Awith+%25signs".encode()).decode()
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    data["code_verifier"] = login.verifier
    answer = await http.post("/token", data=data, headers={"Authorization": f"Basic {pair}"})
    assert answer.status_code == 200


async def test_a_wrong_secret_is_refused_and_costs_no_code(http: httpx.AsyncClient) -> None:
    login = Login(http)
    code = await login.code("wang")
    refused = await login.redeem(code, client_secret="guess")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert (await login.redeem(code)).status_code == 200


@pytest.mark.parametrize("verifier", ["", "a" * 43, "中文"])
async def test_a_wrong_verifier_is_refused(http: httpx.AsyncClient, verifier: str) -> None:
    login = Login(http)
    code = await login.code("wang")
    refused = await login.redeem(code, code_verifier=verifier)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert (await login.redeem(code)).status_code == 400


async def test_a_replayed_code_is_refused_and_takes_its_token_back(http: httpx.AsyncClient) -> None:
    login = Login(http)
    code = await login.code("wang")
    bearer = {"Authorization": f"Bearer {(await login.redeem(code)).json()['access_token']}"}
    assert (await http.get("/userinfo", headers=bearer)).status_code == 200
    replay = await login.redeem(code)
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert (await http.get("/userinfo", headers=bearer)).status_code == 401


async def test_a_code_dies_after_a_minute(http: httpx.AsyncClient, ticker: Ticker) -> None:
    login = Login(http)
    early, late = await login.code("wang"), await login.code("wang")
    ticker.now += 59
    assert (await login.redeem(early)).status_code == 200
    ticker.now += 2
    assert (await login.redeem(late)).status_code == 400


async def test_the_token_call_must_repeat_the_redirect_address(http: httpx.AsyncClient) -> None:
    login = Login(http)
    refused = await login.redeem(await login.code("wang"), redirect_uri=REDIRECT + "/")
    assert refused.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": "http://elsewhere.example/callback"},
        {"redirect_uri": ""},
        {"client_id": "other"},
    ],
)
async def test_nobody_is_sent_to_an_address_nobody_registered(
    http: httpx.AsyncClient, changed: dict[str, str]
) -> None:
    answer = await Login(http).open(**changed)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"nonce": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_a_careless_client_gets_an_error_back(
    http: httpx.AsyncClient, changed: dict[str, str], error: str
) -> None:
    login = Login(http)
    answer = await login.open(**changed)
    assert answer.status_code == 303
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (query["error"], query["state"]) == ([error], [login.state])


async def test_a_wrong_password_is_told_and_then_locks(http: httpx.AsyncClient, ticker: Ticker) -> None:
    login = Login(http)
    request = await login.form()
    for left in (4, 3, 2, 1, 0):
        answer = await login.enter(request, "wang", "wrong")
        assert answer.status_code == 401
        assert f"账号或密码错误，还可以尝试 {left} 次" in answer.text
    locked = await login.enter(request, "wang")
    assert locked.status_code == 403
    assert "锁定" in locked.text
    assert (await login.enter(request, WANG.id_number)).status_code == 403
    ticker.now += 901
    assert (await login.enter(await login.form(), "wang")).status_code == 303


async def test_attempts_made_at_the_same_time_all_count(http: httpx.AsyncClient) -> None:
    login = Login(http)
    request = await login.form()
    answers = await asyncio.gather(*(login.enter(request, "wang", f"guess {number}") for number in range(20)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [403] * 15


async def test_an_unknown_account_looks_like_a_wrong_password(http: httpx.AsyncClient) -> None:
    login = Login(http)
    request = await login.form()
    unknown, wrong = await login.enter(request, "nobody"), await login.enter(request, "wang", "x")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.text.replace("nobody", "wang") == wrong.text


@pytest.mark.req("IDN-01")
async def test_each_account_has_its_entrance(http: httpx.AsyncClient) -> None:
    login = Login(http)
    request = await login.form()
    wrong = await login.enter(request, "li-handler", entrance="individual")
    assert wrong.status_code == 403
    assert "法人登录" in wrong.text
    assert (await login.enter(request, "li-handler", entrance="legal_person")).status_code == 303


async def test_a_form_works_once_and_only_if_the_platform_gave_it(http: httpx.AsyncClient) -> None:
    login = Login(http)
    request = await login.form()
    assert (await login.enter("forged", "wang")).status_code == 400
    assert (await login.enter(request, "wang")).status_code == 303
    assert (await login.enter(request, "wang")).status_code == 400


async def test_what_was_typed_comes_back_as_text(http: httpx.AsyncClient) -> None:
    login = Login(http)
    answer = await login.enter(await login.form(), '"><script>alert(1)</script>')
    assert "<script" not in answer.text
    assert answer.headers["x-frame-options"] == "DENY"


async def test_accounts_appended_while_it_runs_can_log_in(
    http: httpx.AsyncClient, accounts_file: Path
) -> None:
    login = Login(http)
    assert (await login.enter(await login.form(), "late-comer")).status_code == 401
    append_accounts(
        accounts_file,
        [{"account": "late-comer", "name": "赵敏", "id_number": "510121199001010025", "password": PASSWORD}],
    )
    assert (await login.enter(await login.form(), "late-comer")).status_code == 303


@pytest.mark.req("IDN-03")
async def test_a_registered_person_returns_logged_in(http: httpx.AsyncClient) -> None:
    login = Login(http)
    page = await http.get("/register", params={"request": await login.form()})
    number = resident_id("510121", date(1990, 3, 7), 1)
    typed = {"name": "陈思远", "id_number": number.lower(), "account": "chen_01", "password": "Abcd1234"}
    again = {"request": _token(page), "password_again": "Abcd1234"}
    done = await http.post("/register", data={**typed, **again})
    assert done.status_code == 303, done.text
    token = (await login.redeem(login.landed(done))).json()["id_token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["name"], claims["id_number"]) == ("陈思远", number)
    assert claims["account_type"] == "individual"
    later = Login(http)
    assert (await later.enter(await later.form(), "chen_01", "Abcd1234")).status_code == 303
