"""The sealing key is changed by the steps of the runbook while people log in; in the end nobody needs the old one."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from chassis.testing.postgres import destroy_postgres
from zc.season.play import opened
from zc.season.root import root_login
from zc.stack import Stack
from zc.world import World

CHOSEN = ("identity", "units")


@pytest.fixture
def stack(at_length: None, tmp_path: Path) -> Iterator[Stack]:
    running = Stack(tmp_path / "zc", free_ports=True, services=CHOSEN)
    with running:
        yield running
    destroy_postgres(running.home.postgres)


def told(stack: Stack, **settings: str) -> None:
    """Restarts everybody with other keys."""
    for name in CHOSEN:
        stack.restart(name, **settings)


def reseal(stack: Stack, name: str) -> int:
    """Runs the runbook's command once."""
    done = subprocess.run(
        [sys.executable, "-m", name, "reseal"], env=stack.children[name].environment,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return int(re.findall(r"\d+", done.stdout)[0])


def keys_named(stack: Stack) -> set[str]:
    """The keys by which something is sealed: identity's private keys, people's numbers."""
    found: set[str] = set()
    for name, statement in (
        ("identity", "SELECT DISTINCT private->>'key_id' FROM signing_key"),
        ("identity", "SELECT DISTINCT number->>'key_id' FROM account"),
    ):
        with psycopg.connect(stack.dsn(name)) as db:
            found |= {str(row[0]) for row in db.execute(statement)}  # type: ignore[call-overload]
    return found


async def enters(stack: Stack, folder: Path) -> None:
    """Somebody logs in, which takes the sealed signing key, and acts for a unit."""
    async with opened(stack, World(1), root_login(), folder) as season:
        office = season.handler(season.world.province_hr)
        assert (await office.get("/units/own"))["id"]


async def test_nobody_needs_the_old_key_in_the_end(stack: Stack, tmp_path: Path) -> None:
    old, new = stack.home.secrets["seal-key"], secrets.token_hex(32)
    await enters(stack, tmp_path)
    assert keys_named(stack) == {"k1"}

    told(stack, SEAL_KEYS_OTHER=f"k2:{new}")
    await enters(stack, tmp_path)
    assert keys_named(stack) == {"k1"}

    told(stack, SEAL_KEY=new, SEAL_KEY_ID="k2", SEAL_KEYS_OTHER=f"k1:{old}")
    await enters(stack, tmp_path)
    assert sum(reseal(stack, name) for name in CHOSEN) >= 2
    assert [reseal(stack, name) for name in CHOSEN] == [0, 0]
    assert keys_named(stack) == {"k2"}

    told(stack, SEAL_KEYS_OTHER="")
    await enters(stack, tmp_path)
