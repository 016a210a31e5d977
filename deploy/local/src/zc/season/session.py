"""One person at the gateway: logged in when needed, patient with what is late, loud about refusals."""

from __future__ import annotations

import asyncio
import base64
import json as jsons
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx

from zc.season.entrance import Interrupted, LoginRefused, unrouted
from zc.season.manner import Request
from zc.season.platforms import TurnedAway

if TYPE_CHECKING:
    from zc.season.season import Season
    from zc.world import Login

PATIENCE = 60.0
"""Seconds that a request or a wait may take before the season counts as broken."""

_LATE = {"not-yet-known", "in-flight"}
_AWAY = {429, 502, 503, 504}
_CONFUSED = 5  # times that a service which answers 500 is asked again, where deaths are expected
_EARLY = 30  # seconds before its end that an access token is renewed


class Broken(Exception):
    """The suite did not do what the season proves; the message says what."""


class Refused(Exception):
    """A service refused; `status`, `code` (the problem's slug) and the whole `problem`."""

    def __init__(self, who: str, method: str, path: str, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        self.code: str = problem.get("code", "")
        said = " ".join(str(problem[name]) for name in ("title", "detail", "errors") if problem.get(name))
        super().__init__(f"{who}: {method} {path} was refused with {status} {self.code}: {said}")


class Session:
    """What one person, or nobody, can ask for; paths are relative to `/api/v1`: `/units/subordinates`."""

    def __init__(self, season: Season, login: Login | None, entrance: str | None = None) -> None:
        self._season = season
        self.login = login
        self._entrance = entrance
        self._tokens: dict[str, Any] = {}
        self._until = 0.0
        self._one = asyncio.Lock()

    @property
    def name(self) -> str:
        """Who this is, for messages."""
        return self.login.account if self.login else "nobody"

    @property
    def patience(self) -> float:
        """Seconds that a request or a wait may take."""
        return self._season.manner.patience or PATIENCE

    @property
    def claims(self) -> dict[str, Any]:
        """What the present access token says: sub, person, name, kind, perms, unit, uscc, unit_name."""
        return claims_of(self._tokens["access_token"]) if self._tokens else {}

    async def person(self) -> UUID:
        """The person's reference, the same in every service."""
        await self.token()
        return UUID(self.claims["person"])

    async def unit(self) -> UUID:
        """The acting unit's id."""
        await self.token()
        if "unit" not in self.claims:
            raise Broken(f"{self.name} acts for no authorised unit")
        return UUID(self.claims["unit"])

    # -- requests -----------------------------------------------------------------

    async def get(self, path: str, **params: Any) -> Any:
        """Read; keyword arguments are the query."""
        return await self.call("GET", path, params=params)

    async def post(
        self, path: str, json: Any = None, *, if_match: int | None = None, key: str | None = None
    ) -> Any:
        """Command or search; one Idempotency-Key over all attempts."""
        return await self.call("POST", path, json, if_match=if_match, key=key)

    async def put(self, path: str, json: Any = None, *, if_match: int | None = None) -> Any:
        """Replace."""
        return await self.call("PUT", path, json, if_match=if_match)

    async def delete(self, path: str, *, if_match: int | None = None) -> Any:
        """Remove."""
        return await self.call("DELETE", path, if_match=if_match)

    async def call(self, method: str, path: str, json: Any = None, **kw: Any) -> Any:
        """Any request; returns the decoded body (None when empty, bytes when not JSON), raises `Refused`."""
        answer = await self.raw(method, path, json, **kw)
        if answer.is_success:
            return _content(answer)
        raise Refused(self.name, method, path, answer.status_code, _problem(answer))

    async def refused(
        self, method: str, path: str, json: Any = None, *, status: int, code: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Prove that this is refused with that status (and code); returns the problem, raises `Broken` otherwise.

        A season without proofs does not ask, and the problem is empty.
        """
        if not self._season.manner.proofs:
            return {}
        answer = await self.raw(method, path, json, **kw)
        problem = _problem(answer)
        if answer.status_code != status or (code is not None and problem.get("code") != code):
            got = f"{answer.status_code} {problem.get('code', '')}"
            raise Broken(
                f"{self.name}: {method} {path} should be refused with {status} {code or ''}, got {got}"
            )
        return problem

    async def raw(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        params: dict[str, Any] | None = None,
        if_match: int | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The bare answer, after retrying what is only late: copies under way, services away, an old token.

        What changes something goes under one Idempotency-Key, so that nobody needs to know whether it was done
        when the connection broke.
        """
        told = dict(headers or {})
        if method != "GET":
            told["Idempotency-Key"] = key or str(uuid4())
        if if_match is not None:
            told["If-Match"] = f'"{if_match}"'
        params = {name: value for name, value in (params or {}).items() if value is not None}
        deadline, pause, confused = time.monotonic() + self.patience, 0.1, 0
        while True:
            answer = await self._once(method, path, json, params, told)
            failed = answer is not None and answer.status_code == 500 and bool(self._season.manner.patience)
            confused += failed
            if answer is not None and not _is_late(answer) and not (failed and confused <= _CONFUSED):
                return answer
            if time.monotonic() > deadline:
                if answer is None:
                    raise Broken(f"{method} {path}: no answer within {self.patience:.0f} seconds")
                return answer
            await asyncio.sleep(pause)
            pause = min(pause * 1.6, 2.0)

    async def _once(
        self, method: str, path: str, json: Any, params: dict[str, Any], headers: dict[str, str]
    ) -> httpx.Response | None:
        witness = self._season.manner.witness
        answer: httpx.Response | None = None
        for attempt in (1, 2):
            bearer = {"Authorization": f"Bearer {await self.token()}"} if self.login else {}
            told = headers.get("If-Match"), headers.get("Idempotency-Key"), self.claims.get("unit")
            asked = Request(self.name, method, path, json, *told)
            if witness is not None:
                witness.asking(asked)
            try:
                answer = await self._season.http.request(
                    method, self._season.url(path), json=json, params=params, headers=headers | bearer
                )
            except httpx.TransportError:
                answer = None
            if witness is not None:
                witness.answered(asked, answer)
            if answer is None or answer.status_code != 401 or not self.login or attempt == 2:
                break
            await self.renew()
        return answer

    # -- tokens -------------------------------------------------------------------

    async def token(self) -> str:
        """A valid access token: logs in first, refreshes when the old one is about to end."""
        async with self._one:
            if not self._tokens:
                await self._log_in()
            elif time.monotonic() > self._until:
                await self._refresh()
            return str(self._tokens["access_token"])

    async def renew(self) -> dict[str, Any]:
        """Get a new access token now, with the permissions of this moment; returns its claims."""
        async with self._one:
            await (self._refresh() if self._tokens else self._log_in())
        return self.claims

    async def permitted(self, *permissions: str, patience: float | None = None) -> dict[str, Any]:
        """Wait until identity has learnt of the unit, roles or staff that give these permissions."""
        patience = patience or self.patience
        deadline = time.monotonic() + patience
        while True:
            try:
                claims = await self.renew()
                if set(permissions) <= set(claims["perms"]):
                    return claims
                lacks = ", ".join(sorted(set(permissions) - set(claims["perms"])))
            except LoginRefused as refused:
                lacks = str(refused)
            if time.monotonic() > deadline:
                raise Broken(f"{self.name} still lacks {lacks} after {patience:.0f} seconds")
            await asyncio.sleep(0.3)

    async def log_out(self) -> None:
        """Log out: the refresh token and all its relatives end."""
        if self._tokens:
            await self._season.http.post(
                self._season.url("/identity/logout"), data={"token": self._tokens["refresh_token"]}
            )
        self._tokens = {}

    async def _log_in(self) -> None:
        if self.login is None:
            raise Broken("nobody cannot log in")
        login, door = self.login, self._season.door
        try:
            self._take(await self._through(lambda: door.enter(login, self._entrance)))
        except TurnedAway as away:
            raise Broken(f"{self.name} was turned away by the platform: {away}") from away

    async def _refresh(self) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": self._tokens["refresh_token"]}
        try:
            self._take(await self._through(lambda: self._season.door.token(form)))
        except LoginRefused:
            # Also when the answer to a refresh was lost: a token that comes twice ends its family.
            # What a person does when the session ended: log in again.
            self._tokens = {}
            await self._log_in()

    async def _through(self, way: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """Go this way, again from its beginning when it breaks off."""
        deadline, pause = time.monotonic() + self.patience, 0.1
        while True:
            try:
                return await way()
            except (httpx.TransportError, Interrupted) as broken:
                if time.monotonic() > deadline:
                    raise Broken(f"{self.name} cannot log in: {broken!r}") from broken
            await asyncio.sleep(pause)
            pause = min(pause * 1.6, 2.0)

    def _take(self, tokens: dict[str, Any]) -> None:
        self._tokens = tokens
        self._until = time.monotonic() + tokens["expires_in"] - _EARLY


def _is_late(answer: httpx.Response) -> bool:
    if answer.status_code in _AWAY or unrouted(answer):
        return True
    return answer.status_code == 409 and _problem(answer).get("code") in _LATE


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {"title": answer.text[:200]}
    return content if isinstance(content, dict) else {}


def _content(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.content


def claims_of(token: str) -> dict[str, Any]:
    """What an access token says."""
    body = token.split(".")[1]
    content = jsons.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return dict(content)
