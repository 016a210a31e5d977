"""Mischief among events: copies of earlier records at later times, between all keys, and poison of every kind."""

from __future__ import annotations

import asyncio
import heapq
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from contracts.topics import TOPICS
from zc.suite import Suite

from tests.faults.perils import Peril

MARK = "chaos"
"""The header by which poison is known afterwards; its value is the poison's number."""

_OVERSIZE = 900_000  # just below what a broker takes; ours are 64 KB at most

Headers = dict[str, bytes | None]


@dataclass(frozen=True)
class Poison:
    """A kind of record that nobody may take in, made from a good one."""

    name: str
    readable: bool
    """Whether its type can be read: then only who listens to the type parks it, else everybody on the topic."""
    spoil: Callable[[Headers, bytes, Random], bytes]
    """Changes the headers and returns the body."""


def _state(body: bytes, **changes: Any) -> bytes:
    content = json.loads(body)
    return json.dumps(content | changes).encode()


def _without(name: str) -> Callable[[Headers, bytes, Random], bytes]:
    def spoil(headers: Headers, body: bytes, _: Random) -> bytes:
        del headers[name]
        return body

    return spoil


def _with(name: str, value: bytes | None) -> Callable[[Headers, bytes, Random], bytes]:
    def spoil(headers: Headers, body: bytes, _: Random) -> bytes:
        headers[name] = value
        return body

    return spoil


def _body(made: Callable[[bytes, Random], bytes]) -> Callable[[Headers, bytes, Random], bytes]:
    return lambda headers, body, chance: made(body, chance)


KINDS = (
    Poison("undecodable body", True, _body(lambda body, chance: b"\xff\xfe" + chance.randbytes(40))),
    Poison("half a body", True, _body(lambda body, _: body[: len(body) // 2])),
    Poison("another schema", True, _body(lambda body, _: b'{"subject": 7, "state": []}')),
    Poison("an impossible state", True, _body(lambda body, _: _state(body, state={"state": "NOWHERE"}))),
    Poison("an impossible revision", True, _body(lambda body, _: _state(body, revision=0))),
    Poison("another subject", True, _body(lambda body, _: _state(body, subject=str(UUID(int=7))))),
    Poison("oversize", True, _body(lambda body, chance: b"{" + chance.randbytes(_OVERSIZE))),
    Poison("a foreign source", True, _with("ce_source", b"//sichuan/nobody")),
    Poison("no id", False, _without("ce_id")),
    Poison("no type", False, _without("ce_type")),
    Poison("an id that is none", False, _with("ce_id", b"first")),
    Poison("a header that is not UTF-8", False, _with("ce_time", b"\xff\xfe")),
    Poison("a header that is null", False, _with("ce_subject", None)),
)
UNKNOWN_TYPE = Poison("a type from the future", True, _with("ce_type", b"units.unit.sublimated.v7"))
"""Nobody parks it: a newer publisher is no poison, so whoever does not know a type passes it over."""


@dataclass
class Injected:
    """One poison that was written."""

    number: int
    kind: str
    topic: str
    type: str | None
    """What it says it is; None when it cannot be read."""


@dataclass
class Mischief:
    """Reads every topic as it grows; writes copies of what it read, and poison behind some of it."""

    client: dict[str, Any]
    chance: Random
    repeated: float = 0.5
    """The share of events that come again, up to three times."""
    within: float = 6.0
    """Seconds after which, on average, they do."""
    poisoned: float = 0.0
    """The share of events that poison follows, half of it under the event's own key."""
    events: int = 0
    copies: int = 0
    injected: list[Injected] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)
    """Once it is set, copies come at once."""
    all_sent: threading.Event = field(default_factory=threading.Event)
    _seen: set[bytes] = field(default_factory=set)
    _later: list[tuple[float, int, ConsumerRecord]] = field(default_factory=list)
    _kinds: list[Poison] = field(default_factory=list)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Make mischief for as long as this lasts."""
        task = asyncio.create_task(self._run(), name="mischief")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled() and task.exception():
            raise task.exception()  # type: ignore[misc]

    async def _run(self) -> None:
        reader = AIOKafkaConsumer(
            *TOPICS, group_id=None, auto_offset_reset="latest", enable_auto_commit=False, **self.client
        )
        writer = AIOKafkaProducer(**self.client)
        await reader.start()
        await writer.start()
        try:
            while True:
                for records in (await reader.getmany(timeout_ms=100)).values():
                    for record in records:
                        await self._notice(writer, record)
                ending = self.ending.is_set()
                await self._repeat(writer, until=float("inf") if ending else _now())
                if ending:
                    self.all_sent.set()
        finally:
            await writer.stop()
            await reader.stop()

    async def _notice(self, writer: AIOKafkaProducer, record: ConsumerRecord) -> None:
        headers = dict(record.headers)
        event = headers.get("ce_id")
        if MARK in headers or event is None or event in self._seen:
            return  # ours: a copy of a copy would have copies without end
        self._seen.add(event)
        self.events += 1
        if self.chance.random() < self.repeated:
            for _ in range(self.chance.randint(1, 3)):
                due = _now() + self.chance.expovariate(1 / self.within)
                heapq.heappush(self._later, (due, self.chance.getrandbits(60), record))
        if self.chance.random() < self.poisoned:
            await self.poison(writer, record, live=len(self.injected) % 2 == 0)

    async def _repeat(self, writer: AIOKafkaProducer, until: float) -> None:
        due = []
        while self._later and self._later[0][0] <= until:
            due.append(heapq.heappop(self._later)[2])
        self.chance.shuffle(due)
        for record in due:
            await writer.send_and_wait(
                record.topic, record.value, key=record.key, headers=list(record.headers)
            )
            self.copies += 1

    async def poison(self, writer: AIOKafkaProducer, record: ConsumerRecord, *, live: bool) -> None:
        """Write the next kind of poison, made from this record; `live` under the same key."""
        if not self._kinds:
            self._kinds = self.chance.sample(KINDS, len(KINDS))
        kind, number = self._kinds.pop(), len(self.injected)
        fresh = UUID(int=self.chance.getrandbits(128), version=4)
        key = record.key if live else str(fresh).encode()
        headers: Headers = dict(record.headers) | {
            "ce_id": str(UUID(int=self.chance.getrandbits(128), version=4)).encode(),
            "ce_subject": key,
        }
        body = kind.spoil(headers, _state(record.value, subject=key.decode()), self.chance)
        headers[MARK] = str(number).encode()
        told = headers.get("ce_type") if kind.readable else None
        self.injected.append(Injected(number, kind.name, record.topic, told.decode() if told else None))
        await writer.send_and_wait(record.topic, body, key=key, headers=list(headers.items()))


@dataclass(frozen=True)
class NoMorePoison(Peril):
    """A peril that ends one: what is parked by then is dealt with before the season is judged."""

    phase: str
    mischief: Mischief
    after: float = 0.0

    def __str__(self) -> str:
        return f"no more poison from {self.phase}"

    def befall(self, stack: Suite) -> None:
        """Let it happen."""
        self.mischief.poisoned = 0.0


@dataclass(frozen=True)
class LastCopies(Peril):
    """A peril: every copy that is still due comes before the season is judged."""

    mischief: Mischief
    phase: str = "ending"
    after: float = 0.0

    def __str__(self) -> str:
        return "the last copies"

    def befall(self, stack: Suite) -> None:
        """Let it happen."""
        self.mischief.ending.set()
        assert self.mischief.all_sent.wait(60), "copies are due still"


def _now() -> float:
    return asyncio.get_running_loop().time()


def listeners(suite: Suite, names: tuple[str, ...]) -> dict[str, tuple[set[str], set[str]]]:
    """What each service listens to: its topics and its types, as the service itself knows."""
    told = {}
    for name in names:
        code = (
            f"import json; from {name}.app import service as s;"
            "print(json.dumps([s.consumers.topics, sorted(s.consumers.by_type)]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=suite.environment_of(name),
            capture_output=True,
            text=True,
            check=True,
        )
        topics, types = json.loads(done.stdout.splitlines()[-1])
        told[name] = set(topics), set(types)
    return told


def expected(
    injected: list[Injected], listening: dict[str, tuple[set[str], set[str]]]
) -> dict[str, set[int]]:
    """Which service must have parked which poison."""
    return {
        name: {
            one.number for one in injected if one.topic in topics and (one.type is None or one.type in types)
        }
        for name, (topics, types) in listening.items()
    }
