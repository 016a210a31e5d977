"""Every service's committed OpenAPI document is what its code says, and follows the house's rules."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from contracts.permissions import PERMISSIONS

ROOT = Path(__file__).parents[2]
SERVICES = sorted(p.parent.name for p in ROOT.glob("services/*/pyproject.toml"))


@cache
def documents() -> dict[str, dict[str, Any]]:
    """What each service's own command line prints today."""

    def ask(name: str) -> dict[str, Any]:
        printed = subprocess.run(
            [sys.executable, "-m", name, "openapi"], capture_output=True, text=True, check=True
        )
        return json.loads(printed.stdout)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(SERVICES, pool.map(ask, SERVICES), strict=True))


def operations(name: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, op) for path, ops in documents()[name]["paths"].items() for method, op in ops.items()
    ]


@pytest.mark.parametrize("name", SERVICES)
def test_the_committed_document_is_the_code(name: str) -> None:
    assert json.loads((ROOT / "services" / name / "openapi.json").read_text()) == documents()[name]


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_says_who_may_call_it_and_what_it_does(name: str) -> None:
    bare = [f"{m} {p}" for p, m, op in operations(name) if "x-access" not in op or not op.get("description")]
    assert bare == []


@pytest.mark.parametrize("name", SERVICES)
def test_paths_are_true_behind_the_gateway_and_hold_nothing_personal(name: str) -> None:
    paths = documents()[name]["paths"]
    own_pages = ("/c/", "/problems", "/api/docs", "/api/openapi.json")  # at the gateway's root
    assert [p for p in paths if not p.startswith((f"/api/v1/{name}/", *own_pages))] == []
    personal = re.compile(r"id_number|phone|person_name|real_name")
    named = [
        f"{m} {p} {q['name']}" for p, m, op in operations(name) for q in op.get("parameters", [])
        if q["in"] in ("path", "query") and personal.search(q["name"])
    ]  # fmt: skip
    assert named == []


def test_every_permission_is_used_by_a_route() -> None:
    used = {op["x-access"].get("permission") for name in SERVICES for _, _, op in operations(name)}
    assert set(PERMISSIONS) - used == set()


def demanded(operation: dict[str, Any]) -> set[str]:
    """The headers without which an operation does nothing."""
    told = operation.get("parameters", [])
    return {one["name"] for one in told if one["in"] == "header" and one["required"]}


@pytest.mark.parametrize("name", SERVICES)
def test_what_needs_a_revision_says_so(name: str) -> None:
    needing = [op for _, _, op in operations(name) if "428" in op["responses"]]
    assert needing
    assert all("If-Match" in demanded(op) and "412" in op["responses"] for op in needing)


@pytest.mark.req("BEY-34")
@pytest.mark.parametrize("name", SERVICES)
def test_commands_take_an_idempotency_key(name: str) -> None:
    without = [p for p, m, op in operations(name) if m == "post" and "Idempotency-Key" not in demanded(op)]
    searches = re.compile(r"/search$|/check$|/lookup$|/verify$|/token$|/logout$|/complete$|/replay$")
    assert [p for p in without if not searches.search(p)] == []


def test_the_page_of_problems_is_what_the_documents_declare() -> None:
    from zc.problems import page

    assert (ROOT / "docs" / "problems.md").read_text() == page()
