"""What the gateway shows to who builds portals: one API document, its page, problem pages, errors as problems."""

from __future__ import annotations

from typing import Any

from zc.season.season import Season
from zc.season.session import Broken
from zc.table import SERVICES

_PROBLEM = "application/problem+json"


async def pages(season: Season) -> None:
    """Everything that lies beside the services' own paths."""
    document = await _document(season)
    for path in ("/api/docs", "/api/docs/docs.js", "/api/docs/docs.css", "/problems/", "/problems/stale"):
        await _page(season, path)
    await _refusals(season, document)
    await _gateway_errors(season)


async def _document(season: Season) -> dict[str, Any]:
    async def merged() -> dict[str, Any]:
        return dict(await season.anonymous.get("/api/openapi.json"))

    names = [row.name for row in SERVICES]
    document = await season.eventually(
        merged, lambda one: [row["name"] for row in one["x-services"]] == names, "the merged API document"
    )
    for name in names:
        own = await season.anonymous.get(f"/{name}/openapi.json")
        lacking = {path for path in own["paths"] if path.startswith("/api/")} - set(document["paths"])
        if lacking:
            raise Broken(f"the merged API document lacks {sorted(lacking)[:3]} of {name}")
    operations = sum(len(item) for item in document["paths"].values())
    season.check(operations > 100, f"/api/openapi.json merges {len(names)} services, {operations} operations")
    return document


async def _page(season: Season, path: str) -> None:
    answer = await season.anonymous.raw("GET", season.gateway + path)
    policy = answer.headers.get("content-security-policy", "")
    alone = "default-src 'self'" in policy and "http" not in policy
    season.check(answer.status_code == 200 and alone, f"{path} answers, and needs nothing from elsewhere")


async def _refusals(season: Season, document: dict[str, Any]) -> None:
    """A real refusal's `type` leads to a page that explains it."""
    problem = await season.anonymous.refused("GET", "/notices/home", status=401)
    answer = await season.anonymous.raw("GET", season.gateway + problem["type"])
    season.check(
        answer.status_code == 200 and problem["title"] in answer.text,
        "a refusal's type is the address of its explanation",
    )
    unknown = await season.anonymous.raw("GET", f"{season.gateway}/problems/no-such-problem")
    season.check(unknown.status_code == 404, "an unknown problem is said to be unknown")


async def _gateway_errors(season: Season) -> None:
    """What is refused by the gateway itself is a problem too."""
    nobody = season.anonymous
    large = {"text": "x" * 3_000_000}
    for method, path, body, status, code in (
        ("GET", f"{season.gateway}/no/such/path", None, 404, "not-found"),
        ("GET", f"{season.gateway}/api/v1/nobody/here", None, 404, "not-found"),
        (
            "POST",
            f"{season.gateway}/api/v1/notices/receivers/persons/search",
            large,
            413,
            "payload-too-large",
        ),
    ):
        answer = await nobody.raw(method, path, body)
        found = answer.json() if _PROBLEM in answer.headers.get("content-type", "") else {}
        season.check(
            (answer.status_code, found.get("status"), found.get("code")) == (status, status, code),
            f"the gateway answers {status} as a problem",
        )
