"""Brings the databases of all services up to date, each in a process of its own and all at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from zc.child import Child
from zc.trouble import Trouble


def migrate_all(environments: Mapping[str, Mapping[str, str]], logs: Path) -> None:
    """Migrates the services named by the keys; raises `Trouble` that names the one that failed."""
    children = [
        Child(f"{name}-migrate", [sys.executable, "-m", name, "migrate"], logs / f"{name}-migrate.log", told)
        for name, told in environments.items()
    ]
    try:
        for child in children:
            child.start()
        for child in children:
            _wait(child)
    finally:
        for child in children:
            child.stop(5)


def _wait(child: Child, patience: float = 120) -> None:
    assert child.process is not None
    try:
        code = child.process.wait(patience)
    except subprocess.TimeoutExpired:
        raise Trouble(f"{child.name} did not end within {patience:.0f} seconds (see {child.log}).") from None
    if code:
        raise Trouble(f"{child.name} failed: {child.last_words()} (see {child.log})")
