"""Starts anew what ended by itself: a service some times, a server as often as it takes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from chassis.testing.postgres_files import PostgresError

from zc.stack import Stack
from zc.table import SERVICES
from zc.trouble import Trouble

MANY_DEATHS = 5
_LONGEST = 15.0
_WELL = 60.0
"""Seconds that a server has to live for its former deaths to be forgotten."""


class Tending:
    """Looks after one stack; `tend` is called again and again by the thread that its processes may die with."""

    def __init__(self, stack: Stack, say: Callable[[str], None]) -> None:
        self.stack, self._say = stack, say
        self.deaths: Counter[str] = Counter()
        self._started: dict[str, float] = {}
        self._not_before: dict[str, float] = {}

    def tend(self) -> None:
        """Start anew what is dead; raises `Trouble` for a service that dies again and again.

        A server may have died of a full disk: it is tried until somebody has made room.
        """
        services = {row.name for row in SERVICES}
        for name in self.stack.dead():
            if name in services:
                self._revive_service(name)
            elif name in self.stack.children or name == "postgres":
                self._revive_server(name)

    def _revive_service(self, name: str) -> None:
        self.deaths[name] += 1
        if self.deaths[name] > MANY_DEATHS:
            self.stack.children[name].check()
            raise Trouble(f"{name} ended by itself (see {self.stack.home.logs}).")
        self._say(f"{name} ended by itself: {self.stack.children[name].last_words()}; starting it anew")
        self.stack.restart(name, wait=False)

    def _revive_server(self, name: str) -> None:
        now = time.monotonic()
        if now < self._not_before.get(name, 0):
            return
        if now - self._started.get(name, now) > _WELL:
            self.deaths[name] = 0
        self.deaths[name] += 1
        self._not_before[name] = now + min(_LONGEST, 0.5 * 2 ** self.deaths[name])
        self._say(f"{name} ended by itself (see {self.stack.home.logs}); starting it anew")
        try:
            self.stack.restart(name, wait=False)
        except PostgresError as error:
            self._say(f"{error} Trying again.")
        self._started[name] = time.monotonic()
