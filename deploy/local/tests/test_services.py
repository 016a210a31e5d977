"""Real services behind the real gateway: they start, die and come back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

import httpx
import pytest
from chassis.testing.postgres import destroy_postgres
from zc.running import tend
from zc.stack import Stack
from zc.trouble import Trouble


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("zc"), free_ports=True, services=["identity", "units"])
    with running:
        yield running
    destroy_postgres(running.home.postgres)


def eventually(holds: Callable[[], bool], patience: float = 60) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + patience
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


def test_services_answer_through_the_gateway(stack: Stack) -> None:
    keys = httpx.get(f"{stack.gateway_url}/api/v1/identity/jwks")
    assert (keys.status_code, keys.json()["keys"][0]["alg"]) == (200, "ES256")
    refused = httpx.get(f"{stack.gateway_url}/api/v1/units/units")
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthenticated")
    assert stack.dead() == []


def test_a_service_that_dies_is_started_anew(stack: Stack) -> None:
    before = stack.children["units"].pid
    stack.kill("units")
    assert stack.dead() == ["units"]
    assert httpx.get(f"{stack.gateway_url}/api/v1/units/units").status_code == 502
    tend(stack, Counter())
    assert eventually(lambda: stack.is_ready("units"))
    assert stack.children["units"].pid not in (None, before)
    assert httpx.get(f"{stack.gateway_url}/api/v1/units/units").status_code == 401


def test_a_service_that_dies_again_and_again_is_given_up(stack: Stack) -> None:
    stack.kill("units")
    with pytest.raises(Trouble, match=r"^units ended with -9"):
        tend(stack, Counter(units=5))
    stack.restart("units")


def test_the_clock_of_every_service_is_the_file(stack: Stack) -> None:
    for name in ("identity", "units"):
        assert stack.environment_of(name)["CLOCK_SHIFT_FILE"] == str(stack.clock_file)


def test_what_a_service_lacks_is_named(stack: Stack) -> None:
    assert stack.complaint("units") == "units is ready"
    stack.kill("s3")
    assert eventually(lambda: stack.complaint("units").startswith("units lacks store"))
    stack.restart("s3")
    assert eventually(lambda: stack.is_ready("units"))


def test_a_server_that_dies_ends_the_stack(stack: Stack) -> None:
    stack.kill("s3")
    with pytest.raises(Trouble, match=r"^s3 ended with -9"):
        tend(stack, Counter())
    stack.restart("s3")
