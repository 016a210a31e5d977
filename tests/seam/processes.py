"""Processes of the notebook service that tests start, kill and look at."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(happened, seconds: float = 20) -> None:
    """Wait for something that must happen, bounded."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(0.05)


class Notebook:
    """Processes of the notebook service over one database of its own."""

    def __init__(self, environment: dict[str, str], dsn: str, log: Path) -> None:
        self.environment, self.dsn, self.log = environment, dsn, log
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: str = "serve", **environment: str) -> "Process":
        port = str(free_port())
        process = subprocess.Popen(
            [sys.executable, "-m", "notebook", command],
            env={**self.environment, "NOTEBOOK_PORT": port, **environment},
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )
        self.processes.append(process)
        return Process(process, f"http://127.0.0.1:{port}")

    def sql(self, statement: str, *arguments: object) -> list[tuple]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, arguments)
            return cursor.fetchall() if cursor.description else []

    def unpublished(self) -> int:
        return self.sql("SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0]

    def stop(self) -> None:
        while self.processes:
            process = self.processes.pop()
            process.kill()
            process.wait()


class Process:
    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process, self.url = process, url

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/livez", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_ready(self) -> "Process":
        wait_until(self.ready)
        return self

    def died(self) -> bool:
        return self.process.poll() == -signal.SIGKILL

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
