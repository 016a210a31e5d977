"""The three systems of `examples/` beside a stack, as processes that can be killed, and what their copies lack.

with Outsiders(stack) as outside:
    …                                   # a season, and whatever befalls it
    outside.equal_truth(patience=60)    # raises AssertionError with one line per difference
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from psycopg.rows import dict_row
from zc.child import Child, stop_all
from zc.environment import plain
from zc.home import HOST
from zc.stack import Stack
from zc.suite import Suite
from zc.systems import register_system

from tests.faults.perils import Peril

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("kafka", "webhook", "feed")
TOPIC = "certificates.certificate"
_TRUTH = """SELECT id::text, number, person::text, state, sha256, revision FROM certificate
    WHERE state IN ('ISSUED', 'REVOKED') ORDER BY id"""

Copy = dict[str, dict[str, Any]]
"""Certificate → what is known of it."""


class Outsiders:
    """Starts on entering and stops on leaving; copies and credentials stay in their directory."""

    def __init__(self, suite: Suite, directory: Path | None = None, names: Iterable[str] = NAMES) -> None:
        """By default below the stack's own directory, so that another set of processes goes on with the copies."""
        self.suite = suite
        self.directory = directory or suite.home.root / "outside"
        self.names = tuple(names)
        self.children: dict[str, Child] = {}

    def __enter__(self) -> Outsiders:
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in self.names:
            folder = self.directory / name
            folder.mkdir(exist_ok=True)
            program = EXAMPLES / f"{name}-copy" / f"{name}_copy.py"
            told = plain() | {"COPY_DB": str(folder / "copy.sqlite")} | getattr(self, f"_{name}")(folder)
            self.children[name] = Child(name, [sys.executable, str(program)], folder / "log", told)
            self.children[name].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self.children.values():
            child.resume()
        stop_all(list(self.children.values()), 10)

    # -- what befalls them --------------------------------------------------------

    def kill(self, name: str) -> None:
        """Ends one without a word."""
        self.children[name].kill()

    def start(self, name: str) -> None:
        """Starts one that was killed; it dies with the thread that calls this."""
        self.children[name].start()

    def pause(self, name: str) -> None:
        """Lets one stand still."""
        self.children[name].pause()

    def resume(self, name: str) -> None:
        """Lets one go on."""
        self.children[name].resume()

    # -- what they know -----------------------------------------------------------

    def copy(self, name: str) -> Copy:
        """What one of them would tell now, by its own command."""
        child = self.children[name]
        told = subprocess.run(
            [*child.command, "--dump"], env=child.environment, capture_output=True, text=True, check=True
        )
        return _by_id(map(json.loads, told.stdout.splitlines()))

    def truth(self) -> Copy:
        """What certificates knows: everything that was issued, revoked or not."""
        with psycopg.connect(self.suite.dsn("certificates"), row_factory=dict_row, connect_timeout=5) as db:
            db.read_only = True
            return _by_id(db.execute(_TRUTH))

    def differences(self) -> list[str]:
        """One line for each certificate that some copy lacks, has besides, or has otherwise."""
        truth = self.truth()
        found = []
        for name in self.names:
            if not self.children[name].running:
                found.append(f"{name}: it does not run; {self.children[name].last_words()}")
            copy = self.copy(name)
            for id_ in sorted(truth.keys() | copy.keys()):
                if truth.get(id_) != copy.get(id_):
                    found.append(f"{name}: {_told(truth.get(id_))}, but its copy: {_told(copy.get(id_))}")
        return found

    def equal_truth(self, patience: float = 60, *, at_least: int = 1) -> int:
        """Waits until every copy equals the truth, which has `at_least` so many certificates; returns how many.

        Raises AssertionError with the differences that are left after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while True:
            try:
                found = self.differences()
            except (psycopg.OperationalError, subprocess.CalledProcessError) as error:
                found = [repr(error)]
            if not found:
                count = len(self.truth())
                assert count >= at_least, f"{count} certificates prove nothing, {at_least} are expected"
                return count
            assert time.monotonic() < deadline, "\n".join(
                [f"{len(found)} differences after {patience:.0f} s", *found[:20]]
            )
            time.sleep(0.5)

    # -- what each is told --------------------------------------------------------

    def _kafka(self, folder: Path) -> Mapping[str, str]:
        client = self.suite.admit("copy", TOPIC)
        told = {
            "ASYNCAPI": f"{self.suite.gateway_url}/api/asyncapi.json",
            "KAFKA_BOOTSTRAP_SERVERS": client["bootstrap_servers"],
        }
        if "sasl_plain_username" in client:
            told |= {
                "KAFKA_USERNAME": client["sasl_plain_username"],
                "KAFKA_PASSWORD": client["sasl_plain_password"],
                "KAFKA_SECURITY_PROTOCOL": client["security_protocol"],
                "KAFKA_SASL_MECHANISM": client["sasl_mechanism"],
            }
        return told

    def _feed(self, folder: Path) -> Mapping[str, str]:
        return self._client(folder, "feed-copy", "certificates.feed.read")

    def _webhook(self, folder: Path) -> Mapping[str, str]:
        listen = _kept(folder / "listen", lambda: f"{HOST}:{_free_port()}")
        # What fails is for the suite to try again, and not for its receiver to ask for.
        told = {"LISTEN": listen, "WEBHOOK_URL": f"http://{listen}/certificates", "PATIENT": "yes"}
        return told | self._client(folder, "webhook-copy", "certificates.webhook.manage")

    def _client(self, folder: Path, client_id: str, permission: str) -> dict[str, str]:
        """Credentials, made at the first time."""
        made = _kept(
            folder / "credentials.json",
            lambda: json.dumps(register_system(self.suite, client_id, [permission])),
        )
        secret = json.loads(made)["client_secret"]
        return {"SUITE_URL": self.suite.gateway_url, "CLIENT_ID": client_id, "CLIENT_SECRET": secret}


@dataclass(frozen=True)
class OutsiderDies(Peril):
    """A peril: one of the other systems dies when a phase begins, and is started again some seconds later."""

    outside: Outsiders
    name: str
    phase: str
    after: float
    seconds: float

    def __str__(self) -> str:
        return f"the {self.name} copy dies in {self.phase} for {self.seconds:.1f} s"

    @property
    def meets(self) -> frozenset[str]:
        """There is news when certificates is told to do something."""
        return frozenset({"certificates"})

    def befall(self, stack: Stack) -> None:
        """Let it happen, and be over."""
        self.outside.kill(self.name)
        time.sleep(self.seconds)
        self.outside.start(self.name)


def _kept(path: Path, make: Any) -> str:
    if not path.exists():
        made = make()
        path.touch(0o600)
        path.write_text(made)
    return path.read_text()


def _free_port() -> int:
    with socket.socket() as held:
        held.bind((HOST, 0))
        return int(held.getsockname()[1])


def _by_id(rows: Iterable[dict[str, Any]]) -> Copy:
    return {row["id"]: row for row in rows}


def _told(row: dict[str, Any] | None) -> str:
    return json.dumps(row, ensure_ascii=False) if row else "nothing"
