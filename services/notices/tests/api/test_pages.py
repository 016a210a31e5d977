"""The merged document, its page, problem pages and the gateway's own errors."""

import asyncio
from pathlib import Path

import httpx
import pytest
from notices.api import pages
from notices.api.documents import Documents

ROOT = Path(__file__).parents[4]
UNITS = {
    "openapi": "3.1.0",
    "info": {"title": "单位管理"},
    "paths": {
        "/livez": {"get": {"operationId": "units.livez"}},
        "/api/v1/units/registrations": {
            "post": {
                "operationId": "units.request",
                "tags": ["registrations"],
                "x-access": {"login": True, "permission": "units.permission.request", "relation": "none"},
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ask"}}}
                },
                "responses": {
                    "409": {
                        "description": "`already-authorised` 该单位已获得授权。\n\n`illegal-move` 当前状态不允许。",
                        "content": {
                            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                        },
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {"Ask": {"type": "object", "title": "unit's"}, "Problem": {"type": "object"}},
        "securitySchemes": {"token": {"type": "http"}},
    },
}
MEETINGS = {
    "openapi": "3.1.0",
    "info": {"title": "评审会议"},
    "paths": {"/api/v1/meetings/asks": {"get": {"operationId": "meetings.asks", "responses": {}}}},
    "components": {"schemas": {"Ask": {"type": "object", "title": "meeting's"}}},
}
SOURCES = {name: f"http://{name}/api/v1/{name}/openapi.json" for name in ("units", "meetings")}


@pytest.fixture
def away():
    """Services that do not answer now."""
    return set()


@pytest.fixture
def client(away):
    def answer(request):
        name = request.url.host
        if name in away:
            raise httpx.ConnectError("away")
        return httpx.Response(200, json={"units": UNITS, "meetings": MEETINGS}[name])

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


@pytest.fixture
def documents(monkeypatch):
    fresh = Documents()
    monkeypatch.setattr(pages, "documents", fresh)
    return fresh


@pytest.fixture
def root(api):
    """The gateway's root, where the pages lie."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(api.app), base_url="http://test")


async def test_documents_are_merged_without_clashes(documents, client, root):
    await documents.refresh(SOURCES, client)
    answer = await root.get("/api/openapi.json")
    merged = answer.json()
    assert list(merged["paths"]) == ["/api/v1/units/registrations", "/api/v1/meetings/asks"]
    schemas = merged["components"]["schemas"]
    assert (schemas["units.Ask"]["title"], schemas["meetings.Ask"]["title"]) == ("unit's", "meeting's")
    operation = merged["paths"]["/api/v1/units/registrations"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["schema"]
    assert asked == {"$ref": "#/components/schemas/units.Ask"}
    assert (operation["tags"], operation["x-service"]) == (["units/registrations"], "units")
    assert operation["x-access"]["label"] == "用户权限申请"
    assert merged["x-missing-services"] == []
    assert (await root.get("/api/v1/notices/openapi-merged.json")).content == answer.content
    seen = await root.get("/api/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (seen.status_code, seen.content) == (304, b"")


async def test_who_is_away_is_left_out_and_said_and_later_kept(documents, client, root, away):
    away.add("meetings")
    await documents.refresh(SOURCES, client)
    merged = (await root.get("/api/openapi.json")).json()
    assert (list(merged["paths"]), merged["x-missing-services"]) == (
        ["/api/v1/units/registrations"],
        ["meetings"],
    )
    assert "meetings" in merged["info"]["description"]
    away.clear()
    await documents.refresh(SOURCES, client)
    away |= {"meetings", "units"}
    await documents.refresh(SOURCES, client)
    merged = (await root.get("/api/openapi.json")).json()
    assert (len(merged["paths"]), merged["x-missing-services"]) == (2, [])


async def test_documents_are_kept_fresh_until_the_process_drains(documents, monkeypatch):
    stopping, asked = asyncio.Event(), []

    async def refresh(sources, client):
        asked.append(sources)
        if len(asked) == 3:
            stopping.set()

    monkeypatch.setattr("notices.api.documents._EVERY", 0.001)
    monkeypatch.setattr(documents, "refresh", refresh)
    await asyncio.wait_for(documents.keep_fresh(SOURCES, stopping), 5)
    assert asked == [SOURCES] * 3


async def test_the_docs_page_needs_nothing_from_elsewhere(root):
    page = await root.get("/api/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for name, media_type in (("docs.css", "text/css"), ("docs.js", "text/javascript")):
        assert f"/api/docs/{name}" in page.text
        part = await root.get(f"/api/docs/{name}")
        assert part.headers["content-type"].startswith(media_type)
        assert "http://" not in part.text
        assert "https://" not in part.text
    # The gateway's policy allows no inline script.
    assert "<script>" not in page.text
    assert (await root.get("/api/docs/app.py")).status_code == 404


async def test_the_events_are_described_and_the_docs_page_leads_there(root):
    answer = await root.get("/api/asyncapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert (ROOT / "docs" / "asyncapi.json").read_bytes() == answer.content
    seen = await root.get("/api/asyncapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (seen.status_code, seen.content) == (304, b"")
    assert '"/api/asyncapi.json"' in (await root.get("/api/docs")).text


async def test_a_refusal_is_explained_with_the_operations_that_give_it(documents, client, root):
    await documents.refresh(SOURCES, client)
    page = await root.get("/problems/already-authorised")
    assert page.status_code == 200
    for said in ("该单位已获得授权。", "HTTP 409", "allowed_actions", "/api/v1/units/registrations"):
        assert said in page.text
    everything = (await root.get("/problems/")).text
    for slug in ("already-authorised", "illegal-move", "stale", "too-many-requests", "internal"):
        assert f"/problems/{slug}" in everything


@pytest.mark.parametrize("slug", ["no-such-slug", "%3Cscript%3E", "A"])
async def test_an_unknown_refusal_is_said_to_be_unknown(root, slug):
    page = await root.get(f"/problems/{slug}")
    assert page.status_code == 404
    assert "<script" not in page.text


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "not-found"),
        (413, "payload-too-large"),
        (429, "too-many-requests"),
        (502, "bad-gateway"),
        (503, "unavailable"),
        (504, "gateway-timeout"),
    ],
)
async def test_the_gateways_own_errors_are_problems(root, status, code):
    answer = await root.get(f"/api/v1/notices/errors/{status}")
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/problems/{code}")
    assert (await root.get(problem["type"])).status_code == 200
