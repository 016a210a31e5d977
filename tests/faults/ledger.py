"""What clients sent and were told: every acknowledged command is there, every other one was asked again and done once.

A command is known by its Idempotency-Key. Reads and searches have none that a service keeps; they are only counted.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx
import psycopg
from zc.season import Season
from zc.season.manner import Request
from zc.suite import Suite
from zc.table import SERVICES

Kept = tuple[int, bytes, bool]
"""What a service keeps under a key: status, body, and whether the body is encrypted."""

_UNKNOWN = (None, 500, 502, 503, 504)
"""Answers after which nobody knows whether the command was carried out; 503 when the database went at the commit."""


@dataclass
class Command:
    """One command with all its attempts; an attempt without an answer is None."""

    request: Request
    attempts: list[int | None] = field(default_factory=list)
    answer: bytes = b""

    @property
    def acknowledged(self) -> bool:
        """Whether the client was told that it is done."""
        last = self.attempts[-1]
        return last is not None and 200 <= last < 300

    @property
    def doubtful(self) -> bool:
        """Whether some attempt left open if the command was carried out."""
        return any(attempt in _UNKNOWN for attempt in self.attempts)

    def __str__(self) -> str:
        request = self.request
        return f"{request.who}: {request.method} {request.path} ({request.key}; answers {self.attempts})"


class Ledger:
    """A witness that keeps every command."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.reads = self.reads_again = 0
        self._sent, self._latest = threading.Condition(), ""
        self._kept: list[tuple[str, re.Pattern[str]]] = []

    def asking(self, request: Request) -> None:
        """Tell whoever waits for it that a command is on its way."""
        if request.key is not None:
            with self._sent:
                self._latest = request.path.removeprefix("/api/v1").strip("/").partition("/")[0]
                self._sent.notify_all()

    def await_command(self, services: Collection[str], patience: float) -> str:
        """Wait, in another thread, until a command to one of these services is on its way; to any if none is named.

        Returns to which, nothing when none was sent.
        """
        until = time.monotonic() + patience
        with self._sent:
            while (left := until - time.monotonic()) > 0:
                if self._sent.wait(left) and (not services or self._latest in services):
                    return self._latest
        return ""

    def answered(self, request: Request, answer: httpx.Response | None) -> None:
        """Write an attempt down; the last answer to a key is the one that counts."""
        if request.method == "GET" or request.key is None:
            self.reads += 1
            self.reads_again += answer is None or answer.status_code >= 500
            return
        if request.key not in self.commands:  # whoever made the body may change it later
            self.commands[request.key] = Command(replace(request, json=deepcopy(request.json)))
        command = self.commands[request.key]
        command.attempts.append(None if answer is None else answer.status_code)
        command.answer = b"" if answer is None else answer.content

    @property
    def retried(self) -> list[Command]:
        """The commands of which some attempt was not answered, or only with an error."""
        return [command for command in self.commands.values() if command.doubtful]

    async def learn(self, season: Season) -> None:
        """Learn from the API document which commands' keys the services keep."""
        self.learnt(await season.anonymous.get("/api/openapi.json"))

    def learnt(self, document: dict[str, Any]) -> None:
        """The same, from a document that somebody has read."""
        self._kept = [
            (method.upper(), re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + r"(\?.*)?$"))
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in ("put", "delete") or _wants_key(operation)
        ]

    def kept(self) -> list[Command]:
        """The commands whose keys are kept beside what they changed."""
        return [command for command in self.commands.values() if self._is_kept(command.request)]

    def _is_kept(self, request: Request) -> bool:
        path = request.path if request.path.startswith("/api/") else f"/api/v1/{request.path.lstrip('/')}"
        return any(request.method == method and route.match(path) for method, route in self._kept)

    # -- what must hold -----------------------------------------------------------

    def broken(self, suite: Suite) -> list[str]:
        """What does not hold, one line each: by the rows that services keep beside every command's change."""
        assert self._kept, "nothing was learnt of the suite's commands"
        return self.judged(_rows(suite))

    def judged(self, rows: Mapping[str, Sequence[Kept]]) -> list[str]:
        """The same, by rows that somebody has read: key → what is kept under it."""
        lines = []
        for command in self.kept():
            found = rows.get(str(command.request.key), [])
            if command.acknowledged and len(found) != 1:
                lines.append(f"acknowledged, and kept {len(found)} times: {command}")
            elif command.acknowledged and not _same(found[0], command):
                lines.append(f"kept otherwise than it was acknowledged: {command}")
            elif not command.acknowledged and found:
                lines.append(f"done, although the client was refused in the end: {command}")
        given_up = [one for one in self.commands.values() if one.attempts[-1] in _UNKNOWN]
        return lines + [f"never answered: {command}" for command in given_up]

    async def replayed(self, season: Season, seed: int, most: int = 40) -> list[str]:
        """Send acknowledged commands once more under their keys, those that were in doubt first: same answer each."""
        done = [one for one in self.kept() if one.acknowledged and _acts_as_then(season, one.request)]
        Random(seed).shuffle(done)
        done.sort(key=lambda command: not command.doubtful)
        lines = []
        for command in done[:most]:
            answer = await _sent_again(season, command.request)
            again = answer.headers.get("Idempotency-Replayed") == "true"
            if (again, answer.status_code, answer.content) != (True, command.attempts[-1], command.answer):
                told = f"{answer.status_code} {answer.text[:200]}"
                lines.append(f"sent again, answered {told} instead of the same: {command}")
        return lines


def _acts_as_then(season: Season, request: Request) -> bool:
    """Keys belong to an account acting for one unit: who became a handler since then is somebody else."""
    session = season.sessions().get(request.who, season.anonymous)
    return bool(session.claims.get("unit") == request.unit)


async def _sent_again(season: Season, request: Request) -> httpx.Response:
    session = season.sessions().get(request.who, season.anonymous)
    headers = {"Idempotency-Key": str(request.key)}
    if request.if_match is not None:
        headers["If-Match"] = request.if_match
    if session.login is not None:
        headers["Authorization"] = f"Bearer {await session.token()}"
    url = season.url(request.path)
    deadline = time.monotonic() + 60
    while True:  # deaths may still be due, even by what is sent here
        try:
            answer = await season.http.request(request.method, url, json=request.json, headers=headers)
        except httpx.TransportError:
            answer = httpx.Response(504)
        if answer.status_code not in (502, 503, 504) or time.monotonic() > deadline:
            return answer
        await asyncio.sleep(0.3)


def _wants_key(operation: dict[str, Any]) -> bool:
    parameters: Iterable[dict[str, Any]] = operation.get("parameters", ())
    return any(one.get("name", "").lower() == "idempotency-key" for one in parameters)


def _rows(suite: Suite) -> dict[str, list[Kept]]:
    found: dict[str, list[Kept]] = defaultdict(list)
    for row in SERVICES:
        with psycopg.connect(suite.dsn(row.name)) as db:
            db.read_only = True
            for key, status, body in db.execute("SELECT key, status, body FROM idempotency"):
                found[key].append((status, bytes(body), bytes(body).startswith(b'{"key_id"')))
    return found


def _same(kept: Kept, command: Command) -> bool:
    status, body, encrypted = kept
    if encrypted:
        return status == command.attempts[-1]
    return status == command.attempts[-1] and (body == command.answer or _json(body) == _json(command.answer))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
