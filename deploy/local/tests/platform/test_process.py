"""The platform as a process: command line, one login over HTTP, nothing personal in its output."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

REDIRECT = "http://127.0.0.1:9/callback"
PERSON = {"account": "wang", "name": "王建国", "id_number": "51012119790101001X", "password": "Right-1234"}


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def process(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    accounts = tmp_path / "accounts.json"
    accounts.write_text(json.dumps({"accounts": [PERSON]}))
    options = {
        "port": port,
        "issuer": f"http://127.0.0.1:{port}",
        "accounts": accounts,
        "client-id": "suite",
        "client-secret": "secret",
        "redirect-uri": REDIRECT,
        "key": tmp_path / "key.json",
    }
    command = [sys.executable, "-m", "zc.platform", *(f"--{name}={value}" for name, value in options.items())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        yield running
        running.kill()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the platform does not answer")


def test_the_process_serves_a_login_and_logs_nothing_personal(
    process: subprocess.Popen[str], port: int, tmp_path: Path
) -> None:
    _wait(port)
    query = {"response_type": "code", "client_id": "suite", "redirect_uri": REDIRECT, "scope": "openid"}
    query |= {"state": "s", "nonce": "n", "code_challenge": "c" * 43, "code_challenge_method": "S256"}
    page = httpx.get(f"http://127.0.0.1:{port}/authorize", params=query)
    request = page.text.split('name="request" value="')[1].split('"')[0]
    form = {"request": request, "account": "wang", "password": "wrong"}
    assert httpx.post(f"http://127.0.0.1:{port}/authorize", data=form).status_code == 401
    form["password"] = PERSON["password"]
    answer = httpx.post(f"http://127.0.0.1:{port}/authorize", data=form)
    assert answer.headers["location"].startswith(f"{REDIRECT}?code=")
    process.terminate()
    output, _ = process.communicate(timeout=20)
    for personal in PERSON.values():
        assert personal not in output
    assert (tmp_path / "key.json").stat().st_mode & 0o077 == 0
