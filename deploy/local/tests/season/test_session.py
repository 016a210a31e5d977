"""A season's session: patient with what is late, under one key; loud about refusals."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.progress import Progress
from zc.season import Broken, Refused, Season, Session
from zc.season import session as sessions
from zc.season.entrance import LoginRefused
from zc.season.manner import Manner, Request
from zc.season.platforms import StandIn
from zc.season.root import root_login, root_unit_setting
from zc.season.season import Clock
from zc.world import World

Answer = Callable[[httpx.Request], httpx.Response]
WORLD = World(2026, applicants=1, experts=7)


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "title": "不行"})


@pytest.fixture
def asked() -> list[httpx.Request]:
    return []


@pytest.fixture
def season(asked: list[httpx.Request], tmp_path: Path) -> Iterator[Callable[..., Season]]:
    """Seasons in front of a gateway that gives these answers in turn, the last one for ever."""

    def made(*answers: Any, **manner: Any) -> Season:
        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            now = answers[min(len(asked), len(answers)) - 1]
            if isinstance(now, Exception):
                raise now
            return httpx.Response(now.status_code, headers=now.headers, content=now.content)

        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        return Season(
            "http://gateway",
            WORLD,
            Clock(tmp_path / "clock"),
            out_dir=tmp_path,
            http=http,
            platform=StandIn(tmp_path / "accounts.json"),
            root=root_login(),
            bars=Progress(disable=True),
            manner=Manner(**manner),
        )

    return made


OK = httpx.Response(200, json={"id": 1})


@pytest.mark.parametrize(
    "late",
    [
        problem(409, "not-yet-known"),
        problem(409, "in-flight"),
        problem(503, "unavailable"),
        httpx.ConnectError("x"),
        httpx.Response(404, text="404 page not found\n"),
    ],
)
async def test_what_is_late_is_asked_again_under_the_same_key(season, asked, late) -> None:
    assert await season(late, late, OK).anonymous.post("/units/drafts", {"a": 1}) == {"id": 1}
    assert len(asked) == 3
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert str(asked[0].url) == "http://gateway/api/v1/units/drafts"


async def test_a_refusal_is_raised_with_its_status_and_code(season, asked) -> None:
    with pytest.raises(Refused) as raised:
        await season(problem(409, "role-in-use")).anonymous.delete("/identity/roles/1", if_match=3)
    assert (raised.value.status, raised.value.code) == (409, "role-in-use")
    assert asked[0].headers["if-match"] == '"3"'
    assert len(asked) == 1


async def test_an_expected_refusal_must_be_that_one(season) -> None:
    nobody = season(problem(403, "forbidden")).anonymous
    await nobody.refused("GET", "/x", status=403, code="forbidden")
    for status, code in ((403, "self-grant"), (404, "forbidden")):
        with pytest.raises(Broken):
            await nobody.refused("GET", "/x", status=status, code=code)


async def test_a_put_whose_connection_broke_is_asked_again_under_the_same_key(season, asked) -> None:
    broken = (httpx.ReadError("x"), httpx.Response(502), OK)
    assert await season(*broken).anonymous.put("/x", {"a": 1}, if_match=1) == {"id": 1}
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert [request.headers["if-match"] for request in asked] == ['"1"'] * 3


async def test_a_service_that_answers_500_is_asked_again_only_where_deaths_are_expected(
    season, asked
) -> None:
    with pytest.raises(Refused):
        await season(problem(500, "internal"), OK).anonymous.post("/x")
    asked.clear()
    assert await season(problem(500, "internal"), OK, patience=9).anonymous.post("/x") == {"id": 1}
    assert len(asked) == 2
    asked.clear()
    with pytest.raises(Refused):
        await season(problem(500, "internal"), patience=9).anonymous.post("/x")
    assert len(asked) == 6


async def test_every_attempt_is_witnessed(season) -> None:
    seen: list[tuple[str | None, int | None]] = []

    class Witness:
        def asking(self, request: Request) -> None:
            seen.append((request.key, None))

        def answered(self, request: Request, answer: httpx.Response | None) -> None:
            seen.append((request.key, answer.status_code if answer else 0))

    await season(httpx.ReadError("x"), OK, witness=Witness()).anonymous.post("/x", key="k")
    assert seen == [("k", None), ("k", 0), ("k", None), ("k", 200)]


async def test_a_login_that_breaks_off_is_begun_anew(season, asked) -> None:
    session = season(httpx.ConnectError("x"), httpx.Response(502), httpx.Response(400)).person(
        WORLD.applicants[0]
    )
    with pytest.raises(LoginRefused):
        await session.token()
    assert [request.url.path for request in asked] == ["/api/v1/identity/authorize"] * 3


async def test_an_upload_that_the_store_lost_is_made_anew(season, asked) -> None:
    opened = httpx.Response(200, json={"id": "1", "put_url": "http://gateway/quarantine/1"})
    lost = problem(409, "file-not-uploaded")
    played = season(opened, httpx.ReadError("x"), httpx.Response(200), lost, opened, httpx.Response(200), OK)
    assert await played.upload(played.anonymous, "units", "p", "x.pdf", b"x") == {"id": 1}
    assert [request.method for request in asked] == ["POST", "PUT", "PUT", "POST", "POST", "PUT", "POST"]


async def test_patience_ends(season, monkeypatch) -> None:
    monkeypatch.setattr(sessions, "PATIENCE", 0.2)
    with pytest.raises(Refused):
        await season(problem(503, "unavailable")).anonymous.get("/x")


async def test_eventually_waits_for_what_satisfies(season) -> None:
    nobody_asked = season(problem(404, "not-found"), httpx.Response(200, json=[]), OK)
    found = await nobody_asked.eventually(lambda: nobody_asked.anonymous.get("/x"), what="it")
    assert found == {"id": 1}
    with pytest.raises(Broken, match="in vain for more"):
        await nobody_asked.eventually(
            lambda: nobody_asked.anonymous.get("/x"), lambda value: value == 2, "more", patience=0.2
        )


async def test_together_keeps_the_order(season) -> None:
    async def double(number: int) -> int:
        return 2 * number

    assert await season(OK).together("doubling", range(20), double, at_once=3) == list(range(0, 40, 2))


async def test_one_account_has_one_session_and_newcomers_get_an_account(season, tmp_path) -> None:
    played = season(OK)
    applicant = WORLD.applicants[0]
    assert played.person(applicant) is played.person(applicant.person) is played.session(applicant.login)
    stranger = WORLD.newcomer("stranger")
    assert isinstance(played.handler(WORLD.employer_a, stranger), Session)
    assert played.handler(WORLD.employer_a, stranger) is played.handler(WORLD.employer_a, stranger)
    assert stranger.id_number in (tmp_path / "accounts.json").read_text()


def test_the_first_office_is_the_same_for_every_seed() -> None:
    assert root_login().person.id_number in root_unit_setting()
    assert World(2026, applicants=57).super_admin == root_login()
