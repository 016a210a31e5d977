"""Printing processes never outlive the process that they print for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PRINTING = """
import os, time
from documents import Printer

def main():
    printer = Printer()
    pool = printer._started()
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    main()
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for is dead."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_ends_with_its_parent(tmp_path: Path, end: signal.Signals) -> None:
    script = tmp_path / "printing.py"
    script.write_text(PRINTING)
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert alive(worker)
        os.kill(parent.pid, end)
        parent.wait()
        deadline = time.monotonic() + 10
        while alive(worker) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive(worker)
    finally:
        parent.kill()
        parent.wait()
