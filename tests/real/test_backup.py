"""A backup of the whole suite on real servers: accounts in Keycloak, files in MinIO and rows come back elsewhere."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.testing.postgres import destroy_postgres
from typer.testing import CliRunner
from zc import doctor
from zc.__main__ import app
from zc.season.entrance import Door
from zc.season.session import claims_of
from zc.stack import Stack
from zc.world import World

from tests.real.store import store_of

PERSON = World(78, applicants=1, experts=7).applicants[0].login
CONTENT = b"a proof"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """Where the backup is brought back."""
    yield tmp_path / "after"
    destroy_postgres(tmp_path / "after" / "postgres")


def zc(directory: Path, *words: str) -> None:
    """Runs a command of the launcher."""
    answer = CliRunner().invoke(app, ["--dir", str(directory), *words])
    assert answer.exit_code == 0, answer.output


def enter(stack: Stack) -> str:
    """Who the platform and identity say that the person is, once logged in."""

    async def tokens() -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            return await Door(http, stack.gateway_url, stack.identity_platform).enter(PERSON)

    return str(claims_of(asyncio.run(tokens())["access_token"])["sub"])


def test_accounts_files_and_rows_come_back_elsewhere(stack: Stack, tmp_path: Path, elsewhere: Path) -> None:
    stack.identity_platform.open_accounts([PERSON])
    person = enter(stack)
    store_of(stack, "units").put_object("units", "test/kept", io.BytesIO(CONTENT), len(CONTENT))
    zc(stack.home.root, "backup", str(tmp_path / "kept"))
    assert stack.dead() == []

    zc(elsewhere, "restore", str(tmp_path / "kept"))
    with Stack(elsewhere, servers="real", brokers=stack.servers.brokers, free_ports=True) as restored:
        assert enter(restored) == person
        assert store_of(restored, "units").get_object("units", "test/kept").data == CONTENT
        assert doctor.check(restored) == []
