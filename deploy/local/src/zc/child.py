"""A process that the launcher owns: it writes into a log, dies with the launcher and is stopped politely."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from zc.trouble import Trouble, said_plainly

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_launcher() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One command with its environment and its log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
    ) -> None:
        self.name = name
        self.command = tuple(command)
        self.log = log
        self.environment = dict(environment)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; its log goes on where it ended, unless it has grown large.

        The kernel ends the child with the thread that calls this.
        """
        with said_plainly():
            if self.log.exists() and self.log.stat().st_size > 20_000_000:
                self.log.replace(self.log.with_suffix(".log.1"))
            with self.log.open("ab") as output:
                self._from = output.tell()
                self.process = subprocess.Popen(
                    self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                    stderr=subprocess.STDOUT, preexec_fn=_die_with_launcher,
                    # Ctrl-C in a terminal reaches a whole group; the launcher decides what stops first.
                    process_group=0,
                )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        return self.process.pid if self.running and self.process else None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def check(self) -> None:
        """Raises `Trouble` with its last words when it has ended."""
        if self.process is not None and not self.running:
            raise Trouble(
                f"{self.name} ended with {self.process.returncode}: {self.last_words()} (see {self.log})"
            )

    def ask_to_stop(self) -> None:
        """Sends SIGTERM."""
        if self.running and self.process is not None:
            self.process.terminate()

    def stop(self, grace: float = 15) -> None:
        """Asks it to stop, and ends it when it does not."""
        self.ask_to_stop()
        if self.process is None:
            return
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def kill(self) -> None:
        """Ends it and whatever it started without a word, as a power cut would."""
        if self.running and self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def pause(self) -> None:
        """Lets it stand still: it keeps its connections and answers nobody."""
        if self.running and self.process is not None:
            os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on."""
        if self.running and self.process is not None:
            os.killpg(self.process.pid, signal.SIGCONT)

    def last_words(self) -> str:
        """The most telling of the last lines it wrote since it was started."""
        with self.log.open("rb") as lines:
            lines.seek(max(self._from, self.log.stat().st_size - 20_000))
            said = [
                line.strip() for line in lines.read().decode(errors="replace").splitlines() if line.strip()
            ]
        for sign in ("No space left", "in use", "FATAL", "Error", "error"):
            for line in reversed(said):
                if sign in line:
                    return line[:300]
        return said[-1][:300] if said else "it wrote nothing"


def stop_all(children: Sequence[Child], grace: float = 15) -> None:
    """Asks all to stop at once and waits for each, so that the slowest alone costs time."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + grace
    for child in children:
        child.stop(max(0.1, deadline - time.monotonic()))
