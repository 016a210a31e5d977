"""Disks that fill up: a server's data on a small file system of its own, and ballast in it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import urllib3
from minio import Minio
from minio.error import MinioException
from zc.stack import Stack
from zc.tending import Tending

from tests.faults.perils import Peril

_MARGIN = 40 << 20


class NoMount(AssertionError):
    """The machine lets nobody mount a small disk."""


class SmallDisk:
    """A file system just large enough for what lies in a folder; a stopped server's, that is.

    `with SmallDisk(folder) as disk: disk.fill(); disk.free()`; afterwards the content lies in the folder as before.
    """

    def __init__(self, folder: Path, margin: int = _MARGIN) -> None:
        self.folder, self._margin = folder.resolve(), margin
        self._ballast = self.folder / ".ballast"
        self.mounted = False

    def mount(self) -> None:
        """Put the folder's content on a small disk; raises `NoMount`."""
        status, mode = self.folder.stat(), self.folder.stat().st_mode & 0o7777
        size = _used(self.folder) + self._margin
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as aside:
            _copy(self.folder, Path(aside))
            options = f"size={size},mode={mode:o},uid={status.st_uid},gid={status.st_gid}"
            done = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder))
            if done.returncode:
                raise NoMount(
                    "A disk can only be filled up where one can be mounted: run this as root, or under"
                    f" `unshare -rm`. mount said: {done.stderr.strip()}"
                )
            self.mounted = True
            _copy(Path(aside), self.folder)

    def unmount(self) -> None:
        """Put the content back to where it was; the folder is as large as its disk again."""
        if not self.mounted:
            return
        self.free()
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as aside:
            _copy(self.folder, Path(aside))
            done = _run("umount", str(self.folder))
            assert done.returncode == 0, done.stderr
            self.mounted = False
            for old in self.folder.iterdir():
                shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
            _copy(Path(aside), self.folder)

    def fill(self) -> None:
        """Leave no room for another page; whoever fails at that very moment may give one back."""
        with self._ballast.open("ab", buffering=0) as ballast:
            block = bytes(1 << 16)
            while block:
                try:
                    ballast.write(block)
                except OSError:
                    block = block[: len(block) // 2]
        left = os.statvfs(self.folder)
        assert left.f_bavail * left.f_frsize < 1 << 18, f"{left.f_bavail} blocks are left of a full disk"

    def free(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)

    def __enter__(self) -> SmallDisk:
        self.mount()
        return self

    def __exit__(self, *_: object) -> None:
        self.unmount()


def _used(folder: Path) -> int:
    done = _run("du", "-sk", str(folder))
    return int(done.stdout.split()[0]) << 10


def _copy(source: Path, target: Path) -> None:
    done = _run("cp", "-a", f"{source}/.", str(target))
    assert done.returncode == 0, done.stderr


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class DiskFull(Peril):
    """A peril: a disk fills up when a phase begins, and somebody makes room some seconds later.

    `log_too` spends what PostgreSQL has laid aside for its log: then it dies, and cannot live before there is room.
    """

    phase: str
    disk: SmallDisk
    seconds: float
    log_too: bool = False
    after: float = 0.1
    proof: Callable[[Stack], bool] | None = None
    """What must be so while it is full."""

    def __str__(self) -> str:
        what = " and log" if self.log_too else ""
        return f"disk{what} of {self.disk.folder} full {self.after:.1f} s into {self.phase} for {self.seconds:.1f} s"

    def befall(self, stack: Stack) -> None:
        """Let it happen, and be over; the launcher looks after the stack meanwhile."""
        tending = Tending(stack, lambda text: print(f"  {text}"))
        assert stack.postgres is not None
        with psycopg.connect(stack.postgres.dsn(), autocommit=True) as admin:
            self.disk.fill()
            if self.log_too:
                _spend_log(admin)
        try:
            assert self.proof is None or self.proof(stack), "the disk is not full for anybody"
            _tend(tending, self.seconds)
        finally:
            self.disk.free()
        deadline = time.monotonic() + 90
        while not _answers(stack.postgres.dsn()):
            assert time.monotonic() < deadline, "PostgreSQL did not come back"
            _tend(tending, 0.2)


def _tend(tending: Tending, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        tending.tend()
        time.sleep(0.1)


def _spend_log(admin: psycopg.Connection[Any]) -> None:
    """Begin segment after segment; the server dies when none is left."""
    try:
        for _ in range(200):
            admin.execute("SELECT pg_logical_emit_message(false, 'ballast', 'x')")
            admin.execute("SELECT pg_switch_wal()")
    except psycopg.OperationalError:
        return
    raise AssertionError("PostgreSQL's log outlived the full disk")


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def store_refuses(stack: Stack, name: str = "applications") -> bool:
    """Whether the store has no room for another file of a megabyte."""
    told = stack.environment_of(name)
    access, secret = (told[f"{name.upper()}_S3_{part}_KEY"] for part in ("ACCESS", "SECRET"))
    address = urlsplit(told["S3_ENDPOINT"])
    pool = urllib3.PoolManager(retries=False, timeout=10)
    store = Minio(address.netloc, access, secret, secure=False, region=told["S3_REGION"], http_client=pool)
    try:
        store.put_object(name, "ballast-of-a-test", io.BytesIO(bytes(1 << 20)), 1 << 20)
    except (MinioException, urllib3.exceptions.HTTPError):
        return True
    finally:
        with suppress(MinioException, urllib3.exceptions.HTTPError):
            store.remove_object(name, "ballast-of-a-test")
    return False
