"""One service that lives again at once: a parent that has imported it forks each of its lives.

`python lives.py NAME DIRECTORY`, with the service's settings in the environment. `DIRECTORY/NAME.json` says which plan
of failpoints the next life follows, and where it counts; SIGHUP ends this life at once and begins the next by it.
`DIRECTORY/NAME.lives` gets a line for each death: when, and by which signal or with which status.
An import costs a second and a half of a core, a fork some milliseconds: so hundreds of deaths are affordable.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Lives:
    """The parent of one service's lives."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name, self.directory = name, directory
        self.service = import_module(f"{name}.app").service
        self.child = 0
        self.ending = False

    def run(self) -> None:
        """Give life after life until told to end."""
        for number in _SIGNALS[:2]:
            signal.signal(number, self._end)
        signal.signal(signal.SIGHUP, self._renew)
        gc.freeze()  # what is shared stays shared
        while True:
            signal.pthread_sigmask(
                signal.SIG_BLOCK, _SIGNALS
            )  # else one could meet no child, or the last one
            if self.ending:
                return
            self.child = os.fork()
            if self.child == 0:
                self._live()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            _, status = os.waitpid(self.child, 0)
            with (self.directory / f"{self.name}.lives").open("a") as lives:
                lives.write(f"{time.time():.3f} {os.waitstatus_to_exitcode(status)}\n")
            if os.waitstatus_to_exitcode(status) != -signal.SIGKILL and not self.ending:
                time.sleep(0.5)  # it could not start, or ended by a mistake: no endless hurry

    def _end(self, *_: object) -> None:
        self.ending = True
        with suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGTERM)

    def _renew(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)

    def _live(self) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        told = self.directory / f"{self.name}.json"
        os.environ |= json.loads(told.read_text()) if told.exists() else {}
        sys.argv = [self.name, "serve"]
        from chassis.cli import run

        run(self.service)
        os._exit(0)


def main(name: str, directory: str) -> None:
    """Give lives to a service."""
    import chassis.cli  # noqa: F401 - imported once, for all lives

    Lives(name, Path(directory)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
