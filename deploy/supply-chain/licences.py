"""Lists the licence of every locked package that is installed: `licences.py >licences.csv`."""

from __future__ import annotations

import csv
import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"


def locked() -> list[str]:
    """The names in the lock."""
    return re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text(), re.M)


def licence_of(name: str) -> str:
    """What the package says about itself, most precise first; `unknown` when it says nothing."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return "not installed here"
    classified = [
        row.split(" :: ")[-1] for row in said.get_all("Classifier") or [] if row.startswith("License")
    ]
    written = (said.get("License") or "").strip().splitlines()
    choices = (said.get("License-Expression"), " / ".join(classified), written[0][:60] if written else "")
    return next((choice for choice in choices if choice and choice != "OSI Approved"), "unknown")


def main() -> None:
    """Prints name and licence."""
    rows = csv.writer(sys.stdout)
    rows.writerow(["package", "licence"])
    rows.writerows((name, licence_of(name)) for name in locked())


if __name__ == "__main__":
    main()
