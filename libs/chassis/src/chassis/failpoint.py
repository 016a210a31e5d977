"""Dying on purpose at a boundary, so that tests can show that nothing is lost there."""

import os
import signal
from collections import Counter

_plan: dict[str, tuple[int, str]] = {}
_passed: Counter[str] = Counter()


class FailpointReached(RuntimeError):
    """Raised where a plan says `raise`."""


def configure(plan: str) -> None:
    """`name@3=kill,other@1=raise`: at the third passing of `name` the process is killed with SIGKILL."""
    _plan.clear()
    _passed.clear()
    for entry in filter(None, plan.split(",")):
        place, action = entry.split("=")
        name, _, nth = place.partition("@")
        _plan[name] = (int(nth or 1), action)


def failpoint(name: str) -> None:
    """A boundary; does nothing unless the plan names it."""
    if not _plan or name not in _plan:
        return
    _passed[name] += 1
    nth, action = _plan[name]
    if _passed[name] != nth:
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise FailpointReached(name)
