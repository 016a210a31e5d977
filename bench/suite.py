"""Start-up and memory of the whole local stack: first start on empty data, warm start, memory by process.

`.venv/bin/python bench/suite.py [--season]`; with `--season` a season of 40 is played in between and its stages
are printed. Memory is proportional set size: pages that processes share are counted once.
"""

import json
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from machine import machine
from zc.season import run
from zc.stack import Stack


def memory(pids: dict[str, int]) -> dict[str, float]:
    """MB of proportional set size by name, children included."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
    owners = {pid: name for name, pid in pids.items()}
    used: dict[str, float] = defaultdict(float)
    for pid in parents:
        above = pid
        while above and above not in owners:
            above = parents.get(above, 0)
        if above:
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            used[owners[above]] += (
                next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
            )
    return dict(used)


def timed_start(stack: Stack) -> float:
    """Seconds until every service is ready."""
    begun = time.monotonic()
    stack.start()
    return time.monotonic() - begun


def main() -> None:
    """Print the figures."""
    print(machine())
    with tempfile.TemporaryDirectory() as directory:
        first = Stack(directory, free_ports=True)
        print(f"first start, empty data      {timed_start(first):6.1f} s")
        idle = memory(pids(first))
        if "--season" in sys.argv:
            begun = time.monotonic()
            report = run(first, applicants=40)
            print(f"season of 40                 {time.monotonic() - begun:6.1f} s")
            for stage in report.stages:
                print(f"  {stage['name']:<26} {stage['seconds']:6.1f} s")
            print(f"  counts {json.dumps(report.counts, ensure_ascii=False)}")
        after = memory(pids(first))
        first.stop()
        second = Stack(directory, free_ports=True)
        print(f"warm start, data kept        {timed_start(second):6.1f} s")
        second.stop()
        second.home.reset() if hasattr(second.home, "reset") else None
    print(f"memory, idle                 {sum(idle.values()):6.0f} MB")
    for name, used in sorted(after.items(), key=lambda item: -item[1]):
        print(f"  {name:<26} {idle.get(name, 0):6.0f} MB idle {used:6.0f} MB at the end")
    print(f"memory, at the end           {sum(after.values()):6.0f} MB")


def pids(stack: Stack) -> dict[str, int]:
    """The process of each server and service."""
    found = {name: child.pid for name, child in stack.children.items() if child.pid}
    if stack.postgres:
        found["postgres"] = stack.postgres.process.pid
    return found


if __name__ == "__main__":
    main()
