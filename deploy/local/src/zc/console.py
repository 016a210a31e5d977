"""How the command line speaks: one console, one directory, and every trouble as one sentence."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from zc.home import Home
from zc.trouble import Trouble, said_plainly

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_chosen: Path | None = None


def choose(directory: Path | None) -> None:
    """Remembers the directory that `--dir` names."""
    global _chosen
    _chosen = directory


def home() -> Home:
    """The state directory of this call: `--dir`, else `ZC_DIR`, else `.zc`."""
    return Home(_chosen) if _chosen is not None else Home.default()


def say(text: str) -> None:
    """Prints one line of progress."""
    console.print(f"· {text}", markup=False)


@contextmanager
def one_sentence() -> Iterator[None]:
    """Ends the program with one sentence and status 1 when an operator has to do something."""
    try:
        with said_plainly():
            yield
    except Trouble as trouble:
        errors.print(str(trouble), markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Makes SIGTERM and a closed terminal mean what Ctrl-C means, which a script's background job would ignore."""
    before = {number: signal.getsignal(number) for number in _ENDINGS}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Lets nothing interrupt what stops the processes."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
