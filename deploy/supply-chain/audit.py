"""Asks a vulnerability database about every locked package, and says how many answers there really were.

Exit status: 0 nothing known, 1 something is known, 2 nobody could be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOL = "pip-audit==2.10.1"


def ask(database: str) -> list[dict[str, object]]:
    """What the database says about each package; nothing when it cannot be reached."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [
            "uv", "tool", "run", TOOL, "--requirement", str(ROOT / "requirements.lock"), "--disable-pip",
            "--require-hashes", "--vulnerability-service", database, "--format", "json", "--output", str(answer),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=False, capture_output=True, timeout=300)
            return list(json.loads(answer.read_text())["dependencies"])
        except (FileNotFoundError, ValueError, subprocess.TimeoutExpired):
            return []


def verdict(rows: list[dict[str, object]]) -> tuple[int, list[str]]:
    """The exit status, and the lines to print."""
    audited = [row for row in rows if "skip_reason" not in row]
    found = [row for row in audited if row.get("vulns")]
    lines = [f"{row['name']} {row['version']}: {vuln['id']}" for row in found for vuln in row["vulns"]]  # type: ignore[attr-defined]
    if not audited:
        return 2, [f"NOT RUN: no database answered about any of {len(rows) or 'the'} packages"]
    lines.append(f"audited {len(audited)} of {len(rows)} packages: {len(found)} with known vulnerabilities")
    return int(bool(found)), lines


def main() -> int:
    """Asks PyPI, then OSV when PyPI says nothing."""
    status, lines = 2, [""]
    for database in ("pypi", "osv"):
        status, lines = verdict(ask(database))
        if status != 2:
            break
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
