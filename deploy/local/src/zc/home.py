"""The state directory of one local stack: where things lie, which ports it took, and its secrets."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from zc.table import SERVERS, SERVICES, Server
from zc.trouble import Trouble, said_plainly

HOST = "127.0.0.1"
_WRITTEN = (
    "logs", "s3", "postgres", "kafka", "platform", "gateway", "demo",
    "clock", "clock.lock", "spans.jsonl", "state.json", "secrets.json", "lock",
)  # fmt: skip


class Home:
    """A folder, by default `.zc/`, that holds everything one stack writes."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.logs = self.root / "logs"
        self.s3 = self.root / "s3"
        self.postgres = self.root / "postgres"
        self.clock = self.root / "clock"
        self.spans = self.root / "spans.jsonl"
        self.accounts = self.root / "platform" / "accounts.json"
        self._lock: int | None = None

    @classmethod
    def default(cls) -> Home:
        """The folder that `ZC_DIR` names, or `.zc` in the current directory."""
        return cls(Path(os.environ.get("ZC_DIR") or ".zc"))

    def prepare(self) -> None:
        """Makes the folders; harmless when they exist."""
        with said_plainly():
            for folder in (self.root, self.logs, self.s3, self.accounts.parent):
                folder.mkdir(parents=True, exist_ok=True)
            space = os.statvfs(self.root)
        if space.f_bavail * space.f_frsize < 300 * 1024 * 1024:
            raise Trouble(
                f"The disk is full: {self.root} has less than 300 MB left; free some space and start again."
            )

    def destroy(self) -> None:
        """Deletes what a stack wrote here, and nothing that somebody else put beside it."""
        for name in _WRITTEN:
            path = self.root / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.root.rmdir()

    # -- one launcher at a time -------------------------------------------------

    def claim(self) -> None:
        """Makes this process the stack's only launcher until it ends; raises `Trouble` when there is one."""
        with said_plainly():
            lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Trouble(f"The stack in {self.root} is already running; `zc status` shows it.") from None
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock

    @property
    def claimed(self) -> bool:
        """Whether this process is the stack's launcher."""
        return self._lock is not None

    def release(self) -> None:
        """Gives the stack free."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def launcher(self) -> int | None:
        """The process id of the launcher that runs this stack now, if one does."""
        try:
            lock = os.open(self.root / "lock", os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.read(lock, 20) or b"0") or None
        else:
            return None
        finally:
            os.close(lock)

    # -- ports ------------------------------------------------------------------

    def read_state(self) -> dict[str, Any]:
        """What the last start wrote down: ports, process ids, and whether it is ready."""
        try:
            return dict(json.loads((self.root / "state.json").read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def write_state(self, **changes: Any) -> None:
        """Adds to what is written down."""
        _write_json(self.root / "state.json", self.read_state() | changes)

    @property
    def ports(self) -> dict[str, int]:
        """The port of every server and service of the last start."""
        return dict(self.read_state().get("ports", {}))

    def take_ports(
        self, gateway: int | None = None, *, any_free: bool = False, servers: Iterable[Server] = SERVERS
    ) -> dict[str, int]:
        """Chooses a free port for everybody: as last time, else the fixed default, else any.

        A gateway port that was asked for is never replaced: raises `Trouble` when it is busy.
        """
        last, taken = self.ports, dict[str, int]()
        wanted = {row.name: row.port for row in servers} | {row.name: row.port for row in SERVICES}
        if gateway is not None and not is_free(gateway):
            raise Trouble(
                f"Port {gateway} for the gateway is busy: stop what listens there or name another port."
            )
        for name, default in wanted.items():
            if name == "gateway" and gateway is not None:
                taken[name] = gateway
                continue
            candidates = [last.get(name), None if any_free else default]
            taken[name] = _first_free(candidates, set(taken.values()) | {gateway or 0})
        self.write_state(ports=taken)
        return taken

    # -- secrets ----------------------------------------------------------------

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets of this stack, made once; only its owner can read the file."""
        file = self.root / "secrets.json"
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        missing = [name for name in _secret_names() if name not in kept]
        if missing:
            kept |= {name: secrets.token_hex(32) for name in missing}
            _write_json(file, kept, mode=0o600)
        return kept

    def secret(self, name: str) -> str:
        """A secret that not every stack has, drawn on the first look and kept with the others."""
        kept = self.secrets
        if name not in kept:
            kept[name] = secrets.token_hex(32)
            _write_json(self.root / "secrets.json", kept, mode=0o600)
        return kept[name]

    def s3_key(self, service: str) -> tuple[str, str]:
        """The access key and the secret key of a service."""
        return f"zc{service}", self.secrets[f"s3-{service}"]


def _secret_names() -> tuple[str, ...]:
    return (
        "person-ref-key", "seal-key", "platform-client", "minio-root", "keycloak-admin",
        *(f"{server}-{row.name}" for row in SERVICES for server in ("s3", "kafka")),
    )  # fmt: skip


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    with socket.socket() as caller:  # somebody may listen on all addresses
        caller.settimeout(0.5)
        return caller.connect_ex((HOST, port)) != 0


def _first_free(candidates: Iterable[int | None], taken: set[int]) -> int:
    for port in candidates:
        if port and port not in taken and is_free(port):
            return port
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def _write_json(file: Path, content: object, mode: int = 0o644) -> None:
    with said_plainly():
        scratch = file.with_suffix(".new")
        with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as output:
            json.dump(content, output, indent=2)
        scratch.replace(file)
