"""Signals to a server and to every process that it started, so that a death or a pause is a whole one."""

import os
import signal
from contextlib import suppress
from pathlib import Path


def family(pid: int) -> list[int]:
    """The process and its descendants, the eldest first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            after_name = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(after_name[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def send(pid: int, what: signal.Signals) -> None:
    """Send a signal to the whole family; the eldest is held still meanwhile, so that nobody is born or mourned."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    for one in reversed(family(pid)):
        with suppress(ProcessLookupError):
            os.kill(one, what)
