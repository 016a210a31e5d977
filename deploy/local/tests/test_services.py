"""Real services behind the real gateway: they start, die and come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from chassis.testing.postgres import destroy_postgres
from zc.stack import Stack
from zc.systems import register_system
from zc.tending import MANY_DEATHS, Tending
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


def test_another_system_is_registered_and_gets_tokens_through_the_gateway(stack: Stack) -> None:
    credentials = register_system(stack, "archive", ["certificates.feed.read"])
    well_known = f"{stack.gateway_url}/.well-known/oauth-authorization-server/api/v1/identity"
    endpoint = httpx.get(well_known).json()["token_endpoint"]
    assert endpoint == credentials["token_endpoint"]
    auth = (credentials["client_id"], credentials["client_secret"])
    answer = httpx.post(endpoint, data={"grant_type": "client_credentials"}, auth=auth).json()
    assert answer["scope"] == "certificates.feed.read"
    # It is known everywhere, and what people do is closed to it.
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    refused = httpx.get(f"{stack.gateway_url}/api/v1/units/units", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    with pytest.raises(Trouble, match=r"archive.*已被登记"):
        register_system(stack, "archive")


def test_a_service_that_dies_is_started_anew(stack: Stack) -> None:
    before = stack.children["units"].pid
    stack.kill("units")
    assert stack.dead() == ["units"]
    assert httpx.get(f"{stack.gateway_url}/api/v1/units/units").status_code == 502
    Tending(stack, lambda _: None).tend()
    assert eventually(lambda: stack.is_ready("units"))
    assert stack.children["units"].pid not in (None, before)
    assert httpx.get(f"{stack.gateway_url}/api/v1/units/units").status_code == 401


def test_a_service_that_dies_again_and_again_is_given_up(stack: Stack) -> None:
    stack.kill("units")
    tending = Tending(stack, lambda _: None)
    tending.deaths["units"] = MANY_DEATHS
    with pytest.raises(Trouble, match=r"^units ended with -9"):
        tending.tend()
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


def test_a_server_that_dies_is_started_anew(stack: Stack) -> None:
    stack.kill("s3")
    Tending(stack, lambda _: None).tend()
    assert stack.dead() == []
    assert eventually(lambda: stack.is_ready("units"))


def test_a_database_that_cannot_start_is_tried_until_it_can(stack: Stack) -> None:
    said: list[str] = []
    tending = Tending(stack, said.append)
    control = (stack.home.postgres / "data").resolve() / "global" / "pg_control"
    stack.kill("postgres")
    control.rename(control.with_suffix(".away"))  # as good a reason as a full disk
    tending.tend()
    assert stack.dead() == ["postgres"]
    assert said[-1].endswith("Trying again.")
    control.with_suffix(".away").rename(control)
    assert eventually(lambda: tending.tend() or stack.dead() == [])
    assert eventually(lambda: stack.is_ready("units"))
