"""Run every member's tests in a process of its own, two at a time, then the journeys alone; print what was proven.

Members share no process on purpose: services know nothing of each other, not even each other's table names.
`python tests/run.py [--requirements] [member …]`; exits 1 when anything failed or nothing ran.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
# They start servers and measure patience: both cores are theirs.
ALONE = ("tests/seam", "tests/e2e", "tests/faults/sample")
# So do these, on the servers of `make test-real`; they run only when they are named.
REAL = ("tests/real", "tests/faults")
REQUIREMENTS = ROOT / "docs" / "requirements.md"


def members(chosen: list[str]) -> list[str]:
    """Directories with tests, the slowest first."""
    found = [
        p.parent
        for pattern in ("libs/*/tests", "services/*/tests", "deploy/local/tests", "examples/*/tests")
        for p in ROOT.glob(pattern)
    ]
    names = [str(p.relative_to(ROOT)) for p in found] + ["tests/contract"]
    names.sort(key=lambda name: (not name.startswith("services"), name))
    names += ALONE
    names += [name for name in REAL if name in chosen]
    return [name for name in names if not chosen or name in chosen]


def run(name: str, report: Path) -> bool:
    """Run one member; its output is shown only when something failed."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--color=no", name],
        cwd=ROOT,
        env={**os.environ, "TEST_REPORT": str(report)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    well = done.returncode == 0
    if not well:
        print(done.stdout, flush=True)
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else f"exit {done.returncode}"
    print(f"{'ok  ' if well else 'FAIL'} {name:<24} {last} ({time.monotonic() - started:.0f} s)", flush=True)
    return well


def requirements() -> dict[str, str]:
    """The rows of docs/requirements.md: id → restated."""
    return dict(re.findall(r"^\| ([A-Z]{3}-\d+) \| (.+?) \|", REQUIREMENTS.read_text(), re.M))


def main(arguments: list[str]) -> int:
    chosen = [a.rstrip("/") for a in arguments if not a.startswith("-")]
    wanted = members(chosen)
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.jsonl"
        report.touch()
        together = [name for name in wanted if name not in (*ALONE, *REAL)]
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda name: run(name, report), together))
        results += [run(name, report) for name in wanted if name in (*ALONE, *REAL)]
        tests = [json.loads(line) for line in report.read_text().splitlines()]
    if "--requirements" in arguments:
        show_requirements(tests)
    outcomes = Counter(t["outcome"] for t in tests)
    print(f"{outcomes['passed']} passed, {outcomes['failed']} failed, {outcomes['skipped']} skipped")
    return 0 if all(results) and outcomes["passed"] and not outcomes["failed"] else 1


def show_requirements(tests: list[dict]) -> None:
    """Print the rows that no passing test names."""
    proven = {req for t in tests if t["outcome"] == "passed" for req in t["reqs"]}
    rows = requirements()
    for unknown in sorted(proven - rows.keys()):
        print(f"unknown requirement named by a test: {unknown}")
    open_rows = {req: text for req, text in rows.items() if req not in proven}
    for req, text in open_rows.items():
        print(f"not proven: {req} {text}")
    print(f"{len(rows) - len(open_rows)} of {len(rows)} requirements are named by a passing test")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
