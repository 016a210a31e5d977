"""`docs/problems.md`: every refusal of the suite, from what the committed OpenAPI documents declare."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from zc.table import SERVICES

ROOT = Path(__file__).resolve().parents[4]
_DECLARED = re.compile(r"`([a-z0-9-]+)` (.+)")


def page() -> str:
    """The page: slug, status, title, and the services whose operations declare it."""
    found: dict[str, tuple[str, str, set[str]]] = {}
    for row in SERVICES:
        document = json.loads((ROOT / "services" / row.name / "openapi.json").read_text())
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    for slug, title in _DECLARED.findall(response.get("description", "")):
                        found.setdefault(slug, (status, title, set()))[2].add(row.name)
    lines = [
        "# Problems",
        "",
        "Generated from the services' OpenAPI documents by `make schemas`. Every error is `application/problem+json`",
        "(RFC 9457) with `type` = `/problems/<slug>`, a Chinese `title`, a `detail` that says what to do, and `errors`",
        "with JSON pointers where fields are at fault. Slugs are permanent.",
        "",
        "| slug | status | title | declared by |",
        "|---|---|---|---|",
    ]
    for slug, (status, title, services) in sorted(found.items()):
        names = "every service" if len(services) == len(SERVICES) else ", ".join(sorted(services))
        lines.append(f"| `{slug}` | {status} | {title} | {names} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
