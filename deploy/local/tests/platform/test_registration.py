"""Registration checks the real name and keeps one individual account per person."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from zc.platform import Account, Settings, append_accounts, create_app
from zc.world.numbers import resident_id

NUMBER = resident_id("510121", date(1990, 3, 7), 1)
LI = Account(
    account="li-handler",
    name="李文静",
    id_number=resident_id("510722", date(1988, 3, 7), 234),
    account_type="legal_person",
    uscc="12510100MB1234567X",
    unit_name="成都市农技站",
    password="Right-1234",
)


@pytest.fixture
def accounts_file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.json"
    append_accounts(path, [LI])
    return path


@pytest_asyncio.fixture
async def http(accounts_file: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        "http://platform.example", accounts_file, "suite", "secret", ("http://suite.example/",)
    )
    transport = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://platform.example") as client:
        yield client


def _typed(**changed: str) -> dict[str, str]:
    typed = {"name": "陈思远", "id_number": NUMBER, "account": "chen_01", "password": "Abcd1234"}
    return {**typed, "password_again": "Abcd1234", **changed}


def _content(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _number(front: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(front, weights, strict=True))
    return front + "10X98765432"[total % 11]


@pytest.mark.req("IDN-03")
@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"id_number": NUMBER[:17] + ("0" if NUMBER[17] != "0" else "1")}, "号码不正确"),
        ({"id_number": _number("51012119901307001")}, "号码不正确"),
        ({"id_number": _number("51012120990307001")}, "号码不正确"),
        ({"id_number": _number("51012118500307001")}, "号码不正确"),
        ({"id_number": ""}, "号码不正确"),
        ({"name": "Chen"}, "姓名"),
        ({"account": "x y"}, "账号应为"),
        ({"account": LI.id_number}, "账号不能是身份证号码"),
        ({"password": "abcdefgh", "password_again": "abcdefgh"}, "密码"),
        ({"password_again": "Abcd12345"}, "不一致"),
        ({"id_number": LI.id_number}, "姓名与身份证号码不一致"),
    ],
)
async def test_a_registration_that_fails_the_check_is_refused(
    http: httpx.AsyncClient, accounts_file: Path, changed: dict[str, str], text: str
) -> None:
    before = _content(accounts_file)
    answer = await http.post("/register", data=_typed(**changed))
    assert answer.status_code == 422
    assert text in answer.text
    assert "Abcd1234" not in answer.text
    assert _content(accounts_file) == before


@pytest.mark.req("IDN-03")
async def test_one_person_has_one_individual_account_and_one_name(
    http: httpx.AsyncClient, accounts_file: Path
) -> None:
    assert (await http.post("/register", data=_typed())).status_code == 201
    assert "Abcd1234" not in _content(accounts_file)
    second = await http.post("/register", data=_typed(account="chen_02"))
    assert second.status_code == 409
    taken = await http.post("/register", data=_typed(id_number=resident_id("510121", date(1990, 3, 7), 3)))
    assert taken.status_code == 409
    other = await http.post("/register", data=_typed(name="陈思近", account="chen_03"))
    assert "不一致" in other.text


@pytest.mark.req("IDN-03")
async def test_a_handler_may_also_register_as_a_person(http: httpx.AsyncClient) -> None:
    own = _typed(name=LI.name, id_number=LI.id_number, account="li_wenjing")
    assert (await http.post("/register", data=own)).status_code == 201


async def test_a_registration_needs_a_living_login(http: httpx.AsyncClient) -> None:
    assert (await http.get("/register", params={"request": "forged"})).status_code == 400
    assert (await http.post("/register", data=_typed(request="forged"))).status_code == 400
    assert (await http.get("/register")).status_code == 200
