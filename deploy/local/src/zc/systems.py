"""`zc system`: another information system with credentials of its own on the local stack."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from contracts.permissions import Holder, of_holder

from zc.console import home, one_sentence
from zc.suite import Suite
from zc.trouble import Trouble


def register_system(suite: Suite, client_id: str, permissions: Iterable[str] = ()) -> dict[str, Any]:
    """Registers a system, by all permissions of systems unless some are named; returns its credentials.

    Raises `Trouble` with identity's own words, as when the id is taken.
    """
    wanted = sorted(permissions or of_holder(Holder.SYSTEM))
    done = subprocess.run(
        [sys.executable, "-m", "identity", "system", "add", client_id, *wanted],
        env=suite.environment_of("identity"), text=True, check=False, stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no reason"]
        raise Trouble(f"identity refused {client_id}: {words[-1]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def system(
    client_id: Annotated[str, typer.Argument(help="Its id: lower-case letters, digits, hyphens.")],
    permissions: Annotated[
        list[str] | None, typer.Argument(help="What it may do; all that systems may unless named.")
    ] = None,
) -> None:
    """Register another information system and print its credentials; `python -m identity system` does the rest."""
    with one_sentence():
        print(json.dumps(register_system(Suite.running(home()), client_id, permissions or ())))
