"""The gateway's file does what it says, in front of tiny servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from zc.child import Child
from zc.environment import plain
from zc.gateway import gateway_environment, prepare_gateway
from zc.home import Home
from zc.suite import answers
from zc.table import SERVICES

from .upstreams import upstream

DEAD = "committees"
"""The service that nobody plays."""


@contextmanager
def _gateway(folder: Path, rate: int, **addresses: str) -> Iterator[httpx.Client]:
    home = Home(folder)
    home.prepare()
    ports = home.take_ports(any_free=True)
    with ExitStack() as behind:
        for name in [*(row.name for row in SERVICES), "s3"]:
            if name != DEAD:
                ports[name] = behind.enter_context(upstream())
        command = prepare_gateway(folder, ports["gateway"], ports["gateway-ping"])
        told = plain() | gateway_environment(ports, rate) | addresses
        child = Child("gateway", command, folder / "log", told)
        child.start()
        behind.callback(child.stop)
        while not answers(f"http://127.0.0.1:{ports['gateway-ping']}/ping"):
            child.check()
            time.sleep(0.05)
        client = behind.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{ports['gateway']}", timeout=10)
        )
        while client.get("/api/v1/units/ready").status_code != 200:
            time.sleep(0.05)
        yield client


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with _gateway(tmp_path_factory.mktemp("gateway"), 2000) as made:
        yield made


def is_problem(answer: httpx.Response, status: int) -> bool:
    """Whether the answer has the status and a problem as its body that says the same."""
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and answer.json()["status"] == status
    )


@pytest.mark.parametrize("name", [row.name for row in SERVICES if row.name != DEAD])
def test_every_service_is_found_and_nothing_is_stripped(client: httpx.Client, name: str) -> None:
    assert client.get(f"/api/v1/{name}/things").json()["path"] == f"/api/v1/{name}/things"


@pytest.mark.parametrize(
    "path", ["/api/openapi.json", "/api/asyncapi.json", "/api/docs", "/problems/stale", "/c/AB12"]
)
def test_pages_are_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["path"]) == (200, path)
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_the_authorization_server_is_found_where_its_issuer_says(client: httpx.Client) -> None:
    path = "/.well-known/oauth-authorization-server/api/v1/identity"
    answer = client.get(path)
    assert (answer.status_code, answer.json()["path"]) == (200, path)
    assert is_problem(client.get("/.well-known/oauth-authorization-server"), 404)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/wp-login.php", "/api/v1/unknown/things", "/readyz", "/metrics"])
def test_an_unknown_path_is_a_problem(client: httpx.Client, method: str, path: str) -> None:
    assert is_problem(client.request(method, path), 404)


def test_a_dead_service_is_a_problem(client: httpx.Client) -> None:
    assert is_problem(client.get(f"/api/v1/{DEAD}/committees"), 502)


def test_a_large_body_is_a_problem(client: httpx.Client) -> None:
    fits = client.post("/api/v1/units/things", content=b"x" * 1_048_576)
    assert fits.json()["length"] == 1_048_576
    assert is_problem(client.post("/api/v1/units/things", content=b"x" * 1_048_577), 413)


def test_a_large_body_of_unknown_length_is_a_problem(client: httpx.Client) -> None:
    chunks = (b"x" * 65_536 for _ in range(17))
    assert is_problem(client.post("/api/v1/units/things", content=chunks), 413)


def test_an_open_stream_is_not_held_back(client: httpx.Client) -> None:
    began = time.monotonic()
    with client.stream("GET", "/api/v1/notices/events", headers={"Accept": "text/event-stream"}) as answer:
        arrivals = [(line, time.monotonic() - began) for line in answer.iter_lines() if line]
    assert [line for line, _ in arrivals] == ["data: 1", "data: 2"]
    assert arrivals[0][1] < 1 <= arrivals[1][1]


def test_asking_for_a_stream_opens_no_way_around_the_body_limit(client: httpx.Client) -> None:
    headers = {"Accept": "text/event-stream"}
    answer = client.post("/api/v1/units/things", content=b"x" * 1_048_577, headers=headers)
    assert is_problem(answer, 413)


@pytest.mark.parametrize("path", ["/api/v1/units/things", "/api/v1/committees/dead", "/nowhere", "/c/AB12"])
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    assert "x-powered-by" not in headers


def test_a_signed_upload_passes_whole_and_under_its_host(client: httpx.Client) -> None:
    answer = client.put("/quarantine/units/abc?X-Amz-Signature=1", content=b"x" * 3_000_000)
    assert answer.json()["length"] == 3_000_000
    assert answer.json()["host"] == client.base_url.netloc.decode()
    assert answer.json()["path"] == "/quarantine/units/abc?X-Amz-Signature=1"


@pytest.mark.parametrize(
    "path", ["/quarantine/units/abc", "/units/ab/cd", "/units/?list-type=2&X-Amz-Signature=1"]
)
def test_the_store_is_closed_to_unsigned_requests_and_listings(client: httpx.Client, path: str) -> None:
    assert is_problem(client.get(path), 404)


def test_nobody_deletes_through_the_gateway(client: httpx.Client) -> None:
    assert is_problem(client.delete("/units/ab/cd?X-Amz-Signature=1"), 404)


def test_the_addresses_of_a_service_take_turns(tmp_path: Path) -> None:
    with upstream() as one, upstream() as other:
        both = f"http://127.0.0.1:{one},http://127.0.0.1:{other}"
        with _gateway(tmp_path, 2000, MEETINGS_ADDRESS=both) as client:
            asked = [client.get("/api/v1/meetings/seats").headers["x-who"] for _ in range(10)]
    assert (asked.count(str(one)), asked.count(str(other))) == (5, 5)


def test_too_many_requests_are_a_problem(tmp_path: Path) -> None:
    with _gateway(tmp_path, 5) as client:
        answers = [client.get("/api/v1/units/things") for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) > 20
    assert all(is_problem(answer, 429) for answer in refused)
